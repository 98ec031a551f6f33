"""What every compiled kernel starts with: functions, products and rows against NumPy; the compiler, the kept libraries;
and whole kernels under the address sanitizer."""

import ctypes
import os
import re
import stat
import subprocess

import numpy as np
import pytest
from compiled_programs import program

from symbolic.kernels import compiled
from symbolic.kernels.compiled import library, store, toolchain
from symbolic.kernels.compiled.source import c_source

pytestmark = pytest.mark.skipif(compiled.compiler() is None, reason="there is no C compiler")

DTYPES = {64: np.float64, 32: np.float32}
NAMES = ("exp", "log", "log1p", "log_sigmoid", "relu", "sigmoid", "softplus", "sqrt", "step", "tanh")
WRAPPERS = (
    "".join(f"void all_{n}(count n, const real *x, real *y) {{ for (count i = 0; i < n; i++) y[i] = function_{n}(x[i]); }}\n" for n in NAMES)
    + """
void c_rows(count N, count K, count J, real *out, count out_row, real *start, count start_row, const real *a, count a_row,
            const real *b, count down, count right, real *packed) {
    pack(packed, b, down, right, K, J);
    rows_times(N, K, J, out, out_row, start, start_row, a, a_row, packed);
}
void c_columns(count N, count I, count J, real *g, count g_row, count add, const real *a, count a_row, const real *b,
               count b_row, real *scratch) {
    columns_times(N, I, J, g, g_row, add, a, a_row, b, b_row, scratch);
}
count c_scratch(count I, count J) { return SCRATCH(I, J); }
"""
)


@pytest.fixture(scope="module", params=DTYPES, ids=lambda bits: f"float{bits}")
def runtime(request):
    return library.load(library.runtime(request.param) + WRAPPERS), DTYPES[request.param]


def call(function, *arguments):
    function.argtypes = [ctypes.c_void_p if a is None or isinstance(a, np.ndarray) else ctypes.c_ssize_t for a in arguments]
    function.restype = ctypes.c_ssize_t
    return function(*(a.ctypes.data if isinstance(a, np.ndarray) else a for a in arguments))


def applied(runtime, name, x):
    y = np.empty_like(x)
    call(getattr(runtime[0], f"all_{name}"), x.size, x, y)
    return y


def points(dtype):
    g = np.random.default_rng(0)
    x = np.concatenate([s * g.standard_normal(2003) for s in (1e-300, 1e-30, 1e-8, 1e-3, 1, 5, 30, 90, 1e3, 1e30)])
    with np.errstate(over="ignore"):
        return x.astype(dtype)


WIDE = np.longdouble
TRUE = {
    "exp": np.exp,
    "log": lambda x: np.log(np.abs(x)),
    "log1p": lambda x: np.log1p(np.abs(x)),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.logaddexp(WIDE(0), x),
    "log_sigmoid": lambda x: -np.logaddexp(WIDE(0), -x),
    "tanh": np.tanh,
    "sqrt": lambda x: np.sqrt(np.abs(x)),
    "relu": lambda x: np.maximum(x, 0),
    "step": lambda x: (x > 0).astype(WIDE),
}


@pytest.mark.parametrize("name", TRUE)
def test_functions_are_exact_to_three_units(runtime, name):
    """In the last place, where the result is a normal number (else absolutely, as the smallest numbers go)."""
    x = points(runtime[1])
    with np.errstate(all="ignore"):
        x = np.abs(x) if name in ("log", "log1p", "sqrt") else x
        expected = TRUE[name](x.astype(WIDE))
        rounded = expected.astype(runtime[1])
        found = applied(runtime, name, x)
        unit = np.maximum(np.spacing(np.abs(rounded)), np.finfo(runtime[1]).tiny).astype(WIDE)
        finite = np.isfinite(rounded)
        worst = np.abs(found[finite].astype(WIDE) - expected[finite]) / unit[finite]
    assert worst.max() <= 3, (x[finite][worst.argmax()], found[finite][worst.argmax()])
    assert (np.isinf(found) | finite | (np.abs(found) == np.finfo(runtime[1]).max)).all()


INF, NAN = float("inf"), float("nan")
ENDS = [  # at nan, inf, -inf, 0
    ("exp", [NAN, INF, 0, 1]),
    ("log", [NAN, INF, NAN, -INF]),
    ("log1p", [NAN, INF, NAN, 0]),
    ("sigmoid", [NAN, 1, 0, 0.5]),
    ("softplus", [NAN, INF, 0, float(np.log(2))]),
    ("log_sigmoid", [NAN, 0, -INF, -float(np.log(2))]),
    ("tanh", [NAN, 1, -1, 0]),
    ("relu", [NAN, INF, 0, 0]),
    ("step", [NAN, 1, 0, 0]),
    ("sqrt", [NAN, INF, NAN, 0]),
]


@pytest.mark.parametrize("name, expected", ENDS)
def test_ends_of_the_line(runtime, name, expected):
    for length in (4, 37):  # alone, and in a loop of vectors with a rest
        x = np.resize(np.array([NAN, INF, -INF, 0], runtime[1]), length)
        np.testing.assert_allclose(applied(runtime, name, x), np.resize(expected, length), rtol=1e-6)


def padded(n, dtype):
    line = 64 // np.dtype(dtype).itemsize
    return -(-n // line) * line


@pytest.mark.parametrize("N", [1, 2, 3, 7, 16, 67])
@pytest.mark.parametrize("K, J", [(1, 1), (5, 3), (8, 8), (13, 33), (70, 50)])
def test_rows_times_a_packed_matrix(runtime, N, K, J):
    lib, dtype = runtime
    g = np.random.default_rng(1)
    wide, tolerance = padded(J, dtype), {np.float64: 1e-13, np.float32: 1e-4}[dtype]
    a, w, start = (g.standard_normal(s).astype(dtype) for s in ((N, K + 2), (J, K), (N, wide)))
    packed = np.empty(K * wide, dtype)
    for matrix, down, right in ((w, 1, K), (np.ascontiguousarray(w.T), J, 1)):
        out = np.full((N, wide), NAN, dtype)
        call(lib.c_rows, N, K, J, out, wide, None, 0, a, K + 2, matrix, down, right, packed)
        np.testing.assert_allclose(out[:, :J], a[:, :K] @ w.T, atol=tolerance)
        call(lib.c_rows, N, K, J, out, wide, start, wide, a, K + 2, matrix, down, right, packed)
        np.testing.assert_allclose(out[:, :J], start[:, :J] + a[:, :K] @ w.T, atol=tolerance)
        call(lib.c_rows, N, K, J, out, wide, start, 0, a, K + 2, matrix, down, right, packed)
        np.testing.assert_allclose(out[:, :J], start[:1, :J] + a[:, :K] @ w.T, atol=tolerance)


@pytest.mark.parametrize("N", [1, 3, 127, 300])
@pytest.mark.parametrize("I, J", [(1, 1), (5, 3), (8, 8), (13, 33), (25, 50)])
def test_columns_times_rows(runtime, N, I, J):
    lib, dtype = runtime
    g = np.random.default_rng(1)
    wide, tolerance = padded(J, dtype), {np.float64: 1e-12, np.float32: 1e-3}[dtype]
    a, b = g.standard_normal((N, I + 3)).astype(dtype), g.standard_normal((N, wide)).astype(dtype)
    scratch = np.empty(call(lib.c_scratch, I, J), dtype)
    out = np.full((I + 1, wide), NAN, dtype)
    out[I] = 5
    call(lib.c_columns, N, I, J, out, wide, 0, a, I + 3, b, wide, scratch)
    np.testing.assert_allclose(out[:I, :J], a[:, :I].T @ b[:, :J], atol=tolerance)
    call(lib.c_columns, N, I, J, out, wide, 1, a, I + 3, b, wide, scratch)
    np.testing.assert_allclose(out[:I, :J], 2 * a[:, :I].T @ b[:, :J], atol=2 * tolerance)
    assert (out[I] == 5).all()


# Memory.

MAIN = """
#include <stdio.h>
#include <stdlib.h>
int main(void) {
    static const count given_sizes[][@COLUMNS@] = {@SIZES@};
    static const count lengths[][2] = {{1, 1}, {2, 3}, {5, 1}, {3, 17}, {140, 1}};
    for (int c = 0; c < 5; c++) {
        real *given[@COLUMNS@];
        for (int i = 0; i < @COLUMNS@; i++) {
            given[i] = malloc(given_sizes[c][i] * sizeof(real));
            for (count k = 0; k < given_sizes[c][i]; k++) given[i][k] = 0.1 * ((k * 7 + i * 3) % 11) - 0.4;
        }
        count T = lengths[c][0], B = lengths[c][1];
        real *work = aligned_alloc(64, (kernel(T, B, given, 0) * sizeof(real) + 63) / 64 * 64);
        kernel(T, B, given, work);
        printf("%.17g\\n", (double)given[@COLUMNS@ - 1][0]);
        free(work);
        for (int i = 0; i < @COLUMNS@; i++) free(given[i]);
    }
    return 0;
}
"""
LENGTHS = [(1, 1), (2, 3), (5, 1), (3, 17), (140, 1)]
CHECKED = ("-O0", "-g", "-w", "-std=gnu11", "-march=native", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")


@pytest.mark.parametrize("name, sizes", [("tanh_rnn", (5, 3, 13)), ("lstm", (5, 3, 9)), ("gru in blocks", (5, 3, 9)), ("relu_classifier", (8,)), ("functions", (3, 7))])
def test_no_kernel_leaves_its_memory(tmp_path, name, sizes):
    """Arrays of exactly the right size, buffers of their own, sizes and lengths at the edges of vectors and tiles."""
    found = program(name)
    lengths = {code: sizes[i % len(sizes)] for i, code in enumerate(found.sizes)}
    source = c_source(found, lengths, 64)

    def size(buffer, T, B):
        b = found.buffers[buffer]
        parts = [leg if isinstance(leg, tuple) else (leg,) for leg in b.legs]
        legs = [sum(p if isinstance(p, int) else lengths[p] for p in leg) for leg in parts]
        return int(np.prod([*([T + b.before] if b.time else []), *([B] if b.batch else []), *legs], dtype=int))

    table = ", ".join("{" + ", ".join(str(size(a, T, B)) for a in source.arrays) + "}" for T, B in LENGTHS)
    main = MAIN.replace("@COLUMNS@", str(len(source.arrays))).replace("@SIZES@", table)
    areas = dict(re.findall(r"count at_(\w+) = used; used \+= (AREA\(.*\));", source.text))
    apart = re.sub(r"work \+ at_(\w+)", lambda m: f"(real *)malloc(sizeof(real) * {areas[m[1]]})", source.text)
    assert len(areas) > 5 and "work +" not in apart
    (tmp_path / "main.c").write_text("#include <stdlib.h>\n" + library.runtime(64) + apart + main)
    command = (*compiled.compiler().command, *CHECKED, "main.c", "-o", "main", "-lm")
    try:
        toolchain.run(command, folder=tmp_path)
    except compiled.CompilerError as problem:
        pytest.skip(f"no sanitizer: {problem}")
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
    done = subprocess.run([tmp_path / "main"], capture_output=True, text=True, env=environment, timeout=60)
    assert done.returncode == 0, done.stderr[:2000]
    assert len(done.stdout.split()) == len(LENGTHS)


# The compiler and what is kept.


def test_flags_never_bend_arithmetic():
    words = [*toolchain.FLAGS, *(w for native in toolchain.NATIVE for w in native), *(w for r in toolchain.COMPILERS for w in r.flags)]
    assert not {"-ffast-math", "-Ofast", "-funsafe-math-optimizations", "-ffinite-math-only"} & set(words)


def test_the_key_names_all_that_decides(monkeypatch):
    keys = {library.key("a"), library.key("b"), library.key("a", ("-O0",))}
    monkeypatch.setattr(library, "processor", lambda: "another")
    keys.add(library.key("a"))
    monkeypatch.setattr(library, "compiler", lambda: toolchain.Compiler(("cc",), "9.9"))
    keys.add(library.key("a"))
    monkeypatch.setattr(library, "FLAGS", ("-O1",))
    keys.add(library.key("a"))
    assert len(keys) == 6


@pytest.fixture
def cache(tmp_path, monkeypatch):
    place = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(place))
    store._folder.cache_clear()
    yield place / "gradproof" / "kernels"
    store._folder.cache_clear()


TEXT = "int answer(void) { return 42; }\n"


def test_a_library_is_built_once(cache, monkeypatch):
    assert library.load(TEXT).answer() == 42
    (path,) = cache.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o500 and stat.S_IMODE(cache.stat().st_mode) == 0o700
    before = path.stat().st_mtime_ns
    monkeypatch.setattr(library, "build", None)  # would fail
    assert library.load(TEXT).answer() == 42 and path.stat().st_mtime_ns == before


def test_a_broken_library_is_built_again(cache):
    library.load(TEXT + "/* 2 */")
    (path,) = cache.iterdir()
    path.chmod(0o700)
    broken = cache.parent / "broken"
    broken.write_bytes(b"\x7fELF cut short")
    broken.chmod(0o500)
    os.replace(broken, path)
    assert library.load(TEXT + "/* 2 */").answer() == 42


def test_what_others_can_change_is_not_loaded(cache):
    library.load(TEXT + "/* 3 */")
    (path,) = cache.iterdir()
    path.chmod(0o722)
    store.kept(path.stem, lambda folder: toolchain.build(TEXT, folder))
    assert stat.S_IMODE(path.stat().st_mode) == 0o500  # another file has taken its place


def test_a_folder_that_others_can_change_is_not_used(tmp_path, monkeypatch):
    for place in ("open", "file"):
        folder = tmp_path / place
        folder.mkdir() if place == "open" else folder.write_text("")
        folder.chmod(0o777)
        monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
        store._folder.cache_clear()
        found = store.folder()
        assert tmp_path not in found.parents and stat.S_IMODE(found.stat().st_mode) == 0o700
    store._folder.cache_clear()


def test_a_link_is_followed_to_where_it_leads(tmp_path, monkeypatch):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "link"))
    store._folder.cache_clear()
    assert store.folder() == tmp_path / "real" / "gradproof" / "kernels"
    store._folder.cache_clear()


def test_errors_of_the_compiler_are_one_sentence(cache):
    with pytest.raises(compiled.CompilerError, match=r"fails: .*error") as told:
        library.load("int answer(void) { return }\n")
    assert "\n" not in str(told.value)


def test_no_compiler(monkeypatch):
    monkeypatch.setattr(toolchain, "COMPILERS", (toolchain.Row("none", lambda: None), toolchain.Row("false", lambda: ("false",))))
    toolchain.compiler.cache_clear()
    try:
        assert toolchain.compiler() is None
        with pytest.raises(compiled.CompilerError, match="no C compiler was found; looked for none, false"):
            library.load(TEXT + "/* 4 */")
    finally:
        toolchain.compiler.cache_clear()

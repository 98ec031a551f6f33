"""The house: which part may import which, how long a file may grow, and what must never be called."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(p for folder in ("symbolic", "derivations") for p in (ROOT / folder).rglob("*.py"))
ALL = FILES + sorted(p for folder in ("tests", "benchmarks") for p in (ROOT / folder).rglob("*.py"))

LANGUAGE = {"language"}
MODEL = {"model", *LANGUAGE}
READING = {"reading", *MODEL}
CORE = {*READING}
ALLOWED = {
    "": set(),  # the package's own __init__: a table of names and nothing else
    "language": set(),
    "model": LANGUAGE,
    "reading": MODEL,
    "field": MODEL,
    "derivation": CORE,
    "proof": {*CORE, "field"},  # the judge alone, see below
    "kernels": CORE,
    "bounds": {*CORE, "derivation", "proof"},
    "diagnosis": {*CORE, "derivation", "proof", "kernels"},
    "judging": {"field", *CORE, "bounds", "derivation", "proof", "kernels", "diagnosis"},
    "showing": {*CORE, "bounds", "derivation", "proof", "kernels", "diagnosis", ""},
    "pipeline": {*CORE, "bounds", "derivation", "proof", "kernels", "diagnosis", "judging", "showing", ""},
    "command": {*CORE, "bounds", "derivation", "proof", "kernels", "diagnosis", "judging", "showing", "pipeline", "", "derivations"},
    "cli": {"command", *CORE, "bounds", "derivation", "proof", "kernels", "diagnosis", "judging", "showing", "pipeline", "", "derivations"},
    "__main__": {"cli"},
    "derivations": {*MODEL, "reading", "pipeline", "cli", ""},
}
"""Part -> the parts that it may import besides itself."""

DOORS = {f"{p}/{f}.py" for p in ("symbolic", "derivations") for f in ("__init__", "__main__")} | {
    "symbolic/cli.py", "symbolic/command/sources.py", "symbolic/command/output.py", "symbolic/command/progress.py",
}
"""The files that may import inside a function, so that the command answers before SymPy is loaded."""


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_name(p): p for p in FILES}


def part(module: str) -> str:
    if module.split(".")[0] == "derivations":
        return "derivations"
    return module.split(".")[1] if "." in module else ""


def imported(path: Path, tree: ast.AST) -> set[str]:
    """The modules of the house that a file imports, typing-only imports included."""
    package = module_name(path) if path.name == "__init__.py" else module_name(path).rpartition(".")[0]
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            found |= {f"{base}.{a.name}" if f"{base}.{a.name}" in MODULES else base for a in node.names}
    return {m for m in found if m.split(".")[0] in ("symbolic", "derivations")} - {module_name(path)}


TREES = {p: ast.parse(p.read_text(encoding="utf-8")) for p in FILES}
IMPORTS = {module_name(p): imported(p, tree) for p, tree in TREES.items()}


def test_the_two_routes_share_nothing_but_the_terms():
    users = {m for m, found in IMPORTS.items() if any(part(f) == "field" for f in found) and part(m) != "field"}
    assert users <= {"symbolic.proof.judge", "symbolic.judging.workshop"}
    assert all(part(f) in {"field", "language", "model"} for m in IMPORTS if part(m) == "field" for f in IMPORTS[m])


@pytest.mark.parametrize("module", sorted(IMPORTS))
def test_imports_run_one_way(module):
    own = part(module)
    assert own in ALLOWED, f"{module} belongs to no part; the parts are {', '.join(ALLOWED)}"
    wrong = {m for m in IMPORTS[module] if part(m) not in ALLOWED[own] | {own}}
    assert not wrong, f"{module} may not import {', '.join(sorted(wrong))}"


def test_no_module_imports_itself_in_a_circle():
    # A package's __init__ collects its own modules; what counts is who imports whom among the modules themselves.
    done, path = set(), []

    def visit(module):
        assert module not in path, " -> ".join([*path[path.index(module) :], module])
        if module in done or module not in IMPORTS:
            return
        path.append(module)
        for other in sorted(IMPORTS[module]):
            visit(other)
        done.add(path.pop())

    for module in sorted(IMPORTS):
        visit(module)


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_no_import_hides_in_a_function(path):
    if relative(path) in DOORS:
        return
    for function in ast.walk(TREES[path]):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            hidden = [n.lineno for n in ast.walk(function) if isinstance(n, ast.Import | ast.ImportFrom)]
            assert not hidden, f"{relative(path)}:{hidden[0]} imports inside a function"


@pytest.mark.parametrize("path", ALL, ids=relative)
def test_files_stay_readable(path):
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines < 400, f"{relative(path)} has {lines} lines; split it"


@pytest.mark.parametrize("path", ALL, ids=relative)
def test_no_path_of_a_machine(path):
    pattern = r"""["'(\s](/home/|/root/|/tmp/|/Users/|[A-Z]:\\\\)"""
    found = re.search(pattern, path.read_text(encoding="utf-8")) if path.name != "test_house.py" else None
    assert not found, f"{relative(path)} names {found and found[0].strip()}, which exists on one machine only"


# Each of these runs code from its input or returns wrong results in silence.
BANNED = {"eval", "exec", "parse_expr", "parse_latex", "simplify", "nsimplify", "compile"}
BANNED_FROM_SYMPY = {"lambdify", *BANNED}
RUNS_OWN_TEXT = {("symbolic/kernels/loading.py", "exec"), ("symbolic/kernels/loading.py", "compile")}
"""The one place that runs text: kernels that the house has printed itself, with names of its own making."""


def calls(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            yield name, node


def sympy_names(tree):
    return {
        a.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sympy"
        for a in node.names
    }


@pytest.mark.parametrize("path", [p for p in FILES if relative(p).startswith("symbolic/")], ids=relative)
def test_nothing_runs_or_simplifies_what_it_reads(path):
    tree = TREES[path]
    taken = sympy_names(tree) & BANNED_FROM_SYMPY
    assert not taken, f"{relative(path)} imports {taken}"
    for name, node in calls(tree):
        where = f"{relative(path)}:{node.lineno}"
        owner = getattr(getattr(node.func, "value", None), "id", "")
        if name == "compile" and owner == "re":
            continue
        assert name not in BANNED or (relative(path), name) in RUNS_OWN_TEXT, f"{where} calls {name}"
        if name == "sympify":
            strict = any(k.arg == "strict" and getattr(k.value, "value", False) for k in node.keywords)
            literal = any(isinstance(a, ast.JoinedStr) or isinstance(getattr(a, "value", 0), str) for a in node.args)
            assert strict or not literal, f"{where} hands a string to sympify"


def test_public_names_exist_where_the_table_says():
    import importlib

    import symbolic

    for name, home in symbolic._HOMES.items():
        if (ROOT / "symbolic" / (home.replace(".", "/") + ".py")).exists() or (ROOT / "symbolic" / home).is_dir():
            module = importlib.import_module(f"symbolic.{home}")
            assert hasattr(module, symbolic._RENAMED.get(name, name)), f"symbolic.{home} has no {name}"

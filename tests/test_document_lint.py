"""What a document says never becomes code or the name of a file, and no regular expression can take for ever."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent / "symbolic"
READING = sorted((ROOT / "reading").rglob("*.py"))
DOOR = "files.py"
"""The one file of the reading that opens files, by the name that the user gives."""

CALLS = {
    "eval", "exec", "compile", "sympify", "lambdify", "parse_expr", "parse_latex", "open", "__import__", "getattr_static", "S",
    "import_module", "system", "popen", "globals", "setattr",
}  # fmt: skip
MODULES = {"os", "io", "pathlib", "shutil", "subprocess", "tempfile", "importlib", "pickle", "urllib", "socket", "ctypes"}


@pytest.mark.parametrize("path", [*READING, ROOT / "pipeline.py"], ids=lambda p: p.name)
def test_nothing_runs_or_opens_what_it_reads(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            owner = getattr(getattr(node.func, "value", None), "id", "")
            allowed = (owner == "re" and name == "compile") or (path.name == DOOR and name == "open")
            assert name not in CALLS or allowed, f"{path.name}:{node.lineno} calls {name}"
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
        for name in names:
            assert name.split(".")[0] not in MODULES or path.name == DOOR, f"{path.name}:{node.lineno} imports {name}"


def nested(parsed, inside=False):
    """Whether a repetition without an end stands in another one."""
    for operation, argument in parsed:
        name = str(operation)
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            _, high, body = argument
            endless = high > 1000
            if (endless and inside) or nested(body, inside or endless):
                return True
        elif name == "SUBPATTERN" and nested(argument[-1], inside):
            return True
        elif name == "BRANCH" and any(nested(branch, inside) for branch in argument[1]):
            return True
        elif name in ("ASSERT", "ASSERT_NOT") and nested(argument[1], inside):
            return True
    return False


def expressions(path):
    """The regular expressions that a module makes at its head, as they are after their parts are put together."""
    import importlib

    module = importlib.import_module(".".join(("symbolic", *path.relative_to(ROOT).with_suffix("").parts)))
    for value in vars(module).values():
        for one in value if isinstance(value, list | tuple) else (value,):
            if isinstance(one, re.Pattern):
                yield one.pattern


@pytest.mark.parametrize("path", [p for p in READING if p.name != "__init__.py"], ids=lambda p: p.name)
def test_no_expression_repeats_a_repetition(path):
    from re import _parser

    for pattern in expressions(path):
        assert not nested(_parser.parse(pattern)), f"{path.name}: {pattern}"


def test_the_lint_sees_nested_repetitions():
    from re import _parser

    assert nested(_parser.parse(r"(?:a+|b)*")) and not nested(_parser.parse(r"a+(?:b|c)*d{0,3}"))

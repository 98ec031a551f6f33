"""The command `gradproof`.

Exit status: 0 nothing wrong, 1 a formula is refuted (with --strict also unproved or unreadable), 2 a wrong call or a
fault of our own.  Everything heavy is imported inside the functions that need it, so that --help and a mistyped option
answer at once.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from . import __version__

if TYPE_CHECKING:
    from .model import Model
    from .pipeline import Checked
    from .reading.document.records import Declarations, Document
    from .showing.report import Report
    from .showing.report_text import Style

MAX_TOLD = 20
"""How many of a document's broken places are told one by one."""

CHECK_FORMATS = ("text", "concise", "json", "markdown")
DERIVE_FORMATS = ("text", "latex", "markdown")
LAYOUTS = ("gradient", "jacobian", "denominator")


class UsageError(Exception):
    """A mistake in the call; its message is one sentence that says what is legal."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        options = _parser().parse_args(_attached(sys.argv[1:] if argv is None else argv))
        return int(options.run(options))
    except UsageError as error:
        return _complain(str(error))
    except BrokenPipeError:
        # the reader has gone; Python would complain once more when it flushes on exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return _complain("interrupted")
    except Exception as error:
        if os.environ.get("GRADPROOF_TRACEBACK"):
            raise
        told = " ".join(str(error).split()) or "no message"
        return _complain(
            f"a fault of our own, {type(error).__name__}: {told} (GRADPROOF_TRACEBACK=1 shows where it happened)"
        )


def _complain(sentence: str) -> int:
    print(f"gradproof: {_visible(sentence)}", file=sys.stderr)
    return 2


def _visible(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class _Parser(argparse.ArgumentParser):
    """argparse whose complaint is one sentence."""

    def error(self, message: str) -> Any:
        raise UsageError(f"{message} (see {self.prog} --help)")


def _attached(argv: Sequence[str]) -> list[str]:
    """`-e LATEX` as one word, since a formula may begin with a minus sign, which argparse would take for an option."""
    words = list(argv)
    for k in range(len(words) - 2, -1, -1):
        if words[k] in ("-e", "--formula"):
            words[k : k + 2] = [f"--formula={words[k + 1]}"]
    return words


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="gradproof", description="Derive the gradients of a network; judge formulas derived by hand.")
    parser.add_argument("--version", action="version", version=f"gradproof {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND", parser_class=_Parser)
    for name, told, run, arguments in COMMANDS:
        command = commands.add_parser(name, help=told, description=f"{told[0].upper()}{told[1:]}.")
        command.set_defaults(run=run)
        for flags, settings in arguments:
            command.add_argument(*flags, **settings)
    return parser


def check(options: argparse.Namespace) -> int:
    """gradproof check: judge documents and built-in derivations, or formulas given with -e."""
    _legal_format(options.format, CHECK_FORMATS)
    if options.formula and options.sources:
        raise UsageError(f"-e judges a formula against --model; leave out the source {options.sources[0]}")
    if options.formula and not options.model:
        raise UsageError(f"-e needs --model NAME, the forward equations; NAME is one of {', '.join(built_in())}")
    if not options.formula and not options.sources:
        names = ", ".join(built_in())
        raise UsageError(f"nothing to judge: give a SOURCE, one of {names}, or -e LATEX with --model NAME")
    if options.model and (own := next((s for s in options.sources if _is_built_in(s)), None)):
        raise UsageError(f"{own} brings its own forward equations; --model goes with a document or -e LATEX")
    from .showing.formats import renderer

    declared = _declared(options.assume, options.layout)
    # complain before anything is judged
    documents = {s: _document(s, declared) for s in options.sources if not _is_built_in(s)}
    models = _models(options.model, declared) if options.model else ()
    reports = tuple(
        _document_report(s, documents[s], models) if s in documents else _note_report(s, declared) for s in options.sources
    )
    reports += tuple(_formula_report(latex, models[0], declared) for latex in options.formula or ())
    reports = tuple(replace(r, explain=options.explain_model) for r in reports)
    _put(renderer(options.format)(reports, _style(options.output)), options.output)
    wrong = {"refuted", "unproved", "unreadable"} if options.strict else {"refuted"}
    if any(r.unjudged for r in reports):
        return 2
    return int(any(e.verdict in wrong for r in reports for e in r.entries))


def derive(options: argparse.Namespace) -> int:
    """gradproof derive: adjoints and gradients in closed form."""
    _legal_format(options.format, DERIVE_FORMATS)
    models = _models(options.source, _declared(options.assume))
    from .showing.derivation_report import DERIVATION_FORMATS, WrtError

    also = tuple(name for name in ("rows", "forward") if getattr(options, name))
    wanted = tuple(w.strip() for part in options.wrt for w in part.split(",") if w.strip())
    from . import pipeline

    try:
        shown = DERIVATION_FORMATS[options.format]([pipeline.derive(m) for m in models], wanted, options.steps, also)
    except WrtError as error:
        raise UsageError(str(error)) from None
    _put(shown, options.output)
    return 0


def kernel(options: argparse.Namespace) -> int:
    """gradproof kernel: a stand-alone NumPy module."""
    model = _models(options.source, _declared(options.assume))[0]
    from . import pipeline
    from .kernels import KernelError

    try:
        source = pipeline.kernel_source(model)
    except KernelError as error:
        raise UsageError(f"{options.source} has no kernel: {error}") from None
    _put(source, options.output)
    return 0


def list_derivations(options: argparse.Namespace) -> int:
    """gradproof list: the names and titles of the built-in derivations."""
    names = built_in()
    column = max(map(len, names))
    _put("".join(f"{name:<{column}}  {_load(name).title}\n" for name in names), None)
    return 0


Argument = tuple[tuple[str, ...], dict[str, Any]]
_OUTPUT: Argument = (("-o", "--output"), {"metavar": "FILE", "help": "write here instead of to standard output"})
_NAME = "the name of a built-in derivation (see gradproof list); name:2 is the second notation of its note"

_SOURCE = "a note (.md, .tex, .txt, .ipynb), - for standard input, or the name of a built-in derivation"


_ASSUME: Argument = (
    ("--assume",),
    {
        "metavar": "TEXT", "action": "append", "default": [],
        "help": "a declaration such as 'W in R^{n x m}', 'x_t: input' or 'sigma = tanh', or a .gradproof file; repeatable",
    },
)  # fmt: skip


def _format(formats: tuple[str, ...]) -> Argument:
    return ("--format",), {"metavar": "FORMAT", "default": formats[0], "help": f"one of {', '.join(formats)}"}


COMMANDS: tuple[tuple[str, str, Callable[[argparse.Namespace], int], tuple[Argument, ...]], ...] = (
    (
        "check", "judge every equation of a note", check,
        (
            (("sources",), {"metavar": "SOURCE", "nargs": "*", "help": _SOURCE}),
            (("--model",), {"metavar": "NAME|NOTE", "help": f"where the forward equations are: a note, or {_NAME}"}),
            (("-e", "--formula"), { "metavar": "LATEX", "action": "append", "help": "judge this formula"}),
            _format(CHECK_FORMATS),
            _OUTPUT,
            _ASSUME,
            (("--layout",), {"metavar": "LAYOUT", "default": "", "help": f"how ∂L/∂W is laid out: {', '.join(LAYOUTS)}"}),
            (("--explain-model",), {"action": "store_true", "help": "show how the note was understood, and how to correct it"}),
            (("--strict",), {"action": "store_true", "help": "exit status 1 also for unproved and unreadable"}),
        ),
    ),
    (
        "derive", "derive the gradients of a network", derive,
        (
            (("source",), {"metavar": "SOURCE", "help": f"a note, or {_NAME}"}),
            (("--wrt",), {"metavar": "W,U", "action": "append", "default": [], "help": "only these quantities"}),
            (("--rows",), {"action": "store_true", "help": "gradients also as rows over W's entries (Kronecker form)"}),
            (("--forward",), {"action": "store_true", "help": "also the recursion of ∂h/∂W forward in time"}),
            (("--steps",), {"action": "store_true", "help": "show each rule as it is applied"}),
            _ASSUME,
            _format(DERIVE_FORMATS),
            _OUTPUT,
        ),
    ),
    (
        "kernel", "write a NumPy module that computes loss and gradients", kernel,
        ((("source",), {"metavar": "SOURCE", "help": f"a note, or {_NAME}"}), _ASSUME, _OUTPUT),
    ),
    ("list", "list the built-in derivations", list_derivations, ()),
)  # fmt: skip
"""(name, help, what runs, arguments) of each command."""


def _legal_format(name: str, legal: tuple[str, ...]) -> None:
    if name not in legal:
        raise UsageError(f"--format {name} is no format here; the formats are {', '.join(legal)}")


def built_in() -> list[str]:
    """The names of the built-in derivations."""
    import derivations

    return list(derivations.NAMES)


def _known(source: str) -> tuple[str, int]:
    """A built-in derivation's name and which of its notations; `UsageError` for anything else."""
    name, colon, number = source.partition(":")
    names = built_in()
    if name not in names:
        raise UsageError(f"{source} is no built-in derivation and no file; there are {', '.join(names)}")
    if colon and not (number.isdigit() and int(number) >= 1):
        raise UsageError(f"{source}: after the colon stands the number of a notation, such as {name}:1")
    return name, int(number) if colon else 0


def _load(name: str) -> Any:
    import derivations

    return derivations.load(name)


def _is_built_in(source: str) -> bool:
    return source.partition(":")[0] in built_in()


def _declared(texts: Sequence[str], layout: str = "") -> Declarations:
    """What --assume and --layout say."""
    from .reading.document.assumed import assumed
    from .reading.document.records import DocumentError

    try:
        return assumed(texts, layout)
    except DocumentError as error:
        raise UsageError(error.message) from None


def _document(source: str, declared: Declarations) -> Document:
    """A document taken apart; what is broken in it is said at once."""
    from .reading.document.assumed import with_assumptions
    from .reading.document.files import decoded, kind_of_text, read_file
    from .reading.document.read import read_document
    from .reading.document.records import DocumentError

    if source != "-" and not os.path.lexists(source):
        _known(source)
    try:
        if source == "-":
            text = decoded(sys.stdin.buffer)
            kind = kind_of_text(text)
        else:
            text, kind = read_file(source)
        document = read_document(text, kind)
    except DocumentError as error:
        place = f"{source}:{error.line}:{error.column}" if error.line else source
        raise UsageError(f"{place}: {error.message}") from None
    from .showing.report_text import window

    for problem in document.problems[:MAX_TOLD]:
        cell = f"cell {problem.cell[1:-1]}:" if problem.cell else ""
        _complain(f"{source}:{cell}{problem.line}:{problem.column}: {problem.message}")
        line = document.lines[problem.cell][problem.line - 1]
        shown = window(line, problem.column, problem.column + 1, 100)
        print(*(f"   | {row}" for row in shown), sep="\n", file=sys.stderr)
    if len(document.problems) > MAX_TOLD:
        _complain(f"{source}: {len(document.problems) - MAX_TOLD} more of this kind")
    return with_assumptions(document, declared)


def _report(name: str, checked: Checked, lines: dict[str, dict[int, str]], title: str = "") -> Report:
    """What the formats show; `lines`: those of the source by the prefix of the cell."""
    from .showing.report import Report, described_all

    for problem in checked.problems:
        _complain(f"{name}: {problem}")
    return Report(
        name, checked.entries, lines.get("", {}), described_all(checked.models), title, lines, checked.problems,
        checked.unjudged, checked.decisions, checked.set_aside, checked.models,
    )  # fmt: skip


def _document_report(source: str, document: Document, models: Sequence[Model]) -> Report:
    from . import pipeline

    lines = {cell: dict(enumerate(text, 1)) for cell, text in document.lines.items()}
    return _report("standard input" if source == "-" else source, pipeline.check_document(document, models), lines)


def _models(source: str, declared: Declarations) -> tuple[Model, ...]:
    """The forward models of a document, of each notation of a derivation, or the one that `name:number` asks for."""
    if not _is_built_in(source):
        return _read_models(source, declared)
    name, number = _known(source)
    models = tuple(_load(name).models)
    if number > len(models):
        raise UsageError(f"{source}: {name} has {len(models)} notation{'s' * (len(models) > 1)}")
    return models[number - 1 : number] if number else models


def _read_models(source: str, declared: Declarations) -> tuple[Model, ...]:
    from . import pipeline

    models, problems = pipeline.models_of(_document(source, declared))
    if not models:
        raise UsageError(f"{source}: {'; '.join(problems)}")
    return models


def _note_report(source: str, declared: Declarations) -> Report:
    from . import pipeline
    from .showing.report import source_lines

    name, number = _known(source)
    if number:
        raise UsageError(f"{source}: a note is judged whole; write {name}")
    note = _load(name)
    return _report(name, pipeline.checked_note(note, declared), {"": source_lines(note.passages)}, note.title)


def _formula_report(latex: str, model: Model, declared: Declarations) -> Report:
    from . import pipeline

    checked = pipeline.checked_note(pipeline.note_of_formula(model, latex), declared)
    return _report("-e", checked, {"": dict(enumerate(latex.split("\n"), 1))}, model.title)


def _style(output: str | None) -> Style:
    """Colours only on a terminal that wants them (https://no-color.org)."""
    import shutil

    from .showing.report_text import Style

    terminal = output is None and sys.stdout.isatty()
    wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Style(terminal and wanted, shutil.get_terminal_size((100, 24)).columns if terminal else 100)


def _put(text: str, output: str | None) -> None:
    """Write to standard output, or to a file whole or not at all."""
    if output is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    place = os.path.dirname(os.path.abspath(output))
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(dir=place, prefix=".gradproof-")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(text)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, output)
    except OSError as error:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise UsageError(f"{output} cannot be written: {error.strerror}") from None


if __name__ == "__main__":
    sys.exit(main())

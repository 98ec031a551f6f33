"""The command `gradproof`.

Exit status: 0 nothing wrong, 1 a formula is refuted (with --strict also unproved or unreadable), 2 a wrong call or a
fault of our own.  Everything heavy is imported inside the functions that need it, so that --help and a mistyped option
answer at once.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from . import __version__
from .command.output import UsageError, beside, complain, place_of, put, style
from .command.settings import settings_for
from .command.sources import (
    built_in,
    declared_on_the_line,
    is_built_in,
    load,
    models_of,
)

if TYPE_CHECKING:
    from .command.crew import Job

CHECK_FORMATS = ("text", "concise", "json", "markdown", "html", "latex", "sarif", "junit")
DERIVE_FORMATS = ("text", "latex", "markdown", "html")
LAYOUTS = ("gradient", "jacobian", "denominator")
STEPS = ("short", "all")
BACKENDS = ("numpy", "jax", "torch")
PICTURES = ("png", "svg")
MOST_STEPS = 500
WRITTEN = ("output", "certificates", "journal")
"""Options that name a file to be written: the folder must be there before anything is judged."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        options = _options(_attached(sys.argv[1:] if argv is None else argv))
        for file in filter(None, (getattr(options, name, None) for name in WRITTEN)):
            place_of(file)
        return int(options.run(options))
    except UsageError as error:
        return complain(str(error))
    except BrokenPipeError:
        # the reader has gone; Python would complain once more when it flushes on exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return complain("interrupted")
    except Exception as error:
        if os.environ.get("GRADPROOF_TRACEBACK"):
            raise
        told = " ".join(str(error).split()) or "no message"
        return complain(
            f"a fault of our own, {type(error).__name__}: {told} (GRADPROOF_TRACEBACK=1 shows where it happened)"
        )


class _Parser(argparse.ArgumentParser):
    """argparse whose complaint is one sentence."""

    def error(self, message: str) -> Any:
        raise UsageError(f"{message} (see {self.prog} --help)")


class _PrintCompletion(argparse.Action):
    """Print what a shell needs to complete our commands, and end."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: Any, values: Any, option_string: Any = None) -> None:
        from .command.completion import completion

        put(completion(parser, str(values)), None)
        parser.exit(0)


def _attached(argv: Sequence[str]) -> list[str]:
    """`-e LATEX` as one word, since a formula may begin with a minus sign, which argparse would take for an option.

    --steps without a word after it is --steps=short.
    """
    words = [w if w != "--steps" or argv[n + 1 : n + 2] == ["all"] else "--steps=short" for n, w in enumerate(argv)]
    for k in range(len(words) - 2, -1, -1):
        if words[k] in ("-e", "--formula"):
            words[k : k + 2] = [f"--formula={words[k + 1]}"]
    return words


def _options(words: list[str]) -> argparse.Namespace:
    """What the command line says; for `check` with the defaults that a pyproject.toml gives."""
    options = _parser().parse_args(words)
    if options.run is not check:
        return options
    settings = settings_for(options.sources)
    if any(map(is_built_in, options.sources)):
        settings.pop("model", None)
    return _parser(settings).parse_args(words) if settings else options


def _parser(defaults: Mapping[str, Any] | None = None) -> argparse.ArgumentParser:
    """The parser; `defaults`: those of `check` that are not its own."""
    parser = _Parser(prog="gradproof", description="Derive the gradients of a network; judge formulas derived by hand.")
    parser.add_argument("--version", action="version", version=f"gradproof {__version__}")
    parser.add_argument("--print-completion", action=_PrintCompletion, metavar="SHELL", help="for bash, zsh or tcsh")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND", parser_class=_Parser)
    for name, told, run, arguments in COMMANDS:
        command = commands.add_parser(name, help=told, description=f"{told[0].upper()}{told[1:]}.")
        command.set_defaults(run=run)
        for flags, settings in arguments:
            command.add_argument(*flags, **settings)
        if run is check:
            command.set_defaults(**(defaults or {}))
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
    if options.model and (own := next((s for s in options.sources if is_built_in(s)), None)):
        raise UsageError(f"{own} brings its own forward equations; --model goes with a document or -e LATEX")
    if not 0 < options.budget < math.inf:
        raise UsageError(f"--budget {options.budget:g} is no number of seconds above 0")
    if options.jobs < 1:
        raise UsageError(f"--jobs {options.jobs}: at least one source is judged at a time")
    if options.no_repair and (options.diff or options.fix):
        raise UsageError(f"--no-repair leaves nothing for {'--fix' if options.fix else '--diff'}")
    journal_file = options.journal or beside(options.output)
    if options.resume and not journal_file:
        raise UsageError("--resume needs --journal FILE, or -o FILE, beside which the journal of the run lies")
    from .command import checking, fixing, journal
    from .showing.formats import SHOW_MODELS, renderer

    declared = declared_on_the_line(options.assume, options.layout)
    shown = checking.Shown(options.explain_model, options.format in SHOW_MODELS, not options.no_repair)

    def jobs_of(sources: Sequence[str]) -> list[Job]:
        models = models_of(options.model, declared) if options.model else ()
        return checking.jobs_of(sources, options.formula or (), models, declared, shown)

    jobs = jobs_of(options.sources)
    written = journal.opened(journal_file, options.resume) if journal_file else None
    whole = checking.run(jobs, options, written)
    reports = checking.reports_of(jobs)
    mended = fixing.Mended()
    if whole and (options.diff or options.fix):
        mended = fixing.mended(reports, options.diff, options.fix, style(None))
    if mended.files:
        before, jobs = jobs, jobs_of(mended.files)
        whole = checking.run(jobs, options, written)
        now = {report.file: report for report in checking.reports_of(jobs, before)}
        reports = tuple(now.get(r.file, r) for r in reports if r.file in now or r.file not in mended.files)
    if not whole and (options.output or not reports):
        return complain(checking.interrupted(jobs, journal_file))
    if options.output or not options.diff:
        put(renderer(options.format)(reports, style(options.output)), options.output)
    if options.counterexamples:
        from .command.replays import write_replays

        write_replays(reports, options.counterexamples)
    if options.certificates:
        from .command.certificates import write_certificates

        write_certificates(reports, options.certificates)
    if not whole:
        return complain(checking.interrupted(jobs, journal_file))
    if written:
        written.close(remove=not options.journal)
    wrong = {"refuted", "unproved", "unreadable"} if options.strict else {"refuted"}
    if mended.failed or any(r.unjudged for r in reports):
        return 2
    return int(any(e.verdict in wrong for r in reports for e in r.entries))


def derive(options: argparse.Namespace) -> int:
    """gradproof derive: adjoints and gradients in closed form."""
    _legal_format(options.format, DERIVE_FORMATS)
    if options.steps not in ("", *STEPS):
        raise UsageError(f"--steps {options.steps}: the steps are told in short (--steps), or all of them (--steps all)")
    models = models_of(options.source, declared_on_the_line(options.assume))
    from .showing.derivation_report import DERIVATION_FORMATS, WrtError
    from .showing.reports.derivation_page import as_html

    also = tuple(name for name in ("rows", "forward") if getattr(options, name))
    wanted = tuple(w.strip() for part in options.wrt for w in part.split(",") if w.strip())
    from . import pipeline

    try:
        writer = {**DERIVATION_FORMATS, "html": as_html}[options.format]
        shown = writer([pipeline.derive(m) for m in models], wanted, options.steps, also)
    except WrtError as error:
        raise UsageError(str(error)) from None
    put(shown, options.output)
    return 0


def kernel(options: argparse.Namespace) -> int:
    """gradproof kernel: a stand-alone module in NumPy, JAX or PyTorch."""
    if options.backend not in BACKENDS:
        raise UsageError(f"--backend {options.backend} is no back end here; the back ends are {', '.join(BACKENDS)}")
    model = models_of(options.source, declared_on_the_line(options.assume))[0]
    from . import pipeline
    from .kernels import KernelError
    from .kernels.sequences import Form

    try:
        wrt = tuple(w.strip() for given in options.wrt for w in given.split(",") if w.strip())
        source = pipeline.kernel_source(model, options.backend, Form(options.masked, options.part, wrt=wrt))
    except KernelError as error:
        raise UsageError(f"{options.source} has no kernel: {error}") from None
    put(source, options.output)
    return 0


def flow(options: argparse.Namespace) -> int:
    """gradproof flow: the norm of ∂h_t/∂h_k against the lag, as a picture."""
    kind = os.path.splitext(options.output)[1].lower().removeprefix(".")
    if kind not in PICTURES:
        raise UsageError(f"-o {options.output}: the name of a picture ends in {' or '.join('.' + k for k in PICTURES)}")
    if not 3 <= options.length <= MOST_STEPS:
        raise UsageError(f"--length {options.length}: a sequence has 3 to {MOST_STEPS} steps here")
    models = models_of(options.source, declared_on_the_line(options.assume))
    from .bounds.flow import FlowError
    from .bounds.flow import flow as measured

    try:
        from .showing.flow_picture import picture
    except ModuleNotFoundError as error:
        raise UsageError(f"a picture needs {error.name}: pip install 'gradproof[plots]'") from None
    try:
        flows = [measured(model, options.length) for model in models]
    except FlowError as error:
        raise UsageError(f"{options.source}: {error}") from None
    put(picture(flows, kind), options.output)
    return 0


def explain(options: argparse.Namespace) -> int:
    """gradproof explain: a kind of mistake, with an example; without a name all kinds."""
    from .showing.mistakes import MISTAKES, explained, listed

    if options.cause and options.cause not in MISTAKES:
        raise UsageError(f"{options.cause} is no kind of mistake; the kinds are {', '.join(MISTAKES)}")
    put("\n".join(explained(options.cause) if options.cause else listed()) + "\n", None)
    return 0


def list_derivations(options: argparse.Namespace) -> int:
    """gradproof list: the names and titles of the built-in derivations."""
    names = built_in()
    column = max(map(len, names))
    put("".join(f"{name:<{column}}  {load(name).title}\n" for name in names), None)
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
            (("--counterexamples",), {"metavar": "DIR", "help": "a NumPy file for each refuted formula, which shows the gap"}),
            (("--certificates",), {"metavar": "FILE", "help": "the proofs as JSON, for tools/check_certificate.py"}),
            (("--diff",), {"action": "store_true", "help": "show the proved repairs as a unified diff, not the report"}),
            (("--fix",), {"action": "store_true", "help": "make the proved repairs in the files, and judge these again"}),
            (("--no-repair",), {"action": "store_true", "help": "say that a formula is refuted, not how to mend it"}),
            (("--explain-model",), {"action": "store_true", "help": "show how the note was understood, and how to correct it"}),
            (("--strict",), {"action": "store_true", "help": "exit status 1 also for unproved and unreadable"}),
            (("--jobs",), {"metavar": "N", "type": int, "default": 1, "help": "how many sources are judged at a time"}),
            (("--budget",), {"metavar": "SECONDS", "type": float, "default": 10.0, "help": "for one equation (default: 10)"}),
            (("--journal",), {"metavar": "FILE", "help": "add each verdict to this file at once, for --resume"}),
            (("--resume",), {"action": "store_true", "help": "go on with an interrupted run, from its journal"}),
        ),
    ),
    (
        "derive", "derive the gradients of a network", derive,
        (
            (("source",), {"metavar": "SOURCE", "help": f"a note, or {_NAME}"}),
            (("--wrt",), {"metavar": "W,U", "action": "append", "default": [], "help": "only these quantities"}),
            (("--rows",), {"action": "store_true", "help": "gradients also as rows over W's entries (Kronecker form)"}),
            (("--forward",), {"action": "store_true", "help": "also the recursion of ∂h/∂W forward in time"}),
            (("--steps",), {"metavar": "all", "default": "", "help": "the chain of equalities and their rules; all: each one"}),
            _ASSUME,
            _format(DERIVE_FORMATS),
            _OUTPUT,
        ),
    ),
    (
        "kernel", "write a module that computes loss and gradients, in NumPy, JAX or PyTorch", kernel,
        (
            (("source",), {"metavar": "SOURCE", "help": f"a note, or {_NAME}"}),
            (("--backend",), {"metavar": "NAME", "default": BACKENDS[0], "help": f"one of {', '.join(BACKENDS)}"}),
            (("--masked",), {"action": "store_true", "help": "sequences of different length: takes a mask (T, B)"}),
            (("--part",), {"action": "store_true", "help": "one part of a sequence: states and their gradients, in and out"}),
            (("--wrt",), {"metavar": "x,h0", "action": "append", "default": [], "help": "gradients by these data as well"}),
            _ASSUME,
            _OUTPUT,
        ),
    ),
    (
        "flow", "draw the norm of ∂h_t/∂h_k against the lag, with its proved bound", flow,
        (
            (("source",), {"metavar": "SOURCE", "help": f"a note, or {_NAME}"}),
            (("-o", "--output"), {"metavar": "FILE", "required": True, "help": "the picture, .png or .svg"}),
            (("--length",), {"metavar": "T", "type": int, "default": 40, "help": "the length of the sequence (default: 40)"}),
            _ASSUME,
        ),
    ),
    (
        "explain", "explain a kind of mistake, with an example", explain,
        ((("cause",), {"metavar": "CAUSE", "nargs": "?", "default": "", "help": "such as order; without it: all kinds"}),),
    ),
    ("list", "list the built-in derivations", list_derivations, ()),
)  # fmt: skip
"""(name, help, what runs, arguments) of each command."""


def _legal_format(name: str, legal: tuple[str, ...]) -> None:
    if name not in legal:
        raise UsageError(f"--format {name} is no format here; the formats are {', '.join(legal)}")




if __name__ == "__main__":
    sys.exit(main())

"""The command line, thin: it reads flags, calls the library, and says in one message what went wrong."""

from __future__ import annotations

import errno
import gc
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, cast

import typer

from emotopy.cli import annotate as annotate_command
from emotopy.cli import bridge as bridge_command
from emotopy.cli import cache as cache_command
from emotopy.cli import compare as compare_command
from emotopy.cli import config, data, evidence, plugins
from emotopy.cli import decode as decode_command
from emotopy.cli import demo as demo_command
from emotopy.cli import experiment as experiment_command
from emotopy.cli import export as export_command
from emotopy.cli import map as map_command
from emotopy.cli import open as open_command
from emotopy.cli import report as report_command
from emotopy.cli import track as track_command
from emotopy.cli.console import Settings, print_error
from emotopy.errors import EmotopyError
from emotopy.wording import speaking

INTERRUPTED, TERMINATED = 130, 143
RARE = (100_000, 20, 100)
"""Thresholds of the garbage collector; Python's own cost a tenth of mapping a thousand texts."""
UNINTERESTING = (r"openpyxl\b", r"emotopy\.readers\.matrices\b")
"""Modules whose warnings (of a workbook's styles, of an array's damaged header) say nothing to a user.

The library leaves the filters of the process it works in alone; here the process is ours.
"""


def _examples(*commands: str) -> str:
    """Return the commands as paragraphs, because the help joins lines within a paragraph."""
    return "\n\n".join(["Examples:" if len(commands) > 1 else "Example:", *commands])


EXAMPLES = {
    "demo": _examples("emotopy demo --out demo"),
    "map": _examples(
        "emotopy map diaries.csv --group group --unit writer --out results",
        "emotopy map diaries.csv --unit writer --time date --out results --dry-run",
    ),
    "compare": _examples("emotopy compare results patients controls --covariate log_words"),
    "annotate": _examples("emotopy annotate story.TextGrid --out story.tsv --segments story.csv"),
    "decode": _examples(
        "emotopy decode --series series --tr 2 --ratings story.tsv --out decoding",
        "emotopy decode --fmriprep fmriprep --task story --atlas schaefer --ratings story.tsv --out decoding",
    ),
    "track": _examples("emotopy track --decoder decoder --series volumes.txt --out emotions.tsv"),
    "bridge": _examples("emotopy bridge results decoding --ratings story.tsv --out bridge"),
    "experiment": _examples("emotopy experiment depression --data daic --out experiment"),
    "open": _examples("emotopy open results"),
    "report": _examples("emotopy report results --texts diaries.csv"),
}
"""The end of each command's help."""

app = typer.Typer(
    name="emotopy",
    help="Map emotion onto the brain, from text and from fMRI recordings.",
    epilog="`emotopy COMMAND --help` explains a command. Start with `emotopy demo`, which needs no data.\n\n"
    "Exit codes: 0 success, 1 error, 2 wrong usage, 130 interrupted, 143 terminated.\n\n"
    "Results are printed to stdout, messages and errors to stderr.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo", epilog=EXAMPLES["demo"])(demo_command.demo)
app.command("map", epilog=EXAMPLES["map"])(map_command.map_file)
app.command("compare", epilog=EXAMPLES["compare"])(compare_command.compare)
app.command("annotate", epilog=EXAMPLES["annotate"])(annotate_command.annotate)
app.command("decode", epilog=EXAMPLES["decode"])(decode_command.decode)
app.command("track", epilog=EXAMPLES["track"])(track_command.track)
app.command("bridge", epilog=EXAMPLES["bridge"])(bridge_command.bridge)
app.command("experiment", epilog=EXAMPLES["experiment"])(experiment_command.experiment)
app.command("open", epilog=EXAMPLES["open"])(open_command.open_report)
app.command("report", epilog=EXAMPLES["report"])(report_command.report)
app.add_typer(export_command.app, name="export")
app.add_typer(evidence.app, name="evidence")
app.add_typer(data.app, name="data")
app.add_typer(plugins.app, name="plugins")
app.add_typer(config.app, name="config")
app.add_typer(cache_command.app, name="cache")

_ClickException = cast("type[Exception]", typer.BadParameter.__mro__[2])
"""What click raises for wrong usage: click's own, or that of the copy which newer typers bring; same name in both."""


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"emotopy {version('emotopy')}")
        raise typer.Exit


@app.callback()
def _globals(
    context: typer.Context,
    *,
    debug: Annotated[bool, typer.Option("--debug", help="Show the full traceback of an error.")] = False,
    grace_s: Annotated[
        float,
        typer.Option(
            "--grace-s", metavar="S", help="Seconds that requests in progress may still take after Ctrl-C.", min=0
        ),
    ] = 8.0,
    no_plugins: Annotated[
        bool, typer.Option("--no-plugins", help="Use only the built-in stages; load no other plugin.")
    ] = False,
    _version_flag: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    context.obj = Settings(debug=debug, plugins=not no_plugins, grace_s=grace_s)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit.

    With 0, 1 for an error of ours (or the system's), 2 for usage, 130 when interrupted, 143 when terminated (SIGTERM),
    which is answered as Ctrl-C is: what is under way is kept, nothing half-written stays. `arguments` are the words
    after the program's name, by default those of the process. `--debug` and `--grace-s` may stand anywhere.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    words = ["--debug"] * debug + _grace_first([word for word in words if word != "--debug"])
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a name that the terminal's encoding lacks must not end a run
            stream.reconfigure(errors="backslashreplace")
    with speaking("command line"), _answered_signals() as received, warnings.catch_warnings(), _rare_collections():
        for module in UNINTERESTING:
            warnings.filterwarnings("ignore", module=module)
        try:
            status = app(words, prog_name="emotopy", standalone_mode=False)
            sys.stdout.flush()
            if status == INTERRUPTED:  # newer typers answer to Ctrl-C with this, older ones raise
                raise KeyboardInterrupt  # noqa: TRY301
        except BaseException as error:  # noqa: BLE001 (whatever is raised ends in one message)
            received.is_answered = True
            if debug and isinstance(error, Exception) and not isinstance(error, _ClickException):
                traceback.print_exception(error)
            status = _print_failure(error, words)
        received.is_answered = True
    sys.exit(TERMINATED if status == INTERRUPTED and signal.SIGTERM in received else status or 0)


def _grace_first(words: list[str]) -> list[str]:
    """Move `--grace-s S` in front of the command, whose business it isn't."""
    for i, word in enumerate(words):
        if word == "--grace-s" and i + 1 < len(words):
            return [*words[i : i + 2], *words[:i], *words[i + 2 :]]
        if word.startswith("--grace-s="):
            return [word, *words[:i], *words[i + 1 :]]
    return words


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Look for garbage in cycles more rarely: imports make a million objects that stay, and few cycles."""
    before = gc.get_threshold()
    gc.set_threshold(*RARE)
    try:
        yield
    finally:
        gc.set_threshold(*before)


class _Interrupted(KeyboardInterrupt):
    """Raised for a signal; where KeyboardInterrupt itself passes through `exec`, Python ends by SIGINT in any case."""


class _Received(list[int]):
    """Signals received; further ones change nothing once the first `is_answered`."""

    is_answered = False


@contextmanager
def _answered_signals() -> Iterator[_Received]:
    """Answer SIGTERM as SIGINT is answered; yields the list of those received.

    A signal that is ignored, or that whoever calls us answers, stays as it is.
    """
    received = _Received()

    def interrupt(number: int, frame: Any) -> None:  # noqa: ARG001
        received.append(number)
        if not received.is_answered:
            raise _Interrupted

    usual = {signal.SIGTERM: signal.SIG_DFL, signal.SIGINT: signal.default_int_handler}
    is_main = threading.current_thread() is threading.main_thread()
    ours = {number: handler for number, handler in usual.items() if is_main and signal.getsignal(number) is handler}
    for number in ours:
        signal.signal(number, interrupt)
    try:
        yield received
    finally:
        for number, handler in ours.items():
            if signal.getsignal(number) is interrupt:
                signal.signal(number, handler)


FULL_BELOW = 64 << 20
"""Bytes free below which a folder for temporary files counts as full."""
MEMORY_ADVICE = {
    "map": "map fewer texts at a time",
    "compare": "compare two groups at a time, or one --measure",
    "annotate": "use a larger --step, or another annotator",
    "decode": "use fewer regions, a larger windowing.step_s or fewer surrogates (--set null.n)",
    "track": "use a decoder with fewer regions",
    "bridge": "use fewer --surrogates",
    "experiment": "set a --limit",
}
"""What needs less memory, by command."""


def _advice_on_temporary_files(error: OSError) -> str:
    """Return what to do where the folder for temporary files is full; libraries that unpack there name no file."""
    import shutil
    import tempfile

    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return ""
    try:
        free = shutil.disk_usage(tempfile.gettempdir()).free
    except OSError:
        free = 0
    return (
        "; the folder for temporary files is full: free some space, or set the environment variable TMPDIR "
        "to another folder"
        if free < FULL_BELOW
        else ""
    )


def _print_failure(error: BaseException, words: Sequence[str]) -> int:
    """Print on stderr what went wrong, and return the exit code."""
    if isinstance(error, _ClickException):
        usage: Any = error
        if usage.format_message().strip():  # blank where the help was shown instead
            usage.show(file=sys.stderr)
        return int(usage.exit_code)
    if isinstance(error, (BrokenPipeError, SystemExit)):  # typer makes one of the other
        # Who read our output went away, which is its right; what is still buffered goes nowhere, quietly.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    if isinstance(error, (KeyboardInterrupt, typer.Abort)):
        print_error("interrupted; no incomplete file was left behind")
        return INTERRUPTED
    if isinstance(error, EmotopyError):
        print_error(str(error))
    elif isinstance(error, MemoryError):
        advice = next(
            (MEMORY_ADVICE[word] for word in words if word in MEMORY_ADVICE), "use a machine with more memory"
        )
        print_error(f"not enough memory; {advice}")
    elif isinstance(error, OSError):
        advice = "" if error.filename else _advice_on_temporary_files(error)
        print_error(f"{f'{error.filename}: ' if error.filename else ''}{error.strerror or error}{advice}")
    else:
        print_error(
            f"this is a bug in emotopy: {type(error).__name__}: {error}; please report it with the traceback "
            "that `emotopy --debug ...` shows"
        )
    return 1

"""What a reader of a message can type: flags on the command line, arguments and configurations in Python.

Messages of errors and notes are written once, with `flag`, `setting` or `worded` where they name an option. Each gives
the words of the interface that the process is used by: Python's, unless the command line runs (`speaking`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

Interface = Literal["python", "command line"]

ARGUMENTS: Mapping[str, str] = {
    "--allow-upload": "allow_upload=True",
    "--answerer": "answerer=",
    "--atlas": "atlas=",
    "--bold": "bold=",
    "--cache": "cache=",
    "--confound-columns": "columns=",
    "--confounds": "confounds=",
    "--date-format": "date_format=",
    "--emotions": "emotions=",
    "--engine": "engine=",
    "--force": "force=True",
    "--group": "group=",
    "--header": "header=",
    "--id": "id=",
    "--keep": "keep=",
    "--language": "language=",
    "--level": "level=",
    "--measure": "measure=",
    "--model": "models=",
    "--motion": "motion=",
    "--motion-order": "order=",
    "--motion-skip": "skip=",
    "--motion-units": "units=",
    "--no-texts": "no_texts=True",
    "--out": "path",
    "--paired-by": "paired_by=",
    "--ratings": "ratings=",
    "--sampling": "sampling_hz=",
    "--scheduler": "scheduler=",
    "--segmentation": "segmentation=",
    "--segments": "keep_segments=True",
    "--sheet": "sheet=",
    "--start": "start_s=",
    "--step": "step_s=",
    "--task": "task=",
    "--text": "text=",
    "--time": "time=",
    "--time-unit": "time_unit=",
    "--tr": "tr_s=",
    "--trim": "trim=True",
    "--unit": "unit=",
    "--width": "width_s=",
}
"""Arguments of Python's functions by the flag that sets the same; ``=`` at the end takes a value."""

_interface: list[Interface] = ["python"]
"""The interfaces in use, the innermost last; the process's, since threads of a run write messages, too."""


def interface() -> Interface:
    """Return the interface whose words messages use."""
    return _interface[-1]


@contextmanager
def speaking(words: Interface) -> Iterator[None]:
    """Write messages for an interface while the block lasts, in all threads of the process."""
    _interface.append(words)
    try:
        yield
    finally:
        _interface.pop()


def worded(command_line: str, python: str) -> str:
    """Return the words of the interface in use.

    >>> worded("--force", "force=True")
    'force=True'
    >>> with speaking("command line"):
    ...     worded("--force", "force=True")
    '--force'
    """
    return command_line if interface() == "command line" else python


def flag(name: str, value: object = "") -> str:
    """Return a flag with its value, in Python the argument that sets the same.

    Words in capitals are placeholders; in Python they stand without quotes, as numbers do.

    >>> flag("--tr", 2.0), flag("--text"), flag("--language", "any"), flag("--bold", "GLOB")
    ('tr_s=2', 'text=', "language='any'", 'bold=GLOB')
    >>> with speaking("command line"):
    ...     flag("--tr", 2.0)
    '--tr 2'

    Raises KeyError for a flag that `ARGUMENTS` doesn't have.
    """
    given = f"{value:g}" if isinstance(value, float) else str(value)
    argument = ARGUMENTS[name]
    takes_value = bool(given) and argument.endswith("=")
    return worded(f"{name} {given}".rstrip(), argument + (_literal(given) if takes_value else ""))


def setting(*assignments: str) -> str:
    """Return what sets keys of a configuration: ``--set`` each, in Python the argument `config`.

    >>> setting("reducer=pca", "split.n_blocks=3")
    "config={'reducer': 'pca', 'split': {'n_blocks': 3}}"
    >>> setting("null.n")
    "config={'null': {'n': ...}}"
    >>> with speaking("command line"):
    ...     setting("reducer=pca", "null.n")
    '--set reducer=pca --set null.n'
    """
    config: dict[str, Any] = {}
    for assignment in assignments:
        key, _, value = assignment.partition("=")
        section, _, option = key.partition(".")
        if option:
            below = config.setdefault(section, {})
            below = below if isinstance(below, dict) else {"use": _Literal(below)}
            config[section] = {**below, option: _Literal(_literal(value or "..."))}
        else:
            config[section] = _Literal(_literal(value or "..."))
    return worded(" ".join(f"--set {one}" for one in assignments), f"config={config!r}")


class _Literal(str):
    """Python source, shown as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _literal(word: str) -> str:
    """Return a value as Python writes it; placeholders and what isn't a word stay."""
    if word in ("...", "…"):
        return "..."
    if word in ("true", "false"):
        return word.capitalize()
    try:
        float(word)
    except ValueError:
        return word if word.isupper() else repr(word)
    return word

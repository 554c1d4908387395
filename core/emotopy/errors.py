"""Every error that emotopy raises on purpose: one base class, plain messages.

A message says what was wanted, what came, and what to do. The command line prints it alone and exits with 1;
`--debug` adds the traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from emotopy.wording import worded

__all__ = [
    "Cancelled",
    "ChildDied",
    "ConfigError",
    "ContainerError",
    "DeadlineExceeded",
    "DuplicateName",
    "EmotopyError",
    "EngineError",
    "InputError",
    "MissingExtra",
    "NoFigure",
    "NotPicklable",
    "OutOfBounds",
    "OutputError",
    "PluginError",
    "ProviderError",
    "ResourceError",
    "ShapeError",
    "UnknownName",
]


class EmotopyError(Exception):
    """Base of all errors of ours; catch it to catch them all.

    Examples
    --------
    >>> try:
    ...     raise InputError("texts: wanted at least one, got none")
    ... except EmotopyError as error:
    ...     print(error)
    texts: wanted at least one, got none
    """


class InputError(EmotopyError):
    """The user's data can't be used as it is: a file, a column, a text, an image.

    What the message says stands in attributes too, None where it has no such part.

    Parameters
    ----------
    *message : object
        The message.
    file : str, optional
        The name of the file, without its folder.
    row : int, optional
        The row of a table, counted from 1 without the header; in a text file the line.
    column : str, optional
        The name of the column.
    wanted : str, optional
        What was wanted, in words.
    got : str, optional
        What came.
    advice : str, optional
        What to do.

    Examples
    --------
    >>> error = InputError.at("a.tsv", row=3, column="joy", wanted="a number", got="'x'")
    >>> (error.file, error.row, error.column, error.wanted)
    ('a.tsv', 3, 'joy', 'a number')
    """

    def __init__(
        self,
        *message: object,
        file: str | None = None,
        row: int | None = None,
        column: str | None = None,
        wanted: str | None = None,
        got: str | None = None,
        advice: str | None = None,
    ) -> None:
        super().__init__(*message)
        self.file, self.row, self.column = file, row, column
        self.wanted, self.got, self.advice = wanted, got, advice

    @classmethod
    def at(
        cls,
        file: str,
        *,
        wanted: str,
        got: str,
        advice: str = "",
        row: int | None = None,
        line: int | None = None,
        column: str | None = None,
    ) -> InputError:
        """Return the error for a place in a file; its message and its attributes say the same.

        `row` counts rows of a table from 1, the header not counted; `line` counts lines of a text file from 1 (one of
        the two is given; the attribute of both is `row`).

        >>> error = InputError.at("a.tsv", row=3, column="joy", wanted="a number", got="'x'", advice="fill it in")
        >>> print(error, error.row, error.wanted, sep="; ")
        a.tsv, column 'joy', row 3: wanted a number, got 'x'; fill it in; 3; a number
        """
        place = [file]
        place += [f"column {column!r}"] if column is not None else []
        place += [f"row {row}"] if row is not None else []
        place += [f"line {line}"] if line is not None else []
        message = f"{', '.join(place)}: wanted {wanted}, got {got}" + (f"; {advice}" if advice else "")
        number = row if row is not None else line
        return cls(message, file=file, row=number, column=column, wanted=wanted, got=got, advice=advice or None)


class ContainerError(InputError):
    """A saved model (`emotopy.storage.container`) is damaged, tampered with, or of another version.

    Parameters
    ----------
    *message, file, row, column, wanted, got, advice
        As for `InputError`; `file` is the name of the model's file.

    Attributes
    ----------
    member : str or None
        The array or key in the file that is at fault, None where the whole file is.

    Examples
    --------
    >>> ContainerError.inside("arrays.npz", member="weights", wanted="<f8", got="|O").member
    'weights'
    """

    member: str | None = None

    @classmethod
    def inside(cls, file: str, *, wanted: str, got: str, member: str | None = None, advice: str = "") -> ContainerError:
        """Return the error for a file of a container, or a member of it; message and attributes say the same.

        >>> error = ContainerError.inside("arrays.npz", member="weights", wanted="<f8", got="|O")
        >>> print(error, error.member, error.got, sep="; ")
        arrays.npz, weights: wanted <f8, got |O; weights; |O
        """
        place = file if member is None else f"{file}, {member}"
        message = f"{place}: wanted {wanted}, got {got}" + (f"; {advice}" if advice else "")
        error = cls(message, file=file, wanted=wanted, got=got, advice=advice or None)
        error.member = member
        return error


class NoFigure(InputError):
    """A result can't have a figure that was asked for.

    Parameters
    ----------
    *message, file, row, column, wanted, got, advice
        As for `InputError`; `wanted` is what the figure would need.

    Attributes
    ----------
    figure : str
        The name of the figure.
    kind : str
        The kind of the result.
    available : tuple of str
        The figures that the result can have.

    Examples
    --------
    >>> NoFigure.of("course", "texts", "the table 'time_course'", ["brain", "heatmap"]).available
    ('brain', 'heatmap')
    """

    figure: str = ""
    kind: str = ""
    available: tuple[str, ...] = ()

    @classmethod
    def of(cls, figure: str, kind: str, wanted: str, available: Iterable[str]) -> NoFigure:
        """Return the error; its message and its attributes say the same.

        >>> print(NoFigure.of("course", "texts", "the table 'time_course'", ["brain"]))
        plot.course: wanted the table 'time_course', got a result of the kind 'texts' without it; it has brain
        """
        there = tuple(available)
        got = f"a result of the kind {kind!r} without it"
        message = f"plot.{figure}: wanted {wanted}, got {got}" + (f"; it has {', '.join(there)}" if there else "")
        error = cls(message, wanted=wanted, got=got)
        error.figure, error.kind, error.available = figure, kind, there
        return error


class ShapeError(EmotopyError):
    """An array doesn't fit its named axes.

    Examples
    --------
    >>> from emotopy.records import RegionWeights
    >>> import numpy as np
    >>> try:
    ...     RegionWeights(("fear",), ("amygdala", "insula"), np.zeros((2, 1)))
    ... except ShapeError as error:
    ...     print(error)
    values: axis 0 is 'emotions' and needs length 1, got shape (2, 1); transpose the array?
    """


class ConfigError(EmotopyError):
    """A configuration key or value isn't allowed; the message starts with the path of the key.

    Parameters
    ----------
    *message : str
        The message.
    path : str, default ""
        The key at fault, as ``reducer.n_components``; empty where it isn't known.
    wanted : str, default ""
        What is allowed there, in words.
    got : object, optional
        The value that came.

    Examples
    --------
    >>> import emotopy
    >>> try:
    ...     emotopy.TextPathway.from_config({"reducer": {"use": "pca", "n_components": "five"}})
    ... except ConfigError as error:
    ...     print(error.path, error.got)
    reducer.n_components five
    """

    def __init__(self, *message: str, path: str = "", wanted: str = "", got: Any = None) -> None:
        super().__init__(*message)
        self.path = path
        self.wanted = wanted
        self.got = got


class OutOfBounds(ConfigError):
    """A value of the right type breaks a bound that its option declares.

    Parameters
    ----------
    *message, path, wanted, got
        As for `ConfigError`.

    Examples
    --------
    >>> import emotopy
    >>> try:
    ...     emotopy.TextPathway.from_config({"reducer": {"use": "pca", "n_components": 0}})
    ... except OutOfBounds as error:
    ...     print(error.path, error.got)
    reducer.n_components 0
    """


class ResourceError(ConfigError):
    """What is asked for needs more than the machine has; nothing was begun.

    Parameters
    ----------
    *message, path, wanted, got
        As for `ConfigError`.

    Attributes
    ----------
    resource : str
        What is lacking: ``memory`` or ``disk space``.
    needed_bytes : int
        About how much of it the work takes.
    available_bytes : int
        How much there is.
    advice : str
        What to do.

    Examples
    --------
    >>> error = ResourceError.of("memory", 40_000_000_000, 23_000_000_000, advice="take less")
    >>> error.needed_bytes - error.available_bytes
    17000000000
    """

    resource: str = ""
    needed_bytes: int = 0
    available_bytes: int = 0
    advice: str = ""

    @classmethod
    def of(cls, resource: str, needed_bytes: int, available_bytes: int, *, advice: str) -> ResourceError:
        """Return the error; its message and its attributes say the same.

        >>> print(ResourceError.of("memory", 40_000_000_000, 23_000_000_000, advice="take less"))
        memory: wanted about 40.0 GB, got 23.0 GB; take less, or begin all the same: Host(force=True)
        """
        largest = max(needed_bytes, available_bytes)
        unit, size = ("GB", 1e9) if largest >= 2e9 else ("MB", 1e6)
        digits = 1 if unit == "GB" else 0 if largest >= 1e8 else 2
        needed, there = (f"{n_bytes / size:,.{digits}f} {unit}" for n_bytes in (needed_bytes, available_bytes))
        otherwise = f"or begin all the same: {worded('--force', 'Host(force=True)')}"
        message = f"{resource}: wanted about {needed}, got {there}; {advice}, {otherwise}"
        error = cls(message, wanted=f"about {needed}", got=there)
        error.resource, error.needed_bytes, error.available_bytes = resource, needed_bytes, available_bytes
        error.advice = advice
        return error


class UnknownName(ConfigError):
    """A name (stage, option, preset, data set) that nobody offers.

    Parameters
    ----------
    *message : str
        The message; it suggests the nearest choice.
    name : str, default ""
        The name.
    choices : iterable of str, default ()
        The names that there are.
    kind : str, default ""
        What it should name: ``embedder``, ``option``, ``preset``.
    path : str, default ""
        As for `ConfigError`.

    Examples
    --------
    >>> import emotopy
    >>> try:
    ...     emotopy.Registry.load(plugins=False).make("reducer", "umpa")
    ... except UnknownName as error:
    ...     print(error.name, error.kind, "umap" in error.choices)
    umpa reducer True
    """

    def __init__(
        self, *message: str, name: str = "", choices: Iterable[str] = (), kind: str = "", path: str = ""
    ) -> None:
        super().__init__(*message, path=path, got=name)
        self.name = name
        self.choices = tuple(sorted(choices))
        self.kind = kind


class DuplicateName(ConfigError):
    """A short name that two plugins offer; the full form `owner:name` says which.

    Parameters
    ----------
    *message : str
        The message.
    name : str, default ""
        The name.
    owners : iterable of str, default ()
        The distributions that offer it.
    path : str, default ""
        As for `ConfigError`.

    Examples
    --------
    >>> error = DuplicateName("reducer: two offer 'pca'", name="pca", owners=["emotopy", "mine"])
    >>> [f"{owner}:{error.name}" for owner in error.owners]
    ['emotopy:pca', 'mine:pca']
    """

    def __init__(self, *message: str, name: str = "", owners: Iterable[str] = (), path: str = "") -> None:
        super().__init__(*message, path=path, got=name)
        self.name = name
        self.owners = tuple(owners)


class PluginError(EmotopyError):
    """A plugin failed or broke its contract; the message names owner and stage.

    Parameters
    ----------
    *message : str
        The message.
    owner : str, default ""
        The plugin's distribution, where it is known.
    stage : str, default ""
        The stage's role and full name (`embedder owner:name`), where it is known.

    Examples
    --------
    >>> PluginError("embedder mine:fast gave NaN", owner="mine", stage="embedder mine:fast").owner
    'mine'
    """

    def __init__(self, *message: str, owner: str = "", stage: str = "") -> None:
        super().__init__(*message)
        self.owner = owner
        self.stage = stage


class MissingExtra(EmotopyError):
    """A stage needs a library that isn't installed; the message says what to install.

    Examples
    --------
    >>> print(MissingExtra("--engine dask needs Dask: pip install 'emotopy[dask]'"))
    --engine dask needs Dask: pip install 'emotopy[dask]'
    """


class ProviderError(EmotopyError):
    """A remote service refused, failed or answered something that isn't an answer.

    Parameters
    ----------
    *message : str
        The message.
    server : str, optional
        Host, port and path of the service.
    status : int, optional
        The status of HTTP, as the service sent it.
    code : str, optional
        The service's own code of the error.
    server_message : str, optional
        The service's own words, shortened, without the key and the texts that were sent.
    wait_s : float, optional
        How long the service asks to wait, in seconds.

    Examples
    --------
    >>> error = ProviderError("embeddings: too many requests", status=429, wait_s=20.0)
    >>> (error.status, error.wait_s, error.code)
    (429, 20.0, None)
    """

    def __init__(
        self,
        *message: str,
        server: str | None = None,
        status: int | None = None,
        code: str | None = None,
        server_message: str | None = None,
        wait_s: float | None = None,
    ) -> None:
        super().__init__(*message)
        self.server, self.status, self.code = server, status, code
        self.server_message, self.wait_s = server_message, wait_s


class EngineError(EmotopyError):
    """The machines that a run was to use can't be reached, don't fit this one, or died at their work.

    Parameters
    ----------
    *message : object
        The message.
    engine : str, default "dask"
        The engine's name.
    scheduler : str, optional
        The address that was asked; None: workers of this machine.
    wanted, got : str, optional
        What was wanted and what came, where the message has such parts.
    n_deaths : int, optional
        How many workers died at one piece of work.

    Examples
    --------
    >>> EngineError("dask: nobody answers", scheduler="tcp://cluster:8786").scheduler
    'tcp://cluster:8786'
    """

    def __init__(
        self,
        *message: object,
        engine: str = "dask",
        scheduler: str | None = None,
        wanted: str | None = None,
        got: str | None = None,
        n_deaths: int | None = None,
    ) -> None:
        super().__init__(*message)
        self.engine, self.scheduler = engine, scheduler
        self.wanted, self.got, self.n_deaths = wanted, got, n_deaths


class ChildDied(EngineError):
    """The child process of `Host(isolate=True)` was killed, or ended by itself; nothing half-written was left.

    Parameters
    ----------
    *message, engine, scheduler, wanted, got, n_deaths
        As for `EngineError`.

    Attributes
    ----------
    exit_code : int
        Its exit code, negative for the number of a signal (−9: most often memory ran out).
    doing : str
        The work that was under way; empty where none was shown.

    Examples
    --------
    >>> ChildDied.of(-9, "embedding").exit_code
    -9
    """

    exit_code: int = 0
    doing: str = ""

    @classmethod
    def of(cls, exit_code: int, doing: str) -> ChildDied:
        """Return the error; its message and its attributes say the same.

        >>> print(ChildDied.of(3, "embedding"))
        isolate: wanted a child process that lives, got one that ended itself with 3, at work on: embedding
        """
        got = f"one that signal {-exit_code} ended" if exit_code < 0 else f"one that ended itself with {exit_code}"
        place = f", at work on: {doing}" if doing else ""
        advice = "; most often memory ran out: give it less at a time" if exit_code == -9 else ""
        wanted = "a child process that lives"
        error = cls(f"isolate: wanted {wanted}, got {got}{place}{advice}", engine="child process",
                    wanted=wanted, got=got)  # fmt: skip
        error.exit_code, error.doing = exit_code, doing
        return error


class Cancelled(EmotopyError):
    """The host wants no more of a call (`Host.cancel`); what was finished is in the stage cache.

    Parameters
    ----------
    *message : object
        The message.
    doing : str, default ""
        The work that was under way; empty where none was shown.
    seconds : float, default 0.0
        How long the call had taken.

    Examples
    --------
    >>> import emotopy
    >>> try:
    ...     emotopy.map_texts(["I was afraid."], host=emotopy.Host(cancel=lambda: True))
    ... except Cancelled as error:
    ...     print(error.seconds < 60)
    True
    """

    def __init__(self, *message: object, doing: str = "", seconds: float = 0.0) -> None:
        super().__init__(*message)
        self.doing, self.seconds = doing, seconds

    @classmethod
    def after(cls, seconds: float, doing: str, *, deadline_s: float | None = None) -> Cancelled:
        """Return the error; its message and its attributes say the same.

        >>> print(Cancelled.after(3.21, "embedding"))
        cancelled after 3.2 s, at work on: embedding
        """
        del deadline_s
        message = f"cancelled after {seconds:.1f} s{f', at work on: {doing}' if doing else ''}"
        return cls(message, doing=doing, seconds=seconds)


class DeadlineExceeded(EmotopyError):
    """A call took longer than the host allows (`Host.deadline_s`); what was finished is in the stage cache.

    Parameters
    ----------
    *message : object
        The message.
    doing : str, default ""
        The work that was under way; empty where none was shown.
    seconds : float, default 0.0
        How long the call had taken.
    deadline_s : float, optional
        How long it may take.

    Examples
    --------
    >>> DeadlineExceeded.after(2.04, "embedding", deadline_s=2.0).doing
    'embedding'
    """

    def __init__(
        self, *message: object, doing: str = "", seconds: float = 0.0, deadline_s: float | None = None
    ) -> None:
        super().__init__(*message)
        self.doing, self.seconds, self.deadline_s = doing, seconds, deadline_s

    @classmethod
    def after(cls, seconds: float, doing: str, *, deadline_s: float | None = None) -> DeadlineExceeded:
        """Return the error; its message and its attributes say the same.

        >>> print(DeadlineExceeded.after(2.04, "embedding", deadline_s=2.0))
        wanted an answer within 2 s, stopped after 2.0 s, at work on: embedding; allow more (Host(deadline_s=...))
        """
        place = f", at work on: {doing}" if doing else ""
        allowed = "" if deadline_s is None else f"{deadline_s:g}"
        message = (
            f"wanted an answer within {allowed} s, stopped after {seconds:.1f} s{place}; allow more "
            "(Host(deadline_s=...))"
        )
        return cls(message, doing=doing, seconds=seconds, deadline_s=deadline_s)


class OutputError(EmotopyError):
    """A result can't be written where the user wants it.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from emotopy.storage.results import replaced_file
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     try:
    ...         with replaced_file(Path(folder)) as partial:
    ...             partial.write_text("a folder stands where the file should be", "utf-8")
    ...     except OutputError as error:
    ...         print(type(error).__name__)
    40
    OutputError
    """


class NotPicklable(EmotopyError, TypeError):
    """Something that holds plugins' stages was to be pickled or copied deeply; results can be, these can't.

    It is a TypeError, too: what pickles (joblib, multiprocessing, Dask) expects one.

    Attributes
    ----------
    advice : str
        What to do instead.

    Examples
    --------
    >>> import emotopy, pickle
    >>> try:
    ...     pickle.dumps(emotopy.Registry([]))
    ... except NotPicklable as error:
    ...     print(error.advice)
    load it where it is needed: Registry.load()
    """

    advice: str = ""

    @classmethod
    def of(cls, what: str, advice: str) -> NotPicklable:
        """Return the error; its message and its attribute say the same.

        >>> print(NotPicklable.of("Registry", "load it where it is needed: Registry.load()"))
        Registry: wanted plain data, got an object that holds plugins; load it where it is needed: Registry.load()
        """
        error = cls(f"{what}: wanted plain data, got an object that holds plugins; {advice}")
        error.advice = advice
        return error


def nearest(name: str, choices: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for the choice nearest to `name`, or an empty string.

    >>> nearest("umpa", ["umap", "pca"])
    " Did you mean 'umap'?"
    >>> nearest("zebra", ["umap", "pca"])
    ''
    """
    by_lower = {choice.lower(): choice for choice in choices}
    found = difflib.get_close_matches(name.lower(), list(by_lower), n=1, cutoff=0.6)
    return f" Did you mean {by_lower[found[0]]!r}?" if found else ""


def unknown_name(
    reason: str, name: str, choices: Iterable[str], label: str, *, more: str = "", kind: str = "", path: str = ""
) -> UnknownName:
    """Return the error for a name that nobody offers: the `reason`, the nearest choice, all of them after `label`.

    >>> print(unknown_name("no reducer is called 'umpa'", "umpa", ["umap", "pca"], "There are"))
    no reducer is called 'umpa'. Did you mean 'umap'? There are: pca, umap
    """
    choices = tuple(choices)
    message = f"{reason}.{nearest(name, choices)} {label}: {listed(choices)}{more}"
    return UnknownName(message, name=name, choices=choices, kind=kind, path=path)


def unfit_value(path: str, wanted: str, got: Any, shown: str) -> ConfigError:
    """Return the error for a value that isn't what its key wants; `shown` is the value as the message has it."""
    return ConfigError(f"{path}: wanted {wanted}, got {shown}", path=path, wanted=wanted, got=got)


def listed(names: Iterable[str]) -> str:
    """Join names for a message: sorted, comma-separated, or "none".

    >>> listed(["pca", "none"])
    'none, pca'
    """
    return ", ".join(sorted(names)) or "none"

"""The errors that emotopy raises, all derived from one base class.

A message states what was wanted, what was got, and what to do. The command line prints only the message and exits with
1; `--debug` adds the traceback.
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
    """Base class of all errors of emotopy; catch it to catch any of them.

    Examples
    --------
    >>> try:
    ...     raise InputError("texts: wanted at least one, got none")
    ... except EmotopyError as error:
    ...     print(error)
    texts: wanted at least one, got none
    """


class InputError(EmotopyError):
    """The input data can't be used: a file, a column, a text or an image.

    The parts of the message are also attributes; a part that the message lacks is None.

    Parameters
    ----------
    *message : object
        The error message.
    file : str, optional
        Name of the file, without its folder.
    row : int, optional
        Row of a table, counted from 1 without the header; in a text file, the line.
    column : str, optional
        The name of the column.
    wanted : str, optional
        What was wanted.
    got : str, optional
        What was got instead.
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
        """Return the error for a place in a file, with message and attributes.

        Give either `row`, which counts the rows of a table from 1 without the header, or `line`, which counts the lines
        of a text file from 1. Both become the attribute `row`.

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
    """A saved model is damaged, was manipulated, or has another version (see `emotopy.storage.container`).

    Parameters
    ----------
    *message, file, row, column, wanted, got, advice
        As for `InputError`; `file` is the name of the model's file.

    Attributes
    ----------
    member : str or None
        Array or key that is invalid; None where the whole file is.

    Examples
    --------
    >>> ContainerError.inside("arrays.npz", member="weights", wanted="<f8", got="|O").member
    'weights'
    """

    member: str | None = None

    @classmethod
    def inside(cls, file: str, *, wanted: str, got: str, member: str | None = None, advice: str = "") -> ContainerError:
        """Return the error for a file of a saved model, or for one array or key in it.

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
    """A requested figure isn't available for a result.

    Parameters
    ----------
    *message, file, row, column, wanted, got, advice
        As for `InputError`; `wanted` is what the figure needs.

    Attributes
    ----------
    figure : str
        Name of the figure.
    kind : str
        Kind of the result.
    available : tuple of str
        Figures that are available for the result.

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
        """Return the error with message and attributes.

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
    """The shape of an array doesn't match its named axes.

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
    """A key or value of the configuration is invalid; the message starts with the path of the key.

    Parameters
    ----------
    *message : str
        The error message.
    path : str, default ""
        Path of the key, such as ``reducer.n_components``; empty where it isn't known.
    wanted : str, default ""
        What the key accepts.
    got : object, optional
        The invalid value.

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
    """A value has the right type but is outside the range that its option allows.

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
    """The work needs more memory or disk space than available; nothing was started.

    Parameters
    ----------
    *message, path, wanted, got
        As for `ConfigError`.

    Attributes
    ----------
    resource : str
        ``memory`` or ``disk space``.
    needed_bytes : int
        Estimated need of the work, in bytes.
    available_bytes : int
        Available amount, in bytes.
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
        """Return the error with message and attributes.

        >>> print(ResourceError.of("memory", 40_000_000_000, 23_000_000_000, advice="take less"))
        memory: wanted about 40.0 GB, got 23.0 GB; take less, or start it anyway: Host(force=True)
        """
        largest = max(needed_bytes, available_bytes)
        unit, size = ("GB", 1e9) if largest >= 2e9 else ("MB", 1e6)
        digits = 1 if unit == "GB" else 0 if largest >= 1e8 else 2
        needed, there = (f"{n_bytes / size:,.{digits}f} {unit}" for n_bytes in (needed_bytes, available_bytes))
        otherwise = f"or start it anyway: {worded('--force', 'Host(force=True)')}"
        message = f"{resource}: wanted about {needed}, got {there}; {advice}, {otherwise}"
        error = cls(message, wanted=f"about {needed}", got=there)
        error.resource, error.needed_bytes, error.available_bytes = resource, needed_bytes, available_bytes
        error.advice = advice
        return error


class UnknownName(ConfigError):
    """The name of a stage, option, preset or data set is unknown.

    Parameters
    ----------
    *message : str
        The message, which suggests the most similar name.
    name : str, default ""
        The name.
    choices : iterable of str, default ()
        All known names.
    kind : str, default ""
        What the name refers to, such as ``embedder``, ``option`` or ``preset``.
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
    """Two plugins offer the same short name; use the full name `owner:name`.

    Parameters
    ----------
    *message : str
        The error message.
    name : str, default ""
        The name.
    owners : iterable of str, default ()
        Distributions that offer the name.
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
    """A plugin failed or violated its contract; the message names the owner and the stage.

    Parameters
    ----------
    *message : str
        The error message.
    owner : str, default ""
        Distribution of the plugin, where it is known.
    stage : str, default ""
        Role and full name of the stage (`embedder owner:name`), where they are known.

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
    """A stage needs a library that isn't installed; the message gives the installation command.

    Examples
    --------
    >>> print(MissingExtra("--engine dask needs Dask: pip install 'emotopy[dask]'"))
    --engine dask needs Dask: pip install 'emotopy[dask]'
    """


class ProviderError(EmotopyError):
    """A remote service rejected a request, failed, or sent an invalid response.

    Parameters
    ----------
    *message : str
        The error message.
    server : str, optional
        Host name, port and path of the service.
    status : int, optional
        HTTP status code of the response.
    code : str, optional
        Error code in the response of the service.
    server_message : str, optional
        Error message of the service, shortened, without the API key and the texts that were sent.
    wait_s : float, optional
        Waiting time that the service asks for, in seconds.

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
    """The workers of a run can't be reached, are incompatible with this machine, or died during the work.

    Parameters
    ----------
    *message : object
        The error message.
    engine : str, default "dask"
        Name of the engine.
    scheduler : str, optional
        Address of the scheduler; None for workers on this machine.
    wanted, got : str, optional
        What was wanted and what was got, where the message has these parts.
    n_deaths : int, optional
        Number of workers that died during one piece of work.

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
    """The child process of `Host(isolate=True)` was killed or exited early; no incomplete file was left behind.

    Parameters
    ----------
    *message, engine, scheduler, wanted, got, n_deaths
        As for `EngineError`.

    Attributes
    ----------
    exit_code : int
        Exit code of the process. A negative value is the number of a signal; −9 usually means that memory ran out.
    doing : str
        The work in progress; empty where none was shown.

    Examples
    --------
    >>> ChildDied.of(-9, "embedding").exit_code
    -9
    """

    exit_code: int = 0
    doing: str = ""

    @classmethod
    def of(cls, exit_code: int, doing: str) -> ChildDied:
        """Return the error with message and attributes.

        >>> print(ChildDied.of(3, ""))
        isolate: wanted a child process that finishes the work, got one that exited with code 3
        """
        got = (
            f"one that was killed by signal {-exit_code}" if exit_code < 0 else f"one that exited with code {exit_code}"
        )
        place = f", while working on: {doing}" if doing else ""
        advice = "; this usually means that memory ran out: process less data at a time" if exit_code == -9 else ""
        wanted = "a child process that finishes the work"
        error = cls(f"isolate: wanted {wanted}, got {got}{place}{advice}", engine="child process",
                    wanted=wanted, got=got)  # fmt: skip
        error.exit_code, error.doing = exit_code, doing
        return error


class Cancelled(EmotopyError):
    """A call was cancelled through `Host.cancel`; finished stages are in the stage cache.

    Parameters
    ----------
    *message : object
        The error message.
    doing : str, default ""
        The work in progress; empty where none was shown.
    seconds : float, default 0.0
        Duration of the call so far, in seconds.

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
        """Return the error with message and attributes.

        >>> print(Cancelled.after(3.21, "embedding"))
        cancelled after 3.2 s, while working on: embedding
        """
        del deadline_s
        message = f"cancelled after {seconds:.1f} s{f', while working on: {doing}' if doing else ''}"
        return cls(message, doing=doing, seconds=seconds)


class DeadlineExceeded(EmotopyError):
    """A call took longer than `Host.deadline_s`; finished stages are in the stage cache.

    Parameters
    ----------
    *message : object
        The error message.
    doing : str, default ""
        The work in progress; empty where none was shown.
    seconds : float, default 0.0
        Duration of the call so far, in seconds.
    deadline_s : float, optional
        Allowed duration of the call, in seconds.

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
        """Return the error with message and attributes.

        >>> print(DeadlineExceeded.after(2.04, "", deadline_s=2.0))
        wanted an answer within 2 s, stopped after 2.0 s; allow more time (Host(deadline_s=...))
        """
        place = f", while working on: {doing}" if doing else ""
        allowed = "" if deadline_s is None else f"{deadline_s:g}"
        message = (
            f"wanted an answer within {allowed} s, stopped after {seconds:.1f} s{place}; allow more "
            "time (Host(deadline_s=...))"
        )
        return cls(message, doing=doing, seconds=seconds, deadline_s=deadline_s)


class OutputError(EmotopyError):
    """A result can't be written to the requested place.

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
    """An object that holds stages of plugins can't be pickled or deep-copied; results can.

    It is also a TypeError, which joblib, multiprocessing and Dask expect.

    Attributes
    ----------
    advice : str
        What to do instead of pickling.

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
        """Return the error with message and attribute.

        >>> print(NotPicklable.of("Registry", "load it where it is needed: Registry.load()"))
        Registry: wanted plain data, got an object that holds plugins; load it where it is needed: Registry.load()
        """
        error = cls(f"{what}: wanted plain data, got an object that holds plugins; {advice}")
        error.advice = advice
        return error


def nearest(name: str, choices: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for the choice most similar to `name`, or an empty string.

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
    """Return the error for an unknown name: the `reason`, the most similar choice, and all choices after `label`.

    >>> print(unknown_name("no reducer is called 'umpa'", "umpa", ["umap", "pca"], "There are"))
    no reducer is called 'umpa'. Did you mean 'umap'? There are: pca, umap
    """
    choices = tuple(choices)
    message = f"{reason}.{nearest(name, choices)} {label}: {listed(choices)}{more}"
    return UnknownName(message, name=name, choices=choices, kind=kind, path=path)


def unfit_value(path: str, wanted: str, got: Any, shown: str) -> ConfigError:
    """Return the error for a value that its key doesn't accept; `shown` is the value as the message shows it."""
    return ConfigError(f"{path}: wanted {wanted}, got {shown}", path=path, wanted=wanted, got=got)


def listed(names: Iterable[str]) -> str:
    """Join names for a message: sorted, comma-separated, or "none".

    >>> listed(["pca", "none"])
    'none, pca'
    """
    return ", ".join(sorted(names)) or "none"

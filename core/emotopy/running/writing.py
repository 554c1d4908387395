"""Writing results of every kind: through reporters, with their provenance, whole or not at all."""

from __future__ import annotations

import shutil
import stat
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emotopy.config import StageChoice
from emotopy.errors import ConfigError, EmotopyError, PluginError
from emotopy.host import is_hosts
from emotopy.records.result import Result, table_files
from emotopy.registry import Context, Registry
from emotopy.registry.fence import fenced
from emotopy.roles import Host, Reporter
from emotopy.running.places import places
from emotopy.running.stages import Stage
from emotopy.storage.arrow import ArrowTables
from emotopy.storage.os_errors import REFUSALS, as_path
from emotopy.storage.results import (
    MANIFEST,
    PROVENANCE,
    atomic_directory,
    manifest_of,
    provenance_bytes,
    replaced_file,
    warn,
)

if TYPE_CHECKING:
    from emotopy.notebook import AtHand
    from emotopy.running.figures import Plots

HTML = "html"
"""The reporter that writes ``report.html``."""
REPORTERS = ("emotopy:tables", "emotopy:html")
"""Who writes results that no configuration was needed for."""

ReporterChoice = str | Mapping[str, Any] | Reporter
"""A reporter's name, a table with `use` and options, or an object that keeps the protocol."""


class WritableResult(ArrowTables, Result):
    """What every result can do beside keeping the protocol `emotopy.records.result.Result`.

    `reporters` holds the reporters that the configuration chose, as names or tables with `use`: plain data, so that a
    result pickles and copies. `parts` holds further results, by the folder that they are written to.
    """

    if TYPE_CHECKING:

        @property
        def reporters(self) -> tuple[Any, ...]: ...

    @property
    def parts(self) -> Mapping[str, WritableResult]:
        """Further results, by the name of the folder that each is written to."""
        return {}

    @property
    def plot(self) -> Plots:
        """Figures for papers: ``result.plot.brain()``, ``.heatmap()``, ... (docs/figures.md)."""
        from emotopy.running.figures import Plots

        return Plots(self)

    def _repr_html_(self) -> str:
        """Return what a notebook shows: what the result says, its table in short, its notes, how to get further."""
        from emotopy.notebook import result_html

        pages = [choice for choice in self.reporters if reporter_name(choice).rpartition(":")[2] == HTML]
        return result_html(self, self._at_hand, has_page=bool(pages))

    def _at_hand(self) -> AtHand:
        """Return what there is without making or reading a large table, for a view in a notebook."""
        from emotopy.notebook import AtHand

        files = table_files(self)
        tables = self.tables
        small = {name: tables[name] for name in tables if name not in files}
        sizes = {name: len(small[name]) if name in small else None for name in tables}
        return AtHand(facts={}, tables=small, sizes=sizes)

    def write(
        self,
        directory: str | Path,
        registry: Registry | None = None,
        *,
        reporters: ReporterChoice | Sequence[ReporterChoice] | None = None,
        force: bool = False,
        files: Mapping[Path, bytes] | None = None,
        private: bool = False,
        notify: Callable[[str], None] = warn,
    ) -> Path:
        """Write the results directory, whole or not at all.

        A reporter that fails costs its own files alone: the others are written, then its error is raised.

        Parameters
        ----------
        directory : str or Path
            Where to write; its parents are made.
        registry : Registry, optional
            Where reporters come from; all installed plugins by default.
        reporters : str, mapping, Reporter, or sequence of these, optional
            Who writes: a name, a table with `use`, an object, or a list of these; those that the configuration chose by
            default.
        force : bool, default False
            Replace results that stand there: the files that they list. Others stay, and are told of.
        files : mapping of Path to bytes, optional
            Files outside the directory that belong to the results, path → content: they appear with it or not at all.
        private : bool, default False
            Let nobody but the user read the files (modes 0600 and 0700), as the command line does for confidential
            input.
        notify : callable, default a Python warning
            Called with a message for files that stay, and for what runs that were killed left there.

        Returns
        -------
        Path
            The directory.

        Raises
        ------
        OutputError
            The directory exists (unless `force`), can't be written, or another run is writing there.
        ConfigError
            A reporter isn't installed, or was an object that must be passed again.
        PluginError
            A reporter failed; all else is written.
        """
        directory = as_path(directory, "directory")
        registry = registry or Registry.load()
        host = Host(notify=notify)  # who is told of a section of the report that failed, say
        chosen = make_reporters(self.reporters if reporters is None else _listed(reporters), registry, host)
        with atomic_directory(directory, force=force, files=files, private=private, notify=notify) as partial:
            failed = _write_into(self, partial, chosen, registry, host)
        if failed:
            reasons = "; ".join(str(error) for error in failed)
            first = failed[0]
            raise PluginError(
                f"{reasons}; everything else was written to {directory}", owner=first.owner, stage=first.stage
            ) from first
        return directory

    def report(self, path: str | Path, registry: Registry | None = None, *, texts: Any = None) -> Path:
        """Write the page of the `html` reporter alone to the file `path`; return it.

        Parameters
        ----------
        path : str or Path
            The file; it is replaced where it is there.
        registry : Registry, optional
            Where the reporter comes from; all installed plugins by default.
        texts : table, iterable of str, column, or mapping of str to str, optional
            Of mapped texts: the texts, so that the page shows them where it else names their ids; those that were
            mapped, in their order, or a mapping from id to text (`emotopy.running.shown_texts.with_texts`). By default
            the page shows none but exemplars.

        Returns
        -------
        Path

        Raises
        ------
        ConfigError
            The configuration chose no `html` reporter.
        InputError
            `texts` aren't those that were mapped, or the result must not show any.
        OutputError
            The file can't be written.
        PluginError
            The reporter fails.
        """
        path = as_path(path, "path")
        pages = [choice for choice in self.reporters if reporter_name(choice).rpartition(":")[2] == HTML]
        if not pages:
            raise ConfigError(
                "reporter: this result has no `html` reporter; add it to the configuration's `reporter` list"
            )
        registry = registry or Registry.load()
        ((name, reporter),) = make_reporters(pages[:1], registry, Host(notify=warn))
        shown: Result = self
        if texts is not None:
            from emotopy.running.shown_texts import with_texts

            shown = with_texts(self, texts)
        with replaced_file(path) as partial, tempfile.TemporaryDirectory() as folder:
            run_reporter(name, reporter, shown, Path(folder), fence=registry.fence)
            shutil.copyfile(Path(folder) / "report.html", partial)
        return path


def reporter_choices(choices: Sequence[StageChoice], stages: Sequence[Stage]) -> tuple[Any, ...]:
    """Return what a result holds of its reporters: full names, or tables with `use`; an object by its description."""
    found: list[Any] = []
    for choice, stage in zip(choices, stages, strict=True):
        plain = choice.to_dict()
        if not choice.is_object:
            plain = stage.full_name if isinstance(plain, str) else {**plain, "use": stage.full_name}
        found.append(plain)
    return tuple(found)


def reporter_name(choice: Any) -> str:
    """Return the name of a reporter that a result holds: of an object the class."""
    if isinstance(choice, Mapping):
        return str(choice["object"].get("class", "")) if "object" in choice else str(choice.get("use", ""))
    return choice if isinstance(choice, str) else type(choice).__name__


def _listed(reporters: ReporterChoice | Sequence[ReporterChoice]) -> Sequence[ReporterChoice]:
    return reporters if isinstance(reporters, Sequence) and not isinstance(reporters, str) else [reporters]


def make_reporters(
    choices: Sequence[ReporterChoice], registry: Registry, host: Host | None = None
) -> list[tuple[str, Reporter]]:
    """Make reporters from any form of choice; return each with its full name.

    Raises ConfigError for an object of which only the description is left (a result holds no objects).
    """
    made = []
    for i, choice in enumerate(choices):
        path = f"reporter[{i}]"
        if isinstance(choice, Mapping) and "object" in choice:
            described = choice["object"].get("class", "an object")
            raise ConfigError(
                f"{path}: the configuration gave a {described}, which results don't keep; give it "
                "again: result.write(directory, reporters=[...])"
            )
        name = choice if isinstance(choice, str) else choice.get("use") if isinstance(choice, Mapping) else None
        full_name = registry.offer("reporter", name, path).full_name if isinstance(name, str) else type(choice).__name__
        context = Context(host=host or Host(), places=places(registry))
        made.append((full_name, registry.resolve("reporter", choice, context, path)))
    return made


def run_reporter(name: str, reporter: Reporter, result: Result, directory: Path, *, fence: bool) -> None:
    """Call a reporter; a failure names it, a full disk or a refused permission passes as the OSError that it is."""
    try:
        # No host is at hand where results are written, so nothing is logged.
        with fenced(f"reporter {name}", lambda message: None) if fence else nullcontext():
            reporter.write(result, directory)
    except EmotopyError:
        raise
    except (Exception, SystemExit) as error:
        if is_hosts(error):
            raise
        if isinstance(error, OSError) and error.errno in REFUSALS:
            raise
        raise PluginError(f"reporter {name} failed in write(): {type(error).__name__}: {error}") from error


def _write_into(
    result: WritableResult, directory: Path, reporters: Sequence[tuple[str, Reporter]], registry: Registry, host: Host
) -> list[PluginError]:
    """Write a result and its parts; return the errors of reporters that failed."""
    failed: list[PluginError] = []
    for name, part in result.parts.items():
        (directory / name).mkdir()
        failed += _write_into(part, directory / name, make_reporters(part.reporters, registry, host), registry, host)
    for name, reporter in reporters:
        with tempfile.TemporaryDirectory(prefix=".reporter-", dir=directory) as folder:
            try:
                run_reporter(name, reporter, result, Path(folder), fence=registry.fence)
            except PluginError as error:
                failed.append(error)  # what it had written so far goes with its folder
            else:
                mode = directory.stat().st_mode
                shutil.copytree(folder, directory, dirs_exist_ok=True, copy_function=shutil.move)
                directory.chmod(stat.S_IMODE(mode))  # which copytree takes from the temporary folder, a private one
    listed = {**result.provenance, MANIFEST: manifest_of(directory)}
    (directory / PROVENANCE).write_bytes(provenance_bytes(listed))
    return failed

"""Write the report of a results directory again from its tables, with other options or with the texts shown."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from emotopy.config import assemble
from emotopy.errors import ConfigError, InputError, OutputError
from emotopy.export.read_result import ReadResult, read_result
from emotopy.export.results_folder import ResultsFolder
from emotopy.readers.confidential import is_confidential
from emotopy.readers.corpora import POSITION, corpus_from
from emotopy.readers.tables import hash_table, read_table
from emotopy.records import Corpus, Result
from emotopy.registry import Registry
from emotopy.roles import Host
from emotopy.running.recorded import check_columns
from emotopy.running.shown_texts import HASH_SHOWN, check_may_show, with_texts
from emotopy.running.writing import make_reporters, run_reporter
from emotopy.storage.results import (
    FILES,
    MANIFEST,
    PROVENANCE,
    is_private,
    provenance_bytes,
    read_manifest,
    reserved,
    write_files,
)
from emotopy.wording import flag

REPORT = "report.html"
FILE_COLUMNS = ("text", "sheet")
"""How a table of texts is read: what may be said, and is recorded otherwise."""
MOST_ABOVE = 8
"""Folders above a results directory whose lists of files are looked at."""


def remake_report(
    directory: str | Path,
    *,
    texts: Any = None,
    text: str | None = None,
    sheet: str | None = None,
    options: Mapping[str, Any] | None = None,
    force: bool = False,
    registry: Registry | None = None,
    host: Host | None = None,
) -> Path:
    """Write ``report.html`` of a results directory again; nothing is recomputed.

    The page and its SHA-256 in ``provenance.json`` are replaced together; no other file changes.

    Parameters
    ----------
    directory : str or Path
        Results folder of `emotopy map`, `compare`, `decode`, `bridge` or `experiment`.
    texts : str, Path, or what `with_texts` takes, optional
        For mapped texts: the file that was mapped, or the texts themselves, to show them on the page. Their SHA-256
        must match the provenance. Default: the page shows ids instead of texts.
    text, sheet : str, optional
        Column of texts in the file, and sheet of a workbook. Default: those of the run.
    options : mapping, optional
        Configuration with only the key ``reporter``. Default: the recorded reporter and its options.
    force : bool, default False
        Replace a page that emotopy didn't write or that was changed.
    registry : Registry, optional
        Registry of reporters, report sections and atlases. Default: all installed plugins.
    host : Host, optional
        Host that receives progress and messages about differences. Default: no output.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    InputError
        The folder can't be read as results, a table was changed, or the texts aren't those that were mapped or must not
        be shown.
    ConfigError
        The reporter isn't installed, has no such option, or wrote no page.
    OutputError
        The page was changed after it was written (unless `force`), or can't be written.
    PluginError
        The reporter fails.

    Examples
    --------
    >>> remake_report("results/", texts="diaries.csv")  # doctest: +SKIP
    """
    given, host = Path(directory), host or Host()
    directory = given.resolve() if given.is_symlink() else given  # a link is followed, as `emotopy open` does
    registry = registry or Registry.load(fence=True)
    result = read_result(directory, registry)
    result.check()  # a section of a page that fails is left out of the page; a damaged table is no such thing
    if texts is None and (text is not None or sheet is not None):
        raise InputError.at("texts", wanted="the file of texts, beside its column or sheet", got="no file")
    _check_may_replace(result.folder, force=force)
    reporters = make_reporters(_choices(result, options, registry, host), registry, host)
    shown: Result = result
    private = is_private(directory)
    if texts is not None:
        check_may_show(result)  # before a file is read
        name = "texts"
        if isinstance(texts, (str, Path)):
            name = Path(texts).name
            private = private or is_confidential(Path(texts))
            with host.progress(f"reading {name}", None):
                texts = _corpus_of(result, Path(texts), {"text": text, "sheet": sheet})
        shown = with_texts(result, texts, name=name)
    with reserved(directory, force=True, notify=host.notify):
        with host.progress(f"writing {REPORT}", None):
            page = _page(shown, reporters, host, fence=registry.fence)
        if read_manifest(directory) != result.folder.manifest:
            raise OutputError(
                f"{directory} was replaced while its report was being made; nothing was written, so try again"
            )
        write_files(_contents(directory, page), force=True, private=private, notify=host.notify)
    return given / REPORT


def _corpus_of(result: ReadResult, file: Path, given: Mapping[str, str | None]) -> Corpus:
    """Read the file that was mapped, as it was read then; raises InputError for another."""
    source = result.provenance.get("input")
    source = source if isinstance(source, Mapping) else {}
    recorded = source.get("sha256")
    if isinstance(recorded, str) and (found := hash_table(file)) != recorded:
        raise InputError.at(
            file.name,
            wanted=f"the file that was mapped, SHA-256 {recorded[:HASH_SHOWN]}…",
            got=f"another, SHA-256 {found[:HASH_SHOWN]}…",
            advice="give the file as it was when it was mapped, or map this file",
        )
    arguments = source.get("arguments")
    columns = arguments.get("columns") if isinstance(arguments, Mapping) else None
    columns = dict(columns) if isinstance(columns, Mapping) else {}
    check_columns(columns, PROVENANCE)
    chosen = {name: given[name] if given[name] is not None else columns.get(name) for name in FILE_COLUMNS}
    frame = read_table(file, sheet=chosen["sheet"], whole=columns.get("time") == POSITION)
    return corpus_from(frame, text=chosen["text"])


def _choices(result: ReadResult, options: Mapping[str, Any] | None, registry: Registry, host: Host) -> list[Any]:
    """Return the reporters that make the page: the recorded one, with what is set over it."""
    for key in options or {}:
        if key != "reporter":
            raise ConfigError(
                f"{key}: a report is made from computed results, so only `reporter` can be set here",
                path=key,
                wanted="reporter, or reporter.OPTION",
                got=key,
            )
    (recorded,) = result.reporters
    known = registry.offer("reporter", recorded["use"], "reporter").signature.options
    gone = [name for name in recorded if name != "use" and name not in known]
    if gone:  # another version wrote the results
        host.notify(
            f"reporter: {recorded['use']} doesn't know the options {', '.join(gone)}, which the results record."
        )
    base = {name: value for name, value in recorded.items() if name not in gone}
    base["use"] = [recorded["use"]]  # options beside a list: those that are set lie over them
    config = assemble([{"reporter": base}, dict(options or {})]).check(registry, roles=())
    return [choice.use if choice.is_object else {"use": choice.use, **choice.options} for choice in config.reporters]


def _page(result: Result, reporters: Sequence[tuple[str, Any]], host: Host, *, fence: bool) -> bytes:
    """Return the page that one of the reporters writes; other files of theirs are left out, and told of."""
    page, others = None, set()
    for name, reporter in reporters:
        with tempfile.TemporaryDirectory() as folder:
            run_reporter(name, reporter, result, Path(folder), fence=fence)
            for path in sorted(Path(folder).rglob("*")):
                if path.name == REPORT and path.parent == Path(folder) and path.is_file():
                    page = path.read_bytes()
                elif path.is_file():
                    others.add(path.name)
    if page is None:
        named = ", ".join(name for name, _ in reporters)
        raise ConfigError(
            f"reporter: wanted one that writes {REPORT}, got {named}",
            path="reporter",
            wanted=f"a reporter that writes {REPORT}",
            got=named,
        )
    if others:
        host.notify(
            f"Only {REPORT} is replaced; these files of the reporter aren't written: {', '.join(sorted(others)[:8])}."
        )
    return page


def _check_may_replace(folder: ResultsFolder, *, force: bool) -> None:
    """Raise OutputError for a page that isn't as emotopy wrote it, unless forced."""
    path, listed = folder.path / REPORT, folder.manifest.get(REPORT)
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise OutputError(f"{REPORT} is a link or a folder and isn't replaced; move it away")
    if not path.exists() or force:
        return
    with path.open("rb") as file:
        if listed is None or hashlib.file_digest(file, "sha256").hexdigest() != listed:
            raise OutputError(
                f"{REPORT} isn't as emotopy wrote it; move it away to keep it, or replace it with {flag('--force')}"
            )


def _contents(directory: Path, page: bytes) -> dict[Path, bytes]:
    """Return the files that change: the page, and the lists of files that hold its SHA-256.

    A folder of an experiment stands in the list of the experiment, too.
    """
    contents = {directory / REPORT: page}
    new = {REPORT: _sha256(page)}
    folder = directory.resolve()
    place = directory
    for _ in range(MOST_ABOVE):
        held = json.loads((place / PROVENANCE).read_bytes())
        held[MANIFEST][FILES] |= new
        listed = provenance_bytes(held)
        contents[place / PROVENANCE] = listed
        above = read_manifest(folder.parent)
        if above is None or f"{folder.name}/{PROVENANCE}" not in above:
            break
        new = {f"{folder.name}/{name}": digest for name, digest in new.items()}
        new[f"{folder.name}/{PROVENANCE}"] = _sha256(listed)
        place = folder = folder.parent
    return contents


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

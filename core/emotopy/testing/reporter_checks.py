"""What reporters promise."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import attrs

from emotopy.errors import EmotopyError, PluginError
from emotopy.records import Result
from emotopy.testing.example_inputs import (
    SCRIPT,
    SECRETS,
    confidential_result,
    contents,
    decoding,
    result,
    run_reporter,
    secret_texts,
)
from emotopy.testing.example_results import example_results
from emotopy.testing.file_layers import unpacked
from emotopy.testing.secrets_in_files import Found, planted, texts_in, times_in, traces_of_this_machine
from emotopy.testing.specimens import first_use
from emotopy.testing.suite import Candidate, ContractViolation, Unavailable, decided_at_once, require

BETWEEN_S = 2.1
"""What lies between two writings that are compared: times in zip archives count by two seconds."""


def check_files_are_where_it_says(candidate: Candidate) -> None:
    """`write` returns the paths of all files that it wrote, all of them inside the given directory."""
    _written_as_returned(candidate, result(candidate))


def check_every_kind_is_written_or_refused(candidate: Candidate) -> None:
    """A result of any kind, even an unknown one, is written from the protocol's fields or raises an EmotopyError."""
    for made in (*example_results(), decoding()):
        try:
            files = _written_as_returned(candidate, made)
        except PluginError as error:
            raise ContractViolation(f"{candidate}: a {made.kind} is a result too: {error}") from error
        except EmotopyError:
            continue
        _require_escaped(candidate, files)


@decided_at_once
def check_no_texts_means_no_texts(candidate: Candidate) -> None:
    """If the result has `no_texts`, no file holds a text, part of a text, or a word that occurs only in texts.

    Not those of a result that was written before, nor those that the record may still hold. Archives, compressed
    streams and encodings are looked into (`emotopy.testing.file_layers` says into which), whatever the letters' case.
    """
    stage, made = candidate.stage(), confidential_result(candidate)
    run_reporter(stage, attrs.evolve(made, no_texts=False))
    with tempfile.TemporaryDirectory() as folder, planted():
        stage.write(made, Path(folder))
        texts = [text for text in secret_texts() if SCRIPT not in text]  # a group is called so, too
        _require_clean(candidate, texts_in(contents(Path(folder)), texts, SECRETS), "in spite of no_texts")


def check_markup_is_escaped(candidate: Candidate) -> None:
    """Markup in texts and names of groups is escaped, so that a browser doesn't run it."""
    with tempfile.TemporaryDirectory() as folder:
        candidate.stage().write(result(candidate), Path(folder))
        _require_escaped(candidate, contents(Path(folder)))


def _require_escaped(candidate: Candidate, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        for layer in unpacked(name, data).layers:
            is_page = layer.place.lower().endswith((".html", ".htm", ".svg", ".xhtml")) or layer.data[:400].lstrip()[
                :14
            ].lower().startswith((b"<!doctype html", b"<html", b"<svg"))
            raw = is_page and SCRIPT.encode() in layer.data.replace(b"\0", b"")
            require(not raw, f"{candidate}: a page escapes markup from texts, {layer.place} holds it as it was")


def check_nothing_tells_of_this_machine(candidate: Candidate) -> None:
    """No file holds an absolute path, a key, or the name of the user or the machine, also inside archives."""
    with tempfile.TemporaryDirectory() as folder, planted():
        candidate.stage().write(result(candidate), Path(folder))
        found = traces_of_this_machine(contents(Path(folder)), Path(folder))
    _require_clean(candidate, found, "which another machine wouldn't write")


@decided_at_once
def check_files_tell_no_time(candidate: Candidate) -> None:
    """No file or archive member holds the time of writing; writing two seconds later gives the same bytes.

    What needs a time takes that of `SOURCE_DATE_EPOCH`, which is set meanwhile, or any fixed one.
    """
    made, before = result(candidate), first_use(candidate)
    time.sleep(max(0.0, BETWEEN_S - (time.monotonic() - before.at)))
    started = time.time()
    files = run_reporter(candidate.stage(), made)
    _require_clean(candidate, times_in(files, started, time.time()), "use SOURCE_DATE_EPOCH, or a fixed time")
    differing = sorted(name for name in {*files, *before.output} if files.get(name) != before.output.get(name))
    require(
        not differing,
        f"{candidate}: the same result gives the same bytes whenever it is written, {', '.join(differing)} differed "
        f"after {BETWEEN_S:g} s",
    )


def _require_clean(candidate: Candidate, found: Found, why: str) -> None:
    for leak in found.leaks:
        require(False, f"{candidate}: {leak.place} holds {leak.what}, {why}")
    if found.unread:
        raise Unavailable(f"{candidate}: not all of its files can be looked into: {', '.join(found.unread[:3])}")


def _written_as_returned(candidate: Candidate, made: Result) -> dict[str, bytes]:
    """Write a result; return the contents of the files, whose paths must be those that the reporter returns."""
    with tempfile.TemporaryDirectory() as folder:
        returned = {Path(path).resolve() for path in candidate.stage().write(made, Path(folder))}
        files = contents(Path(folder))
        there = {(Path(folder) / name).resolve() for name in files}
    require(there, f"{candidate}: wrote no file of a result of kind {made.kind}")
    names = sorted(path.name for path in returned ^ there)
    require(not names, f"{candidate}: paths returned and files of a {made.kind} are the same, {names} differ")
    return files

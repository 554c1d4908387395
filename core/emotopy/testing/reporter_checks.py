"""What reporters promise."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from emotopy.errors import EmotopyError, PluginError
from emotopy.records import Result
from emotopy.testing.example_inputs import SCRIPT, SECRET, contents, decoding, example_results, result
from emotopy.testing.suite import Candidate, ContractViolation, require


def check_files_are_where_it_says(candidate: Candidate) -> None:
    """`write` returns the paths of the files it wrote, all of them in the directory that it was given."""
    _written_as_returned(candidate, result(candidate))


def check_every_kind_is_written_or_refused(candidate: Candidate) -> None:
    """A result of any kind, an unknown one too, is written from what the protocol names, or raises an EmotopyError."""
    for made in (*example_results(), decoding()):
        try:
            files = _written_as_returned(candidate, made)
        except PluginError as error:
            raise ContractViolation(f"{candidate}: a {made.kind} is a result too: {error}") from error
        except EmotopyError:
            continue
        _require_escaped(candidate, files)


def check_no_texts_means_no_texts(candidate: Candidate) -> None:
    """Where the result says `no_texts`, no file holds a word that only one text holds."""
    for name, data in _written(candidate, no_texts=True).items():
        require(SECRET.encode() not in data, f"{candidate}: {name} holds an input text in spite of no_texts")


def check_markup_is_escaped(candidate: Candidate) -> None:
    """Markup in texts and names of groups doesn't reach a page that a browser would run."""
    _require_escaped(candidate, _written(candidate))


def _require_escaped(candidate: Candidate, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        if name.endswith((".html", ".htm", ".svg", ".xhtml")):
            require(SCRIPT.encode() not in data, f"{candidate}: {name} holds markup from an input text, unescaped")


def check_nothing_tells_of_this_machine(candidate: Candidate) -> None:
    """No file holds the path of its own directory or of the user's home."""
    with tempfile.TemporaryDirectory() as folder:
        candidate.stage().write(result(candidate), Path(folder))
        for name, data in contents(Path(folder)).items():
            for place in (folder, str(Path.home())):
                has_path = len(place) > 1 and f"{place}/".encode() in data
                require(not has_path, f"{candidate}: {name} holds the path {place}")


def _written_as_returned(candidate: Candidate, made: Result) -> dict[str, bytes]:
    """Write a result; return the contents of the files, whose paths must be those that the reporter returns."""
    with tempfile.TemporaryDirectory() as folder:
        returned = {Path(path).resolve() for path in candidate.stage().write(made, Path(folder))}
        files = contents(Path(folder))
        there = {(Path(folder) / name).resolve() for name in files}
    require(there, f"{candidate}: wrote no file of a result of kind {made.kind}")
    require(returned == there, f"{candidate}: paths returned and files of a {made.kind} differ: {returned ^ there}")
    return files


def _written(candidate: Candidate, *, no_texts: bool = False) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        candidate.stage().write(result(candidate, no_texts=no_texts), Path(folder))
        return contents(Path(folder))

"""What data sets promise. They are checked on the made-up example that each writes of itself."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from emotopy.datasets.load import load_from
from emotopy.errors import EmotopyError, PluginError
from emotopy.records.dataset_info import DatasetCard, left_out_of, notes_of
from emotopy.testing.dataset_examples import ExampleFiles, example_files
from emotopy.testing.suite import Candidate, ContractViolation, NotApplicable, require

CELLS = 4
"""A text of so many words is no label, and may stand in no message."""


def check_card_says_what_it_is(candidate: Candidate) -> None:
    """The card has the name of the offer, a title, a citation, a licence and a source; its columns are distinct.

    What doesn't depend on the options is the same on the factory and on what it makes.
    """
    card, made = candidate.offer.card, candidate.make().card
    require(isinstance(made, DatasetCard), f"{candidate}: its card must be a DatasetCard, got a {type(made).__name__}")
    require(candidate.offer.name == card.name, f"{candidate}: the card's name must be the offer's, got {card.name!r}")
    for field in ("title", "cite", "licence", "home", "rows"):
        value = getattr(card, field)
        require(isinstance(value, str) and value.strip(), f"{candidate}: the card's {field} must say something")
    for field in ("name", "title", "licence", "confidential", "source"):
        one, other = getattr(card, field), getattr(made, field)
        require(one == other, f"{candidate}: the card's {field} depends on the options: {one!r}, then {other!r}")
    columns = made.columns
    require(
        all(isinstance(name, str) for name in columns) and len(set(columns)) == len(columns),
        f"{candidate}: the card's columns must be strings that differ, got {columns}",
    )
    if columns:
        require(card.language, f"{candidate}: the card must say the texts' language, a code or `any`")
        require("text" in columns or made.map_columns, f"{candidate}: the card names no column of texts")


def check_example_loads_as_the_card_says(candidate: Candidate) -> None:
    """The host loads the example with the card's columns, at least one row, and the mark if it is confidential.

    Ids, where `map_columns` names them, differ; texts are strings; columns that `emotopy map` is to take are there.
    """
    from emotopy.readers.confidential import is_confidential

    dataset = candidate.make()
    try:
        with tempfile.TemporaryDirectory() as folder:
            loaded = load_from(candidate.offer, dataset, example_files(dataset).written(Path(folder)))
    except PluginError as error:
        raise ContractViolation(f"{candidate}: {error}") from error
    card = dataset.card
    if not card.columns:
        require(loaded is not None, f"{candidate}: load() returned None")
        return
    require(len(loaded) > 0, f"{candidate}: the example has no rows")
    for flag, named in card.map_columns.items():
        for column in (named,) if isinstance(named, str) else named:
            require(column in loaded.columns, f"{candidate}: map_columns names {column!r} for --{flag}: no such column")
    text = card.map_columns.get("text", "text")
    if text in loaded.columns:
        kinds = sorted({type(one).__name__ for one in loaded[text]})
        require(kinds == ["str"], f"{candidate}: texts must be strings, got {', '.join(kinds)}")
    ids = card.map_columns.get("id")
    if isinstance(ids, str):
        require(loaded[ids].is_unique, f"{candidate}: ids must differ, in column {ids!r} one occurs twice")
    require(is_confidential(loaded) == card.confidential, f"{candidate}: marks its table unlike its card")
    require(
        all(isinstance(one, str) for one in notes_of(loaded)) and all(one.reason for one in left_out_of(loaded)),
        f"{candidate}: notes must be strings, and what is left out needs its reason",
    )


def check_source_stays_as_it_was(candidate: Candidate) -> None:
    """Loading neither changes nor adds a file in the data set."""
    dataset = candidate.make()
    example = example_files(dataset)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        dataset.load(example.written(folder))
        there = {one.relative_to(folder).as_posix(): one for one in folder.rglob("*") if one.is_file()}
        require(there.keys() == example.files.keys(), f"{candidate}: load() added or took away files")
        changed = [path for path, content in example.files.items() if there[path].read_bytes() != content]
        require(not changed, f"{candidate}: load() changed {', '.join(changed)}")


def check_what_lacks_is_refused(candidate: Candidate) -> None:
    """A missing folder and an empty folder raise an EmotopyError, usually InputError."""
    dataset = candidate.make()
    with tempfile.TemporaryDirectory() as folder:
        for what, path in (("an empty folder", Path(folder)), ("a folder that isn't there", Path(folder) / "gone")):
            found = _outcome(candidate, dataset, path, what)
            require(isinstance(found, EmotopyError), f"{candidate}: {what} was taken")


def check_damaged_files_are_refused_or_read(candidate: Candidate) -> None:
    """Files that are empty, truncated or hold other bytes load, or raise an EmotopyError and no other exception.

    No message repeats a text.
    """
    dataset = candidate.make()
    example = example_files(dataset)
    texts = _texts(example, dataset)
    for what, damaged in _damages(example):
        with tempfile.TemporaryDirectory() as folder:
            found = _outcome(candidate, dataset, damaged.written(Path(folder)), what)
        if isinstance(found, EmotopyError):
            said = [text for text in texts if text in str(found)]
            require(not said, f"{candidate}: with {what} the message repeats a text of the data set")


def check_recognises_its_own(candidate: Candidate) -> None:
    """`recognises`, if present, returns True for the example, and False for an empty and for a missing folder."""
    from emotopy.roles import RecognisesSource

    dataset = candidate.make()
    if not isinstance(dataset, RecognisesSource):
        raise NotApplicable(f"{candidate}: doesn't say which folders are its own, it has no recognises()")
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder)
        for other in (empty, empty / "gone"):
            require(dataset.recognises(other) is False, f"{candidate}: recognises() must return False for {other.name}")
        require(
            dataset.recognises(example_files(dataset).written(empty)) is True,
            f"{candidate}: recognises() must return True for its own example",
        )


def check_records_are_described(candidate: Candidate) -> None:
    """`describe`, if present, returns lines of text about the loaded records."""
    from emotopy.roles import DescribesRecords

    dataset = candidate.make()
    if not isinstance(dataset, DescribesRecords):
        raise NotApplicable(f"{candidate}: describes no records, it has no describe()")
    with tempfile.TemporaryDirectory() as folder:
        source = example_files(dataset).written(Path(folder))
        lines = dataset.describe(candidate.make().load(source), source)
    good = not isinstance(lines, str) and len(lines) > 0 and all(isinstance(line, str) for line in lines)
    require(good, f"{candidate}: describe() must return one line or more, as strings")


def _outcome(candidate: Candidate, dataset: Any, source: Path, what: str) -> Any:
    """Return what loading gives or the error of emotopy's that it raises; anything else breaks the promise."""
    try:
        return dataset.load(source)
    except EmotopyError as error:
        return error
    except (Exception, SystemExit) as error:
        raise ContractViolation(
            f"{candidate}: {what} must raise an error of emotopy's, such as InputError, or load; it raised "
            f"{type(error).__name__}"
        ) from error


def _damages(example: ExampleFiles) -> Iterator[tuple[str, ExampleFiles]]:
    """Yield the example with one file damaged, in each way, and without it."""
    for name, content in example.files.items():
        for what, damaged in {
            "empty": b"",
            "cut off": content[: len(content) // 2],
            "of other bytes": b"\xff\x00\xfe" * 20,
            "another text": b'{[1, 2;\n\t,"',
        }.items():
            yield f"{name} {what}", ExampleFiles({**example.files, name: damaged}, example.entry)
        yield f"{name} absent", ExampleFiles({k: v for k, v in example.files.items() if k != name}, example.entry)


def _texts(example: ExampleFiles, dataset: Any) -> list[str]:
    """Return the example's texts that are long enough to be recognised in a message."""
    with tempfile.TemporaryDirectory() as folder:
        loaded = dataset.load(example.written(Path(folder)))
    text = dataset.card.map_columns.get("text", "text")
    if not dataset.card.columns or text not in loaded.columns:
        return []
    return [one for one in loaded[text] if isinstance(one, str) and len(one.split()) >= CELLS]

"""Terms: what is looked for in abstracts and in texts, each with its synonyms."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import zip_longest
from pathlib import Path

import attrs

from emotopy.errors import InputError
from emotopy.readers.separated import separated_rows
from emotopy.readers.text_io import check_lines


def _word(word: str) -> str:
    return word.strip().lower()


def _words(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_word(word) for word in words if word.strip()))


@attrs.frozen
class Term:
    """A term with its synonyms, in lower case, each once."""

    name: str = attrs.field(converter=_word)
    synonyms: tuple[str, ...] = attrs.field(default=(), converter=_words)

    @property
    def words(self) -> tuple[str, ...]:
        """The term itself, then its synonyms; a study uses the term if it uses any of them.

        >>> Term("sadness", ["sad", "grief", "sadness"]).words
        ('sadness', 'sad', 'grief')
        """
        return tuple(dict.fromkeys((self.name, *self.synonyms)))


def read_text(file: Path | Traversable) -> str:
    """Return the text of a UTF-8 file, without a byte-order mark; raises InputError where it can't be read."""
    try:
        data = file.read_bytes()
        check_lines(data, file.name)
        return data.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{file} can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{file.name}: wanted UTF-8 text, but {error}") from error


def read_terms(path: Path | None = None) -> tuple[Term, ...]:
    """Read terms from a table with the columns `term` and `synonyms` (separated by ";"); without a path, our own.

    A file ending in .tsv is tab-separated, any other comma-separated.

    Raises InputError for a file that is absent, not UTF-8, without these columns or without terms, and for a term that
    occurs twice.
    """
    file = resources.files("emotopy.evidence") / "terms.csv" if path is None else path
    name, text = file.name, read_text(file)
    rows = separated_rows(text, "\t" if name.lower().endswith(".tsv") else ",")
    columns = next((cells for cells, _ in rows if cells), [])
    if not {"term", "synonyms"} <= set(columns):
        there = ", ".join(columns)
        raise InputError(
            f"{name}: wanted the columns term and synonyms, got {there}",
            file=name,
            wanted="the columns term and synonyms",
            got=there[:200],
        )
    filled = (dict(zip_longest(columns, cells[: len(columns)], fillvalue="")) for cells, _ in rows if cells)
    terms = tuple(Term(row["term"], row["synonyms"].split(";")) for row in filled if row["term"].strip())
    if not terms:
        raise InputError(f"{name}: wanted at least one term, got none")
    check_distinct(terms, name)
    return terms


def check_distinct(terms: Iterable[Term], where: str) -> None:
    """Raise InputError if a term stands twice."""
    seen: set[str] = set()
    for term in terms:
        if term.name in seen:
            raise InputError(f"{where}: the term {term.name!r} occurs twice; merge the synonyms in one row")
        seen.add(term.name)

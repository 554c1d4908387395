"""The layouts of NRC's word lists, and of tables that others made of them: which column is what, and on which scale.

- Long: a row per word and emotion, in any order of columns (EmoLex word-level, Emotion Intensity, the Hashtag lexicon,
  whose emotion stands first and whose scores have no upper bound; tidytext's `word, sentiment`, without a score).
- Wide: a row per word, a column of 0 or 1 per emotion (EmoLex for various languages).
- Ratings: a row per word with valence, arousal and dominance.

Text and blank lines in front of a list are no entries. What a score means is said by the header, the file's name or the
user. Where these leave it open, NRC's own way of writing decides (flags are `0` and `1`, degrees have decimals; ratings
of version 2 have the header `term`), and a note says so; where that leaves it open too, the user is asked.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, get_args

import attrs

from emotopy.errors import InputError
from emotopy.readers.cell_values import described
from emotopy.readers.column_names import AFFECT, LEXICON_WORD, ROW_NUMBER, SCORE, find_column, folded
from emotopy.readers.delimited import named
from emotopy.readers.numeric_columns import as_number
from emotopy.readers.separated import cells_of

EMOTIONS = ("anger", "anticipation", "disgust", "fear", "joy", "sadness", "surprise", "trust")
"""Plutchik's eight, in the order of every result."""
POLARITIES = ("positive", "negative")
AFFECTS = EMOTIONS + POLARITIES
RATINGS = ("valence", "arousal", "dominance")

Format = Literal["emolex", "intensity", "vad"]
Form = Literal["emolex", "intensity", "hashtag", "vad-v1", "vad-v2"]
"""What a list is: 0 or 1; 0 to 1; from 0 without a bound; ratings from 0 to 1; ratings from −1 to 1."""
FORMS = "an NRC list: tab-separated word, emotion, score; or word, valence, arousal, dominance; or a column per emotion"
HINT = "check which file of the download it is, or set its format: lexicon_form={}"
Line = tuple[int, list[str]]
"""A line's number and its cells."""
Column = Callable[[str, Sequence[str]], int]
"""Given the list's name and its header, the column that holds the words."""


@attrs.frozen
class Entries:
    """Scores by word, over `emotions`; ratings run from `low` to 1; `notes` say what was assumed."""

    format: Format
    emotions: tuple[str, ...]
    scores: dict[str, list[float]] = attrs.field(repr=len)
    low: float = 0.0
    notes: tuple[str, ...] = ()


def read_lines(name: str, text: str, form: Form | None, column: Column | None = None) -> Entries:
    """Read a list from the text of a file; see `read_table`. Columns are parted by tabs, else commas or semicolons."""
    numbered = list(enumerate(text.splitlines(), start=1))
    for separator in ("\t", ",", ";"):
        lines = [(at, cells) for at, line in numbered if any(cells := _cells(line, separator))]
        start = next((i for i, (_, cells) in enumerate(lines) if _is_start(cells)), None)
        if start is not None:
            return read_table(name, lines[start:], form, column, before=start)
    first = next((at for at, line in numbered if line.strip()), None)
    got = "an empty file" if first is None else "lines of another kind"
    raise InputError.at(name, line=first, wanted=FORMS, got=got, advice=HINT.format("…"))


def read_table(
    name: str, lines: Sequence[Line], form: Form | None = None, column: Column | None = None, *, before: int = 0
) -> Entries:
    """Read a list, a header or an entry first; `before` lines stood in front of it.

    `form` says what it is, where the user does; `column` finds the column of words of a list with a column per emotion.

    Raises InputError that names the line (of a list with a column per emotion: the row).
    """
    skipped = (f"{name}: {before:,} lines before the list aren't entries and were skipped.",) if before else ()
    at, header = lines[0]
    if any(as_number(cell) is not None for cell in header):
        if len(header) == 4:
            found = _ratings(name, lines, [0, 1, 2, 3], form, None)
        else:
            found = _pairs(name, lines, _order(lines), form, ())
        return attrs.evolve(found, notes=(*skipped, *found.notes))
    if len(lines) == 1:
        raise InputError.at(name, line=at, wanted="entries below the header", got="a header alone")
    titles = [title.lower() for title in header]
    is_wide = sum(affect in titles for affect in AFFECTS) > 1
    ratings = [rating for rating in RATINGS if rating in titles]
    if is_wide:
        found = _wide(name, lines, form, column or english_column)
    elif ratings:
        word = find_column([title for title in header if title.lower() not in RATINGS], LEXICON_WORD)
        places = [0 if word is None else header.index(word), *(titles.index(rating) for rating in ratings)]
        if len(ratings) < len(RATINGS):
            raise InputError.at(
                name, line=at, wanted=f"the columns {', '.join(RATINGS)}", got=f"the columns {named(header)}"
            )
        found = _ratings(name, lines[1:], places, form, folded(header[places[0]]))
    else:
        found = _pairs(name, lines[1:], _by_header(name, at, header), form, header)
    return attrs.evolve(found, notes=(*skipped, *found.notes))


def _cells(line: str, separator: str) -> list[str]:
    if separator == "\t":
        return [cell.strip() for cell in line.split("\t")]
    return [cell.strip() for cell in cells_of(line, separator)]


def _is_start(cells: Sequence[str]) -> bool:
    """Whether a line is a header or an entry of a list, and not of the text in front of it."""
    n_numbers = sum(as_number(cell) is not None for cell in cells)
    names = [cell.lower() for cell in cells]
    n_affects = sum(affect in names for affect in AFFECTS)
    if n_numbers:
        return (len(cells) == 3 and n_affects > 0) or (len(cells) == 4 and n_numbers >= 3)
    if len(cells) == 3 and n_affects and not is_header(cells):
        return True  # an entry with a score that is none, which is said later
    return is_header(cells)


def is_header(cells: Sequence[str]) -> bool:
    """Whether cells name the columns of a list."""
    names = [cell.lower() for cell in cells]
    n_affects = sum(affect in names for affect in AFFECTS)
    n_ratings = sum(rating in names for rating in RATINGS)
    has_word, has_affect = (find_column(cells, kind) is not None for kind in (LEXICON_WORD, AFFECT))
    return len(cells) > 1 and (
        n_affects > 1 or n_ratings > 1 or (n_ratings > 0 and has_word) or (has_word and has_affect)
    )


# Long --------------------------------------------------------------------------------------------------------------


def _order(lines: Sequence[Line]) -> tuple[int, int, int | None]:
    """Return the places of word, emotion and score in lines without a header: those that most lines fit."""
    orders = ((0, 1, 2), (0, 2, 1), (1, 0, 2))

    def n_fitting(order: tuple[int, int, int]) -> int:
        _, affect, score = order
        return sum(
            len(cells) == 3 and cells[affect].lower() in AFFECTS and as_number(cells[score]) is not None
            for _, cells in lines
        )

    return max(orders, key=n_fitting)


def _by_header(name: str, at: int, header: Sequence[str]) -> tuple[int, int, int | None]:
    """Return the places of word, emotion and score that a header names; a list may have no score."""
    word, affect = find_column(header, LEXICON_WORD), find_column(header, AFFECT)
    if word is None or affect is None:
        raise InputError.at(
            name, line=at, wanted="columns of words and of emotions", got=f"the columns {named(header)}"
        )
    score = find_column(header, SCORE)
    place = header.index(score) if score is not None else None
    left = [i for i, title in enumerate(header) if title not in (word, affect) and folded(title) not in ROW_NUMBER]
    if place is None and len(left) == 1:
        place = left[0]
    return header.index(word), header.index(affect), place


def _pairs(
    name: str,
    lines: Sequence[Line],
    order: tuple[int, int, int | None],
    form: Form | None,
    header: Sequence[str],
) -> Entries:
    """Read lines of a word, an emotion and a score."""
    word_at, affect_at, score_at = order
    if form in ("vad-v1", "vad-v2"):
        raise _other_form(name, lines[0][0], form, "a list of words with emotions")
    is_unbounded = form == "hashtag" or (form is None and not header and order == (1, 0, 2))
    width = len(header) or 3
    kind, notes = _kind(name, lines, score_at, form, header)
    scores: dict[str, list[float]] = {}
    seen: dict[tuple[str, str], float] = {}
    n_differ = 0
    places = {affect: place for place, affect in enumerate(AFFECTS)}
    for at, cells in lines:
        if len(cells) != width or not cells[word_at]:
            wanted = f"a word and {width - 1} more columns"
            raise InputError.at(name, line=at, wanted=wanted, got=_counted(cells))
        word, affect = cells[word_at].lower(), cells[affect_at].lower()
        if affect not in places:
            raise InputError.at(name, line=at, wanted=f"one of {', '.join(AFFECTS)}", got=described(affect))
        high = math.inf if is_unbounded else 1.0
        score = 1.0 if score_at is None else _score(name, at, cells[score_at], 0.0, high, is_flag=form == "emolex")
        own = scores.setdefault(word, [0.0] * len(AFFECTS))
        if (word, affect) not in seen:
            seen[word, affect] = own[places[affect]] = score
        n_differ += seen[word, affect] != score
    if is_unbounded:
        kind, notes = "intensity", (f"{name}: association strengths without an upper bound are used as degrees.",)
    absent = _on_absent(name, {affect for _, affect in seen})
    return Entries(kind, AFFECTS, scores, notes=(*notes, *absent, *_on_repeats(name, n_differ)))


def _on_repeats(name: str, n: int) -> tuple[str, ...]:
    if not n:
        return ()
    return (f"{name}: {n:,} rows repeat a word with another score; the first score is used.",)


def _kind(
    name: str, lines: Sequence[Line], score_at: int | None, form: Form | None, header: Sequence[str]
) -> tuple[Format, tuple[str, ...]]:
    """Say whether scores are categories or degrees: by the user, the header, the file's name, or how they are written.

    NRC writes flags as `0` and `1`, degrees with decimals.
    """
    names = [folded(title) for title in header]
    file = folded(name)
    if form is not None:
        return ("emolex" if form == "emolex" else "intensity"), ()
    if score_at is None:
        return "emolex", ()
    if any("intensity" in title or title == "affectdimension" for title in names) or "intensity" in file:
        return "intensity", ()
    says_flags = any(title.startswith("association") for title in names)
    if says_flags or any(word in file for word in ("emolex", "wordlevel", "senselevel")):
        return "emolex", ()
    if not all(len(cells) > score_at and cells[score_at] in ("0", "1") for _, cells in lines):
        return "intensity", ()
    told = (
        f"{name}: every score is written 0 or 1, as in EmoLex, so they are read as categories. For "
        "degrees, set lexicon_form=intensity."
    )
    return "emolex", (told,)


def _on_absent(name: str, there: Iterable[str]) -> tuple[str, ...]:
    there = set(there)
    absent = [affect for affect in EMOTIONS if affect not in there]
    return (f"{name} has no entries for {', '.join(absent)}; their scores are 0.",) if absent else ()


# Wide --------------------------------------------------------------------------------------------------------------


def english_column(name: str, titles: Sequence[str]) -> int:
    """Return the column of English words: `English Word`, `English (en)`, or the only one beside the emotions."""
    found = find_column(titles, LEXICON_WORD)
    if found is not None:
        return titles.index(found)
    left = [i for i, title in enumerate(titles) if title.lower() not in AFFECTS]
    if len(left) == 1:
        return left[0]
    raise InputError.at(name, wanted="a column of words, such as English Word", got=f"the columns {named(titles)}")


def _wide(name: str, lines: Sequence[Line], form: Form | None, column: Column) -> Entries:
    """Read a column per emotion; of several rows with one word the strongest scores count."""
    at_header, titles = lines[0]
    if form not in (None, "emolex", "intensity"):
        raise _other_form(name, at_header, form, "a list with a column per emotion")
    lowered = [title.lower() for title in titles]
    twice = next((title for i, title in enumerate(lowered) if title in AFFECTS and title in lowered[:i]), None)
    if twice is not None:
        raise InputError.at(name, line=at_header, column=twice, wanted="one column of this name", got="two")
    there = [affect for affect in AFFECTS if affect in lowered]
    columns = [(AFFECTS.index(affect), lowered.index(affect)) for affect in there]
    word_at = column(name, titles)
    scores: dict[str, list[float]] = {}
    n_entries = 0
    for at, cells in lines[1:]:
        row = at - at_header
        if len(cells) != len(titles):
            raise InputError.at(name, row=row, wanted=f"{len(titles)} columns", got=f"{len(cells)} columns")
        word = cells[word_at].lower()
        if not word:
            continue
        n_entries += 1
        found = [0.0] * len(AFFECTS)
        for place, i in columns:
            found[place] = _flag(name, row, titles[i], cells[i], form)
        scores[word] = list(map(max, scores.get(word, found), found))
    if not scores:
        raise InputError.at(name, column=titles[word_at], wanted="words", got="an empty column")
    notes = _on_absent(name, there)
    if n_entries > len(scores):
        shared = (
            f"{name}: {n_entries:,} English words have {len(scores):,} translations "
            f"({titles[word_at]}); a word that translates several English words gets their highest "
            "score for each emotion."
        )
        notes = (*notes, shared)
    return Entries("intensity" if form == "intensity" else "emolex", AFFECTS, scores, notes=notes)


def _flag(name: str, row: int, column: str, cell: str, form: Form | None) -> float:
    value = as_number(cell)
    if value is None or not 0 <= value <= 1 or (form != "intensity" and value not in (0, 1)):
        wanted = "a score from 0 to 1" if form == "intensity" else "0 or 1"
        raise InputError.at(name, row=row, column=column, wanted=wanted, got=described(cell))
    return value


# Ratings -----------------------------------------------------------------------------------------------------------


def _ratings(
    name: str, lines: Sequence[Line], places: Sequence[int], form: Form | None, word_title: str | None
) -> Entries:
    """Read lines of a word, valence, arousal and dominance; `word_title` is what the header calls the words."""
    if form not in (None, "vad-v1", "vad-v2"):
        raise _other_form(name, lines[0][0], form, "a list of valence, arousal and dominance")
    width = 4 if word_title is None else max(places) + 1
    scores: dict[str, list[float]] = {}
    n_differ = 0
    for at, cells in lines:
        if len(cells) < width or not cells[places[0]] or (word_title is None and len(cells) != width):
            raise InputError.at(name, line=at, wanted="a word and 3 more columns", got=_counted(cells))
        low = 0.0 if form == "vad-v1" else -1.0
        found = [_score(name, at, cells[place], low, 1.0) for place in places[1:]]
        n_differ += scores.setdefault(cells[places[0]].lower(), found) != found
    low, notes = _low(name, scores, form, word_title)
    return Entries("vad", RATINGS, scores, low, (*notes, *_on_repeats(name, n_differ)))


def _low(
    name: str, scores: dict[str, list[float]], form: Form | None, word_title: str | None
) -> tuple[float, tuple[str, ...]]:
    """Return where ratings begin, 0 (version 1) or −1 (version 2): by user, a negative one, file, or header."""
    if form is not None:
        return (0.0 if form == "vad-v1" else -1.0), ()
    if any(rating < 0 for ratings in scores.values() for rating in ratings):
        return -1.0, ()
    version = re.search(r"v(?:ersion)?[-_ ]?([12])(?!\d)", name, re.IGNORECASE)
    if version is not None:
        return (0.0 if version[1] == "1" else -1.0), ()
    if word_title == "word":
        return 0.0, ()
    if word_title is None:
        told = (
            f"{name}: no header gives the scale of the ratings; version 1 has no header, so they are "
            "read as 0 to 1. For −1 to 1, set lexicon_form=vad-v2."
        )
        return 0.0, (told,)
    if word_title == "term":
        told = (
            f"{name}: no rating is negative, but the header is that of version 2, so ratings are read "
            "as −1 to 1. For 0 to 1, set lexicon_form=vad-v1."
        )
        return -1.0, (told,)
    raise InputError.at(
        name,
        wanted="ratings whose scale is known: 0 to 1 (version 1) or −1 to 1 (version 2)",
        got="neither a negative rating nor a header or file name that gives the version",
        advice="say lexicon_form=vad-v1 or lexicon_form=vad-v2",
    )


def _score(name: str, at: int, cell: str, low: float, high: float, *, is_flag: bool = False) -> float:
    value = as_number(cell)
    if value is None or not low <= value <= high or (is_flag and value not in (0, 1)):
        bound = f"a score from {low:g}" + ("" if math.isinf(high) else f" to {high:g}")
        raise InputError.at(name, line=at, wanted="0 or 1" if is_flag else bound, got=described(cell))
    return value


def _counted(cells: Sequence[str]) -> str:
    return f"{len(cells)} columns" if cells and cells[0] else "no word"


def _other_form(name: str, at: int, form: Form | None, found: str) -> InputError:
    return InputError.at(
        name,
        line=at,
        wanted=f"a list of the form {form}",
        got=found,
        advice=f"set another lexicon_form ({', '.join(get_args(Form))}), or none",
    )

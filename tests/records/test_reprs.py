"""What a record prints of the texts that it holds: how many, how long, never what they say."""

from __future__ import annotations

import numpy as np
import pytest

from emotopy.readers.cell_values import described
from emotopy.readers.chat_messages import Chat, Message
from emotopy.readers.timed_pieces import Piece
from emotopy.readers.times import read_times
from emotopy.readers.transcripts import Transcript, Turn
from emotopy.records import Corpus
from emotopy.records.brain import Narrative, Segments, Word
from emotopy.roles import MappingInputs

SECRET = "zanzibar"
TEXT = f"I hid it in {SECRET} and told nobody"


def records():
    """A record of each kind that holds texts."""
    word = Word(TEXT, 0.0, 1.0)
    message = Message("1", None, "Ann", TEXT)
    turn = Turn(TEXT, 0.0, "Ann", 1)
    yield Corpus(text=[TEXT], id=["0"], group=[None], unit=[None], time=[None], notes=(TEXT,))
    yield word
    yield Narrative((word,), 1.0, 1.0, sentences=(word,))
    yield Segments((TEXT,), np.zeros(1), np.ones(1))
    yield Piece(TEXT, 0.0, 1.0, "line 1")
    yield from (message, Chat((message,), {}), turn, Transcript((turn,), {}))
    yield MappingInputs([TEXT], np.zeros((1, 2)), None, None, atlas=None, embedder=None)


@pytest.mark.parametrize("record", list(records()), ids=lambda record: type(record).__name__)
def test_no_record_prints_a_text(record):
    """Neither in its `repr` nor as a string, whether or not the texts are confidential."""
    assert SECRET not in f"{record!r} {record}"
    assert type(record).__name__ in repr(record) or str(record)


def test_a_corpus_prints_its_counts():
    """Texts, rows, groups, units."""
    corpus = Corpus(text=["a", "", "b"], id="012", group=["x", "y", "x"], unit=["u", "v", "u"], time=[None] * 3)
    assert [int(word) for word in repr(corpus).replace("<", " ").split() if word.isdigit()] == [2, 3, 2, 2]


def test_a_text_in_the_place_of_a_time_is_not_quoted():
    """The row is named; what stands there is described by its length, in the message and in `got`."""
    with pytest.raises(Exception, match="row 2") as caught:
        read_times(["2024-01-01", TEXT])
    assert SECRET not in str(caught.value)
    assert SECRET not in str(vars(caught.value))
    assert caught.value.row == 2


@pytest.mark.parametrize("cell", ["31.02.2024", "12:30", "1.2.2024 13:00 pm", "noon", "-3", "p017"])
def test_figures_and_single_words_are_quoted(cell):
    """A cell that can be no sentence helps whoever reads the message."""
    assert described(cell, quotes=False) == cell


@pytest.mark.parametrize("cell", [TEXT, "I am sad", [TEXT], {"text": TEXT}, TEXT.encode(), "Zanzibarzanzibar"])
def test_all_else_is_described(cell):
    """By length or kind."""
    assert SECRET not in described(cell).lower()
    assert "sad" not in described(cell)

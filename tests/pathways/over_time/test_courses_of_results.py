"""Courses as part of a text result: made where times are given, remade for other groups, absent otherwise."""

from __future__ import annotations

import pandas as pd
import pytest

from emotopy import TextPathway
from emotopy.errors import InputError
from emotopy.readers.corpora import corpus_from

LIGHT = {"reducer": "pca", "clusterer": {"use": "kmeans", "n_clusters": 2}}
WORDS = ("I love this day", "what a joy", "I fear the night", "sad and alone", "anger again", "calm at last")


def fitted(n=24, times=None, **columns):
    frame = pd.DataFrame(
        {"text": [f"{WORDS[i % 6]} {i}" for i in range(n)], "when": times or list(range(n)), **columns}
    )
    corpus = corpus_from(frame, text="text", time="when", group="group" if "group" in columns else None)
    return TextPathway.from_config(LIGHT).fit(corpus)


def test_times_give_courses_notes_and_provenance():
    """The result has them, says how they were made, and writes both tables."""
    result = fitted(times=[None] * 2 + list(range(22))).result
    assert result.courses is not None
    assert set(result.courses.notes) <= set(result.notes)
    assert result.provenance["notes"] == list(result.notes)
    assert result.provenance["over_time"] == result.courses.to_dict()
    assert result.over_time(bandwidth=2.0).bandwidth == 2.0


def test_without_times_there_are_none():
    """No column, no courses, no note."""
    frame = pd.DataFrame({"text": list(WORDS)})
    result = TextPathway.from_config(LIGHT).fit(corpus_from(frame)).result
    assert result.courses is None
    assert "over_time" not in result.provenance


def test_times_without_a_course_leave_a_note():
    """Too few texts are no error of the whole run."""
    result = fitted(n=6).result
    assert result.courses is None
    assert any("no time course is possible" in note for note in result.notes)


def test_other_groups_get_courses_of_their_own():
    """After `regroup` the courses are those of the new groups, with the old bandwidth, each note once."""
    result = fitted(group=["a", "b"] * 12).result
    again = result.regroup(["x"] * 12 + ["y"] * 12)
    assert again.courses.table["group"].unique().tolist() == ["all", "x", "y"]
    assert again.courses.bandwidth == result.courses.bandwidth
    assert len(set(again.notes)) == len(again.notes)
    assert not [note for note in again.notes if "of all, a, b" in note]


def test_new_texts_bring_their_own_times():
    """`transform` gives courses of the new texts, or none where they have no times."""
    pathway = fitted()
    texts = [f"{WORDS[i % 6]} again {i}" for i in range(10)]
    timed = pathway.transform(pd.DataFrame({"text": texts, "at": range(100, 110)}), text="text", time="at")
    assert timed.courses.table["time"].min() == 100
    assert pathway.transform(texts).courses is None


def test_times_that_cannot_be_read_stop_before_any_work():
    """The message names row and value."""
    with pytest.raises(InputError, match="row 3: 'noon' can't be read as a time"):
        fitted(n=3, times=["1", "2", "noon"])

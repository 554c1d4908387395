"""`TextPathway.check`: the design of texts before any work, and the notes that a run tells of it."""

from __future__ import annotations

import json

import pytest

from emotopy import Registry, TextPathway
from emotopy.errors import InputError
from emotopy.readers.corpora import as_corpus
from emotopy.roles import Estimate, Host
from emotopy.testing import doubles

COLUMNS = {"text": "text", "group": "g", "unit": "u"}


def pathway(told=None, **stages):
    """The text pathway of doubles."""
    host = Host(notify=told.append) if told is not None else None
    config = {**doubles.CHOICES, "interval": {"n": 100}, **stages}
    return TextPathway.from_config(config, registry=Registry([doubles]), host=host)


def table(groups, units, texts=None):
    """Texts with groups and units, a letter each."""
    return {"text": texts or [f"word {i}" for i in range(len(groups))], "g": list(groups), "u": list(units)}


def new_notes(data, plain):
    """What is told of a design beside what is told of another."""
    check = pathway().check
    return [note for note in check(data, **COLUMNS).notes if note not in check(plain, **COLUMNS).notes]


PLAIN = table("ab" * 20, [f"p{i % 20}" for i in range(40)])
"""Ten people a group, two texts each: nothing to tell."""


def test_a_design_without_faults_has_no_notes():
    """Ten units a group, equal in number and length."""
    assert not [note for note in pathway().check(PLAIN, **COLUMNS).notes if "reference" not in note]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (table("ab" * 20, "xy" * 20), ("single unit", "persons")),
        (table("ab" * 20, "ab" * 20), ("single unit", "persons")),
        (table("ab" * 20, range(40)), ("its own unit",)),
        (table("ab" * 20, [f"p{i % 20}" if i < 37 else None for i in range(40)]), ("3 of 40", "unit")),
        (table([None, None, *"ba" * 19], [f"p{i % 20}" for i in range(40)]), ("2 of 40", "group")),
        (table("a" * 40, [f"p{i % 20}" for i in range(40)]), ("'a'",)),
        (table("ab" * 6, [f"p{i}" for i in [*range(6), *range(6)]]), ("'a'", "3 units")),
        (table("a" * 40 + "b" * 10, [f"p{i}" for i in [*range(20)] * 2 + [*range(20, 30)]], None), ()),
        (table("a" * 100 + "b" * 20, [f"a{i % 50}" for i in range(100)] + [f"b{i % 10}" for i in range(20)]), ("50",)),
        (table("a" * 100 + "b" * 20, [f"a{i % 10}" for i in range(100)] + [f"b{i % 10}" for i in range(20)]), ("10",)),
        (table("ab" * 20, [f"p{i % 20}" for i in range(40)], ["sad", "so sad " * 4] * 20), ("8", "1")),
    ],
    ids=["units renamed", "units groups", "unique units", "some units", "some groups", "one group", "few units",
         "few texts", "units 5-fold", "texts 5-fold", "words 8-fold"],
)  # fmt: skip
def test_faults_of_a_design_are_told(data, words):
    """Each with the figures; the same as a run tells, and before the embedder is asked."""
    found = new_notes(data, PLAIN)
    for word in words:
        assert any(word in note for note in found), found
    told = []

    class Refusing:
        def embed(self, texts):
            raise InputError("asked")

    with pytest.raises(InputError, match="asked"):
        pathway(told, embedder=Refusing()).fit(as_corpus(data, **COLUMNS))
    assert set(found) <= set(told)


def test_notes_of_a_design_stand_in_the_result_once_and_leave_with_it():
    """A run's notes hold them; other units, other notes."""
    result = pathway().fit(as_corpus(table("ab" * 20, "xy" * 20), **COLUMNS)).result
    (note,) = [note for note in result.notes if "single unit" in note]
    assert note not in result.regroup(["a", "b"] * 20, unit=[f"p{i % 20}" for i in range(40)]).notes


def test_the_summary_counts_groups_units_texts_and_words():
    """All texts, then each group; empty rows are in none; JSON-ready."""
    data = table("aabb", "ppqr", ["one", "one two three", "", "one two"])
    data["n"] = [1, 2, 3, 3]
    found = pathway().check(data, keep=["n"], **COLUMNS)
    assert (found.n_rows, found.n_texts, found.n_distinct) == (4, 3, 3)
    assert [(one.name, one.n_units, one.n_texts, one.words) for one in found.groups] == [
        ("all", 2, 3, 2.0),
        ("a", 1, 2, 2.0),
        ("b", 1, 1, 2.0),
    ]
    assert found.kept == {"n": 1}
    assert sum(found.languages.values()) == 3
    assert found.times is None
    assert json.loads(json.dumps(found.to_dict()))["groups"][1]["words_most"] == 3
    assert "one two three" not in repr(found)


def test_times_are_told_as_they_were_read():
    """The first and the last, and of what kind; times that can't be read are the run's error."""
    data = {"text": ["a b", "c d", "e f"], "day": ["2026-02-03", "2026-01-02", None]}
    found = pathway().check(data, text="text", time="day").times
    assert (found.n_texts, found.kind, found.first[:10], found.last[:10]) == (2, "date", "2026-01-02", "2026-02-03")
    with pytest.raises(InputError) as caught:
        pathway().check({**data, "day": ["2026-02-03", "soon", None]}, text="text", time="day")
    assert caught.value.row == 2


def test_the_estimate_of_a_priced_stage_is_there_and_nothing_is_embedded():
    """Whatever the role; distinct texts are counted once."""

    class Priced(doubles.HashingEmbedder):
        def estimate(self, texts):
            return Estimate(len(texts), 0, 7, 1, 0.5)

        def embed(self, texts):
            raise AssertionError

    found = pathway(embedder=Priced()).check(["a b", "a b", "c d"])
    assert [one.n_texts for one in found.estimates.values()] == [2]


def test_nothing_to_map_is_an_error():
    """As in the run."""
    with pytest.raises(InputError):
        pathway().check(["", " "])

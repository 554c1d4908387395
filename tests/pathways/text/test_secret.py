"""One secret sentence among texts that stay out of all output: no record, table, page or note holds it."""

from __future__ import annotations

import html
import logging
from collections.abc import Mapping

import attrs
import numpy as np
import pandas as pd
import pytest

from emotopy import Registry, TextPathway, map_texts
from emotopy.readers.corpora import as_corpus
from emotopy.testing import doubles

TOKEN = "zanzibar"
SECRET = f"Nobody knows that I buried it in {TOKEN} last winter"
WORDS = ["happy", "sunny", "laugh", "afraid", "dark", "scream", "river", "window", "mountain", "quiet", "dog", "exam"]
COLUMNS = {"text": "text", "group": "group", "unit": "unit", "time": "day"}


@pytest.fixture
def frame(rng):
    """Forty texts of twenty people in two groups on forty days, the secret one in the middle."""
    texts = [" ".join(rng.choice(WORDS, size=int(rng.integers(3, 8)))) for _ in range(40)]
    texts[17] = SECRET
    days = pd.date_range("2026-01-01", periods=40).strftime("%Y-%m-%d")
    units = [f"p{i % 20:02}" for i in range(40)]
    ages = [30.0 + i % 20 for i in range(40)]
    return pd.DataFrame({"text": texts, "group": ["a", "b"] * 20, "unit": units, "day": days, "age": ages})


class Remembering(doubles.HashingEmbedder):
    """Prints the texts that it was given last."""

    def embed(self, texts):
        self.texts = texts
        return super().embed(texts)

    def __repr__(self):
        return f"Remembering({getattr(self, 'texts', None)})"


@pytest.fixture
def fitted(frame):
    """A fit of doubles that keeps texts out of its result."""
    config = {**doubles.CHOICES, "interval": {"n": 100}, "embedder": Remembering()}
    pathway = TextPathway.from_config(config, registry=Registry([doubles]))
    return pathway.fit(as_corpus(frame, keep=["age"], **COLUMNS), no_texts=True)


def records_of(*given):
    """All of emotopy's objects that can be reached from these, through fields, attributes and containers."""
    found, todo = {}, list(given)
    while todo:
        one = todo.pop()
        if id(one) in found or isinstance(one, (str, bytes, np.ndarray, pd.DataFrame, type, logging.Logger)):
            continue
        if isinstance(one, Mapping):
            todo += one.values()
        elif isinstance(one, (list, tuple, set, frozenset)):
            todo += one
        elif type(one).__module__.startswith("emotopy"):
            found[id(one)] = one
            todo += vars(one).values() if hasattr(one, "__dict__") else []
            todo += [getattr(one, field.name) for field in attrs.fields(type(one))] if attrs.has(type(one)) else []
    return list(found.values())


def test_no_record_that_can_be_reached_prints_it(fitted):
    """The pathway, the fit with its stages, the embedded texts, the result, its record, comparisons, courses."""
    result = fitted.result
    comparison = result.compare("a", "b", covariates=["age"], n_permutations=50)
    others = result.regroup(["x", "y"] * 20)
    courses = result.over_time(bandwidth=5.0)
    reached = records_of(fitted, comparison, others, courses, fitted.transform([SECRET]))
    kinds = {type(one).__name__ for one in reached}
    assert {"Corpus", "EmbeddedTexts", "Mapped", "Intensities", "TextResult", "Comparison", "StageRunner"} <= kinds
    assert {name for one in reached for name in [type(one).__name__] if TOKEN in f"{one!r}{one}"} == set()


def test_no_table_note_or_page_holds_it(fitted, tmp_path):
    """Every table as CSV, notes, provenance, what a notebook shows, the page, regrouped and compared, too."""
    result = fitted.result
    results = [result, result.regroup(["x", "y"] * 20), result.compare("a", "b", n_permutations=50)]
    for number, one in enumerate([*results, fitted.transform([SECRET, "happy dog"])]):
        tables = [table.to_csv() for table in one.tables.values()]
        assert TOKEN not in "".join([*tables, *one.notes, repr(one.provenance), one._repr_html_()])
        one.write(tmp_path / str(number), Registry.load(), reporters=["emotopy:tables", "emotopy:html"])
    for path in tmp_path.rglob("*"):
        if path.is_file():
            data = pd.read_parquet(path).to_csv().encode() if path.suffix == ".parquet" else path.read_bytes()
            assert TOKEN.encode() not in data, path.name


def test_the_summary_of_a_notebook_is_escaped_and_small(fitted):
    """Kind, sizes and some notes; whatever names hold is shown as text."""
    evil = "<script>alert(1)</script>"
    mapped = attrs.evolve(fitted.mapped, provenance={"notes": [evil] * 9})
    shown = attrs.evolve(fitted.result, mapped=mapped)._repr_html_()
    assert evil not in shown
    assert html.escape(evil) in shown
    assert f"{len(fitted.result.texts):,} rows" in shown
    assert shown.count("<li>") == 6
    assert len(fitted.result._repr_html_()) < 10_000


def test_words_of_few_units_are_left_out_and_counted(frame):
    """A name that four people use isn't shown, one that five use is; the table and a note count the others."""
    frame["text"] = [f"{'dark river' if i % 2 else 'happy sunny'} {WORDS[i % 3]}" for i in range(40)]
    for person in range(0, 8, 2):  # four people, each in both of their texts
        frame.loc[[person, person + 20], "text"] += " quillon"
    for person in range(0, 10, 2):
        frame.loc[[person, person + 20], "text"] += " brandt"
    pathway = TextPathway.from_config({**doubles.CHOICES, "interval": {"n": 100}}, registry=Registry([doubles]))
    corpus = as_corpus(frame, **COLUMNS)
    hidden, open_ = pathway.fit(corpus, no_texts=True).result, pathway.fit(corpus).result
    words = ", ".join(hidden.clusters["top_words"])
    assert "quillon" not in words
    assert "quillon" in ", ".join(open_.clusters["top_words"])
    shown = [set(row.split(", ")) for row in hidden.clusters["top_words"]]
    best = [set(row.split(", ")) for row in open_.clusters["top_words"]]
    assert hidden.clusters["n_words_left_out"].tolist() == [len(b - s) for s, b in zip(shown, best, strict=True)]
    assert "n_words_left_out" not in open_.clusters
    told = set(hidden.notes) - set(open_.notes)
    assert any(str(hidden.clusters["n_words_left_out"].sum()) in note for note in told)


def test_a_confidential_table_needs_no_flag(frame):
    """The mark of the table is enough."""
    from emotopy.readers.confidential import mark

    result = map_texts(
        mark(frame), config={**doubles.CHOICES, "interval": {"n": 100}}, registry=Registry([doubles]), **COLUMNS
    )
    assert result.no_texts
    assert TOKEN not in "".join(table.to_csv() for table in result.tables.values())

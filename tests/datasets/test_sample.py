"""The sample that ships."""

from __future__ import annotations

from emotopy.datasets.sample import diaries_path
from emotopy.readers.corpora import corpus_from
from emotopy.readers.tables import read_table


def test_the_sample_is_what_its_readme_says():
    """240 entries with texts and distinct ids, two groups of twelve writers with ten days each."""
    frame = read_table(diaries_path())
    corpus = corpus_from(frame, group="group", unit="writer", time="day", id="id")
    assert len(corpus.scored) == len(corpus) == 240
    assert corpus.groups == ("exams", "holidays")
    writers = frame.groupby("group")["writer"].nunique()
    assert writers.to_dict() == {"exams": 12, "holidays": 12}
    assert frame.groupby("writer").size().eq(10).all()
    assert all(10 <= len(text.split()) <= 40 for text in corpus.text)

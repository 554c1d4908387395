"""The sample that ships."""

from __future__ import annotations

from emotopy.datasets.sample import diaries_path, made_up_diaries_path
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


def test_the_demos_diaries_are_what_their_readme_says():
    """120 entries, two groups of twelve writers with five days each, equally long; no region is named."""
    frame = read_table(made_up_diaries_path())
    corpus = corpus_from(frame, group="group", unit="writer", time="day", id="id")
    assert len(corpus.scored) == len(corpus) == 120
    assert set(corpus.groups) == {"worry", "gratitude"}
    assert frame.groupby("group")["writer"].nunique().to_dict() == {"worry": 12, "gratitude": 12}
    assert frame.groupby("writer").size().eq(5).all()
    assert frame["text"].nunique() == 120
    n_words = frame["text"].str.split().str.len()
    assert n_words.between(18, 28).all()
    means = n_words.groupby(frame["group"]).mean()
    assert abs(means["worry"] - means["gratitude"]) < 1
    words = set(" ".join(frame["text"]).lower().split())
    assert not words & {"amygdala", "hippocampus", "caudate", "insula", "cingulate", "brain"}


def test_both_groups_write_alike_on_the_third_evening():
    """A pair of writers shares most words of it, which is what should not differ."""
    frame = read_table(made_up_diaries_path())
    third = frame[frame["day"] == 3].sort_values("writer")["text"].str.lower().str.findall(r"\w+").map(set).tolist()
    for one, other in zip(third[:12], third[12:], strict=True):
        assert len(one & other) / len(one | other) > 0.3

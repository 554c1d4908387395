"""Texts mapped in segments: what a text's and a unit's values are, and what doesn't depend on length."""

from __future__ import annotations

import attrs
import numpy as np
import pandas as pd
import pytest

from emotopy.errors import InputError
from emotopy.pathways.text.pathway import TextPathway
from emotopy.pathways.text.read_results import read_mapped
from emotopy.registry import Registry

QUICK = {
    "reducer": "pca",
    "clusterer": {"use": "kmeans", "n_clusters": 3},
    "reporter": ["tables"],
    "interval": {"n": 100},
}
SENTENCES = [
    *("I was afraid of the dark.", "My heart was pounding!", "We laughed all day.", "Nothing happened to us."),
    *("She cried for hours and would not stop.", "What a lovely surprise that was for all of us.", "I do hate him."),
    *("The train was late again.", "I miss my mother so much.", "He smiled at her."),
]


@pytest.fixture(scope="module")
def registry():
    return Registry.load()


@pytest.fixture
def texts(rng):
    """Thirty texts of one to six sentences."""
    return [" ".join(rng.choice(SENTENCES, rng.integers(1, 7))) for _ in range(30)]


def fit(registry, texts, config=None, **more):
    return TextPathway.from_config({**QUICK, **(config or {})}, registry=registry).fit(texts, **more)


def test_a_text_is_the_word_weighted_mean_of_its_sentences(registry, texts):
    """Profile, evidence, assignment, intensity, emotions and coverage, and not the softmax of a mean."""
    whole, alone = fit(registry, texts).mapped, fit(registry, SENTENCES).mapped
    words = alone.n_words
    for i, text in enumerate(texts):
        own = [j for j, sentence in enumerate(SENTENCES) for _ in range(text.count(sentence))]
        weights = words[own] / words[own].sum()
        for name in ("profile", "evidence", "assignment"):
            np.testing.assert_allclose(
                getattr(whole.mapping, name)[i], weights @ getattr(alone.mapping, name)[own], rtol=1e-9
            )
        for name in ("values", "by_emotion", "coverage"):
            np.testing.assert_allclose(
                getattr(whole.intensities, name)[i], weights @ getattr(alone.intensities, name)[own], atol=1e-12
            )
        np.testing.assert_allclose(whole.weighted_intensity[i], weights @ alone.weighted_intensity[own], atol=1e-12)
        assert (whole.n_words[i], whole.n_segments[i]) == (words[own].sum(), len(own))


def test_how_words_are_divided_into_entries_changes_nothing(registry, rng):
    """A person who writes the same sentences in long entries has the same mean, and nearly so in a comparison."""
    said = [list(rng.choice(SENTENCES, 24)) for _ in range(12)]
    rows = {
        size: pd.DataFrame(
            [
                {"who": f"p{person:02d}", "side": "ab"[person % 2], "text": " ".join(sentences[k : k + size])}
                for person, sentences in enumerate(said)
                for k in range(0, 24, size)
            ]
        )
        for size in (1, 6)
    }
    from emotopy.readers.corpora import corpus_from

    results = [
        fit(registry, corpus_from(frame, text="text", group="side", unit="who")).result for frame in rows.values()
    ]
    columns = ["relative", "evidence", "share", "intensity"]
    np.testing.assert_allclose(results[0].regions[columns], results[1].regions[columns], atol=1e-12)
    tables = [result.compare("a", "b", n_permutations=99).table for result in results]
    for column in ("mean_a", "mean_b"):
        difference = tables[0][column] - tables[1][column]  # of the correction for the number of entries
        assert abs(difference[tables[0]["measure"] == "relative"]).max() < 0.03
    counted = [fit(registry, corpus_from(frame, text="text", group="side", unit="who"), {"unit_weights": "texts"})
               for frame in rows.values()]  # fmt: skip
    assert abs(counted[0].result.regions["relative"] - counted[1].result.regions["relative"]).max() > 0.01
    assert any("length" in note for note in counted[0].result.notes)


def test_without_segments_texts_are_mapped_whole(registry, texts):
    """One segment a text; the scorer and the mapper see the text; evenly cut texts differ from both."""
    whole = fit(registry, texts, {"segment": "none"}).mapped
    assert whole.n_segments.tolist() == [1] * 30
    np.testing.assert_array_equal(
        whole.weighted_intensity, whole.mapping.assignment * whole.intensities.values[:, None]
    )
    even = fit(registry, texts, {"segment": "words"}).mapped
    assert even.n_segments.max() > 1
    assert abs(even.mapping.profile - whole.mapping.profile).max() > 0.1


def test_a_text_alone_is_what_it_is_in_a_corpus(registry, texts):
    """Transform cuts texts as the fit did."""
    fitted = fit(registry, texts)
    again = fitted.transform(texts[:5]).mapped
    np.testing.assert_allclose(again.mapping.profile, fitted.mapped.mapping.profile[:5], rtol=1e-9)
    np.testing.assert_array_equal(again.n_segments, fitted.mapped.n_segments[:5])


def test_what_is_written_is_compared_alike(registry, rng, tmp_path):
    """Values by region go through the table of texts: a comparison of the folder equals that of the result."""
    frame = pd.DataFrame({"text": [" ".join(rng.choice(SENTENCES, rng.integers(1, 7))) for _ in range(60)]})
    frame["side"], frame["who"] = [f"{i % 2}" for i in range(60)], [f"p{i % 12}" for i in range(60)]
    from emotopy.readers.corpora import corpus_from

    result = fit(registry, corpus_from(frame, text="text", group="side", unit="who")).result
    result.write(tmp_path / "out", registry)
    read = read_mapped(tmp_path / "out")
    assert read.unit_weights == "words"
    np.testing.assert_array_equal(read.n_segments, result.mapped.n_segments)
    np.testing.assert_array_equal(read.weighted_intensity_by_row, result.mapped.weighted_intensity_by_row)
    by_region = result.mapped.region_intensity
    assert by_region.std(axis=1).max() > 0.001


def test_segments_are_kept_on_request(registry, texts):
    """A row per segment, which add up to the texts; without the request there is none; without texts no text."""
    with pytest.raises(InputError):
        fit(registry, texts).result.segments  # noqa: B018
    result = fit(registry, texts, keep_segments=True).result
    table = result.segments
    assert list(table.columns[:7]) == ["id", "row", "segment", "position", "group", "unit", "text"]
    assert table["row"].nunique() == 30
    assert table["segment"].max() == result.texts["n_segments"].max() - 1
    np.testing.assert_array_equal(table.groupby("row")["n_words"].sum(), result.texts["n_words"])
    weighted = (table["profile_amygdala"].astype(float) * table["n_words"]).groupby(table["row"]).sum()
    means = weighted / table.groupby("row")["n_words"].sum()
    np.testing.assert_allclose(means.astype(float), result.texts["profile_amygdala"], atol=1e-5)
    assert table["position"].between(0, 1).all()
    private = fit(registry, texts, keep_segments=True, no_texts=True).result
    assert "text" not in private.segments
    assert not any(private.segment_rows.mapped.corpus.text)


def test_a_course_runs_along_the_texts(registry, rng):
    """With time = position, a turn that every text takes in its middle is found there."""
    from emotopy.readers.corpora import corpus_from

    dark, bright = "I was terrified and full of fear.", "We were happy and full of joy."
    frame = pd.DataFrame({"text": [" ".join([dark] * 6 + [bright] * 6)] * 8, "who": [f"p{i}" for i in range(8)]})
    fitted = fit(registry, corpus_from(frame, text="text", unit="who", time="position"))
    course = fitted.result.tables["time_course"]
    assert course["time"].between(0, 1).all()
    joy = course[(course["group"] == "all") & (course["region"] == "amygdala")].sort_values("time")
    assert joy["relative"].iloc[0] > joy["relative"].iloc[-1] + 0.3
    changes = fitted.result.courses.changes
    assert abs(changes.loc[changes["group"] == "all", "time"] - 0.5).min() < 0.1
    moved = fitted.result.regroup(["x", "y"] * 4)
    assert set(moved.courses.table["group"]) == {"all", "x", "y"}
    named = corpus_from(frame.assign(position=range(8)), text="text", unit="who", time="position")
    assert not named.by_position
    assert named.time[3] is not None


def test_the_cluster_of_a_text_is_that_of_most_of_its_words(registry, texts):
    """The table of clusters counts the texts so, and the segments beside."""
    result = fit(registry, texts, keep_segments=True).result
    segments, found = result.segments, result.texts["cluster"]
    for row, own in segments.groupby("row"):
        words = own.groupby("cluster")["n_words"].sum()
        assert found[row] in words.index[words == words.max()]
    table = result.clusters.set_index("cluster")
    assert table["n_segments"].to_dict() == segments["cluster"].value_counts().to_dict()
    assert table["n_texts"].to_dict() == {k: int((found == k).sum()) for k in table.index}


def test_published_groups_are_fitted_on_whole_texts(registry, texts):
    """Preset vos2025 maps texts whole and counts them alike."""
    config = TextPathway.from_config({"embedder": "static"}, preset="vos2025", registry=registry).config
    assert (config.segment, config.unit_weights) == ("none", "texts")


def test_results_of_older_versions_are_read(registry, rng, tmp_path):
    """Without intensities by region and numbers of segments a text is a segment, and every text counts alike."""
    import json

    texts = [" ".join(rng.choice(SENTENCES, 3)) for _ in range(12)]
    fit(registry, texts).result.write(tmp_path / "out", registry)
    path = tmp_path / "out" / "texts.parquet"
    table = pd.read_parquet(path)
    new = [name for name in table if name.startswith("intensity_") or name == "n_segments"]
    assert len(new) == 19
    table.drop(columns=new).to_parquet(path)
    provenance = json.loads((tmp_path / "out" / "provenance.json").read_text())
    del provenance["config"]["segment"], provenance["config"]["unit_weights"]
    (tmp_path / "out" / "provenance.json").write_text(json.dumps(provenance))
    old = read_mapped(tmp_path / "out")
    assert old.unit_weights == "texts"
    np.testing.assert_allclose(
        old.weighted_intensity, old.mapping.assignment * old.intensities.values[:, None], rtol=1e-12
    )
    assert attrs.evolve(old, unit_weights="words").weights.max() > 1

"""Why a text has its regions: words left out one by one, against mapping the text that is left."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotopy import Registry, TextPathway
from emotopy.pathways.text.reasons import (
    MOST_TEXTS,
    MOST_WORDS,
    N_PER_REGION,
    N_REGIONS,
    contributions,
    region_examples,
)
from emotopy.readers.corpora import as_corpus
from emotopy.readers.segmentation import WORD, Segmentation, segment_places, segment_texts, without_word, word_places
from emotopy.roles import ExplainsWords

HAPPY = ["happy", "sunny", "laugh", "love", "joy", "delight", "party", "friend", "smile", "gift"]
AFRAID = ["afraid", "dark", "scream", "terror", "panic", "night", "alone", "ghost", "tremble", "fear"]
QUICK = {
    "embedder": "static",
    "reducer": {"use": "pca", "n_components": 3},
    "clusterer": {"use": "kmeans", "n_clusters": 3},
    "interval": {"n": 100},
    "reporter": ["tables"],
}
COLUMNS = ["id", "position", "start", "end", "region", "contribution"]


def texts_of(n=40, seed=0):
    """Texts of one to three sentences, some of them with negations, blanks, quotes and signs between."""
    rng = np.random.default_rng(seed)
    texts = []
    for i in range(n):
        words = (HAPPY, AFRAID)[i % 2]
        some = [f"I was {'not ' * (k % 2)}{', '.join(rng.choice(words, 3))} today" for k in range(rng.integers(1, 4))]
        texts.append(
            ["{}. ", " {}!  ", "«{}» ", "{}\n"][i % 4].join(["", *some]).replace("{}", " ") + "… 😀 it’s over."
        )
    return texts


def frame_of(n=40, seed=0):
    return pd.DataFrame({"text": texts_of(n, seed), "id": [f"t{i:03}" for i in range(n)]})


def fit(frame, **layer):
    pathway = TextPathway.from_config({**QUICK, **layer}, registry=Registry.load(plugins=False))
    return pathway.fit(as_corpus(frame, text="text", id="id"))


@pytest.fixture(scope="module")
def fitted():
    return fit(frame_of())


@pytest.fixture(scope="module")
def whole():
    """Texts that aren't cut."""
    return fit(frame_of(), segment="none")


def test_a_contribution_is_the_text_minus_the_text_without_the_word(whole):
    """Texts that are one segment: the pathway maps what is left of them, and says the same."""
    table, texts = whole.result.reasons, frame_of().set_index("id")["text"]
    assert list(table.columns) == COLUMNS
    chosen = table.drop_duplicates(["id", "position"]).groupby("id", sort=False).head(6)
    left = [without_word(texts[row.id], row.start, row.end) for row in chosen.itertuples()]
    again = whole.transform(left).texts
    profile = whole.result.texts.set_index("id")
    for row, (_, found) in zip(chosen.itertuples(), again.iterrows(), strict=True):
        own = table[(table["id"] == row.id) & (table["position"] == row.position)]
        for region, contribution in zip(own["region"], own["contribution"], strict=True):
            wanted = profile.loc[row.id, f"profile_{region}"] - found[f"profile_{region}"]
            assert contribution == pytest.approx(wanted, abs=2e-5), (row.id, row.position, region)


def test_words_are_found_in_the_text_as_it_was_given(fitted):
    """Offsets and positions count the text's words, whatever sentences it is cut into."""
    table, texts = fitted.result.reasons, frame_of().set_index("id")["text"]
    for name, own in table.groupby("id"):
        words = WORD.findall(texts[name])
        for _, of_region in own.groupby("region"):
            assert of_region["position"].tolist() == list(range(len(words)))
            shown = [texts[name][start:end] for start, end in zip(of_region["start"], of_region["end"], strict=True)]
            assert shown == words


def test_the_regions_are_those_of_the_highest_profile(fitted):
    """Three of each text, the highest first; rows go by text, region, position."""
    table, texts = fitted.result.reasons, fitted.result.texts.set_index("id")
    profile = texts.filter(regex="^profile_")
    for name, own in table.groupby("id", sort=False):
        best = profile.loc[name].astype(float).nlargest(N_REGIONS).index.str.removeprefix("profile_").tolist()
        assert list(dict.fromkeys(own["region"])) == best
        assert best[0] == texts.loc[name, "top_region"]
    assert table["id"].drop_duplicates().is_monotonic_increasing


def test_the_texts_are_those_of_the_exemplars(fitted):
    """Which the table of clusters names (an exemplar stands in its text), and two of each region beside."""
    clusters, texts = fitted.result.clusters, frame_of().set_index("id")["text"]
    ids = clusters.filter(like="exemplar_id_").to_numpy()
    shown = clusters[["exemplar_1", "exemplar_2", "exemplar_3"]].to_numpy()
    for one, exemplar in zip(ids.ravel(), shown.ravel(), strict=True):
        assert (one == "") == (exemplar == "")
        assert exemplar in texts.get(one, "")
    explained = set(fitted.result.reasons["id"])
    assert set(ids.ravel()) - {""} <= explained
    profile = fitted.result.texts.set_index("id").filter(regex="^profile_").astype(float)
    best = {name for column in profile for name in profile[column].nlargest(N_PER_REGION).index}
    assert explained == (set(ids.ravel()) - {""}) | best


@pytest.mark.parametrize(("word", "region"), [("disgusting", "orbitofrontal"), ("rewarding", "caudate")])
def test_a_planted_word_contributes_most(word, region):
    """Among plain words it is what the text's first region is there for."""
    plain = f"the table stood beside the window and the paper lay on the {word} street"
    frame = pd.DataFrame({"text": [f"{plain} number {i}" for i in range(6)], "id": [str(i) for i in range(6)]})
    table = fit(frame, segment="none", clusterer={"use": "kmeans", "n_clusters": 2}).result.reasons
    texts = frame.set_index("id")["text"]
    for name, own in table.groupby("id"):
        assert own["region"].iloc[0] == region
        best = own.loc[own[own["region"] == region]["contribution"].idxmax()]
        assert texts[name][best["start"] : best["end"]] == word
        assert best["contribution"] > 3


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=5), min_size=1, max_size=4), st.integers(0, 2**32 - 1))
def test_contributions_by_definition(sizes, seed):
    """A text's mean over segments, by words, minus the mean with the word's segment changed and one word fewer."""
    sizes = [[*of_text[:-1], of_text[-1] + (sum(of_text) == 0)] for of_text in sizes]  # a word at least
    rng = np.random.default_rng(seed)
    n_words = np.array([n for of_text in sizes for n in of_text])
    text = np.repeat(np.arange(len(sizes)), [len(of_text) for of_text in sizes])
    cut = Segmentation([""] * len(n_words), text, n_words)
    profile, shortened = rng.normal(size=(len(n_words), 3)), rng.normal(size=(n_words.sum(), 3))
    found = contributions(cut, profile, shortened)
    word = 0
    for segment, n in enumerate(n_words):
        own = np.flatnonzero(text == text[segment])
        for _ in range(n):
            changed, weights = profile.copy(), n_words.astype(float)
            changed[segment] = shortened[word]
            weights[segment] -= 1
            before = np.average(profile[own], axis=0, weights=n_words[own])
            after = np.average(changed[own], axis=0, weights=weights[own]) if weights[own].sum() else np.zeros(3)
            np.testing.assert_allclose(found[word], before - after, atol=1e-12)
            word += 1


@settings(max_examples=200, deadline=None)
@given(st.text("ab .!?\n\"“”'’é中ก\U0001f600", max_size=60), st.sampled_from(["sentence", "words", "none"]))
def test_segments_have_their_place_in_any_text(text, how):
    """Words of segments, at their places, are the text's words."""
    segments = segment_texts([text], how).segments
    places = segment_places(text, segments)
    assert places is not None
    found = [
        (start + at, end + at)
        for at, segment in zip(places, segments, strict=True)
        for start, end in word_places(segment)
    ]
    assert [text[start:end] for start, end in found] == WORD.findall(text)


def test_segments_of_another_text_have_no_place():
    assert segment_places("so sad", ["so glad"]) is None


@pytest.mark.parametrize(
    "layer",
    [{"region_mapper": "nearest", "level": "node"}, {"embedder": {"use": "static", "n_dims": 64}, "fit": "per-group"}],
    ids=["mapper", "per-group"],
)
def test_other_stages(layer):
    """A mapper that looks at clusters gives no reasons; groups that are fitted alone give those of each fit."""
    result = fit(frame_of(), **layer).result
    assert (result.reasons is None) == ("region_mapper" in layer)
    assert ("reasons" in result.tables) == (result.reasons is not None)


def test_an_embedder_that_does_not_say_it_can_gives_none():
    """Whatever it is: nobody pays for words that nobody asked for."""

    class Letters:
        def __init__(self):
            self.asked = 0

        def embed(self, texts):
            self.asked += len(texts)
            return np.array([[text.lower().count(c) + 1e-3 for c in "aeiou"] for text in texts], dtype=np.float32)

    assert not isinstance(Letters(), ExplainsWords)
    assert fit(frame_of(), embedder=Letters()).result.reasons is None


def test_by_node_the_column_names_nodes():
    result = fit(frame_of(), level="node").result
    assert list(result.reasons.columns) == [*COLUMNS[:4], "node", "contribution"]
    assert set(result.reasons["node"]) <= set(result.mapped.targets)


def test_results_that_keep_texts_out_give_none():
    """Neither reasons nor ids of exemplars."""
    result = fit_without_texts()
    assert result.reasons is None
    assert not {"reasons"} & set(result.tables)
    assert not [name for name in result.tables["clusters"] if name.startswith("exemplar")]


def fit_without_texts():
    pathway = TextPathway.from_config(QUICK, registry=Registry.load(plugins=False))
    return pathway.fit(texts_of(), no_texts=True).result


def test_texts_that_were_not_fitted_to_get_none(fitted):
    assert fitted.transform(texts_of(5, seed=9)).reasons is None


def test_regrouped_copied_and_pickled_they_stay(fitted):
    result = fitted.result
    again = result.regroup({f"t{i:03}": "ab"[i % 2] for i in range(40)})
    for one in (again, copy.deepcopy(result), pickle.loads(pickle.dumps(result))):
        pd.testing.assert_frame_equal(one.reasons, result.reasons)


def test_without_clusters_there_are_examples_of_regions():
    """Every text is noise."""
    result = fit(frame_of(), clusterer={"use": "hdbscan", "min_cluster_size": 39}).result
    assert result.clusters.empty
    assert 0 < result.reasons["id"].nunique() <= N_PER_REGION * 18


def test_examples_of_regions_are_different_texts_of_four_words():
    """Copies and short texts are passed over; what is left may be fewer."""
    texts = ["dark", "the dark old cellar", "the dark old cellar", "a long and dark night", "so we went home again"]
    corpus = as_corpus(texts)
    profile = np.array([[9.0, 0.0], [5.0, 1.0], [5.0, 2.0], [4.0, 3.0], [1.0, 0.0]])
    n_words = np.array([1, 4, 4, 5, 5])
    assert region_examples(corpus, np.arange(5), profile, n_words) == [1, 3, 2]
    assert region_examples(corpus, np.arange(1), profile[:1], n_words[:1]) == []


def test_the_table_is_bounded():
    """No more than 200 texts, and none of more words than all may have; others are explained instead."""
    frame = frame_of(300)
    frame.loc[0, "text"] = "afraid of the dark " * (MOST_WORDS // 4 + 1)
    result = fit(frame, clusterer={"use": "kmeans", "n_clusters": 110}, segment="none").result
    named = set(result.clusters.filter(like="exemplar_id_").to_numpy().ravel()) - {""}
    assert "t000" in named
    assert len(named) > MOST_TEXTS
    explained = result.reasons["id"].unique()
    assert len(explained) == MOST_TEXTS
    assert "t000" not in explained
    assert set(explained) <= named


def test_texts_without_words_have_no_reasons():
    """Signs alone, and a text of one word, which is compared with the mean of the reference."""
    frame = pd.DataFrame({"text": ["afraid", "happy", "afraid?", "dark night", "a sunny day"], "id": list("abcde")})
    result = fit(frame, clusterer={"use": "kmeans", "n_clusters": 2}).result
    table, profile = result.reasons, result.texts.set_index("id")
    single = table[table["id"].isin(["a", "b"])]
    assert len(single)
    for row in single.itertuples():
        assert row.contribution == pytest.approx(profile.loc[row.id, f"profile_{row.region}"], abs=1e-5)


def test_a_large_corpus_has_them_too():
    """Mapped in blocks: exemplars are named, and their words contribute what they do in memory."""
    frame = frame_of(120)
    small, large = fit(frame).result, fit(frame, fit_texts=100).result
    clusters = large.clusters
    texts = frame.set_index("id")["text"]
    for i in (1, 2, 3):
        for name, exemplar in zip(clusters[f"exemplar_id_{i}"], clusters[f"exemplar_{i}"], strict=True):
            assert exemplar in texts.get(name, "")
    assert list(large.tables) == ["regions", "texts", "clusters", "reasons"]
    keys = COLUMNS[:5]
    both = large.reasons.merge(small.reasons, on=keys, suffixes=("", "_small"))
    assert len(both)
    np.testing.assert_allclose(both["contribution"], both["contribution_small"], atol=1e-6)
    pd.testing.assert_frame_equal(large.in_memory().reasons, large.reasons)


@pytest.mark.parametrize("layer", [{}, {"fit_texts": 100}], ids=["in memory", "in blocks"])
def test_the_order_of_the_rows_changes_nothing(layer):
    """Copies of texts among them: the same texts are named, and explained."""
    frame = frame_of(130)
    frame.loc[100:, "text"] = frame.loc[:29, "text"].to_numpy()
    order = np.random.default_rng(1).permutation(len(frame))
    one, other = fit(frame, **layer).result, fit(frame.iloc[order].reset_index(drop=True), **layer).result
    ids = one.clusters.filter(like="exemplar_id_").columns
    assert len(ids) == 3
    pd.testing.assert_frame_equal(one.clusters[ids], other.clusters[ids])
    keys = COLUMNS[:5]
    both = [table.reasons.sort_values(keys, ignore_index=True) for table in (one, other)]
    pd.testing.assert_frame_equal(*both)


def test_they_are_written_beside_the_tables(fitted, tmp_path):
    """As reasons.csv, without a word of any text."""
    fitted.result.write(tmp_path / "out", Registry.load(plugins=False))
    written = pd.read_csv(tmp_path / "out" / "reasons.csv")
    assert list(written.columns) == COLUMNS
    assert written["contribution"].to_numpy() == pytest.approx(
        fitted.result.reasons["contribution"], rel=1e-5, abs=1e-9
    )
    content = (tmp_path / "out" / "reasons.csv").read_text("utf-8")
    assert not [word for word in (*HAPPY, *AFRAID) if word in content]

"""Embedders that learn from the corpus: fitted once, to the texts of the fit, before anybody embeds with them."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import attrs
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import TruncatedSVD
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer

import emotopy
from emotopy import Registry
from emotopy.errors import ConfigError, PluginError
from emotopy.pathways.annotation.pathway import annotate
from emotopy.pathways.text.pathway import TextPathway
from emotopy.readers.segmentation import segment_texts
from emotopy.records.brain import Narrative, Word
from emotopy.roles import Embedder, FitsTexts, KnowsWords
from emotopy.running.stages import Stage
from emotopy.testing import doubles

HELLO = Path(__file__).resolve().parents[3] / "docs" / "examples" / "emotopy-hello" / "emotopy_hello" / "lsa.py"
sys.modules["lsa_example"] = lsa = module_from_spec(spec := spec_from_file_location("lsa_example", HELLO))
spec.loader.exec_module(lsa)

TEXTS = [
    f"The {animal} was {feeling} {place}. We {verb} it{end}"
    for animal in ("dog", "cat", "horse")
    for feeling, verb in (("afraid", "calmed"), ("happy", "fed"), ("sad", "buried"))
    for place, end in (("at home", "."), ("in the rain", " again."), ("by the river", "!"))
]
NEW = ["A happy horse by the river.", "The rain was sad."]


class Counting(lsa.Lsa):
    """Counts its fits, in a list that all of the class share."""

    fits: list[list[str]] = []  # noqa: RUF012

    def fit(self, texts):
        self.fits.append(list(texts))
        return super().fit(texts)


class Borrowing(doubles.Directions):
    """A mapper that embeds with what it was given."""

    def __init__(self, embedder: Embedder) -> None:
        super().__init__(1.0)
        self.embedder = embedder

    def assign(self, inputs):
        size = 1 + np.abs(self.embedder.embed(list(inputs.texts))).sum(axis=1, keepdims=True)
        shares = 1 + np.abs(np.sin(size * np.arange(1, len(inputs.targets) + 1)))
        return shares / shares.sum(axis=1, keepdims=True)


class Failing(lsa.Lsa):
    """Can't learn."""

    def fit(self, texts):
        raise ValueError("no words")


@pytest.fixture(autouse=True)
def no_fits():
    """Count anew in every test."""
    Counting.fits.clear()


OFFERS = doubles.plugin(
    embedder={"lsa": lsa.Lsa, "counting": Counting, "failing": Failing}, region_mapper={"borrowing": Borrowing}
)
REGISTRY = Registry([doubles, OFFERS])
BASE = {**doubles.CHOICES, "language": "any", "reporter": [], "interval": {"n": 100}, "segment": "sentence"}


def pathway(embedder="lsa", cache=None, **more):
    return TextPathway.from_config({**BASE, "embedder": embedder, **more}, registry=REGISTRY, cache=cache)


def sentences(texts):
    """The distinct sentences, sorted, as the host has them."""
    return sorted(set(segment_texts(list(texts), "sentence", ["en"] * len(texts)).segments))


def reference(texts, new, n_dims=50):
    """What scikit-learn gives, fitted to the same sentences in the same order."""
    counts = TfidfVectorizer(token_pattern=r"\w+")
    weighted = counts.fit_transform(texts)
    found = TruncatedSVD(min(n_dims, *weighted.shape), random_state=0).fit(weighted)
    return found.transform(counts.transform(new))


def test_the_fit_is_that_of_scikit_learn_on_the_distinct_segments():
    """Fitted to the sentences that are mapped, each once, sorted; then every one is embedded."""
    fitted = pathway().fit([*TEXTS, *TEXTS[:5]])
    unique = sentences(TEXTS)
    assert list(fitted.embedded.unique) == unique
    np.testing.assert_allclose(fitted.embedded.unique_vectors, reference(unique, unique), atol=1e-6)
    told = fitted.result.provenance["stages"]["embedder"]["fitted_on"]
    assert told["n_texts"] == len(unique)


def test_transform_fits_nothing():
    """New texts are placed by what was learnt, alone and among others; one fit, whatever is mapped later."""
    fitted = pathway("counting").fit(TEXTS)
    first = fitted.transform(NEW).texts
    fitted.transform(["something else entirely, many words"])
    again = fitted.transform(NEW[::-1]).texts.iloc[::-1]
    assert Counting.fits == [sentences(TEXTS)]
    numbers = [column for column in first if column.startswith("region_")]
    np.testing.assert_allclose(first[numbers], again[numbers], atol=1e-9)
    vectors = fitted.embedder.object.embed(NEW)
    np.testing.assert_allclose(vectors, reference(sentences(TEXTS), NEW), atol=1e-6)


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(len(TEXTS))))
def test_the_order_of_rows_changes_nothing(order):
    """The embedder sees the same texts in the same order."""
    straight, shuffled = (pathway().fit([TEXTS[i] for i in places]) for places in (range(len(TEXTS)), order))
    np.testing.assert_array_equal(straight.embedded.unique_vectors, shuffled.embedded.unique_vectors)


def test_what_another_fit_gave_is_never_reused(tmp_path):
    """The key of the cache holds the texts of the fit: the same new texts after another fit are embedded anew."""
    few, many = TEXTS[:9], TEXTS
    found = {}
    for cache in (None, tmp_path, tmp_path):  # the third finds what the second kept
        for name, texts in (("few", few), ("many", many)):
            result = pathway(cache=cache).fit(texts).transform(NEW)
            found.setdefault(name, []).append(result.texts.filter(like="region_"))
    assert any(tmp_path.rglob("*"))
    for results in found.values():
        for one in results[1:]:
            pd.testing.assert_frame_equal(one, results[0])
    assert not np.allclose(found["few"][0], found["many"][0])


def test_a_large_corpus_is_fitted_to_its_sample():
    """The sample's sentences alone; all texts are mapped."""
    texts = [f"{text} {i}" for i in range(3) for text in TEXTS]
    fitted = pathway("counting", fit_texts=20, reducer="projection", clusterer="halves").fit(texts)
    (seen,) = Counting.fits
    assert len(fitted.result.texts) == len(texts)
    sample = fitted.mapped.corpus.text
    assert seen == sentences(sample)
    assert len(sample) < len(texts) / 2


def test_groups_that_are_fitted_separately_share_the_embedder():
    """One space for all of them, which is told."""
    frame = pd.DataFrame({"text": TEXTS, "group": ["a", "b", "c"] * 9})
    result = emotopy.map_texts(
        frame,
        text="text",
        group="group",
        config={**BASE, "embedder": "counting", "fit": "per-group"},
        registry=REGISTRY,
    )
    assert Counting.fits == [sentences(TEXTS)]
    assert any("all groups together" in note for note in result.notes)


def test_an_embedder_that_only_a_mapper_was_given_is_fitted_too():
    """Nested stages learn from the same texts; the pathway's own embedder is left alone."""
    nested = {"use": "borrowing", "embedder": {"use": "counting", "n_dims": 4}}
    fitted = pathway("hashing", region_mapper=nested).fit(TEXTS)
    assert set(map(tuple, Counting.fits)) == {tuple(sentences(TEXTS))}
    assert len(fitted.transform(NEW).texts) == 2
    assert "fitted_on" not in fitted.result.provenance["stages"]["embedder"]


def test_the_mapper_borrows_the_pathway_s_fitted_embedder():
    """A mapper that asks for an embedder gets the one that was fitted, which isn't fitted again."""
    pathway("counting", region_mapper="borrowing").fit(TEXTS)
    assert len(Counting.fits) == 1


def test_an_object_that_was_given_stays_as_it_was():
    """A copy is fitted; the same object can be given twice."""
    mine = lsa.Lsa(n_dims=5)
    first, second = (pathway(mine).fit(texts) for texts in (TEXTS, TEXTS[:9]))
    with pytest.raises(NotFittedError):
        mine.embed(NEW)
    assert first.embedder.object is not second.embedder.object
    assert "fitted_on" in first.result.provenance["stages"]["embedder"]


def test_words_are_asked_for_after_the_fit():
    """A text without a word that was learnt is set aside, in the fit and later alike."""
    embedder = {"use": "lsa", "min_texts": 3}
    texts = [*TEXTS, "Quux xyzzy."]
    fitted = pathway(embedder, language="auto").fit(texts)
    assert isinstance(fitted.embedder.object, KnowsWords)
    statuses = fitted.result.texts["status"]
    assert statuses.iloc[-1] != statuses.iloc[0] == "scored"
    later = fitted.transform([*NEW, "Quux xyzzy."]).texts["status"]
    assert later.tolist()[-1] == statuses.iloc[-1]


def test_an_embedder_that_cannot_learn_is_named():
    """The error is the plugin's, with its owner and stage."""
    with pytest.raises(PluginError) as caught:
        pathway("failing").fit(TEXTS)
    assert (caught.value.owner, "failing" in caught.value.stage) == ("local", True)


def test_a_story_is_no_corpus_to_learn_from():
    """An annotator that is given such an embedder says so before anything is rated."""
    installed = Registry.load(plugins=False)
    words = tuple(Word(word, float(i), i + 0.9) for i, word in enumerate(["he", "was", "so", "very", "afraid"]))
    narrative = Narrative(words, end_s=5.0, declared_s=5.0)
    with pytest.raises(ConfigError) as caught:
        annotate(narrative, {"use": "anchors", "embedder": lsa.Lsa()}, ["fear"], registry=installed)
    assert caught.value.path == "annotator.embedder"


def test_evidence_works_with_what_was_learnt():
    """Terms of the literature that the corpus never names are told; profiles are finite, standardised by the corpus."""
    installed = Registry.load(plugins=False)
    config = {"embedder": lsa.Lsa(), "reducer": "pca", "clusterer": "kmeans", "reporter": [], "interval": {"n": 100}}
    result = TextPathway.from_config(config, registry=installed).fit(TEXTS).result
    assert np.isfinite(result.texts.filter(like="profile_").to_numpy()).all()
    assert any("terms of the literature" in note for note in result.notes)


# Saved, and sent ----------------------------------------------------------------------------------------------------


def test_a_saved_model_places_texts_as_the_fitted_one(tmp_path):
    """What was learnt is in the folder: words, weights, directions."""
    fitted = pathway(reducer="projection", clusterer="halves").fit(TEXTS)
    fitted.save(tmp_path / "model")
    again = emotopy.load(tmp_path / "model", registry=REGISTRY)
    for texts in (NEW, TEXTS[:3]):
        one, other = (model.transform(texts).texts.filter(regex="region_|profile_") for model in (fitted, again))
        np.testing.assert_allclose(one, other, atol=1e-6)
    assert not again.embedder.awaits_fit


def test_a_model_holds_no_words_of_texts_that_stay_secret(tmp_path):
    """Names stand in a vocabulary: where texts are kept out of all that is written, nothing is saved."""
    fitted = pathway(reducer="projection", clusterer="halves").fit(TEXTS, no_texts=True)
    with pytest.raises(ConfigError) as caught:
        fitted.save(tmp_path / "model")
    assert caught.value.path == "embedder"
    assert list(tmp_path.iterdir()) == []


def test_a_nested_embedder_that_has_learnt_is_refused_when_saved(tmp_path):
    """Its state has no place in a model; that is told before anything is written."""
    nested = {"use": "borrowing", "embedder": {"use": "lsa", "n_dims": 4}}
    fitted = pathway("hashing", region_mapper=nested, reducer="projection", clusterer="halves").fit(TEXTS)
    with pytest.raises(PluginError):
        fitted.save(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_a_worker_gets_the_fitted_embedder():
    """What travels is fitted, and its cache key says to what."""
    pytest.importorskip("cloudpickle")
    from emotopy.running.transport import dumps, loads

    stage = pathway().fit(TEXTS).embedder
    there = loads(dumps(stage))
    assert isinstance(there.object, FitsTexts)
    assert not there.awaits_fit
    assert there.cache_key_parts == stage.cache_key_parts
    np.testing.assert_array_equal(there.object.embed(NEW), stage.object.embed(NEW))


def test_nothing_is_cached_before_the_fit():
    """An unfitted embedder has no key: what it will give isn't known yet."""
    unfitted = Stage("embedder", "lsa", "local", "", {}, lsa.Lsa())
    assert unfitted.awaits_fit
    assert unfitted.cache_key_parts is None
    fitted = attrs.evolve(unfitted, fitted_on=attrs.evolve(unfitted.fitted_on, n_texts=3, sha256="ab"))
    assert fitted.cache_key_parts is not None

"""Text → terms → regions: the maths, against scikit-learn and scipy."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import special
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.preprocessing import StandardScaler

from emotopy.errors import InputError, OutputError, ShapeError
from emotopy.evidence.profile import (
    anchors,
    profile,
    read_reference,
    reference_constants,
    softmax,
    standardise,
    term_similarity,
)
from emotopy.evidence.table import EvidenceTable


@pytest.fixture
def table(rng):
    """Three terms, two regions, four nodes."""
    return EvidenceTable(
        terms=["a", "b", "c"], regions=["r", "s"], nodes=["k", "l", "m", "n"], synonyms=[[], [], []],
        missing=[[], [], []], n_studies=np.ones(3, dtype=int), replicability=np.zeros(3),
        at_regions=rng.standard_normal((3, 2)), at_nodes=rng.standard_normal((3, 4)),
    )  # fmt: skip


def constants_of(rng, table, n_texts=50):
    """Constants of a random corpus, with its embeddings and anchors."""
    embeddings, terms = rng.standard_normal((n_texts, 6)), rng.standard_normal((3, 6))
    return reference_constants(embeddings, terms, table, source="random", beta=1.3), embeddings, terms


def test_an_anchor_is_the_normalised_mean_of_its_words(rng):
    """Words come one term after the other; how many each has is told."""
    words = rng.standard_normal((6, 5))
    found = anchors(words, [1, 3, 2])
    for row, part in enumerate((words[:1], words[1:4], words[4:])):
        np.testing.assert_allclose(found[row], part.mean(axis=0) / np.linalg.norm(part.mean(axis=0)))


def test_a_term_without_embedding_has_no_anchor():
    """Zero stays zero, not NaN."""
    np.testing.assert_array_equal(anchors(np.array([[0.0, 0.0], [3.0, 4.0]]), [1, 1]), [[0, 0], [0.6, 0.8]])


@pytest.mark.parametrize("n_words", [[1, 1], [3, 0], [4]])
def test_words_must_add_up(n_words):
    """A term without words, or a number of words that isn't there, is an error."""
    with pytest.raises(ShapeError, match="a row per word"):
        anchors(np.ones((3, 2)), n_words)


def test_similarity_is_the_cosine(rng):
    """As scikit-learn has it; a text without embedding is similar to nothing."""
    texts, terms = rng.standard_normal((5, 7)).astype(np.float32), rng.standard_normal((3, 7))
    texts[4] = 0
    np.testing.assert_allclose(term_similarity(texts, terms), cosine_similarity(texts.astype(float), terms), atol=1e-12)
    assert not term_similarity(texts, terms)[4].any()


def test_standard_scores_are_scikit_learns(rng):
    """Against a corpus' own mean and deviation it is a StandardScaler; zero deviation gives 0."""
    values = rng.standard_normal((11, 3)) * (1, 5, 0)
    found = standardise(values, values.mean(axis=0), values.std(axis=0))
    np.testing.assert_allclose(found[:, :2], StandardScaler().fit_transform(values)[:, :2])
    assert not found[:, 2].any()


@given(values=arrays(float, (4, 3), elements=st.floats(-1e4, 1e4)), beta=st.floats(0, 5))
def test_softmax_is_scipys(values, beta):
    """Also for numbers whose exponential is out of range; rows sum to one."""
    found = softmax(values, beta)
    np.testing.assert_allclose(found, special.softmax(beta * values, axis=1), rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_a_profile_is_the_weighted_mean_of_evidence(rng):
    """A text that is far more similar to one term than to all others has that term's evidence."""
    evidence = rng.standard_normal((3, 2))
    np.testing.assert_allclose(profile(np.array([[0.0, 50.0, 0.0]]), evidence), evidence[[1]], atol=1e-9)
    np.testing.assert_allclose(profile(np.zeros((1, 3)), evidence, beta=7.0), evidence.mean(axis=0)[None])


@given(seed=st.integers(0, 999), beta=st.floats(0, 4))
def test_a_profile_stays_within_the_evidence(seed, beta):
    """No region gets more than its strongest term, nor less than its weakest."""
    rng = np.random.default_rng(seed)
    evidence = rng.standard_normal((5, 3))
    found = profile(rng.standard_normal((4, 5)), evidence, beta)
    assert (found <= evidence.max(axis=0) + 1e-12).all()
    assert (found >= evidence.min(axis=0) - 1e-12).all()


def test_the_reference_is_standard_to_itself(rng, table):
    """Its own texts have mean 0 and deviation 1 per term, region and node; its mean shares sum to one."""
    constants, embeddings, terms = constants_of(rng, table)
    cosines = term_similarity(embeddings, terms)
    scores = standardise(cosines, constants.term_mean, constants.term_sd)
    places = ((constants.region_mean, constants.region_sd, table.at_regions),
              (constants.node_mean, constants.node_sd, table.at_nodes))  # fmt: skip
    for values in (scores, *(standardise(profile(scores, e, 1.3), mean, sd) for mean, sd, e in places)):
        np.testing.assert_allclose(values.mean(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(values.std(axis=0), 1)
    assert constants.region_share.sum() == pytest.approx(1)
    assert constants.node_share.sum() == pytest.approx(1)
    assert (constants.n_texts, constants.table, constants.beta) == (50, table.checksum, 1.3)


def test_a_reference_of_one_text_has_no_deviation(rng, table):
    """All deviations are exactly 0, so everything scores 0."""
    constants, *_ = constants_of(rng, table, n_texts=1)
    assert not constants.term_sd.any()
    assert not constants.region_sd.any()
    np.testing.assert_allclose(constants.region_share, 0.5)


def test_no_texts_are_no_reference(table):
    """An empty corpus is an error that names it."""
    with pytest.raises(InputError, match="mine: wanted at least one text"):
        reference_constants(np.zeros((0, 6)), np.zeros((3, 6)), table, source="mine")


def test_constants_survive_the_file(rng, table, tmp_path):
    """Eight digits come back, and writing again gives the same bytes."""
    constants, *_ = constants_of(rng, table)
    constants.write(tmp_path / "one.json")
    again = read_reference(tmp_path / "one.json")
    np.testing.assert_allclose(again.node_sd, constants.node_sd, rtol=1e-7)
    assert (again.terms, again.nodes, again.source) == (constants.terms, constants.nodes, "random")
    again.write(tmp_path / "two.json")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    with pytest.raises(OutputError, match="can't be written"):
        constants.write(tmp_path / "no" / "one.json")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.pop("beta"), "wanted the keys"),
        (lambda c: c.update(more=1), "wanted the keys"),
        (lambda c: c.update(term_sd=[1.0]), "term_sd"),
        (lambda c: c.update(region_mean=["x", 1.0]), "could not convert"),
        (lambda c: c.update(terms=["a", "a", "c"]), "occurs twice"),
        (lambda c: c.update(term_mean=[0.0, float("nan"), 0.0]), "finite"),
        (lambda c: c.pop("segment"), "wanted the keys"),
    ],
)
def test_wrong_constants_are_errors(rng, table, tmp_path, change, message):
    """Missing or unknown keys and values that don't fit are told with the file's name."""
    path = tmp_path / "c.json"
    constants_of(rng, table)[0].write(path)
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match=message) as caught:
        read_reference(path)
    assert "c.json" in str(caught.value)


def test_unreadable_constants_are_errors(tmp_path):
    """An absent file and one that is no JSON, or no object."""
    with pytest.raises(InputError, match="can't be read"):
        read_reference(tmp_path / "absent.json")
    for content, message in (("{", "wanted JSON"), ("[1]", "got list")):
        (tmp_path / "c.json").write_text(content)
        with pytest.raises(InputError, match=message):
            read_reference(tmp_path / "c.json")

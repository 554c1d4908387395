"""Peers of the mapping: ridges and z equal their references, and see nothing but the studies they are given."""

from __future__ import annotations

import sys
from pathlib import Path

import attrs
import numpy as np
import pytest
from scipy import sparse, stats
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, Ridge

from emotopy.evidence.build import evidence, hits, term_matrix, touches
from emotopy.evidence.terms import Term, read_terms
from emotopy.records import Node

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))
from agreement import Ours, Segmented, read_nodes
from frozen_agreement import EMOTIONS, Agreement, half_a
from mapping_peers import (
    TARGETS,
    Ground,
    Paired,
    RidgePeer,
    Shipped,
    Vectors,
    Words,
    association_z,
    evidence_of,
    only,
    ridge,
    targets_of,
    tuned,
    without_peaks,
    z_of,
)
from nimare_half import half_of, to_mm, to_voxels

TEXTS = ["dread, and dread again", "Glee!", "nothing of that", "terror unrelated"]
FROZEN = [Term(word) for word in (*EMOTIONS, "reward", "pride")]


@pytest.fixture
def emotional(rng, make_studies):
    """400 studies with random peaks that use ten frozen terms at random, and five one-node regions."""
    peaks = [rng.uniform(-70, 70, (rng.integers(1, 40), 3)) for _ in range(400)]
    studies = make_studies(peaks, rng.random((400, len(FROZEN))) < 0.3, [term.name for term in FROZEN])
    return studies, [Node(f"n{i}", f"r{i}", *rng.uniform(-50, 50, 3)) for i in range(5)]


def test_z_is_the_signed_root_of_chi_square(rng):
    """χ² is scipy's without continuity correction; the sign is Pearson's r's."""
    uses, hit = rng.random((150, 3)) < (0.1, 0.4, 0.7), rng.random((150, 4)) < 0.3
    found = association_z(uses, hit)
    for term in range(3):
        for place in range(4):
            cells = stats.contingency.crosstab(uses[:, term], hit[:, place]).count
            chi_square = stats.chi2_contingency(cells, correction=False).statistic
            r = stats.pearsonr(uses[:, term], hit[:, place]).statistic
            assert found[term, place] == pytest.approx(np.sign(r) * np.sqrt(chi_square))
    assert (found > 0).any()
    assert (found < 0).any()


def test_z_is_zero_where_there_is_no_contrast():
    """A term of all studies or none, a place that all hit or none."""
    uses = np.array([[True, False, True], [True, False, False], [True, False, True]])
    hit = np.array([[True, False, True], [True, False, False], [True, False, True]])
    expected = np.zeros((3, 3))
    expected[2, 2] = np.sqrt(3)
    np.testing.assert_allclose(association_z(uses, hit), expected)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_the_ridge_solves_the_normal_equations(rng, form):
    """(X'X + penalty) w = X'y of centred columns: the intercept is free, whether X is sparse or dense."""
    inputs, targets = rng.random((40, 6)) * (rng.random((40, 6)) < 0.5), rng.standard_normal((40, 3)) + 5
    x, y = inputs - inputs.mean(axis=0), targets - targets.mean(axis=0)
    expected = np.linalg.solve(x.T @ x + 2.5 * np.eye(6), x.T @ y)
    np.testing.assert_allclose(ridge(form(inputs), targets, 2.5), expected, atol=1e-5)


@pytest.mark.parametrize(("of_texts", "norm"), [("counts", None), ("length 1", "l2")])
def test_the_peer_from_words_is_scikit_learns_tfidf_and_ridge(planted, nodes, of_texts, norm):
    """Abstracts as texts, `TfidfVectorizer` and a dense `Ridge` give the same."""
    seen = half_a(3, len(planted))
    words = [word for word in planted.vocabulary if " " not in word]
    counts = planted.counts.toarray()[seen][:, [word in words for word in planted.vocabulary]]
    abstracts = [" ".join(np.repeat(words, row)) for row in counts]
    hit = hits(planted, [nodes[:2], nodes[2:3], nodes[3:]])[seen]
    fitted = Ridge(10.0).fit(TfidfVectorizer().fit_transform(abstracts).toarray(), hit)
    texts = TfidfVectorizer(norm=norm).fit(abstracts).transform(TEXTS).toarray()
    peer = RidgePeer(Words(planted, TEXTS, of_texts, least_studies=1), targets_of(planted, nodes))
    found = peer.mapper("hits", 10.0)(seen)
    np.testing.assert_allclose(found + fitted.intercept_, fitted.predict(texts), atol=1e-5)


def test_words_of_few_studies_are_left_out(planted):
    """Only those that as many of the studies seen use; their number over all studies doesn't matter."""
    n_using = (planted.counts.toarray()[:, 0] > 0).nonzero()[0]
    seen = np.zeros(len(planted), dtype=bool)
    seen[n_using[:9]] = seen[(planted.counts.toarray()[:, 2] > 0).nonzero()[0]] = True
    words = Words(planted, TEXTS, least_studies=(planted.counts.toarray()[seen, 0] > 0).sum() + 1)
    assert list(words.names[words.chosen(seen)[0]]) == ["glee", "unrelated"]


@pytest.mark.parametrize("what", ["words", *Vectors.WHAT])
def test_a_peer_sees_the_studies_it_is_given_alone(rng, planted, nodes, what):
    """Other peaks and abstracts in the other half change nothing."""
    seen = half_a(5, len(planted))
    shuffled = np.arange(len(planted))
    shuffled[~seen] = rng.permutation(shuffled[~seen])
    counts = planted.counts.toarray()
    counts[~seen] = rng.integers(0, 3, counts[~seen].shape)
    other = attrs.evolve(planted, counts=sparse.csr_matrix(counts), study_of_peak=shuffled[planted.study_of_peak])
    titles = [["title", "dread", "peak"][i % 3] for i in range(len(planted))]
    found = []
    for studies in (planted, other):
        inputs = Words(studies, TEXTS, least_studies=1) if what == "words" else Vectors(studies, titles, TEXTS, what)
        peer = RidgePeer(inputs, targets_of(studies, nodes))
        found.append([peer.mapper(target, 10.0)(seen) for target in TARGETS])
    np.testing.assert_allclose(found[0], found[1])
    assert np.ptp(found[0], axis=1).min() > 0


@pytest.mark.parametrize("what", ["words", "abstracts"])
def test_planted_words_lead_where_their_studies_report(planted, nodes, what):
    """Studies of dread report peaks near `core`, those of glee near `west`, and so do the texts."""
    titles = [""] * len(planted)
    inputs = Words(planted, TEXTS, least_studies=1) if what == "words" else Vectors(planted, titles, TEXTS, what)
    profiles = RidgePeer(inputs, targets_of(planted, nodes)).mapper("hits", 1.0)(half_a(0, len(planted)))
    dread, glee, *_ = profiles - profiles.mean(axis=0)
    assert dread[1] > glee[1]
    assert glee[0] > dread[0]


def test_targets_are_those_of_the_studies_seen(planted, nodes):
    """Hits and touches as ours; what the number of peaks tells is taken out within the half, as a line's residuals."""
    seen = half_a(1, len(planted))
    found = targets_of(planted, nodes)(seen)
    assert tuple(found) == TARGETS
    places = [nodes[:2], nodes[2:3], nodes[3:]]
    np.testing.assert_array_equal(found["hits"], hits(planted, places)[seen])
    touched, n_peaks = touches(planted, places)[seen], planted.n_peaks[seen]
    np.testing.assert_array_equal(found["touches"], touched)
    line = LinearRegression().fit(np.log1p(n_peaks)[:, None], touched)
    residuals = touched - line.predict(np.log1p(n_peaks)[:, None])
    np.testing.assert_allclose(without_peaks(touched, n_peaks), residuals, atol=1e-12)
    np.testing.assert_allclose(found["touches, peaks out"], residuals, atol=1e-12)
    np.testing.assert_allclose(found["touches, peaks out, SD"].std(axis=0), 1)


def test_only_the_studies_seen_are_left(planted, nodes):
    """What is computed from them is what masks give."""
    seen, terms = half_a(2, len(planted)), [Term("dread", ["terror"]), Term("glee")]
    left = only(planted, seen)
    uses, touched = term_matrix(planted, terms).uses[seen], touches(planted, [nodes[2:3]])[seen]
    np.testing.assert_array_equal(left.n_peaks, planted.n_peaks[seen])
    np.testing.assert_array_equal(
        evidence(term_matrix(left, terms).uses, touches(left, [nodes[2:3]]), left.n_peaks),
        evidence(uses, touched, planted.n_peaks[seen]),
    )


def test_paired_differences_are_over_splits(rng):
    """The mean over emotions first, then mean and standard error of the splits' differences."""
    one, other = (Agreement(("a", "b", "c"), rng.random((7, 3))) for _ in range(2))
    found = Paired.of(one, other)
    difference = one.values.mean(axis=1) - other.values.mean(axis=1)
    assert found.mean == pytest.approx(difference.mean())
    assert found.mean / found.standard_error == pytest.approx(
        stats.ttest_rel(one.values.mean(axis=1), other.values.mean(axis=1)).statistic
    )


def test_asking_with_the_label_is_agreement_with_one_text_per_term(rng, emotional):
    """Centred over terms it is the frozen definition, the terms being the texts; uncentred it isn't."""
    studies, nodes = emotional
    rows = rng.standard_normal((len(FROZEN), 5)) + rng.standard_normal(5) * 3
    ground = Ground(studies, nodes, FROZEN, [term.name for term in FROZEN], range(3))
    found = ground.of_labels(lambda _: rows)
    np.testing.assert_allclose(found.values, ground.of_texts(lambda _: rows).values)
    assert not np.allclose(ground.of_labels(lambda _: rows, centred=False).values, found.values)


def test_terms_of_ones_own_are_measured_on_the_frozen_truth(rng, emotional):
    """More terms, in another order, are other rows to choose from; what they are compared with stays."""
    studies, nodes = emotional
    rows = rng.standard_normal((len(FROZEN) + 2, 5))
    own = [Term("other"), *FROZEN[::-1], Term("more")]
    ground = Ground(studies, nodes, FROZEN, [], range(2))
    found = ground.of_labels(lambda _: rows, own, centred=False)
    expected = ground.of_labels(lambda _: rows[1:-1][::-1], centred=False)
    np.testing.assert_array_equal(found.values, expected.values)


def test_oracles_see_the_studies_they_are_given_alone(emotional):
    """z and evidence of half the studies are those of a collection that holds no others."""
    studies, nodes = emotional
    seen = half_a(4, len(studies))
    alone, everything = only(studies, seen), np.ones(seen.sum(), dtype=bool)
    for oracle in (z_of, evidence_of):
        found = oracle(studies, nodes, FROZEN)(seen)
        np.testing.assert_array_equal(found, oracle(alone, nodes, FROZEN)(everything))
        assert found.shape == (len(FROZEN), 5)


def test_the_best_on_the_tuning_splits_is_chosen(planted, nodes):
    """Every target and penalty is measured on those splits alone."""
    asked_for = []

    def measure(mapper, splits):
        asked_for.append(list(splits))
        spread = np.ptp(mapper(half_a(0, len(planted))))
        return Agreement(("a",), np.array([[float(-abs(spread - 0.01))]]))

    peer = RidgePeer(Words(planted, TEXTS, least_studies=1), targets_of(planted, nodes))
    found, best = tuned({"counts": peer}, measure)
    assert asked_for == [list(range(10))] * len(found)
    assert {target for _, target, _ in found} == set(TARGETS)
    assert found[best].mean == max(one.mean for one in found.values())


def test_peaks_move_to_the_nearest_voxel(rng):
    """By at most 1 mm along each axis; centres of voxels stay."""
    points = rng.uniform(-80, 80, (50, 3))
    moved = to_mm(to_voxels(points))
    assert np.abs(moved - points).max() <= 1
    np.testing.assert_array_equal(to_mm(to_voxels(moved)), moved)


def test_z_for_nimare_is_counted_at_voxels_and_where_peaks_are(planted, nodes):
    """Terms by nodes; where all lies on the grid already, both are the same."""
    terms = [Term("dread", ["terror"]), Term("glee")]
    half = half_of(planted, nodes, terms)
    uses = term_matrix(planted, terms).uses
    np.testing.assert_array_equal(half["z_exact"], association_z(uses, hits(planted, [[node] for node in nodes])))
    assert half["z"].shape == (2, 4)
    assert not np.allclose(half["z"], half["z_exact"])
    on_grid = attrs.evolve(planted, peaks=to_mm(to_voxels(planted.peaks)))
    again = half_of(on_grid, nodes, terms)  # the nodes' coordinates are even: centres of voxels
    np.testing.assert_array_equal(again["z"], again["z_exact"])
    np.testing.assert_array_equal(again["z"], half["z"])


def test_what_ships_is_the_mapping_that_agreement_measures(rng, make_studies):
    """`agreement.py` builds its evidence with masks and the texts as reference; the stage and a table do the same."""
    words = ["fear", "joy", "love", "anger", "disgust", "sad"]
    peaks = [rng.uniform(-60, 60, (rng.integers(1, 40), 3)) for _ in range(300)]
    studies, nodes = make_studies(peaks, rng.random((300, 6)) < 0.3, words), read_nodes()
    texts = ["I was so afraid of them", "what a joy to see you", "I love my old dog", "this is quite disgusting"]
    seen = half_a(0, 300)
    shipped = Shipped(studies, nodes, texts, ["fear", "joy"])
    ours = Ours(studies, nodes, read_terms(), Segmented.of(texts, "sentence"))
    np.testing.assert_allclose(shipped.evidence(seen), ours(seen), atol=1e-6)
    relative = shipped.relative(seen)
    np.testing.assert_allclose(relative.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(relative.std(axis=0), 1)
    assert shipped.evidence_of_words(seen).shape == (2, 18)

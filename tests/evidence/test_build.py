"""From studies to evidence, step by step."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tests.progress import Told

from emotopy.errors import ConfigError, InputError
from emotopy.evidence.build import (
    LOG_ODDS_PER_SD,
    Overlap,
    build_table,
    evidence,
    halvings,
    hits,
    overlap,
    regions_of,
    replicability,
    term_matrix,
    touches,
)
from emotopy.evidence.studies import Studies
from emotopy.evidence.terms import Term
from emotopy.records import Node

TERMS = (Term("dread", ("terror", "horror")), Term("glee"), Term("unrelated"), Term("unheard of"))
NO_SHRINKAGE = 1e6


def random_data(rng, n_studies=211, n_terms=3, n_places=5):
    """Uses, touches and numbers of peaks without any relation."""
    uses = rng.random((n_studies, n_terms)) < 0.3
    return uses, rng.random((n_studies, n_places)), rng.integers(1, 60, n_studies)


def test_regions_come_in_the_order_of_the_nodes(nodes):
    """A region gathers its nodes where its first node stands."""
    regions = regions_of(nodes)
    assert {name: [node.name for node in of] for name, of in regions.items()} == {
        "west": ["west_left", "west_right"], "core": ["core"], "front": ["front"],
    }  # fmt: skip
    assert list(regions) == ["west", "core", "front"]


def test_a_peak_at_the_centre_weighs_one_and_touch_saturates(make_studies):
    """Touch is 1 − exp(−Σ weights), so three peaks count less than three times one."""
    studies = make_studies([[(0, 0, 0)], [(0, 0, 0)] * 3, [(0, 8, 0)], [(90, 0, 0)], []], np.ones((5, 1)), ["word"])
    touched = touches(studies, [[Node("n", "n", 0, 0, 0, 10)]], sigma_per_radius=0.8)
    expected = 1 - np.exp(-np.array([1, 3, np.exp(-0.5), 0, 0]))
    np.testing.assert_allclose(touched[:, 0], expected, atol=1e-12)


def test_a_region_is_touched_at_the_nearest_of_its_nodes(make_studies, nodes):
    """A peak counts once for a region, by its nearest node, whichever side it is on."""
    studies = make_studies([[(-40, 3, 0)], [(40, 3, 0)], [(0, 0, 0)]], np.ones((3, 1)), ["word"])
    both, left, right = touches(studies, [nodes[:2], nodes[:1], nodes[1:2]]).T
    np.testing.assert_allclose(both, np.maximum(left, right))
    assert left[0] == pytest.approx(right[1])
    assert left[0] > 0.5 > right[0]


def test_a_smaller_node_is_touched_from_less_far(make_studies):
    """The kernel's width goes with the node's radius."""
    studies = make_studies([[(5, 0, 0)]], np.ones((1, 1)), ["word"])
    small, large = touches(studies, [[Node("s", "s", 0, 0, 0, 5)], [Node("l", "l", 0, 0, 0, 8)]])[0]
    assert small < large


def test_a_hit_is_a_peak_within_the_distance_on_either_side(make_studies, nodes):
    """Ten millimetres are still a hit, more are not."""
    studies = make_studies([[(-40, 10, 0)], [(40, 0, 10.01)], [(0, 0, 0), (40, 6, 8)], []], np.ones((4, 1)), ["word"])
    hit = hits(studies, [nodes[:2], nodes[2:3]])
    assert hit.tolist() == [[True, False], [False, False], [True, False], [False, False]]


def test_a_study_uses_a_term_through_any_of_its_words(make_studies):
    """The term or a synonym once is enough; words that the vocabulary lacks are reported."""
    studies = make_studies([[], [], []], [[1, 0, 0, 0], [0, 2, 0, 1], [0, 0, 3, 0]], ["dread", "terror", "glee", "x"])
    found = term_matrix(studies, TERMS)
    assert np.argwhere(found.uses).tolist() == [[0, 0], [1, 0], [2, 1]]
    assert found.uses.shape == (3, 4)
    assert found.missing == (("horror",), (), ("unrelated",), ("unheard of",))


def test_evidence_is_the_coefficient_of_a_regression(rng):
    """Without shrinkage it is least squares with the number of peaks beside the term, in log-odds per deviation."""
    uses, touched, n_peaks = random_data(rng)
    found = evidence(uses, touched, n_peaks, tau=NO_SHRINKAGE)
    for term in range(3):
        for place in range(5):
            nuisance = np.column_stack([np.ones(211), np.log1p(n_peaks)])
            residual = touched[:, place] - nuisance @ np.linalg.lstsq(nuisance, touched[:, place], rcond=None)[0]
            design = np.column_stack([uses[:, term], nuisance])
            slope = np.linalg.lstsq(design, touched[:, place], rcond=None)[0][0] / residual.std()
            assert found[term, place] == pytest.approx(slope * np.pi / np.sqrt(3), rel=1e-9)


def test_without_differences_in_peaks_evidence_is_cohens_d(rng):
    """With one number of peaks everywhere it is the difference of group means over the deviation of all."""
    uses, touched, _ = random_data(rng)
    found = evidence(uses, touched, np.full(211, 7), tau=NO_SHRINKAGE)
    group = uses[:, 1]
    d = (touched[group].mean(axis=0) - touched[~group].mean(axis=0)) / touched.std(axis=0)
    np.testing.assert_allclose(found[1], d * LOG_ODDS_PER_SD, rtol=1e-9)


def test_shrinkage_follows_the_standard_error(rng):
    """A rarer term is shrunken more, by τ²/(τ² + se²) with the regression's standard error under no effect."""
    uses, touched, n_peaks = random_data(rng, n_studies=400)
    uses[:, 0] = rng.random(400) < 0.02
    ratio = evidence(uses, touched, n_peaks, tau=0.5) / evidence(uses, touched, n_peaks, tau=NO_SHRINKAGE)
    assert ratio[0].max() < ratio[1].min()
    log_peaks = np.log1p(n_peaks)
    r = stats.pearsonr(uses[:, 1], log_peaks).statistic
    squared_error = LOG_ODDS_PER_SD**2 / (400 * uses[:, 1].var() * (1 - r**2))
    np.testing.assert_allclose(ratio[1], 0.25 / (0.25 + squared_error), rtol=1e-9)


def test_the_number_of_peaks_is_no_evidence(rng):
    """A term of studies with many peaks has no evidence at a place that is touched by chance alone."""
    n_peaks = rng.integers(1, 80, 8000)
    uses = (rng.random(8000) < n_peaks / 100)[:, None]
    touched = (np.log1p(n_peaks) + rng.standard_normal(8000))[:, None]
    assert abs(evidence(uses, touched, n_peaks, NO_SHRINKAGE)[0, 0]) < 0.15
    assert evidence(uses, touched, np.ones(8000, dtype=int), NO_SHRINKAGE)[0, 0] > 0.8


def test_terms_and_places_that_tell_nothing_have_no_evidence(rng):
    """A term of all or no studies, and a place touched alike by all, give exactly 0 and no warning."""
    uses, touched, n_peaks = random_data(rng)
    uses[:, 0], uses[:, 1], touched[:, 2], touched[:, 3] = True, False, 0.7, 0.0
    found = evidence(uses, touched, n_peaks)
    assert not found[:2].any()
    assert not found[:, 2:4].any()
    assert found[2, [0, 1, 4]].all()


@given(shift=st.floats(-5, 5), scale=st.floats(0.1, 50), seed=st.integers(0, 99))
def test_evidence_has_no_unit_of_touch(shift, scale, seed):
    """Touch measured on another scale gives the same evidence."""
    uses, touched, n_peaks = random_data(np.random.default_rng(seed), n_studies=60)
    found = evidence(uses, touched * scale + shift, n_peaks)
    np.testing.assert_allclose(found, evidence(uses, touched, n_peaks), atol=1e-8)


@given(seed=st.integers(0, 99), tau=st.floats(0.05, 3))
def test_a_smaller_tau_never_makes_evidence_larger(seed, tau):
    """Shrinkage keeps the sign and lessens the size."""
    data = random_data(np.random.default_rng(seed), n_studies=60)
    less, more = evidence(*data, tau=tau), evidence(*data, tau=2 * tau)
    assert (np.abs(less) <= np.abs(more)).all()
    assert (less * more >= 0).all()


def test_what_is_there_replicates_and_noise_does_not(planted, nodes):
    """A planted term correlates highly between halves, one that nobody uses has no correlation."""
    touched = touches(planted, list(regions_of(nodes).values()))
    r = replicability(term_matrix(planted, TERMS).uses, touched, planted.n_peaks)
    assert r[:2].min() > 0.9
    assert np.isnan(r[3])


def test_a_halving_without_evidence_is_left_out(rng):
    """A term of one study has evidence in one half alone: no halving has an r. Two studies fall apart in some."""
    uses, touched, n_peaks = random_data(rng)
    uses[:, :2] = False
    uses[0, 0], uses[:2, 1] = True, True
    found = halvings(uses, touched, n_peaks, n_splits=20)
    assert np.isnan(found).all(axis=0).tolist() == [True, False, False]
    r = replicability(uses, touched, n_peaks, n_splits=20)
    assert np.isnan(r[0])
    known = found[np.isfinite(found[:, 1]), 1]
    assert 0 < len(known) < 20
    assert r[1] == pytest.approx(known.mean())


def test_noise_does_not_replicate(rng):
    """Over many places a term without relation to them correlates about 0 between halves."""
    assert np.abs(replicability(*random_data(rng, n_places=60))).max() < 0.3


def test_replicability_is_repeatable(rng):
    """The same seed gives the same halves, another seed others."""
    data = random_data(rng)
    np.testing.assert_array_equal(replicability(*data, n_splits=3), replicability(*data, n_splits=3))
    assert (replicability(*data, n_splits=3) != replicability(*data, n_splits=3, seed=1)).all()


def test_places_and_halvings_are_counted(planted, nodes):
    """Three regions and four nodes, then twenty halvings."""
    told = Told()
    build_table(planted, nodes, TERMS, host=told.host)
    assert list(told.check().values()) == [3 + 4, 20]


def test_the_table_finds_what_was_planted(planted, nodes):
    """ "dread" leads to `core` and "glee" to `west`, at its two nodes alike; the unheard of leads nowhere."""
    table = build_table(planted, nodes, TERMS, atlas="toy")
    assert table.regions == ("west", "core", "front")
    assert table.nodes == ("west_left", "west_right", "core", "front")
    assert table.at_regions.argmax(axis=1)[:2].tolist() == [1, 0]
    assert table.at_regions[[0, 1], [1, 0]].min() > 0.8
    assert np.abs(table.at_regions[2]).max() < 0.4
    assert table.at_nodes[1, :2].min() > 0.5
    assert not table.at_regions[3].any()
    assert table.n_studies.tolist() == [*term_matrix(planted, TERMS[:3]).uses.sum(axis=0), 0]
    assert table.missing == (("horror",), (), (), ("unheard of",))


def test_the_table_says_what_it_was_made_from(planted, nodes):
    """Atlas, nodes, kernel, seed, inputs and overlaps are in the provenance; no time, no path."""
    provenance = build_table(planted, nodes, TERMS, atlas="toy", seed=3).provenance
    assert provenance["atlas"] == "toy"
    assert provenance["nodes"][2] == {
        "name": "core", "region": "core", "x_mm": 0.0, "y_mm": -60.0, "z_mm": 0.0, "radius_mm": 5.0,
    }  # fmt: skip
    assert provenance["replicability"] == {"n_splits": 20, "seed": 3, "undefined_halvings": {"unheard of": 20}}
    assert build_table(planted, nodes, TERMS[:3], seed=3).provenance["replicability"] == {"n_splits": 20, "seed": 3}
    assert provenance["kernel"]["sigma_per_radius"] == 0.8
    assert set(provenance) == {
        "atlas", "nodes", "kernel", "replicability", "n_studies", "n_peaks", "inputs", "emotopy", "overlapping_nodes",
    }  # fmt: skip


def test_the_same_input_gives_the_same_bytes(planted, nodes, tmp_path):
    """Two builds write identical files."""
    for name in ("one", "two"):
        build_table(planted, nodes, TERMS).write(tmp_path / f"{name}.csv")
    for ending in ("csv", "json"):
        assert (tmp_path / f"one.{ending}").read_bytes() == (tmp_path / f"two.{ending}").read_bytes()


@pytest.mark.parametrize(
    ("nodes_of", "terms", "error", "message"),
    [
        (lambda nodes: [], TERMS, ConfigError, "at least one node"),
        (lambda nodes: nodes, (), ConfigError, "at least one node and one term"),
        (lambda nodes: [*nodes, nodes[0]], TERMS, ConfigError, "unique node names"),
        (lambda nodes: nodes, (*TERMS, Term("Dread ")), InputError, "'dread' occurs twice"),
        (lambda nodes: nodes, (Term("zzz"),), ConfigError, "no study uses any"),
    ],
)
def test_a_table_of_nothing_is_an_error(planted: Studies, nodes, nodes_of, terms, error, message):
    """Missing or doubled nodes and terms, and terms that nobody uses, are told apart."""
    with pytest.raises(error, match=message):
        build_table(planted, nodes_of(nodes), terms)


def test_overlap_names_neighbours_of_different_regions(make_studies):
    """Jaccard counts studies, not peaks; far nodes and nodes of one region aren't named."""
    studies = make_studies([[(0, 0, 0), (0, 1, 0)], [(12, 0, 0)], [(6, 0, 0), (90, 0, 0)], [(90, 0, 0)]],
                           np.ones((4, 1)), ["word"])  # fmt: skip
    nodes = [Node("a", "A", 0, 0, 0), Node("b", "B", 12, 0, 0), Node("c", "A", 0, 2, 0), Node("far", "F", 90, 0, 0)]
    assert overlap(studies, nodes) == (Overlap("a", "b", 0.333), Overlap("b", "c", 0.333))
    assert overlap(studies, nodes, threshold=0.34) == ()

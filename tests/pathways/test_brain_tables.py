"""What a reader of a decoding is told: from made-up analyses, so that each sentence has its one cause."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from emotopy.inference.crossval import CrossValidated
from emotopy.inference.explanation import EdgePatterns
from emotopy.inference.permutation import against_null
from emotopy.inference.scores import BlockScores
from emotopy.inference.splits import Fold, Layout
from emotopy.pathways.analysis import Analysis
from emotopy.pathways.brain_material import Clock, Rows
from emotopy.pathways.brain_tables import explanation_tables, paired_table, say_what_scores_mean, scores_table
from emotopy.records.brain import Windowing

EMOTIONS = ("fear", "joy")
CLOCK = Clock(2.0, 200, Windowing())
NULL = np.linspace(-0.1, 0.1, 99)


class Ear:
    """What the workshop is asked to say."""

    def __init__(self):
        self.heard = []

    def say(self, message):
        self.heard.append(message)


@pytest.fixture
def rows():
    """One listener's windows of a story of 400 s."""
    starts = CLOCK.start_s
    n = np.arange(len(starts))
    return Rows(Layout(0 * n, 0 * n, starts, starts + 22.0, 44.0), n, n)


@pytest.fixture
def make():
    """Make an analysis that scores `fear` and `joy` so; a null between −0.1 and 0.1 for both."""

    def analysis(name, fear, joy=0.0, *, baseline=False, chosen=None, n_windows=20):
        observed = np.array([fear, joy])
        null = np.stack([NULL, NULL[::-1]], axis=1)
        n_folds = 3
        mask = np.ones(1, dtype=bool)
        folds = [Fold(mask, mask, 0, block) for block in range(n_folds)]
        chosen = np.full((n_folds, 2), 1) if chosen is None else np.array(chosen)
        compared = against_null(observed, null)
        cells = np.arange(2)
        return Analysis(
            name=name,
            is_baseline=baseline,
            crossed=CrossValidated(np.zeros((1, 2)), folds, np.array([0.1, 1.0, 10.0]), chosen),
            scores=BlockScores(np.stack([observed, observed]), 0 * cells, cells, np.array([20, n_windows])),
            r2=np.zeros(2),
            mse=np.ones(2),
            null=null,
            against=compared,
            check=compared,
        )

    return analysis


@pytest.fixture
def told(rows):
    """Return what is said of these analyses, but for the first sentence, which is always there."""

    def tell(*analyses):
        ear = Ear()
        say_what_scores_mean(ear, analyses, EMOTIONS, CLOCK, rows)
        assert ear.heard[0].startswith("The story holds about 9 independent moments of 44 s; with ")
        return ear.heard[1:]

    return tell


def test_the_floor_of_chance_is_said(rows, make):
    """The largest 95 % quantile of the null over emotions, of the first feature set."""
    ear = Ear()
    say_what_scores_mean(ear, [make("main", 0.5)], EMOTIONS, CLOCK, rows)
    assert f"with main, r below {np.quantile(NULL, 0.95):.3f}" in ear.heard[0]


def test_nothing_more_is_said_of_a_clean_score(told, make):
    """Baselines that don't decode, penalties inside the grid, blocks long enough."""
    assert told(make("main", 0.5), make("motion", 0.02, baseline=True), make("time", -0.3, baseline=True)) == []


def test_a_baseline_that_decodes_too_is_named(told, make):
    """For the emotion that both decode, and for no other; motion before others."""
    heard = told(
        make("main", 0.5, 0.5), make("time", 0.3, baseline=True), make("motion", 0.4, baseline=True), make("more", 0.6)
    )
    assert heard == [
        "fear: motion alone decodes it too (r = 0.400, p = 0.010); main (r = 0.500) may owe its score to motion.",
        "fear: time alone decodes it too (r = 0.300, p = 0.010); main (r = 0.500) may owe its score to time.",
    ]


def test_a_baseline_is_no_matter_where_nothing_is_decoded(told, make):
    """Motion decodes, the measure doesn't: there is no score to doubt."""
    assert told(make("main", 0.05), make("motion", 0.4, baseline=True)) == []


def test_what_is_gone_without_the_evoked_response_is_said(told, make):
    """Connectivity that goes with the shared response was co-activation."""
    heard = told(make("main", 0.5, 0.4), make("main+remove-evoked", 0.02, 0.4))
    assert len(heard) == 2
    assert heard[0].startswith("fear: what main decodes (r = 0.500) is gone after the response that listeners share")
    assert "evoked co-activation, not coupling" in heard[0]
    assert "transductive" in heard[1]


def test_penalties_at_the_ends_of_the_grid_are_counted(told, make):
    """Smallest and largest, per emotion; not of baselines."""
    at_ends = [[0, 1], [2, 1], [2, 1]]
    heard = told(make("main", 0.0, chosen=at_ends), make("time", 0.0, baseline=True, chosen=at_ends))
    assert heard == ["main: the smallest/largest penalty of the grid was chosen in so many of 3 folds: fear 1/2."]


def test_short_blocks_are_counted(told, make):
    """Fewer than eight windows aren't scored, and that is said."""
    assert told(make("main", 0.0, n_windows=7)) == ["main: 1 blocks with fewer than 8 moments were not scored."]


def test_scores_stand_beside_their_null(make):
    """Mean and 95 % quantile of the surrogates, p and the p of the family."""
    table = scores_table([make("main", 0.5, 0.05)], EMOTIONS, 7)
    assert table["r"].tolist() == [0.5, 0.05]
    np.testing.assert_allclose(table["null_95"], np.quantile(NULL, 0.95))
    np.testing.assert_allclose(table["null_mean"], 0, atol=1e-12)
    assert table["p"].tolist() == [0.01, (1 + (NULL >= 0.05).sum()) / 100]
    assert set(table["n_subjects"]) == {7}


def test_a_set_alone_is_paired_with_nothing(make):
    """The table has its columns and no row."""
    table = paired_table([make("main", 0.5)], EMOTIONS)
    assert list(table.columns) == [
        *("emotion", "features_a", "features_b", "difference", "null_mean", "null_95", "p", "p_family")
    ]
    assert len(table) == 0


def test_two_sets_under_the_same_surrogates_differ_by_their_difference(make):
    """Equal nulls cancel: a difference of 0.3 beside differences of 0."""
    table = paired_table([make("main", 0.5, 0.2), make("other", 0.2, 0.2)], EMOTIONS)
    assert table["difference"].tolist() == [0.3, 0.0]
    assert table["p"].tolist() == [0.01, 1.0]


def test_without_surrogates_an_explanation_has_no_null(make):
    """Tables are there, what a null would say is missing."""
    patterns = EdgePatterns(EMOTIONS, ("a", "b", "c"), np.array([[1.0, -2, 3], [0, 0, 1]]), np.ones((2, 3)))
    edges, graph, weights, table = explanation_tables(attrs.evolve(make("main", 0.5), patterns=patterns))
    assert len(edges) == 6
    assert weights.values.tolist() == [[1.5, 2.0, 2.5], [0.0, 0.5, 0.5]]
    assert table["p"].isna().all()
    assert graph["p"].isna().all()

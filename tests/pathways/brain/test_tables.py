"""Tables and notes of a decoding: from made-up analyses, so that each sentence has its one cause."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from emotopy.inference.crossval import CrossValidated
from emotopy.inference.explanation import EdgePatterns
from emotopy.inference.null_comparison import compare_with_null
from emotopy.inference.scores import BlockScores
from emotopy.inference.splits import Fold, SampleIndex, Split
from emotopy.pathways.brain.analysis import Analysis, DecodingTask
from emotopy.pathways.brain.rows import StudyTargets, TargetCourses, TargetRows, TimeGrid
from emotopy.pathways.brain.story import Story, Subject
from emotopy.pathways.brain.study import Study
from emotopy.pathways.brain.tables import (
    explanation_tables,
    networks_table,
    notify_left_out,
    notify_limits,
    paired_table,
    scores_table,
    sensitivity_table,
)
from emotopy.records.brain import RegionSeries, Windowing

EMOTIONS = ("fear", "joy")
GRID = TimeGrid(2.0, 200, Windowing())
NULL = np.linspace(-0.1, 0.1, 99)


class Runner:
    """Collects what a runner is asked to show the user."""

    def __init__(self):
        self.notes = []

    def notify(self, message):
        self.notes.append(message)


@pytest.fixture
def task():
    """Two emotions, and windows of a story of 400 s that the first of seven listeners notes."""
    starts = GRID.start_s
    number = np.arange(len(starts))
    layout = SampleIndex(0 * number, 0 * number, starts, starts + 22.0, 44.0)
    rows = TargetRows(tuple(f"sub-{i}" for i in range(1, 8)), layout, number, number, layout.subject)
    plan = Split("block").plan(layout)
    return DecodingTask(EMOTIONS, ("a", "b"), rows, plan, number, np.zeros((len(starts), 2)), {})


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
        compared = compare_with_null(observed, null)
        cells = np.arange(2)
        return Analysis(
            name=name,
            is_baseline=baseline,
            cross_validated=CrossValidated(np.zeros((1, 2)), folds, np.array([0.1, 1.0, 10.0]), chosen),
            scores=BlockScores(np.stack([observed, observed]), 0 * cells, cells, np.array([20, n_windows])),
            r2=np.zeros(2),
            mse=np.ones(2),
            null=null,
            null_comparison=compared,
            sensitivity=compared,
            sensitivity_null="circular",
        )

    return analysis


@pytest.fixture
def limits(task):
    """Return the notes on these analyses, but for the first, which is always there."""

    def run(*analyses):
        runner = Runner()
        notify_limits(runner, analyses, task)
        assert runner.notes[0].startswith("The story has about 9 independent windows of 44 s; with ")
        return runner.notes[1:]

    return run


def test_the_floor_of_chance_is_said(task, make):
    """The largest 95 % quantile of the null over emotions, of the first feature set."""
    runner = Runner()
    notify_limits(runner, [make("main", 0.5)], task)
    assert f"with main, r below {np.quantile(NULL, 0.95):.3f}" in runner.notes[0]


def test_nothing_more_is_said_of_a_clean_score(limits, make):
    """Baselines that don't decode, penalties inside the grid, blocks long enough."""
    assert limits(make("main", 0.5), make("motion", 0.02, baseline=True), make("time", -0.3, baseline=True)) == []


def test_a_baseline_that_decodes_too_is_named(limits, make):
    """For the emotion that both decode, and for no other; motion before others."""
    notes = limits(
        make("main", 0.5, 0.5), make("time", 0.3, baseline=True), make("motion", 0.4, baseline=True), make("more", 0.6)
    )
    assert notes == [
        (
            "fear: it is also decoded from motion alone (r = 0.400, p = 0.010), "
            "so the score of main (r = 0.500) may be due to motion."
        ),
        (
            "fear: it is also decoded from time alone (r = 0.300, p = 0.010), "
            "so the score of main (r = 0.500) may be due to time."
        ),
    ]


def test_a_baseline_is_no_matter_where_nothing_is_decoded(limits, make):
    """Motion decodes, the measure doesn't: there is no score to doubt."""
    assert limits(make("main", 0.05), make("motion", 0.4, baseline=True)) == []


def test_what_is_gone_without_the_evoked_response_is_said(limits, make):
    """Connectivity that goes with the shared response was co-activation."""
    notes = limits(make("main", 0.5, 0.4), make("main+remove-evoked", 0.02, 0.4))
    assert len(notes) == 2
    assert notes[0].startswith("fear: main decodes it (r = 0.500), but not after the response shared by listeners")
    assert "evoked co-activation, not coupling" in notes[0]
    assert "transductive" in notes[1]


def test_penalties_at_the_ends_of_the_grid_are_counted(limits, make):
    """Smallest and largest, per emotion; not of baselines."""
    at_ends = [[0, 1], [2, 1], [2, 1]]
    notes = limits(make("main", 0.0, chosen=at_ends), make("time", 0.0, baseline=True, chosen=at_ends))
    assert notes == [
        "main: number of the 3 folds in which the smallest/largest penalty of the grid was chosen: fear 1/2."
    ]


def test_short_blocks_are_counted(limits, make):
    """Fewer than eight windows aren't scored, and that is said."""
    assert limits(make("main", 0.0, n_windows=7)) == ["main: 1 blocks with fewer than 8 time points were not scored."]


def test_scores_stand_beside_their_null(task, make):
    """Mean and 95 % quantile of the surrogates, p and the p of the family."""
    table = scores_table([make("main", 0.5, 0.05)], task)
    assert table["r"].tolist() == [0.5, 0.05]
    np.testing.assert_allclose(table["null_95"], np.quantile(NULL, 0.95))
    np.testing.assert_allclose(table["null_mean"], 0, atol=1e-12)
    assert table["p"].tolist() == [0.01, (1 + (NULL >= 0.05).sum()) / 100]
    assert set(table["n_subjects"]) == {7}


def test_the_second_null_is_named(task, make):
    """Its p-value stands beside its name."""
    table = sensitivity_table([make("main", 0.5, 0.05)], task)
    assert table.to_dict("list") == {
        "emotion": ["fear", "joy"],
        "features": ["main", "main"],
        "p_sensitivity": [0.01, (1 + (NULL >= 0.05).sum()) / 100],
        "sensitivity_null": ["circular", "circular"],
    }


def test_a_set_alone_is_paired_with_nothing(task, make):
    """The table has its columns and no row."""
    table = paired_table([make("main", 0.5)], task)
    assert list(table.columns) == [
        *("emotion", "features_a", "features_b", "difference", "null_mean", "null_95", "p", "p_family")
    ]
    assert len(table) == 0


def test_two_sets_under_the_same_surrogates_differ_by_their_difference(task, make):
    """Equal nulls cancel: a difference of 0.3 beside differences of 0."""
    table = paired_table([make("main", 0.5, 0.2), make("other", 0.2, 0.2)], task)
    assert table["difference"].tolist() == [0.3, 0.0]
    assert table["p"].tolist() == [0.01, 1.0]


def test_without_surrogates_an_explanation_has_no_null(make):
    """Tables are there, what a null would say is missing."""
    patterns = EdgePatterns(EMOTIONS, ("a", "b", "c"), np.array([[1.0, -2, 3], [0, 0, 1]]), np.ones((2, 3)))
    found = explanation_tables(attrs.evolve(make("main", 0.5), patterns=patterns))
    assert len(found["edges"]) == 6
    assert found["weights"].values.tolist() == [[1.5, 2.0, 2.5], [0.0, 0.5, 0.5]]
    assert found["weights_table"]["p"].isna().all()
    assert found["graph"]["p"].isna().all()


# Networks -----------------------------------------------------------------------------------------------------------

REGIONS = ("a", "b", "c", "d")
NETWORKS = {"a": "limbic", "b": "limbic", "c": "default", "d": "default", "unused": "visual"}


@pytest.fixture
def explained(make):
    """An analysis with patterns over the edges ab, ac, ad, bc, bd, cd, and those of three surrogates."""
    values = np.array([[4.0, -1, 1, -1, 1, 2], [1, 1, 1, 1, 1, 1]])
    null = np.array([[[1.0, 1, 1, 1, 1, 1]] * 2, [[2, 2, 2, 2, 2, 2]] * 2, [[0, 0, 0, 0, 0, 6]] * 2])
    patterns = EdgePatterns(EMOTIONS, REGIONS, values, np.ones((2, 6)))
    return attrs.evolve(make("main", 0.5), patterns=patterns, null_patterns=null)


def test_pairs_of_networks_stand_beside_their_null(explained):
    """Mean |pattern| and mean pattern of the edges between two networks; surrogates relative to their mean."""
    table = networks_table(explained, NETWORKS).set_index(["emotion", "network_a", "network_b"])
    assert list(table.columns) == [
        *("n_edges", "weight", "signed_weight", "null_mean", "null_95", "p", "p_family"),
    ]
    fear = table.loc["fear"]
    assert fear["n_edges"].to_dict() == {
        ("default", "default"): 1,
        ("default", "limbic"): 4,
        ("limbic", "limbic"): 1,
    }
    assert fear["weight"].tolist() == [2.0, 1.0, 4.0]
    assert fear["signed_weight"].tolist() == [2.0, 0.0, 4.0]
    # relative to their mean the surrogates are (1, 1, 1), (1, 1, 1), (3, 0, 0), the weights (6, 3, 12) / 7
    np.testing.assert_allclose(fear["null_mean"], np.array([5, 2, 2]) / 3 * 7 / 3)
    np.testing.assert_allclose(fear["p"], [4 / 4, 3 / 4, 1 / 4])
    # the largest of each surrogate: 1, 1, 3
    np.testing.assert_allclose(fear["p_family"], [1, 1, 2 / 4])


def test_without_surrogates_networks_have_no_null(explained):
    """The weights are there, what a null would say is missing."""
    table = networks_table(attrs.evolve(explained, null_patterns=None), NETWORKS)
    assert len(table) == 6
    assert table["p"].isna().all()


@pytest.mark.parametrize("networks", [{}, {"a": "limbic", "b": "limbic", "c": "default"}])
def test_networks_are_told_of_all_regions_or_not_at_all(explained, make, networks):
    """An atlas without networks, or with a region outside all; and a decoder without patterns."""
    assert networks_table(explained, networks).empty
    assert networks_table(make("main", 0.5), NETWORKS).empty


# What is left out ---------------------------------------------------------------------------------------------------


@pytest.fixture
def left_out(rng):
    """Return the notes on a story that is known for so many of 200 volumes, and on masks, one per listener."""

    def run(n_known, *keeps, grid=GRID):
        course = rng.standard_normal((200, 2))
        course[n_known:] = np.nan
        series = [
            RegionSeries(f"sub-{i}", ("a", "b"), rng.standard_normal((200, 2)), 2.0, keep=keep)
            for i, keep in enumerate(keeps, 1)
        ]
        runner = Runner()
        study = Study((Story(tuple(Subject(one) for one in series)),))
        targets = TargetCourses.of(EMOTIONS, [course] * len(series), keeps)
        notify_left_out(runner, study, StudyTargets((grid,), (targets,)))
        return runner.notes

    return run


def without(*volumes):
    """A mask of 200 volumes that lacks these."""
    keep = np.ones(200, dtype=bool)
    keep[list(volumes)] = False
    return keep


def test_nothing_is_said_where_nothing_is_left_out(left_out):
    """The story reaches as far as the scan; a volume lost here and there costs no window."""
    assert left_out(200, None, without(50, 120)) == []


def test_what_lies_behind_the_known_story_is_limits(left_out):
    """Volumes, seconds, and how many windows need one of them."""
    (windows,) = left_out(190, None)
    (volumes,) = left_out(190, None, grid=TimeGrid(2.0, 200, None, n_lags=1))
    how_much = "The rating of 10 of 200 volumes (20 s of the scan) is unknown, not zero: "
    assert windows == how_much + "2 of 45 windows that include one of them were left out."
    assert volumes == how_much + "10 of 200 volumes that include one of them were left out."


def test_windows_lost_to_censoring_are_told_by_listener(left_out):
    """More than a fifth of 22 volumes: five; windows start every four."""
    assert left_out(200, without(100, 102, 104, 106, 108), None, without(*range(100, 120))) == [
        "Some of the 45 windows were left out because too many of their volumes are censored: sub-1 4, sub-3 8."
    ]

"""Reference mode: the definition runs and the fast function doesn't, with equal results; and the other way round."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.neural_decoders.conftest import make_layout

from emotopy import reference
from emotopy.inference import freedman_lane, graphs, max_t, permutations, welch, windows
from emotopy.inference.splits import Split
from emotopy.inference.trailing_window import TrailingWindow
from emotopy.languages import detect, without_known_words
from emotopy_plugins.neural_decoders.kernel_ridge import ExactKernelRidge
from emotopy_plugins.reducers import umap_layout
from emotopy_plugins.reducers.nearest_neighbours import Neighbours, NeighbourSearch, comparable
from emotopy_plugins.shared.static_vectors import StaticEmbedder

FAST_ONLY = {"exact_cv.py", "moments_cv.py", "primal_cv.py", "leave_subject_out.py", "subject_sums.py"}
"""Of these files nothing runs in reference mode."""
WEIGHTS = np.hanning(15)[1:-1] / np.hanning(15)[1:-1].sum()
STARTS = np.arange(0, 40, 3)


def series(rng):
    shared = rng.standard_normal((60, 1))
    keep = rng.random(60) < 0.95
    return 1000 + rng.standard_normal((60, 5)) + shared, keep


def correlations(rng):
    values, keep = series(rng)
    return [
        windows.windowed_correlations(values, STARTS, WEIGHTS, keep=keep, fisher=fisher) for fisher in (True, False)
    ]


def means(rng):
    values, keep = series(rng)
    return [windows.windowed_means(values, STARTS, WEIGHTS, keep=keep)]


def last_windows(rng):
    """Volumes one by one, some missing, with and without Fisher's z."""
    values, keep = series(rng)
    found = []
    for fisher in (True, False):
        window = TrailingWindow(5, WEIGHTS, fisher=fisher)
        found += [window.update(volume if there else None) for volume, there in zip(values, keep, strict=True)]
    return [one for one in found if one is not None]


def units(rng, n_groups):
    """Skewed values of 17 units, some missing, and ten labellings."""
    values = rng.exponential(size=(17, 4)) * [1, 10, 1e-6, 1] + [0, 0, 0, 1e5]
    values[rng.random(values.shape) < 0.1] = np.nan
    labels = rng.permuted(np.tile(np.arange(17) % n_groups, (10, 1)), axis=1)
    return values, labels


def two_groups(rng):
    values, labels = units(rng, 2)
    return welch.WelchZ(values, fewest=6)(labels)


def many_groups(rng):
    values, labels = units(rng, 3)
    return [*welch.WelchF(values, 3).f(labels), *welch.WelchF(values, 3)(labels)]


def pairs(rng):
    values, labels = units(rng, 2)
    return welch.PairedZ(values - np.nanmean(values, axis=0), fewest=16)(1 - 2 * labels)


def covariates(rng):
    found = []
    for n_groups in (2, 3):
        values, labels = units(rng, n_groups)
        present = np.flatnonzero(~np.isnan(values).any(axis=1))
        groups = (labels[0][present][:, None] == np.arange(n_groups - 1)).astype(float)
        design = freedman_lane.Design.of(groups, rng.standard_normal((len(present), 2)))
        columns = [freedman_lane.ColumnDesign(np.arange(4), present, design, in_family=True)]
        orders = rng.permuted(np.tile(np.arange(17), (10, 1)), axis=1)
        found += freedman_lane.FreedmanLane(welch.standardise_columns(values), columns)(orders)
    return found


def counting(rng):
    table = rng.integers(0, 9, size=(60, 5)).astype(float)
    for_family = table * [1, 1, 0, 1, 1]
    rows = iter(np.array_split(np.arange(60), 7))
    test = max_t.compare_with_relabellings(
        lambda some: (table[some], for_family[some]),
        permutations.Relabellings(rows, 59, exact=False),
        np.array([3, 1, 1, 3, 1]),
    )
    return [test.p, test.p_min, test.p_family, test.q, test.thresholds]


def listening(rng):
    layout = make_layout(4, 23)
    layout = layout.take(rng.random(len(layout.subject)) < 0.9)
    moment, first = layout.target_rows()
    values = np.cumsum(rng.standard_normal((len(first), 3)), axis=0)
    features = rng.standard_normal((len(moment), 4))
    features[:, :3] += np.linspace(0.02, 0.6, 3) * values[moment]
    plan = Split("subject-and-block", n_blocks=4, apart_s=24.0).plan(layout)
    return features, values, moment, plan


def cross_validation(rng):
    """Targets that subjects share, and targets of every subject's own."""
    features, values, moment, plan = listening(rng)
    found = []
    for which, targets in ((moment, values), (np.arange(len(moment)), features[:, :2])):
        decoder = ExactKernelRidge("linear", penalties=(0.1, 10.0, 1000.0), scale=1.0)
        validator = decoder.cross_validator(features, plan, which)
        predicted = validator.predict(targets)
        fitted = [fit for _, fit in validator.fitted(targets, predicted.chosen)]
        found += [predicted.predictions, predicted.chosen, *fitted]
    return found


def fitting(rng):
    features, values, moment, plan = listening(rng)
    decoder = ExactKernelRidge("rbf", gamma=0.05, penalties=(0.1, 10.0, 1000.0), scale=1.0)
    decoder.fit_plan(features, values[moment], plan)
    return [decoder.chosen_, decoder.predict(features)]


def graph_metrics(rng):
    """Of a pattern that is all 0, too."""
    weights = rng.exponential(size=(4, 105)) * [[1], [0], [1e-6], [1]]
    return [graphs.metrics_of_graphs(weights, 15, 0.2)]


def signed_trees(rng):
    """Patterns of either sign; of one most edges are 0."""
    values = rng.standard_normal((2, 3, 105)) + 0.2
    values[1, 1] *= rng.random(105) < 0.05
    return [graphs.signed_metrics_of_sets(values, 15)]


def embedding(rng):
    words = [*["I", "am", "not", "so", "happy,", "but", "never", "afraid", "of", "naïve", "dogs", "😀", "don't"], ","]
    texts = [" ".join(rng.choice(words, size=n)) for n in (0, 1, 5, 40)] + ["two  spaces not  here", "<s> no ▁ fear"]
    return [embedder.embed(texts) for embedder in (StaticEmbedder(), StaticEmbedder(negation=False))]


def languages(rng):
    words = ["I", "am", "afraid", "Die", "Liebe", "ist", "schön", "怖い", "привет", "42", "😀", "ÄRGER"]
    texts = [" ".join(rng.choice(words, size=n)) for n in (0, 1, 2, 5, 40, *rng.integers(0, 9, size=90))]
    return [detect(texts).probability]


def neighbours(rng):
    """Among many reference rows and few, by all metrics; distances, so that ties may come in any order."""
    found = []
    for metric in ("cosine", "euclidean", "manhattan", "correlation"):
        for n in (12, 900):
            search = NeighbourSearch.of(comparable(rng.standard_normal((n, 6)), metric), metric)
            found.append(search.nearest(comparable(rng.standard_normal((9, 6)), metric), 5).distances)
    return found


def belonging(rng):
    return [umap_layout.memberships(np.sort(rng.exponential(size=(13, 7)), axis=1), 8)]


def some_neighbours(rng, n_rows, n_points):
    indices = np.stack([1 + i + rng.permutation(n_points - 1)[:5] for i in range(n_rows)]) % n_points
    return Neighbours(indices, np.sort(rng.uniform(0.1, 1, (n_rows, 5)), axis=1))


def layout(rng):
    graph = umap_layout.fuzzy_graph(some_neighbours(rng, 31, 31), 6)
    return [umap_layout.lay_out(graph, rng.normal(scale=5, size=(31, 2)), umap_layout.Curve(1.9, 0.8), 2, rng)]


def places(rng):
    points = rng.normal(size=(31, 2)).astype(np.float32)
    return [umap_layout.place(some_neighbours(rng, 7, 31), points, umap_layout.Curve(1.9, 0.8), 5)]


def known_words(rng):
    """Texts of known and unknown words in any order, and texts without words."""
    words = ["happy", "xqzt", "Zrrk", "12", "😀", "night", "lol"]
    texts = ["", *(" ".join(rng.choice(words, size=n)) for n in rng.integers(1, 5, size=60))]
    found = without_known_words(texts, lambda some: np.array([word in {"happy", "night"} for word in some], dtype=bool))
    assert 0 < found.sum() < len(found)
    return [found]


CASES = {
    "emotopy.inference.graph_loops.metrics_of_graphs": (graph_metrics, 1e-10),
    "emotopy.inference.graph_loops.signed_metrics_of_sets": (signed_trees, 1e-10),
    "emotopy.language_score_loops.label_probabilities": (languages, 1e-5),
    "emotopy.language_word_loops.without_known_words": (known_words, 0.0),
    "emotopy.inference.window_loops.windowed_correlations": (correlations, 2e-6),
    "emotopy.inference.window_loops.last_correlations": (last_windows, 2e-6),
    "emotopy.inference.window_loops.windowed_means": (means, 1e-12),
    "emotopy.inference.relabelling_loops.welch_z": (two_groups, 1e-8),
    "emotopy.inference.relabelling_loops.welch_f": (many_groups, 1e-8),
    "emotopy.inference.relabelling_loops.paired_z": (pairs, 1e-8),
    "emotopy.inference.relabelling_loops.freedman_lane": (covariates, 1e-8),
    "emotopy.inference.relabelling_loops.compare_with_relabellings": (counting, 1e-12),
    "emotopy_plugins.neural_decoders.refitting.cross_validator": (cross_validation, 1e-8),
    "emotopy_plugins.neural_decoders.refitting.error_curve": (fitting, 1e-8),
    "emotopy_plugins.neural_decoders.refitting.fitted_weights": (fitting, 1e-8),
    "emotopy_plugins.reducers.umap_loops.nearest": (neighbours, 1e-7),
    "emotopy_plugins.reducers.umap_loops.memberships": (belonging, 1e-8),
    "emotopy_plugins.reducers.umap_loops.lay_out": (layout, 1e-4),
    "emotopy_plugins.reducers.umap_loops.place": (places, 1e-4),
    "emotopy_plugins.shared.summed_tokens.sums": (embedding, 0.0),
}
"""For each definition what calls it, and to how much (relative, and absolute) results are equal."""


def calls_of(work):
    """Return what some work returns, and the code objects of all Python functions that it called."""
    seen = set()
    before = sys.getprofile()
    sys.setprofile(lambda frame, event, _: seen.add(frame.f_code) if event == "call" else None)
    try:
        found = work(np.random.default_rng(20240917))
    finally:
        sys.setprofile(before)
    return found, seen


def pair_of(definition):
    (pair,) = [one for one in reference.PAIRS if one.definition == definition]
    return pair


@pytest.mark.parametrize("definition", CASES)
def test_the_definition_runs_instead_with_equal_results(definition, monkeypatch):
    """Seen by the interpreter's profiler: on, the fast function isn't called, nor its helpers; off, the slow one."""
    work, tolerance = CASES[definition]
    pair = pair_of(definition)
    slow_code = pair.load_definition().__code__
    monkeypatch.delenv(reference.VARIABLE, raising=False)
    fast, called = calls_of(work)
    assert pair.fast.__code__ in called
    assert slow_code not in called
    monkeypatch.setenv(reference.VARIABLE, "1")
    slow, called = calls_of(work)
    assert slow_code in called
    assert pair.fast.__code__ not in called
    if "neural_decoders" in definition:
        assert FAST_ONLY.isdisjoint(Path(code.co_filename).name for code in called)
    assert len(fast) == len(slow) > 0
    for one, other in zip(fast, slow, strict=True):
        np.testing.assert_allclose(other, one, rtol=tolerance, atol=tolerance)


def test_every_pair_has_a_case():
    """A new fast function with a definition comes with a comparison."""
    assert {pair.definition for pair in reference.PAIRS if not pair.definition.startswith("tests.")} == set(CASES)


@pytest.mark.parametrize("definition", CASES)
def test_both_take_the_same_arguments(definition):
    """Names may differ, numbers and kinds of parameters and their defaults don't."""
    pair = pair_of(definition)
    fast, slow = (inspect.signature(one).parameters.values() for one in (pair.fast, pair.load_definition()))
    assert [(one.kind, one.default) for one in fast] == [(one.kind, one.default) for one in slow]


@pytest.mark.parametrize(("value", "wanted"), [(None, False), ("", False), ("0", False), ("1", True), ("yes", True)])
def test_the_variable_switches(value, wanted, monkeypatch):
    """Unset, empty and 0 are off."""
    if value is None:
        monkeypatch.delenv(reference.VARIABLE, raising=False)
    else:
        monkeypatch.setenv(reference.VARIABLE, value)
    assert reference.is_on() is wanted


def test_definitions_are_not_imported_when_off():
    """Nobody pays for them; and the module itself needs the standard library and attrs alone."""
    code = """
import sys
from emotopy import reference
light = sorted({"numpy", "scipy", "pandas"} & set(sys.modules))
import numpy as np
from emotopy.inference import group_comparison, windows
import emotopy_plugins.shared.static_vectors, emotopy_plugins.neural_decoders.kernel_ridge
windows.windowed_means(np.eye(9), np.array([0]), np.full(3, 1 / 3))
print(light, [p.definition for p in reference.PAIRS if p.definition.rpartition(".")[0] in sys.modules])
"""
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PATH": ""}, timeout=60
    )
    assert ran.stdout.split("\n")[0] == "[] []"

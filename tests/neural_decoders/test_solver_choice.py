"""The way with the fewest operations is gone, and which one it is changes no number."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.neural_decoders.conftest import make_layout

from emotopy.inference.splits import Split
from emotopy.roles import ExpectsColumns, Explains, HasCoefficients
from emotopy_plugins.neural_decoders.exact_cv import ExactCrossValidator
from emotopy_plugins.neural_decoders.kernel_ridge import ExactKernelRidge
from emotopy_plugins.neural_decoders.nested_folds import NestedFolds
from emotopy_plugins.neural_decoders.solver_choice import (
    PLAIN,
    Operations,
    ShortestCrossValidator,
    Sizes,
    cheapest,
    fits,
    operations,
)

PENALTIES = (0.1, 10.0, 1000.0)
WAYS = ("features-moments", "features-columns", "rows-moments", "rows-columns")
ALICE = Sizes(27, 15, 15, 5, 1440, 52, 10, 20, 32, 16, 32, 16)


def fewest(sizes, n_columns, ways=WAYS):
    return cheapest({way: operations(way, sizes) for way in ways}, n_columns)


def test_few_features_go_by_features_and_many_by_rows():
    """Fifteen features against a subject's 32 windows, and a thousand; many surrogates by moments, one target not."""
    assert fewest(ALICE, 3208) == "features-moments"
    assert fewest(ALICE, 1) == "features-columns"
    assert fewest(attrs.evolve(ALICE, n_features=1000), 3208) == "rows-moments"
    assert fewest(attrs.evolve(ALICE, n_features=1000), 1) == "rows-columns"


@pytest.mark.parametrize(("size", "ways"), [("n_features", ("features-moments", "rows-moments")), ("n_columns", WAYS)])
def test_the_boundary_lies_where_operations_are_equal(size, ways):
    """On either side of it the choice is another one, once, and the two are as good as each other there."""
    values = range(1, 400)
    at = [(attrs.evolve(ALICE, n_features=n), 3208) if size == "n_features" else (ALICE, n) for n in values]
    chosen = [fewest(sizes, n_columns, ways) for sizes, n_columns in at]
    changes = [i for i in range(1, len(chosen)) if chosen[i] != chosen[i - 1]]
    assert len(changes) == 1
    sizes, n_columns = at[changes[0]]
    one, other = (operations(chosen[i], sizes).of(n_columns) for i in (changes[0] - 1, changes[0]))
    assert 1 <= one / other < 1.25


counts = st.integers(1, 300)


@given(
    way=st.sampled_from(WAYS),
    sizes=st.tuples(st.integers(2, 60), counts, st.integers(1, 20), st.integers(1, 8)),
    windows=st.tuples(*[st.integers(1, 100)] * 6),
    n_columns=st.integers(1, 5000),
    larger=st.sampled_from(["n_subjects", "n_features", "n_penalties", "n_groups", "n_training", "n_moments"]),
)
def test_more_of_anything_takes_no_fewer_operations(way, sizes, windows, n_columns, larger):
    """Finite, above nothing, and growing with every size and with columns."""
    n_train, n_active, n_own, n_tested, n_moments, n_moments_tested = windows
    small = Sizes(*sizes, n_train * sizes[0], n_active, 10, 20, n_own, n_tested, n_moments, n_moments_tested)
    large = attrs.evolve(small, **{larger: getattr(small, larger) + 1})
    one, other = operations(way, small), operations(way, large)
    assert 0 < one.of(n_columns) <= other.of(n_columns) < np.inf
    assert one.of(n_columns) < one.of(n_columns + 1)
    assert one.of(n_columns, solved=True) == pytest.approx(one.of(n_columns) - one.once)
    plain = operations(way, small, PLAIN)
    assert 0 < plain.of(n_columns) <= one.of(n_columns)


def test_equal_ways_are_told_apart_by_their_order():
    """The first is taken; what was done once needn't be done again."""
    ways = {"rows-moments": Operations(100.0, 1.0), "features-moments": Operations(100.0, 1.0)}
    assert cheapest(ways, 7) == "rows-moments"
    assert cheapest(ways, 7, {"features-moments"}) == "features-moments"


def test_sizes_are_those_of_the_folds():
    """Counted by hand: four subjects of 23 windows, of which each block purges some."""
    layout = make_layout(4, 23)
    moment, _ = layout.target_rows()
    plan = Split(n_blocks=4, apart_s=24.0).plan(layout)
    sizes = Sizes.of(NestedFolds(plan, moment, np.array(PENALTIES)), 6)
    groups = plan.fold_groups()
    inner = [part for group in groups for part in plan.inner(group)]
    assert (sizes.n_subjects, sizes.n_features, sizes.n_penalties, sizes.n_groups) == (4, 6, 3, 4)
    assert (sizes.n_training, sizes.n_tasks) == (6, 12)
    assert sizes.n_train == np.mean([group.train.sum() for group in groups])
    assert sizes.n_active == sizes.n_train / 4
    assert sizes.n_tested == pytest.approx(np.mean([part.test.sum() for part in inner]) / 4)
    assert sizes.n_own == sizes.n_moments == pytest.approx(np.mean([part.train.sum() for part in inner]) / 4)
    assert sizes.form_bytes == sum(8 * 4 * 3 * n * (n + 1) // 2 for n in (g.train.sum() // 4 for g in groups))
    alone = Sizes.of(NestedFolds(plan, moment, np.array([1.0])), 6)
    assert (alone.n_training, alone.n_tasks) == (0, 0)


def test_what_does_not_fit_into_memory_is_no_way():
    """Forms in very many moments, models without each of very many pairs."""
    assert all(fits(way, ALICE) for way in WAYS)
    forms = attrs.evolve(ALICE, form_bytes=2 * 1024**3)
    assert [fits(way, forms) for way in WAYS] == [False, True, False, True]
    pairs = attrs.evolve(ALICE, n_subjects=2000, n_features=50)
    assert [fits(way, pairs) for way in WAYS] == [False, True, True, True]


@pytest.fixture
def listening(rng):
    layout = make_layout(5, 23)
    moment, first = layout.target_rows()
    values = np.cumsum(rng.standard_normal((len(first), 3)), axis=0)
    features = rng.standard_normal((len(moment), 6))
    features[:, :3] += 0.3 * values[moment]
    return layout, features, values, moment


def test_the_decoder_takes_the_shortest_way(listening):
    """Where subjects are left out; for the moments once enough columns were asked for, or are expected."""
    layout, features, values, moment = listening
    plan = Split(n_blocks=4, apart_s=24.0).plan(layout)
    decoder = ExactKernelRidge("linear", penalties=PENALTIES)
    validator = decoder.cross_validator(features, plan, moment)
    assert isinstance(validator, ShortestCrossValidator)
    assert all(isinstance(validator, kind) for kind in (Explains, HasCoefficients, ExpectsColumns))
    assert validator.way(3) == "features-columns"
    assert validator.way(3000) == "features-moments"
    few = validator.predict(values)
    many = np.tile(values, 300)
    assert validator.way(900) == "features-moments"
    found = validator.predict(many)
    np.testing.assert_array_equal(found.chosen[:, :3], few.chosen)
    np.testing.assert_allclose(found.predictions[:, -3:], few.predictions, atol=1e-10)
    assert validator.way(3) == "features-moments"
    expecting = decoder.cross_validator(features, plan, moment)
    expecting.expect(900)
    assert expecting.way(3) == "features-moments"
    wide = decoder.cross_validator(np.hstack([features] * 30), plan, moment)
    assert wide.way(900) == "rows-moments"
    assert wide.predict(values).predictions.shape == few.predictions.shape
    own = decoder.cross_validator(features, plan, np.arange(len(moment)))
    assert own.way(900) == "features-columns"
    by_block = Split("block", n_blocks=4, apart_s=24.0).plan(layout)
    assert isinstance(decoder.cross_validator(features, by_block, moment), ExactCrossValidator)


def test_models_by_rows_have_no_coefficients(listening):
    """Then patterns come from fitted values."""
    layout, features, values, moment = listening
    plan = Split(n_blocks=4, apart_s=24.0).plan(layout)
    decoder = ExactKernelRidge("linear", penalties=PENALTIES)
    for columns, there in ((features, True), (np.hstack([features] * 30), False)):
        validator = decoder.cross_validator(columns, plan, moment)
        chosen = validator.predict(values).chosen
        assert (validator.coefficients(values, chosen) is not None) == there
        assert (validator.readouts(values, chosen) is None) == there
        assert len(list(validator.fitted(values, chosen))) == 20

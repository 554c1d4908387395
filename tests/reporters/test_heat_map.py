"""The heat map of profiles: which groups stand beside which, and what a cell says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from emotopy.records import PageLimits
from emotopy_plugins.reporters.sections.heat_map import beside_like, heat_map_reading

LIMITS = PageLimits()


@given(arrays(float, st.tuples(st.integers(1, 12), st.integers(1, 5)), elements=st.floats(-3, 3) | st.just(np.nan)))
def test_every_group_stands_once(values):
    """Whatever is missing, the order is a permutation."""
    assert sorted(beside_like(values)) == list(range(len(values)))


def test_like_groups_stand_beside_each_other():
    """Two planted kinds of groups, mixed, come apart."""
    rng = np.random.default_rng(1)
    kind = np.array([0, 1, 0, 1, 0, 1, 0, 1])
    values = np.where(kind[:, None], 1.0, -1.0) + 0.05 * rng.normal(size=(8, 6))
    assert np.abs(np.diff(kind[beside_like(values)])).sum() == 1


@pytest.mark.parametrize(("n_groups", "is_there"), [(2, False), (3, True), (60, True), (61, False)])
def test_it_is_there_for_a_number_of_groups_that_can_be_seen(make_result, n_groups, is_there):
    """Two groups have a table; sixty-one would be no picture."""
    result = make_result(texts_per_group={f"group {i:02}": ["a", "b"] for i in range(n_groups)})
    assert (heat_map_reading(result, LIMITS) is not None) == is_there


def test_a_cell_is_that_of_its_group_and_region(make_result):
    """Each title has the value of the table."""
    result = make_result(texts_per_group={name: ["a", "b", "c"] for name in ("x", "y", "z")})
    reading = heat_map_reading(result, LIMITS)
    table = result.regions.set_index(["group", "region"])["relative"]
    names = [name for name, _ in reading["columns"]]
    said = {cell["title"].split(" (interval")[0].replace("−", "-") for row in reading["rows"] for cell in row["cells"]}
    assert len(said) == 3 * len(reading["rows"])
    for name in names:
        assert f"{name}, insula: {table[name, 'insula']:+.2f}" in said

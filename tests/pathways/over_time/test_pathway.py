"""Mapped texts over time: the tables, the groups, the units, and what is said of what can't be drawn."""

from __future__ import annotations

import attrs
import numpy as np
import pandas as pd
import pytest
from tests.pathways.made_up_texts import MadeUpTexts

from emotopy.errors import InputError
from emotopy.inference.smoothing import kernel_weights
from emotopy.pathways.over_time.pathway import TooFewTimes, over_time

REGIONS = ("amygdala", "insula", "hypothalamus", "caudate", "putamen")
NODES = ("amygdala_left", "amygdala_right", "insula")
COURSE = [
    *("group", "region", "time", "n_texts_effective", "relative", "relative_low", "relative_high"),
    *("intensity", "intensity_low", "intensity_high"),
]
CHANGES = ["group", "time", "row", "n_before", "n_after", "strength", "p", "regions"]


def make_mapped(rng, n=60, *, times=None, groups=None, units=None, change=None, targets=REGIONS, **more):
    """Texts at times 0, 1, 2 …; from row `change` on the first region's profile is 3 higher."""
    profile = rng.normal(size=(n, len(targets)))
    if change is not None:
        profile[change:, 0] += 3
    assignment = np.exp(profile) / np.exp(profile).sum(axis=1, keepdims=True)
    table = pd.DataFrame(
        {
            "id": [f"t{i}" for i in range(n)],
            "group": pd.array(groups or [None] * n, dtype="string"),
            "unit": pd.array(units or [None] * n, dtype="string"),
            "time": pd.array(times if times is not None else [str(i) for i in range(n)], dtype="string"),
            "status": "scored",
            "intensity": rng.uniform(0, 1, n),
            **{f"region_{name}": assignment[:, i] for i, name in enumerate(targets)},
            **{f"profile_{name}": profile[:, i] for i, name in enumerate(targets)},
        }
    )
    level = "node" if targets == NODES else "region"
    region_of = {"amygdala_left": "amygdala", "amygdala_right": "amygdala", "insula": "insula"}
    return MadeUpTexts(table, tuple(targets), level, region_of if level == "node" else {}, {"seed": 5, **more})


def courses_of(mapped, **options):
    return over_time(mapped.record, **options)


def test_values_are_kernel_means_of_the_texts(rng):
    """`relative` is the weighted mean profile, `intensity` that of the texts weighted by their assignment too."""
    mapped = make_mapped(rng, 40)
    table = courses_of(mapped, bandwidth=4.0, n_points=5).table
    assert table.columns.tolist() == COURSE
    assert table["region"].drop_duplicates().tolist() == list(REGIONS)
    weights = kernel_weights(np.linspace(0, 39, 5), np.arange(40.0), 4.0)
    profile, assignment = mapped.record.profile_by_row, mapped.record.assignment_by_row
    x = mapped.record.intensity_by_row
    for i, name in enumerate(REGIONS):
        part = table[table["region"] == name]
        np.testing.assert_allclose(part["time"], np.linspace(0, 39, 5))
        np.testing.assert_allclose(part["relative"], weights @ profile[:, i] / weights.sum(axis=1))
        np.testing.assert_allclose(part["intensity"], weights @ (assignment[:, i] * x) / (weights @ assignment[:, i]))
        np.testing.assert_allclose(part["n_texts_effective"], weights.sum(axis=1) ** 2 / (weights**2).sum(axis=1))
        assert (part["relative_low"] < part["relative"]).all()
        assert (part["relative"] < part["relative_high"]).all()


def test_a_planted_change_is_found_and_described(rng):
    """Its time and row are those of the first text after it; the region that changed comes first, with its sign."""
    courses = courses_of(make_mapped(rng, change=35, times=[str(2 * i) for i in range(60)]))
    assert courses.changes.columns.tolist() == [*CHANGES, *(f"difference_{name}" for name in REGIONS)]
    assert len(courses.changes) == 1
    row = courses.changes.iloc[0]
    assert abs(row["row"] - 35) <= 2
    assert row["time"] == 2 * row["row"]
    assert (row["n_before"], row["n_after"]) == (row["row"], 60 - row["row"])
    assert row["regions"].startswith("amygdala +")
    assert row["difference_amygdala"] == pytest.approx(3, abs=0.7)
    differences = row[[f"difference_{name}" for name in REGIONS]].to_numpy(dtype=float)
    assert row["strength"] == pytest.approx(np.sqrt((differences**2).mean()))
    assert row["p"] <= 0.05


def test_changes_of_intensity_are_looked_for_on_request(rng):
    """`measure` says in what; regions have no part in it."""
    mapped = make_mapped(rng)
    mapped = mapped.change(intensity=np.where(np.arange(60) < 25, 0.0, 1.0) + rng.normal(0, 0.2, 60))
    assert courses_of(mapped).changes.empty
    changes = courses_of(mapped, measure="intensity").changes
    assert changes.columns.tolist() == [*CHANGES, "difference_intensity"]
    assert abs(changes["row"].iloc[0] - 25) <= 1
    assert changes["regions"].tolist() == [""]


def test_groups_have_courses_within_their_own_time(rng):
    """All texts first, then the groups by name; a group's moments lie between its first and last text."""
    groups = ["late" if i >= 30 else "early" for i in range(60)]
    courses = courses_of(make_mapped(rng, groups=groups), n_points=13)
    assert courses.table["group"].drop_duplicates().tolist() == ["all", "early", "late"]
    spans = courses.table.groupby("group")["time"].agg(["min", "max"])
    assert spans.loc["early"].tolist() == [0, pytest.approx(59 / 12 * 5)]
    assert spans.loc["late"].tolist() == [pytest.approx(59 / 12 * 7), 59]
    only = courses_of(make_mapped(rng, groups=groups), groups=["late", "late"])
    assert only.table["group"].unique().tolist() == ["late"]


def test_a_group_alone_and_among_others_has_the_same_course(rng):
    """Given moments and bandwidth, other groups change no number of a group's."""
    groups = ["a" if i % 2 else "b" for i in range(60)]
    mapped = make_mapped(rng, groups=groups)
    alone = courses_of(mapped, groups=["all", "a"], bandwidth=6.0).table
    among = courses_of(mapped, bandwidth=6.0).table
    pd.testing.assert_frame_equal(
        alone[alone["group"] == "a"].reset_index(drop=True), among[among["group"] == "a"].reset_index(drop=True)
    )


@pytest.mark.parametrize(("n_units", "kind"), [(0, "series"), (1, "series"), (4, "series"), (5, "units")])
def test_from_five_units_on_units_are_drawn(rng, n_units, kind):
    """Fewer are read as one series, and a note says which."""
    units = [f"u{i % n_units}" for i in range(60)] if n_units else None
    courses = courses_of(make_mapped(rng, units=units), bandwidth=15.0)
    assert courses.intervals == {"all": kind}
    wanted = "one series" if kind == "series" else "bootstrap over units"
    assert any(wanted in note for note in courses.notes)


def test_who_writes_when_is_no_change(rng):
    """Two persons at levels of their own, one after the other: the means of units are taken out, and said to be."""
    mapped = make_mapped(rng, change=30)
    relay = mapped.change(unit=["first"] * 30 + ["second"] * 30)
    assert len(courses_of(mapped).changes) == 1
    courses = courses_of(relay)
    assert courses.changes.empty
    assert any("changes within units" in note for note in courses.notes)


def test_dates_come_out_as_dates(rng):
    """Moments are dates between the first and the last, the bandwidth is in days."""
    dates = [f"2026-{1 + i // 28:02d}-{1 + i % 28:02d}" for i in range(60)]
    courses = courses_of(make_mapped(rng, times=dates, change=30), n_points=4)
    assert courses.table["time"].iloc[0] == pd.Timestamp("2026-01-01")
    assert courses.table["time"].max() == pd.Timestamp(dates[-1])
    assert str(courses.changes["time"].iloc[0])[:10] in dates
    assert courses.unit == "days"
    assert any(" days (" in note for note in courses.notes)


def test_the_order_of_rows_changes_no_number(rng):
    """Shuffled rows give the same tables; `row` follows the rows."""
    mapped = make_mapped(rng, units=[f"u{i % 7}" for i in range(60)], change=30)
    order = rng.permutation(60)
    shuffled = mapped.take(order)
    one, other = courses_of(mapped), courses_of(shuffled)
    pd.testing.assert_frame_equal(one.table, other.table, rtol=1e-6)
    pd.testing.assert_frame_equal(one.changes.drop(columns="row"), other.changes.drop(columns="row"), rtol=1e-6)
    assert order[other.changes["row"]].tolist() == one.changes["row"].tolist()


def test_nodes_are_named_with_their_regions(rng):
    """At node level a column `node` follows `region`."""
    table = courses_of(make_mapped(rng, 30, targets=NODES), n_points=3).table
    assert table.columns.tolist() == [*COURSE[:2], "node", *COURSE[2:]]
    pairs = table[["region", "node"]].drop_duplicates().to_numpy().tolist()
    assert pairs == [["amygdala", "amygdala_left"], ["amygdala", "amygdala_right"], ["insula", "insula"]]


def test_texts_without_a_time_or_without_text_count_nowhere(rng):
    """They are counted in a note, and the courses are those of the others."""
    mapped = make_mapped(rng, 40, times=[None if i in (3, 9) else str(i) for i in range(40)])
    mapped.table.loc[[5], "status"] = "empty"
    courses = courses_of(mapped, bandwidth=5.0)
    rest = attrs.evolve(mapped, table=mapped.table.drop(index=[3, 5, 9]).reset_index(drop=True))
    pd.testing.assert_frame_equal(courses.table, courses_of(rest, bandwidth=5.0).table)
    assert any(note.startswith("2 of 39 texts have no time") for note in courses.notes)


def test_times_can_be_given_in_place_of_the_column(rng):
    """A value per row, whatever the result holds."""
    mapped = make_mapped(rng, times=[None] * 60)
    given = courses_of(mapped, times=range(60), bandwidth=5.0)
    pd.testing.assert_frame_equal(given.table, courses_of(make_mapped_again(mapped), bandwidth=5.0).table)


def make_mapped_again(mapped):
    return mapped.change(time=[str(i) for i in range(len(mapped))])


def test_small_groups_are_left_out_and_named(rng):
    """Seven texts make no course, nineteen no search for change points."""
    groups = ["tiny"] * 7 + ["small"] * 19 + ["large"] * 34
    courses = courses_of(make_mapped(rng, groups=groups))
    assert courses.table["group"].unique().tolist() == ["all", "large", "small"]
    assert any("no time course for tiny" in note for note in courses.notes)
    assert any("aren't searched in small" in note for note in courses.notes)


def test_the_bandwidth_is_that_of_the_groups_and_said(rng):
    """With no course to find the widest is chosen, and a note says what that means."""
    courses = courses_of(make_mapped(rng, 200))
    assert courses.bandwidth >= 0.2 * 199
    assert f"{courses.bandwidth:.3g}" in courses.notes[0]
    assert courses_of(make_mapped(rng), bandwidth=3).bandwidth == 3.0


@pytest.mark.parametrize(
    "mapped",
    [{"n": 7}, {"n": 30, "times": ["4"] * 30}],
    ids=["too few", "all at one time"],
)
def test_nothing_to_draw_is_an_error_that_counts(rng, mapped):
    """It says how many texts there are, at how many times."""
    n = mapped["n"]
    with pytest.raises(TooFewTimes, match=f"wanted 8 texts or more .* got {n} at {1 if n == 30 else n}"):
        courses_of(make_mapped(rng, **mapped))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bandwidth": 0}, "bandwidth: wanted a number above 0"),
        ({"bandwidth": float("nan")}, "bandwidth: wanted a number above 0"),
        ({"n_points": 1}, "n_points: wanted 2 to"),
        ({"measure": "share"}, "measure: wanted one of intensity, relative"),
        ({"groups": "a"}, r"write \['a'\]"),
        ({"groups": ["aa"]}, "no group 'aa'"),
        ({"groups": []}, "wanted at least one"),
        ({"times": [1, 2]}, "a time per row of the input, 60, got 2"),
        ({"times": ["soon"] * 60}, "row 1: 'soon' can't be read as a time"),
    ],
)
def test_bad_options_are_named(rng, options, message):
    """Each message says which option, what was wanted and what came."""
    with pytest.raises(InputError, match=message):
        courses_of(make_mapped(rng, groups=["a"] * 60), **options)

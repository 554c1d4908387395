"""Courses over time as files and as a section of the page."""

from __future__ import annotations

import attrs
import numpy as np
import pandas as pd
import pytest

from emotopy.pathways.over_time.pathway import TimeCourses
from emotopy_plugins.reporters.page import render_template
from emotopy_plugins.reporters.tables import TablesReporter
from emotopy_plugins.reporters.time_section import TimeAxis, time_numbers, time_section

DAYS = pd.date_range("2026-01-01", periods=9, freq="7D").astype("datetime64[s]")


def make_courses(result, groups=("all", "<b>sad"), column=None, unit="days"):
    """Sines over nine moments, with a gap at the fifth and no interval at the last."""
    column = pd.Series(DAYS) if column is None else pd.Series(column)
    k, n = len(result.mapped.targets), len(column)
    values = np.sin(np.arange(n) / 3)[None, :] * np.arange(k)[:, None] / k
    values[:, 4] = np.nan
    low, high = values - 0.2, values + 0.2
    low[:, -1] = high[:, -1] = np.nan
    tables = [
        pd.DataFrame(
            {
                "group": name,
                "region": np.repeat(np.array(result.mapped.targets, dtype=object), n),
                "time": column.iloc[np.tile(np.arange(n), k)].array,
                "n_texts_effective": 5.5,
                **{f"relative{end}": part.ravel() for end, part in (("", values), ("_low", low), ("_high", high))},
            }
        )
        for name in groups
    ]
    names = {f"difference_{name}": [0.5 - i] for i, name in enumerate(result.mapped.targets)}
    changes = pd.DataFrame(
        {"group": [groups[-1]], "time": column.iloc[[3]].array, "row": [12], "n_before": [12], "n_after": [1034]}
        | {"strength": [0.75], "p": [0.005], "regions": ["=a"], **names}
    )
    return TimeCourses(
        pd.concat(tables, ignore_index=True), changes, 12.5, unit, dict.fromkeys(groups, "series"), "relative"
    )


def with_courses(result, courses):
    """Give a result courses, as the pathway does."""
    provenance = {key: value for key, value in result.provenance.items() if key != "over_time"}
    if courses is not None:
        provenance["over_time"] = courses.to_dict()
    return attrs.evolve(result, courses=courses, mapped=attrs.evolve(result.mapped, provenance=provenance))


@pytest.fixture
def timed(result):
    return with_courses(result, make_courses(result))


def test_tables_are_written_with_safe_cells(timed, tmp_path):
    """Both files hold what the courses hold; a missing value is an empty cell, a formula is none."""
    paths = TablesReporter(image=False).write(timed, tmp_path)[-2:]
    assert [path.name for path in paths] == ["time_course.csv", "change_points.csv"]
    course = pd.read_csv(paths[0])
    assert len(course) == len(timed.courses.table)
    assert course["time"].iloc[1].startswith("2026-01-08")
    assert course["relative"].isna().sum() == 2 * len(timed.mapped.targets)
    assert ",'=a," in paths[1].read_text("utf-8")


def test_no_courses_no_files(result, tmp_path):
    """A result without times writes nothing of the kind."""
    names = {path.name for path in TablesReporter(image=False).write(result, tmp_path)}
    assert not names & {"time_course.csv", "change_points.csv"}


def section(timed, max_groups=6):
    return str(render_template("sections/over-time.html.jinja", {"over_time": time_section(timed, max_groups)}))


def test_the_section_escapes_names_and_breaks_at_gaps(timed):
    """Group names are text; lines break where there is no value, bands where there is no interval."""
    page = section(timed)
    assert "<b>sad" not in page
    assert "&lt;b&gt;sad" in page
    view = time_section(timed, 6)
    line = view["cards"][0]["lines"][0]
    assert line["course"].count("M") == 2
    assert line["course"].count("L") == 6
    assert line["band"].count("Z") == 2
    assert page.count('class="timemap"') == 2
    assert "2026-01-22" in page  # the change point's date
    assert "1,034" in page


def test_runs_of_one_colour_cover_the_moments_with_a_value(timed):
    """A row's runs don't overlap, and together they are as wide as the moments that have a value."""
    rows = time_section(timed, 6)["maps"][0]["rows"]
    for row in rows:
        ends = [x + width for x, width, _ in row["runs"]]
        starts = [x for x, _, _ in row["runs"]]
        assert all(end <= start + 0.11 for end, start in zip(ends, starts[1:], strict=False))
        assert sum(width for _, width, _ in row["runs"]) == pytest.approx(520 * 7 / 8, abs=0.6)


def test_groups_beyond_the_limit_are_named(timed):
    """With room for one map the page says what holds the rest."""
    page = section(timed, max_groups=1)
    assert page.count('class="timemap"') == 1
    assert "Only the first of 2 groups" in page


def test_no_change_and_no_courses(timed):
    """Without changes the page says what that means; without courses there is no section."""
    courses = attrs.evolve(timed.courses, changes=timed.courses.changes.iloc[:0])
    assert "doesn’t show that nothing changed" in section(with_courses(timed, courses))
    assert time_section(with_courses(timed, None), 6) is None


def test_a_course_without_intervals_and_a_single_group(result):
    """Lines are drawn, no bands; changes stand in the cards of a single group."""
    courses = make_courses(result, groups=("all",), column=np.arange(9) * 10.0, unit="s")
    table = courses.table.assign(relative_low=np.nan, relative_high=np.nan)
    view = time_section(with_courses(result, attrs.evolve(courses, table=table)), 6)
    assert view["cards"][0]["lines"][0]["band"] == ""
    assert len(view["cards"][0]["changes"]) == 1
    assert view["changes"][0]["time"] == "0:00:30"
    assert view["bandwidth"] == "12.5 s"


@pytest.mark.parametrize(
    ("column", "unit", "first", "last"),
    [
        (pd.Series(DAYS), "days", "2026-01-01", "2026-02-26"),
        (pd.Series(pd.date_range("2026-01-01", periods=3, freq="6h", tz="UTC")), "days", "2026-01-01 00:00", None),
        (pd.Series(pd.date_range("2026-01-01", periods=2, freq="90s")), "days", "2026-01-01 00:00:00", None),
        (pd.Series(pd.date_range("2026-01-01", periods=2, freq="23us")), "days", "00:00:00.000000", "00:00:00.000023"),
        (pd.Series([0.0, 3725.0]), "s", "0:00:00", "1:02:05"),
        (pd.Series([1.0, 9.0]), "", "3", "9"),
    ],
)
def test_ticks_say_when(column, unit, first, last):
    """Dates, dates with the time of day over a short span, clock times, round numbers."""
    axis = TimeAxis.over(column, unit, 10.0, 90.0)
    assert axis.at(float(time_numbers(column)[0])) == 10.0
    assert axis.ticks[0][1] == first
    assert last is None or axis.ticks[-1][1] == last


def test_an_axis_of_one_moment_has_a_place_for_it():
    """In the middle; nothing is divided by zero."""
    axis = TimeAxis.over(pd.Series(pd.to_datetime(["2026-01-01"] * 2)), "days", 10.0, 90.0)
    assert axis.at(axis.low) == 50.0
    assert {place for place, _ in axis.ticks} == {50.0}

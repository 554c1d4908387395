"""`emotopy map --time`: courses and change points beside the other results, and what is said of unusable times."""

from __future__ import annotations

import pandas as pd
import pytest

FAST = ("--set", "reducer=pca", "--set", "clusterer=kmeans")
GLAD = ("I love this wonderful day", "such joy with my friends", "happy and grateful again")
SCARED = ("I am terrified of the night", "fear and panic, I ran away", "a horrible threat, so afraid")


def diary(path, n=48, **columns):
    """A diary that turns from joy to fear half way."""
    texts = [f"{(GLAD if i < n // 2 else SCARED)[i % 3]}, day {i}" for i in range(n)]
    days = [f"2026-{1 + i // 28:02d}-{1 + i % 28:02d}" for i in range(n)]
    pd.DataFrame({"text": texts, "day": days, **columns}).to_csv(path, index=False)
    return path


def test_a_diary_gets_its_courses_and_its_change(call, tmp_path):
    """Both tables, a section of the report, a line on the screen; the change lies where the diary turns."""
    run = call("map", diary(tmp_path / "diary.csv"), "--time", "day", "--out", "out", *FAST)
    assert run.code == 0
    assert "Over time: bandwidth" in run.out
    assert "days, 1 change point" in run.out
    course = pd.read_csv(tmp_path / "out" / "time_course.csv", parse_dates=["time"])
    assert course["time"].min() == pd.Timestamp("2026-01-01")
    changes = pd.read_csv(tmp_path / "out" / "change_points.csv")
    assert abs(changes["row"].iloc[0] - 24) <= 1
    assert 'id="over-time"' in (tmp_path / "out" / "report.html").read_text("utf-8")


def test_the_bandwidth_can_be_set(call, tmp_path):
    """In days of dates; the provenance tells it."""
    run = call("map", diary(tmp_path / "d.csv"), "--time", "day", "--bandwidth", "3.5", "--out", "out", *FAST)
    assert "Over time: bandwidth 3.5 days" in run.out
    assert '"bandwidth": 3.5' in (tmp_path / "out" / "provenance.json").read_text("utf-8")


def test_without_times_there_are_no_tables_of_time(call, tmp_path):
    """Nor a section of the report."""
    assert call("map", diary(tmp_path / "d.csv"), "--text", "text", "--out", "out", *FAST).code == 0
    assert not (tmp_path / "out" / "time_course.csv").exists()
    assert "over-time" not in (tmp_path / "out" / "report.html").read_text("utf-8")


def test_too_few_texts_leave_a_word_not_an_error(call, tmp_path):
    """Six texts are mapped; that there is no course is said."""
    run = call("map", diary(tmp_path / "d.csv", 6), "--time", "day", "--out", "out", *FAST)
    assert run.code == 0
    assert "no time course is possible" in run.out


def test_times_that_cannot_be_read_stop_before_any_work(call, tmp_path):
    """The message names row and value; nothing is written."""
    path = diary(tmp_path / "d.csv", 6, when=["1", "2", "lunch", "4", "5", "6"])
    run = call("map", path, "--text", "text", "--time", "when", "--out", "out", *FAST)
    assert run.code == 1
    assert run.error.startswith("time: row 3: 'lunch' can't be read as a time")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("words", [("--bandwidth", "3"), ("--time", "day", "--bandwidth", "0")], ids=" ".join)
def test_a_bandwidth_without_time_or_of_nothing_is_refused(call, tmp_path, words):
    """Usage: exit code 2."""
    run = call("map", diary(tmp_path / "d.csv"), "--text", "text", *words, "--out", "out", *FAST)
    assert run.code == 2
    assert "wanted a number above 0, together with --time" in " ".join(run.err.split())

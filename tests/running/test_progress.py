"""How far work is: count, rate, remaining time; the clock is given, none is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy.running.progress import Pace, duration


def test_a_steady_pace_tells_rate_and_rest():
    """Ten a second: after 20 of 100, eight seconds are left."""
    pace = Pace(begun_s=100.0, total=100)
    for step in range(1, 21):
        pace.advance(1, 100.0 + step / 10)
    assert pace.done == 20
    assert pace.per_s(102.0) == pytest.approx(10.0)
    assert pace.remaining_s(102.0) == pytest.approx(8.0)


def test_the_rate_is_that_of_recent_steps():
    """A thousand from a cache at once, then one a second: after a minute the rate is one a second."""
    pace = Pace(begun_s=0.0, total=2000)
    pace.advance(1000, 0.1)
    for step in range(1, 61):
        pace.advance(1, 0.1 + step)
    assert pace.per_s(60.1) == pytest.approx(1.0, rel=0.05)
    assert pace.remaining_s(60.1) == pytest.approx(940, rel=0.05)


def test_slow_steps_have_a_rate_all_the_same():
    """A step of ten minutes each: the last ones tell the rate, however long ago they were."""
    pace = Pace(begun_s=0.0, total=10)
    for step in range(1, 5):
        pace.advance(1, 600.0 * step)
    assert pace.per_s(2400.0) == pytest.approx(1 / 600)
    assert pace.remaining_s(2400.0) == pytest.approx(3600)
    assert pace.remaining_s(2700.0) == pytest.approx(3300), "half a step later, half a step less"


def test_a_step_that_takes_longer_slows_the_rate():
    """After two steps of 1 s, a third that isn't over after 100 s."""
    pace = Pace(begun_s=0.0, total=10)
    pace.advance(1, 1.0)
    pace.advance(1, 2.0)
    assert pace.per_s(100.0) < 0.05
    assert pace.remaining_s(100.0) > 100


def test_without_a_step_or_a_total_nothing_is_promised():
    """No rate before the first step; no rest where nobody knows how much there is."""
    assert Pace(begun_s=0.0, total=5).remaining_s(10.0) is None
    unknown = Pace(begun_s=0.0)
    unknown.advance(3, 1.0)
    assert unknown.per_s(1.0) == pytest.approx(3.0)
    assert unknown.remaining_s(1.0) is None
    assert unknown.elapsed_s(7.5) == 7.5


@given(
    total=st.integers(1, 10_000),
    steps=st.lists(st.tuples(st.integers(0, 500), st.floats(0, 1e4)), max_size=60),
    later_s=st.floats(0, 1e6),
)
def test_whatever_happens_there_is_something_to_say(total, steps, later_s):
    """Steps of any size at any time, more than the total, none at all: never negative, never an error."""
    pace, now_s = Pace(begun_s=0.0, total=total), 0.0
    for n, pause_s in steps:
        now_s += pause_s
        pace.advance(n, now_s)
    now_s += later_s
    remaining_s = pace.remaining_s(now_s)
    assert remaining_s is None or 0 <= remaining_s < float("inf")
    assert f"{pace.done:,} of {total:,}" in pace.describe(now_s)


@given(a=st.floats(0, 1e8), b=st.floats(0, 1e8))
def test_a_time_in_words_has_a_unit(a, b):
    """Under a second, seconds, minutes, hours, days; never an exponent."""
    for seconds in (a, b):
        assert duration(seconds).split()[-1] in ("s", "min", "h", "day", "days")
        assert "e" not in duration(seconds).split()[-2]

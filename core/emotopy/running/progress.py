"""How far a piece of work is: its count, its rate, and the time that remains, computed here for everything shown."""

from __future__ import annotations

from collections import deque

import attrs

RECENT_S = 30.0
"""The rate is that of this time: what came from a cache at the beginning says little about the rest."""
FEWEST_MARKS = 3
"""But never of fewer steps than this, where steps are slow."""


@attrs.define(eq=False)
class Pace:
    """How fast a piece of work goes; the clock is its caller's, so that times are whatever they are given as.

    Attributes
    ----------
    begun_s
        When the work began, on the caller's clock.
    total
        How much there is to do; None where nobody knows.
    done
        How much is done.
    """

    begun_s: float
    total: int | None = None
    done: int = 0
    _marks: deque[tuple[float, int]] = attrs.field(factory=deque, repr=False)

    def __attrs_post_init__(self) -> None:
        self._marks.append((self.begun_s, self.done))

    def advance(self, n: int, now_s: float) -> None:
        """Count `n` more as done."""
        self.done += n
        if len(self._marks) > 1 and now_s - self._marks[-2][0] < RECENT_S / 100:
            self._marks[-1] = (now_s, self.done)  # quick steps share a mark
        else:
            self._marks.append((now_s, self.done))
        while len(self._marks) > FEWEST_MARKS and now_s - self._marks[1][0] >= RECENT_S:
            self._marks.popleft()

    def elapsed_s(self, now_s: float) -> float:
        """Return the seconds since the beginning."""
        return max(now_s - self.begun_s, 0.0)

    def per_s(self, now_s: float) -> float | None:
        """Return the recent rate per second; None before anything is done.

        A step under way counts as late only when it takes longer than those before did.
        """
        (first_s, first), (last_s, last) = self._marks[0], self._marks[-1]
        if last == first or last_s <= first_s:
            return None
        step_s = (last_s - first_s) / (len(self._marks) - 1)
        return (last - first) / (max(last_s, now_s - step_s) - first_s)

    def remaining_s(self, now_s: float) -> float | None:
        """Return the seconds that the rest takes at the recent rate; None where the total or the rate isn't known."""
        rate = self.per_s(now_s)
        if self.total is None or rate is None:
            return None
        waited_s = max(now_s - self._marks[-1][0], 0.0)
        left = max(self.total - self.done, 0)
        return max(left / rate - min(waited_s, 1 / rate), 0.0)

    def describe(self, now_s: float) -> str:
        """Return count, rate and remaining time in words; the time so far where there is nothing to count by.

        >>> pace = Pace(begun_s=0.0, total=400)
        >>> pace.describe(5.0)
        '0 of 400, 5 s so far'
        >>> pace.advance(100, 10.0)
        >>> pace.describe(10.0)
        '100 of 400, 10 per s, about 30 s left'
        >>> Pace(begun_s=0.0).describe(90.0)
        '90 s so far'
        """
        parts = [] if self.total is None and not self.done else [f"{self.done:,}"]
        if self.total is not None:
            parts = [f"{self.done:,} of {self.total:,}"]
        if (rate := self.per_s(now_s)) is not None:
            parts.append(rate_in_words(rate))
        remaining_s = self.remaining_s(now_s)
        if remaining_s is None:
            parts.append(f"{duration(self.elapsed_s(now_s))} so far")
        elif self.done < (self.total or 0):
            parts.append(f"{'about ' if remaining_s >= 1 else ''}{duration(remaining_s)} left")
        return ", ".join(parts)


def rate_in_words(per_s: float) -> str:
    """Return a rate as one says it: per second, or the time that each takes.

    >>> rate_in_words(1234.5), rate_in_words(2.5), rate_in_words(0.1)
    ('1,200 per s', '2.5 per s', '10 s each')
    """
    if per_s < 1:
        return f"{duration(1 / per_s)} each"
    return f"{_two_digits(per_s)} per s"


def duration(seconds: float) -> str:
    """Return a time to about two digits, in the unit that one would say it in.

    >>> [duration(seconds) for seconds in (0.4, 7.4, 62.0, 200.0, 5400.0, 200_000.0)]
    ['under 1 s', '7 s', '62 s', '3 min', '1.5 h', '2.3 days']
    """
    if seconds < 1:
        return "under 1 s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{_two_digits(seconds / 3600)} h" if seconds < 48 * 3600 else f"{_two_digits(seconds / 86400)} days"


def _two_digits(value: float) -> str:
    """Return a positive number to two digits, without an exponent."""
    if value >= 10:
        size = 10 ** (len(str(int(value))) - 2)
        return f"{round(value / size) * size:,.0f}"
    return f"{value:.1f}".removesuffix(".0")

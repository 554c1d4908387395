"""Numbers and lists as text, and the colour scale of tables and glass brains."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import attrs
import numpy as np

N_STEPS = 5
"""Steps of colour on either side of zero."""
ABSENT = "–"
"""What stands in a cell without a value."""
MINUS = "−"


def signed(value: float, digits: int = 2) -> str:
    """Return a number with its sign; zero has none.

    >>> signed(-0.314), signed(0.5), signed(0.001), signed(float("nan"))
    ('−0.31', '+0.50', '0.00', '–')
    """
    if not math.isfinite(value):
        return ABSENT
    text = f"{abs(value):.{digits}f}"
    if not any(digit in "123456789" for digit in text):
        return text
    return ("+" if value > 0 else MINUS) + text


def plain(value: float, digits: int = 2) -> str:
    """Return a number with a sign only where it is negative.

    >>> plain(-0.314), plain(0.5)
    ('−0.31', '0.50')
    """
    return signed(value, digits).removeprefix("+")


def percent(value: float, digits: int = 1) -> str:
    r"""Return a share as a percentage, its sign bound to it by a space that doesn't break.

    >>> percent(0.0556), percent(1.0)
    ('5.6\xa0%', '100.0\xa0%')
    """
    return f"{100 * value:.{digits}f}\xa0%" if math.isfinite(value) else ABSENT


def probability(value: float) -> str:
    """Return a p-value with three decimals; with four below 0.001, and where three would round it up to 0.05.

    >>> probability(0.05), probability(0.0004), probability(float("nan"))
    ('0.050', '0.0004', '–')
    >>> probability(0.00099), probability(0.0497)
    ('0.001', '0.0497')
    """
    is_small, is_near = value < 0.00095, 0.0495 <= value < 0.05
    return plain(value, 4 if is_small or is_near else 3)


def small_probability(p: float) -> str:
    """Return a p-value; one below 0.00005 as an upper bound.

    >>> small_probability(0.0312), small_probability(3e-19)
    ('0.031', '< 0.0001')
    """
    return "< 0.0001" if p < 0.00005 else probability(p)


def interval(low: float, high: float, digits: int = 2, write: Callable[[float, int], str] = plain) -> str:
    """Return both ends of an interval; empty where one of them is missing.

    >>> interval(-0.5, 0.25), interval(-0.5, 0.25, 1, signed), interval(float("nan"), 1.0)
    ('−0.50 to 0.25', '−0.5 to +0.2', '')
    """
    known = math.isfinite(low) and math.isfinite(high)
    return f"{write(low, digits)} to {write(high, digits)}" if known else ""


def count(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where there isn't exactly one.

    >>> count(1, "text"), count(12345, "group")
    ('1 text', '12,345 groups')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def listing(words: Iterable[str]) -> str:
    """Join words as a sentence does.

    >>> listing(["fear", "joy", "anger"])
    'fear, joy and anger'
    """
    *rest, last = list(words) or [""]
    return f"{', '.join(rest)} and {last}" if rest else last


@attrs.frozen
class Scale:
    """A scale of colours, symmetric around zero: step −5 … 5, `limit` at the end of it."""

    limit: float

    @classmethod
    def around(cls, values: Iterable[float]) -> Scale:
        """Return the scale whose limit is the next round number above all values."""
        finite = [abs(value) for value in np.ravel(np.asarray(values, dtype=np.float64)) if math.isfinite(value)]
        return cls(round_up(max(finite, default=0.0)))

    def step(self, value: float) -> int | None:
        """Return the step of a value; None where there is no value.

        >>> scale = Scale(1.0)
        >>> scale.step(0.09), scale.step(-0.11), scale.step(0.95), scale.step(7.0)
        (0, -1, 5, 5)
        """
        if not math.isfinite(value):
            return None
        step = min(math.floor(abs(value) / self.limit * N_STEPS + 0.5), N_STEPS)
        return int(math.copysign(step, value))

    def middle(self, step: int) -> float:
        """Return the value in the middle of a step."""
        return self.limit * step / N_STEPS


def round_up(value: float) -> float:
    """Return the smallest of 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten that is not below `value` ≥ 0.

    >>> round_up(0.83), round_up(0.021), round_up(10.0), round_up(0.0)
    (1.0, 0.025, 10.0, 1.0)
    """
    if value <= 0:
        return 1.0
    power = math.floor(math.log10(value))
    limits = (float(f"{factor}e{power}") for factor in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10))
    return next((limit for limit in limits if limit >= value), float(f"1e{power + 1}"))

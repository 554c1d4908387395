"""A map of texts: a point per text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from emotopy.plotting.style import (
    FAINT,
    GREY,
    LINES,
    SMALL,
    Width,
    colour_bar,
    colours,
    dress,
    finish,
    key_mm,
    legend,
    letters,
    note,
    note_mm,
    panels,
    scale,
    width_mm,
)
from emotopy.records import FloatArray

if TYPE_CHECKING:
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure

FLATTEST = 0.45
"""Height of the map at least, of its width."""
LABEL_MM = 5.0
SHOWN = 0.98
"""Share of the values that the scale of colours holds: one shout must not make all the others pale."""


def text_map(
    x: FloatArray,
    y: FloatArray,
    *,
    classes: Sequence[tuple[str, Any]] = (),
    values: FloatArray | None = None,
    title_of_scale: str = "",
    said: str = "",
    width: Width = "one",
    ax: Any = None,
) -> Figure:
    """Draw a point per text.

    Parameters
    ----------
    x, y
        Places, (n_texts,).
    classes
        (name, boolean array of its texts) of up to six classes; texts in none are faint.
    values
        Instead: a value per text, as colour. The scale ends where two of a hundred lie beyond it.
    title_of_scale
        What the values measure.
    said, width, ax
        As for `emotopy.plotting.brain.brain`.

    Raises
    ------
    InputError
        `width` or `ax` doesn't fit.
    """
    across = width_mm(width)
    norm = None if values is None else _scale(values)
    if norm is not None and values is not None and (beyond := int((np.abs(values) > norm.vmax).sum())):
        said += (said and "; ") + f"{beyond:,} of {len(x):,} values are outside the colour scale"
    shape = float(np.clip(_span(y) / _span(x), FLATTEST, 1.0))
    names = [name for name, _ in classes]
    key = key_mm(names, width) if norm is None else 0.0
    height = min(across, 120) * 0.92 * shape + LABEL_MM + key + note_mm(said, width)
    figure, (one,) = panels(ax, width, height, 1, 1)
    dress(one, spines=("left", "bottom"))
    one.set_aspect("equal", adjustable="datalim")  # a distance is the same in every direction
    size = float(np.clip(3000 / max(len(x), 1), 1.0, 9.0))
    # Points become dots of a picture: a file of 20,000 vector markers opens slowly everywhere.
    point: dict[str, Any] = {"s": size, "linewidths": 0, "rasterized": len(x) > 2000}
    if values is not None and norm is not None:
        order = np.argsort(np.where(np.isfinite(values), values, -np.inf), kind="stable")
        known = order[np.isfinite(values[order])]
        missing = order[~np.isfinite(values[order])]
        one.scatter(x[missing], y[missing], color=FAINT, **point)
        rim = {"linewidths": 0.15, "edgecolors": GREY}  # pale points would be lost on white
        one.scatter(x[known], y[known], c=values[known], cmap=colours(norm), norm=norm, **point | rim)
        colour_bar(figure, [one], norm, title_of_scale, across)
    else:
        inside = np.zeros(len(x), dtype=bool)
        for _, members in classes:
            inside |= members
        one.scatter(x[~inside], y[~inside], color=FAINT, **point)
        handles = []
        for k, (_, members) in enumerate(classes):
            line = LINES[k % len(LINES)]
            one.scatter(x[members], y[members], color=line.colour, marker=line.marker, **point)
            (handle,) = one.plot([], [], linestyle="none", marker=line.marker, color=line.colour, markersize=3.5)
            handles.append(handle)
        if handles:
            legend(figure if ax is None else one, handles, names, width, above=ax is None)
    one.set(xticks=[], yticks=[])
    one.set_xlabel("first principal component", labelpad=2, **letters(SMALL))
    one.set_ylabel("second principal component", labelpad=2, **letters(SMALL))
    note(figure if ax is None else None, said)
    return finish(figure, ax)  # type: ignore[no-any-return]


def _scale(values: FloatArray) -> Normalize:
    known = np.abs(values[np.isfinite(values)])
    most = float(np.quantile(known, SHOWN)) if len(known) else 0.0
    return scale(np.clip(values, -most, most) if most > 0 else values)


def _span(places: FloatArray) -> float:
    """Return how far places reach, 1 where there are none or all are the same."""
    return float(np.ptp(places)) if len(places) and np.ptp(places) > 0 else 1.0

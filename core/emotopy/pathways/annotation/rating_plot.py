"""A picture of ratings: a panel per emotion over the narrative's time, SVG, the same bytes every time."""

from __future__ import annotations

import io

import numpy as np

from emotopy.pathways.annotation.rating_course import rated_course
from emotopy.records.brain import Ratings

_PANEL_INCHES = 0.7
_LINE, _UNKNOWN = "#31688e", "#bbbbbb"


def plot(ratings: Ratings, *, declared_s: float | None = None, title: str = "") -> str:
    """Return an SVG of the ratings as a step function; what the story breaks off before is hatched.

    `declared_s` is how long the source says that the story is.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    ends = ratings.onset_s + ratings.duration_s
    known_s = float(min(ratings.known_until_s, ends.max()))
    last_s = max(known_s, declared_s or 0.0)
    edges = np.unique(np.round(np.concatenate([ratings.onset_s, ends]), 6))
    edges = edges[edges <= known_s + 1e-6]
    middles = (edges[:-1] + edges[1:]) / 2
    values = rated_course(ratings, middles)

    n_emotions = len(ratings.emotions)
    highest = float(np.nanmax(values, initial=0.0))
    top = 1.0 if highest > 0.5 else max(0.05, float(np.ceil(highest * 20)) / 20)  # one scale for all emotions
    with mpl.rc_context({"svg.hashsalt": "emotopy", "svg.fonttype": "none", "font.family": "sans-serif"}):
        figure = Figure(figsize=(9, 1.0 + _PANEL_INCHES * n_emotions), layout="constrained")
        FigureCanvasSVG(figure)
        panels = figure.subplots(n_emotions, 1, sharex=True, squeeze=False)[:, 0]
        for number, (panel, emotion) in enumerate(zip(panels, ratings.emotions, strict=True)):
            panel.stairs(values[:, number], edges, color=_LINE, linewidth=1.2, baseline=None)
            if last_s > known_s + 1e-6:
                panel.axvspan(known_s, last_s, facecolor="none", edgecolor=_UNKNOWN, hatch="////", linewidth=0)
            panel.set_ylabel(emotion, rotation=0, ha="right", va="center")
            panel.set_ylim(-0.03 * top, 1.03 * top)
            panel.set_yticks([0, top])
            panel.spines[["top", "right"]].set_visible(False)
        panels[-1].set_xlim(float(edges[0]), last_s)
        panels[-1].set_xlabel("time in the narrative (s)" + ("; hatched: unknown" if last_s > known_s + 1e-6 else ""))
        if title:
            panels[0].set_title(title, loc="left", fontsize=10, parse_math=False)  # a file may be called $x$
        sheet = io.StringIO()
        figure.savefig(sheet, format="svg", metadata={"Date": None, "Creator": None})
    return sheet.getvalue()

"""Connectivity `sliding-window`: the correlation of every pair of regions in every window. The default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from emotopy.hookspecs import hookimpl
from emotopy.records.brain import Windowing
from emotopy.roles import Connectivity, Factory, Host


@hookimpl
def register_connectivity() -> Mapping[str, Factory[Connectivity]]:
    return {"sliding-window": sliding_window}


def sliding_window(
    windowing: Windowing | None = None,
    estimator: Literal["pearson", "ledoit-wolf"] = "pearson",
    fisher: bool = True,
    high_pass_hz: float | None = None,
    host: Host | None = None,
) -> Connectivity:
    """Correlate every pair of regions in tapered windows; (n_windows, n_edges), Fisher z.

    `high_pass_hz` defaults to 1 / window width: slower fluctuations can't be told from a trend within a window
    (Leonardi & Van De Ville 2015, NeuroImage 104:430). `estimator` "ledoit-wolf" shrinks each window's correlations,
    as nilearn does by default; the shrinkage depends on the window's length.
    """
    from emotopy_plugins.connectivity.measures import SlidingWindow

    return SlidingWindow(
        windowing=windowing or Windowing(), estimator=estimator, fisher=fisher, high_pass_hz=high_pass_hz, host=host
    )

"""Connectivity `amplitude`: the level of every region, as a feature beside and against its couplings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from emotopy.errors import ConfigError
from emotopy.hookspecs import hookimpl
from emotopy.records.brain import Windowing
from emotopy.roles import Connectivity, Factory


@hookimpl
def register_connectivity() -> Mapping[str, Factory[Connectivity]]:
    return {"amplitude": amplitude}


def amplitude(
    windowing: Windowing | None = None,
    mode: Literal["windowed", "lags"] = "windowed",
    n_lags: int = 1,
    high_pass_hz: float | None = 1 / 128,
) -> Connectivity:
    """Take each region's level: its mean per window, or the volumes t − n_lags … t + n_lags around each volume t.

    "windowed" (n_windows, n_regions) shares windows and targets with `sliding-window` and can be compared with it;
    "lags" (n_volumes, n_regions × (2 n_lags + 1)) has a volume-wise target of its own and serves as positive control.
    """
    from emotopy_plugins.connectivity.measures import LaggedAmplitude, WindowedAmplitude

    if n_lags < 0:
        raise ConfigError(f"connectivity.n_lags: wanted 0 or more, got {n_lags}")
    if mode == "lags":
        return LaggedAmplitude(n_lags=n_lags, high_pass_hz=high_pass_hz)
    return WindowedAmplitude(windowing=windowing or Windowing(), high_pass_hz=high_pass_hz)

"""The experiments: a data set, mapped as recommended and as published, compared both ways, side by side.

`read_definition` reads what an experiment is from TOML (three are built in), `run_experiment` runs it.
docs/experiments.md explains.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emotopy.lazily import importing

if TYPE_CHECKING:
    from emotopy.experiments.definition import read_definition as read_definition
    from emotopy.experiments.run import run_experiment as run_experiment

__all__ = ["read_definition", "run_experiment"]

__getattr__ = importing(
    __name__,
    {"read_definition": "emotopy.experiments.definition", "run_experiment": "emotopy.experiments.run"},
)

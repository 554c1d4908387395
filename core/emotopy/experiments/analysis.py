"""What the closer look of an experiment is given."""

from __future__ import annotations

import attrs

from emotopy.experiments.definition import Definition
from emotopy.experiments.material import Material
from emotopy.experiments.question import PairOfGroups
from emotopy.pathways.comparison.result import Comparison
from emotopy.pathways.text.pathway import FittedTextPathway
from emotopy.pathways.text.result import TextResult
from emotopy.pathways.text.text_table import MappedTexts
from emotopy.roles import Host


@attrs.frozen(eq=False)
class Analysis:
    """An experiment in the middle of its work: what was asked, the recommended fit, and what was compared."""

    definition: Definition
    material: Material
    fitted: FittedTextPathway
    mapped: MappedTexts
    pairs: tuple[PairOfGroups, ...]
    comparisons: tuple[Comparison, ...]
    seed: int
    host: Host

    @property
    def result(self) -> TextResult:
        """The mapped texts."""
        return self.fitted.result

    @property
    def topic(self) -> str | None:
        """The kept column of topics, where there is one."""
        return "topic" if "topic" in self.mapped.kept else None

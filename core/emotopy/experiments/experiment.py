"""What an experiment gives: the side-by-side table, its own tables, and the results they were made from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from emotopy.pathways.comparison.result import Comparison
from emotopy.pathways.text.result import TextResult
from emotopy.pathways.text.stored_result import StoredTextResult
from emotopy.running.writing import WritableResult

if TYPE_CHECKING:
    import pandas as pd

Part = TextResult | StoredTextResult | Comparison


@attrs.frozen(eq=False, repr=False)
class Experiment(WritableResult):
    """An experiment that was run; docs/experiments.md defines the columns of its tables.

    Attributes
    ----------
    name, title
        Which experiment, and what its page is called.
    side_by_side : DataFrame
        A row per pair of groups and node: what the published procedure says, and what holds.
    splits : DataFrame
        A row per pair and random split: how much each procedure finds where there is nothing.
    details : mapping of str to DataFrame
        The experiment's further tables by name: ``balance``, ``distances``, ``models``, ....
    parts : mapping of str to TextResult or Comparison
        What all this was made from, by the folder it is written to.
    left_out : DataFrame
        ``what, reason``: what the loader left out.
    provenance, notes, no_texts, reporters
        As in `emotopy.pathways.text.result.TextResult`.
    """

    name: str
    title: str
    side_by_side: pd.DataFrame
    splits: pd.DataFrame
    details: Mapping[str, pd.DataFrame]
    parts: Mapping[str, Part]
    left_out: pd.DataFrame
    provenance: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    no_texts: bool = False
    reporters: tuple[Any, ...] = attrs.field(default=(), repr=False)

    def __repr__(self) -> str:
        return f"<Experiment {self.name}: {', '.join(self.parts)}>"

    @property
    def kind(self) -> str:
        """``experiment``."""
        return "experiment"

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Every table by the stem of its file."""
        found = {"side_by_side": self.side_by_side, "splits": self.splits, **self.details}
        return found | ({"left_out": self.left_out} if len(self.left_out) else {})

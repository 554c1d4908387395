"""What an experiment gives: the side-by-side table, its own tables, and the results they were made from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import attrs

from emotopy.pathways.comparison.result import Comparison
from emotopy.pathways.text.result import TextResult
from emotopy.roles import Reporter

if TYPE_CHECKING:
    import pandas as pd

Part = TextResult | Comparison


@attrs.frozen(eq=False)
class Experiment:
    """An experiment that was run; docs/experiments.md defines the columns of its tables.

    Attributes
    ----------
    kind, title
        Which experiment, and what its page is called.
    side_by_side : DataFrame
        A row per pair of groups and node: what the published procedure says, and what holds.
    splits : DataFrame
        A row per pair and random split: how much each procedure finds where there is nothing.
    tables : mapping of str to DataFrame
        The experiment's further tables by name: ``balance``, ``distances``, ``models``, ....
    parts : mapping of str to TextResult or Comparison
        What all this was made from, by the folder it is written to.
    left_out : DataFrame
        ``what, reason``: what the loader left out.
    provenance, notes, no_texts, reporters
        As in `emotopy.pathways.text.result.TextResult`.
    """

    kind: str
    title: str
    side_by_side: pd.DataFrame
    splits: pd.DataFrame
    tables: Mapping[str, pd.DataFrame]
    parts: Mapping[str, Part]
    left_out: pd.DataFrame
    provenance: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    no_texts: bool = False
    reporters: tuple[tuple[str, Reporter], ...] = attrs.field(default=(), repr=False)

    @property
    def all_tables(self) -> dict[str, pd.DataFrame]:
        """Every table by the stem of its file."""
        found = {"side_by_side": self.side_by_side, "splits": self.splits, **self.tables}
        return found | ({"left_out": self.left_out} if len(self.left_out) else {})

    def write(self, directory: str | Path, *, force: bool = False) -> Path:
        """Write the results directory, parts and all, whole or not at all; return its path.

        Raises OutputError where the directory exists (unless `force`), or can't be written.
        """
        from emotopy.storage.results import write_results

        with_parts = attrs.evolve(self, reporters=(("emotopy:parts", cast("Reporter", _Parts())), *self.reporters))
        return write_results(cast("Any", with_parts), Path(directory), force=force)

    def report(self, path: str | Path) -> Path:
        """Write the HTML report alone to the file `path`; return it."""
        from emotopy.storage.results import write_report

        return write_report(cast("Any", self), Path(path))


@attrs.frozen
class _Parts:
    """Writes the parts, each into a folder of its own; a reporter, so that they are there whole or not at all."""

    def write(self, result: Experiment, directory: Path) -> list[Path]:
        return [part.write(directory / name) for name, part in result.parts.items()]

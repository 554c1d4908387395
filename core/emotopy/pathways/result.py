"""What the text pathway gives: tables to read, records behind them, and ways to write both."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from emotopy.records import Clusters, Corpus, Intensities, Level, Mapping
from emotopy.roles import Atlas, Reporter

if TYPE_CHECKING:
    import pandas as pd


@attrs.frozen(eq=False)
class TextResult:
    """Texts mapped onto an atlas.

    Attributes
    ----------
    regions : DataFrame
        Tidy, a row per group and region (or node): ``group, region[, node], n_texts, relative, relative_low,
        relative_high, evidence, share, reference_share, intensity, intensity_low, intensity_high``. All texts stand as
        group ``all``. docs/axes-and-units.md defines the columns.
    texts : DataFrame
        A row per input row, in input order: ``id, row, group, unit, time, status, cluster, top_region, intensity,
        coverage, emotion_<name>, region_<name>, profile_<name>``.
    clusters : DataFrame
        A row per cluster: ``cluster, n_texts, share, top_words, exemplar_1, exemplar_2, exemplar_3, top_region,
        emotion_<name>``; exemplars are left out where ``no_texts``.
    corpus, mapping, intensities, clustering
        The records behind the tables; the last three have one row per *scored* text, in input order.
    atlas, level
        Owner of the region axis, and whether columns are regions or nodes.
    provenance : dict
        Versions, seed, plugin owners, configuration and input hashes: JSON-ready, without times or absolute paths.
    notes : tuple of str
        What a reader has to know: licences, fallbacks, warnings, the reference used.
    no_texts : bool
        True where input texts must appear in nothing that is written.
    """

    regions: pd.DataFrame
    texts: pd.DataFrame
    clusters: pd.DataFrame
    corpus: Corpus
    mapping: Mapping
    intensities: Intensities
    clustering: Clusters
    atlas: Atlas
    level: Level
    provenance: MappingType[str, Any]
    notes: tuple[str, ...] = ()
    no_texts: bool = False
    reporters: tuple[tuple[str, Reporter], ...] = attrs.field(default=(), repr=False)

    def write(self, directory: str | Path, *, force: bool = False) -> Path:
        """Write the results directory, whole or not at all, through the chosen reporters; return its path.

        Raises OutputError where the directory exists (unless `force`), or can't be written.
        """
        from emotopy.storage.results import write_results

        return write_results(self, Path(directory), force=force)

    def report(self, path: str | Path) -> Path:
        """Write the HTML report alone to the file `path`; return it."""
        from emotopy.storage.results import write_report

        return write_report(self, Path(path))

"""What the text pathway gives: tables to read, records behind them, and ways to write both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from emotopy.errors import InputError
from emotopy.records import Clusters, Corpus, Intensities, Level, RegionAxis, RegionMapping
from emotopy.running.writing import WritableResult

if TYPE_CHECKING:
    import pandas as pd

    from emotopy.pathways.comparison.question import Measure
    from emotopy.pathways.comparison.result import Comparison
    from emotopy.pathways.over_time.pathway import TimeCourses
    from emotopy.pathways.over_time.tables import Signal
    from emotopy.pathways.text.text_table import MappedTexts


@attrs.frozen(eq=False)
class TextResult(WritableResult):
    """Texts mapped onto an atlas.

    Attributes
    ----------
    regions : DataFrame
        Tidy, a row per group and region (or node): ``group, region[, node], n_texts, relative, relative_low,
        relative_high, evidence, share, reference_share, intensity, intensity_low, intensity_high``. All texts stand as
        group ``all``. docs/axes-and-units.md defines the columns.
    texts : DataFrame
        A row per input row, in input order: ``id, row, group, unit, time, status, cluster, top_region, intensity,
        coverage, emotion_<name>, region_<name>, profile_<name>, n_words, kept_<name>``.
    clusters : DataFrame
        A row per cluster: ``cluster, n_texts, share, top_words, exemplar_1, exemplar_2, exemplar_3, top_region,
        emotion_<name>``; exemplars are left out where ``no_texts``.
    corpus, mapping, intensities, clustering
        The records behind the tables; the last three have one row per *scored* text, in input order.
    axis, level
        The region axis, and whether columns are regions or nodes.
    provenance : dict
        Versions, seed, plugin owners, configuration and input hashes: JSON-ready, without times or absolute paths.
    notes : tuple of str
        What a reader has to know: licences, fallbacks, warnings, the reference used.
    no_texts : bool
        True where input texts must appear in nothing that is written.
    courses : TimeCourses or None
        Regions over time, and change points; None where no times were given or they hold no course.
    """

    regions: pd.DataFrame
    texts: pd.DataFrame
    clusters: pd.DataFrame
    corpus: Corpus
    mapping: RegionMapping
    intensities: Intensities
    clustering: Clusters
    axis: RegionAxis
    level: Level
    provenance: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    no_texts: bool = False
    reporters: tuple[Any, ...] = attrs.field(default=(), repr=False)
    courses: TimeCourses | None = attrs.field(default=None, repr=False)

    @property
    def kind(self) -> str:
        """``texts``."""
        return "texts"

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """``regions``, ``texts``, ``clusters``; with times ``time_course`` and ``change_points``."""
        found = {"regions": self.regions, "texts": self.texts, "clusters": self._shown_clusters()}
        if self.courses is not None:
            found |= {"time_course": self.courses.table, "change_points": self.courses.changes}
        return found

    def _shown_clusters(self) -> pd.DataFrame:
        """Return the clusters without exemplars where the result says that input texts must not be written."""
        if not self.no_texts:
            return self.clusters
        return self.clusters.drop(columns=[name for name in self.clusters.columns if str(name).startswith("exemplar")])

    def compare(
        self,
        a: str,
        b: str,
        *more: str,
        unit: str | Sequence[Any] | None = None,
        covariates: Sequence[str] = (),
        paired_by: str | None = None,
        measure: Measure = "all",
        level: Level | None = None,
        n_permutations: int = 10_000,
        seed: int | None = None,
    ) -> Comparison:
        """Compare groups region by region, with the person or document as the unit.

        Two groups are compared by Welch's t of unit means with permuted labels; more than two by an omnibus test, then
        pair by pair. docs/science.md says why.

        Parameters
        ----------
        a, b, more
            Names of the groups; differences are the first minus the second.
        unit
            What statistics count: a kept column or a value per input row; the result's own units by default.
        covariates
            What is held constant: kept columns of numbers or of two values, or ``log_words`` (the logarithm of the mean
            number of words), averaged by unit.
        paired_by
            A kept column that is the same for both members of a pair, or ``"unit"`` where the same units are in both
            groups: differences within pairs are tested.
        measure
            ``relative`` and ``intensity`` are tested, ``share`` is only shown; ``all`` gives the three.
        level
            ``region`` for values per region of texts that were mapped by node; as mapped by default.
        n_permutations, seed
            How many permutations where not all of them can be made; the result's own seed by default.

        Raises InputError for groups, units, pairs or covariates that can't be compared; the message says which.
        """
        from emotopy.pathways.comparison.pathway import compare
        from emotopy.pathways.comparison.question import Question

        question = Question(
            (a, b, *more),
            unit=unit,
            covariates=_names(covariates, "covariates"),
            paired_by=paired_by,
            measure=measure,
            level=level,
            n_permutations=n_permutations,
            seed=seed,
        )
        return compare(self.mapped, question)

    def regroup(
        self,
        groups: str | Sequence[Any] | Mapping[str, Any],
        unit: str | Sequence[Any] | None = None,
    ) -> TextResult:
        """Return the same fit with its texts in other groups, and in other units where `unit` is given.

        `groups` is the name of a kept column, a value per input row, or a mapping from id to group; what has no group
        counts in ``all`` alone. `unit` is a kept column or a value per input row. The tables of regions and texts are
        made anew; clusters, mapping and intensities stay.

        Raises InputError for a column that wasn't kept, a wrong number of values, or ids that no text has.
        """
        from emotopy.pathways.text.regroup import regrouped

        return regrouped(self, self.mapped, groups, unit)

    def over_time(
        self,
        groups: Sequence[str] | None = None,
        bandwidth: float | None = None,
        n_points: int = 60,
        measure: Signal = "relative",
        times: Sequence[Any] | None = None,
    ) -> TimeCourses:
        """Smooth regions over the texts' times and look for change points; docs/over-time.md says how.

        Parameters
        ----------
        groups
            Names of the groups to give courses of; all texts (``all``), then every group, by default.
        bandwidth
            Of the kernel, in the unit of time (days for dates, seconds for clock times); by default what predicts
            left-out texts best.
        n_points
            Moments from the first to the last time, 2 to 2,000.
        measure
            What changes are looked for in: ``relative`` (all regions at once), or ``intensity`` (one figure per text).
        times
            A time per row of the input, in place of the column that was named when the texts were mapped.

        Raises InputError for times that can't be read or hold no course, unknown groups and options out of range.
        """
        from emotopy.pathways.over_time.pathway import over_time

        return over_time(
            self.mapped, groups=groups, bandwidth=bandwidth, n_points=n_points, measure=measure, times=times
        )

    @property
    def mapped(self) -> MappedTexts:
        """What a comparison reads of this result."""
        from emotopy.pathways.text.text_table import MappedTexts

        return MappedTexts(
            table=self.texts,
            targets=self.mapping.targets,
            level=self.level,
            region_of=self.axis.region_of,
            provenance=self.provenance,
            source=self.provenance.get("input", {}),
            reporters=self.reporters,
        )


def _names(names: Sequence[str], what: str) -> tuple[str, ...]:
    if isinstance(names, str):
        raise InputError(f"{what}: wanted a list of names, got one string; write [{names!r}]")
    return tuple(names)

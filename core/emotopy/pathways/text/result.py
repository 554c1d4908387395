"""The result of the text pathway: its tables, and the record from which they are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from emotopy.errors import InputError
from emotopy.pathways.text.segment_values import SegmentRows
from emotopy.pathways.text.tables import ClusterMaterial, regions_table, relative_means, segments_table, texts_table
from emotopy.records import Level, Mapped, RegionAxis
from emotopy.records.mapped import By
from emotopy.roles import Host
from emotopy.running.writing import WritableResult
from emotopy.wording import flag

if TYPE_CHECKING:
    import pandas as pd

    from emotopy.notebook import AtHand
    from emotopy.pathways.comparison.result import Comparison
    from emotopy.pathways.comparison.spec import LanguageRule, Measure
    from emotopy.pathways.over_time.pathway import Signal, TimeCourses


@attrs.frozen(eq=False, repr=False)
class TextResult(WritableResult):
    """Texts mapped onto an atlas. Each table is created on first access and then kept.

    Parameters
    ----------
    mapped : Mapped
        Record from which the tables are made, at full precision. It contains no texts if ``no_texts``.
    clusters : DataFrame or ClusterMaterial
        One row per cluster: ``cluster, n_texts, share, top_words, exemplar_1, exemplar_2, exemplar_3, exemplar_id_1,
        exemplar_id_2, exemplar_id_3, top_region, emotion_<name>, n_segments``; exemplars are left out if ``no_texts``.
    regions : DataFrame, optional
        Tidy table with one row per group and region (or node): ``group, region[, node], n_texts, relative,
        relative_low, relative_high, evidence, share, reference_share, intensity, intensity_low, intensity_high``. The
        group ``all`` contains all texts. `emotopy.result_files` declares the columns. Default: made from `mapped`.
    texts : DataFrame, optional
        One row per input row, in input order: ``id, row, group, unit, time, status, cluster, top_region, intensity,
        coverage, emotion_<name>, region_<name>, profile_<name>, n_words, n_segments, intensity_<region>, map_x, map_y,
        language, kept_<name>``. Default: made from `mapped`.
    courses : TimeCourses, optional
        Regions over time, and change points; None if no times were given or they are too few for a time course.
    segment_rows : SegmentRows, optional
        Segments of the texts, if requested; `segments` is their table.
    reasons : DataFrame, optional
        Contribution of each word, one row per exemplar, region and word: ``id, position, start, end, region (or node),
        contribution``. None if ``no_texts``, or if the embedder or the region mapper can't compute it at low cost.
    no_texts : bool, default False
        Whether input texts are kept out of all written files.

    Attributes
    ----------
    axis, level
        The region axis, and whether columns are regions or nodes.
    provenance : dict
        Versions, seed, plugin owners, configuration and input hashes; JSON-serialisable, without times or absolute
        paths.
    notes : tuple of str
        Notes for readers of the result: licences, fallbacks, warnings, and the reference used.

    Examples
    --------
    >>> import emotopy
    >>> quick = {"reducer": "pca", "clusterer": {"use": "kmeans", "n_clusters": 2}}
    >>> result = emotopy.map_texts(["I was afraid of the storm.", "We danced all night!"], config=quick)
    >>> {"regions", "texts", "clusters"} <= set(result.tables)
    True
    >>> result.regions.columns[:3].tolist()
    ['group', 'region', 'n_texts']
    """

    mapped: Mapped
    _clusters: pd.DataFrame | ClusterMaterial
    _regions: pd.DataFrame | None = None
    _texts: pd.DataFrame | None = None
    courses: TimeCourses | None = None
    segment_rows: SegmentRows | None = None
    reasons: pd.DataFrame | None = None
    no_texts: bool = False
    _made: dict[str, pd.DataFrame] = attrs.field(factory=dict, init=False)

    @classmethod
    def of(
        cls,
        mapped: Mapped,
        clusters: pd.DataFrame | ClusterMaterial,
        courses: TimeCourses | None = None,
        *,
        segment_rows: SegmentRows | None = None,
        reasons: pd.DataFrame | None = None,
        no_texts: bool = False,
    ) -> TextResult:
        """Create the result of mapped texts.

        Parameters
        ----------
        mapped : Mapped
            The mapped texts.
        clusters : DataFrame or ClusterMaterial
            Table of clusters, or the data from which it is made on first access.
        courses : TimeCourses, optional
            Time courses, if the texts have times.
        segment_rows : SegmentRows, optional
            Segments of the texts, if requested.
        reasons : DataFrame, optional
            Contributions of words in exemplars, if known; left out with `no_texts`.
        no_texts : bool, default False
            Keep input texts out of the result.

        Returns
        -------
        TextResult
            The result.
        """
        return cls(
            clusters=clusters,
            mapped=mapped.without_texts() if no_texts else mapped,
            courses=courses,
            segment_rows=segment_rows.without_texts() if segment_rows and no_texts else segment_rows,
            reasons=None if no_texts else reasons,
            no_texts=no_texts,
        )

    def __repr__(self) -> str:
        m = self.mapped
        return (
            f"<TextResult: {m.n_texts:,} texts in {m.n_rows:,} rows, {len(m.targets)} {m.level}s of {m.axis.atlas}, "
            f"{len(m.corpus.groups):,} groups, {len(self.clusters):,} clusters>"
        )

    def _table(self, name: str, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """Return a table, which is created on first access."""
        if name not in self._made:
            self._made.setdefault(name, make())  # another thread may have been faster
        return self._made[name]

    @property
    def regions(self) -> pd.DataFrame:
        """The table of regions by group."""
        return self._table("regions", lambda: regions_table(self.mapped)) if self._regions is None else self._regions

    @property
    def texts(self) -> pd.DataFrame:
        """The table of texts."""
        return self._table("texts", lambda: texts_table(self.mapped)) if self._texts is None else self._texts

    @property
    def clusters(self) -> pd.DataFrame:
        """The table of clusters."""
        given = self._clusters
        return self._table("clusters", given.table) if isinstance(given, ClusterMaterial) else given

    def _at_hand(self) -> AtHand:
        """Return sizes, and `relative` by region and group, for a view in a notebook; no table is made for it."""
        from emotopy.notebook import AtHand

        m = self.mapped
        facts = {"texts": f"{m.n_texts:,}", "rows": f"{m.n_rows:,}", "groups": f"{len(m.corpus.groups):,}"}
        units = {m.corpus.unit[row] for row in m.scored} - {None}
        if units:
            facts["units"] = f"{len(units):,}"
        if m.clusters is not None:
            facts["clusters"] = f"{len(np.unique(m.clusters.labels[m.clusters.labels >= 0])):,}"
        means = relative_means(m)
        sizes = {"regions": len(means), "texts": m.n_rows,
                 "clusters": None if isinstance(self._clusters, ClusterMaterial) else len(self._clusters)}  # fmt: skip
        if self.courses is not None:
            sizes |= {"time_course": len(self.courses.table), "change_points": len(self.courses.changes)}
        return AtHand(facts=facts, tables={"regions": means}, sizes=sizes)

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled: the table of clusters in place of the embeddings that it would be made from."""
        kept = {name: getattr(self, name) for name in attrs.fields_dict(type(self)) if name != "_made"}
        return {**kept, "_clusters": self.clusters, "_made": dict(self._made)}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Take what was pickled."""
        for name, value in state.items():
            object.__setattr__(self, name, value)

    @property
    def kind(self) -> str:
        """``texts``."""
        return "texts"

    @property
    def axis(self) -> RegionAxis:
        """The region axis."""
        return self.mapped.axis

    @property
    def level(self) -> Level:
        """Whether columns are regions or nodes."""
        return self.mapped.level

    @property
    def provenance(self) -> Mapping[str, Any]:
        """The provenance of the result."""
        return self.mapped.provenance

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes that a reader of the results needs."""
        return self.mapped.notes

    @property
    def reporters(self) -> tuple[Any, ...]:
        """Reporters that write the result, as names or tables with `use`."""
        return self.mapped.reporters

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """``regions``, ``texts``, ``clusters``; ``reasons``; with times ``time_course`` and ``change_points``."""
        found = {"regions": self.regions, "texts": self.texts, "clusters": self._shown_clusters()}
        if self.reasons is not None:
            found["reasons"] = self.reasons
        if self.courses is not None:
            found |= {"time_course": self.courses.table, "change_points": self.courses.changes}
        return found

    @property
    def segments(self) -> pd.DataFrame:
        """Table of segments (sentences).

        Columns are ``id, row, segment, position, group, unit, text, ...``, followed by values as in `texts`.

        Raises
        ------
        InputError
            Segments weren't kept; map with `keep_segments=True`.
        """
        if self.segment_rows is None:
            raise InputError(
                f"segments: they weren't kept; map the texts with keep_segments=True ({flag('--segments', 'FILE')})"
            )
        return segments_table(self.segment_rows)

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
        unit: By | None = None,
        covariates: Sequence[str] = (),
        paired_by: str | None = None,
        measure: Measure = "all",
        level: Level | None = None,
        language: LanguageRule = "same",
        n_permutations: int = 10_000,
        seed: int | None = None,
        host: Host | None = None,
    ) -> Comparison:
        """Compare groups region by region, with the person or document as the unit.

        Two groups are compared by a permutation test of Welch's t of unit means, more than two by an omnibus test and
        then pair by pair. docs/science.md gives the reasons.

        Parameters
        ----------
        a, b, *more : str
            Names of the groups; differences are first minus second.
        unit : str or sequence, optional
            Unit of the statistics: a kept column, or a value per input row. Default: the units of the result.
        covariates : sequence of str, default ()
            Covariates, averaged by unit: kept columns of numbers or of two values, or ``log_words`` (the logarithm of
            the mean number of words).
        paired_by : str, optional
            Test differences within pairs: a kept column with the same value for both members of a pair, or ``"unit"``
            if the same units are in both groups.
        measure : {"all", "relative", "intensity", "share"}, default "all"
            ``relative`` and ``intensity`` are tested, and ``share`` is only shown; ``all`` selects the three.
        level : {"region", "node"}, optional
            ``region`` compares regions even if the texts were mapped by node. Default: as mapped.
        language : {"same", "any"}, default "same"
            ``any`` also compares groups whose texts are in different languages, which otherwise raises an error.
        n_permutations : int, default 10000
            Number of permutations if they can't all be enumerated.
        seed : int, optional
            Seed of the permutations. Default: the seed of the result.
        host : Host, optional
            Host that receives progress. Default: no output.

        Returns
        -------
        Comparison
            Differences, effect sizes with confidence intervals, and p-values.

        Raises
        ------
        InputError
            Groups, units, pairs or covariates can't be compared; the message names them.
        ResourceError
            The comparison needs more memory than available (unless `Host.force`).
        """
        from emotopy.pathways.comparison.pathway import compare
        from emotopy.pathways.comparison.spec import ComparisonSpec

        spec = ComparisonSpec(
            (a, b, *more),
            unit=unit,
            covariates=_names(covariates, "covariates"),
            paired_by=paired_by,
            measure=measure,
            level=level,
            language=language,
            n_permutations=n_permutations,
            seed=seed,
        )
        return compare(self.mapped, spec, host)

    def regroup(
        self,
        groups: By | Mapping[str, Any],
        unit: By | None = None,
    ) -> TextResult:
        """Return the same result with other groups, and with other units if `unit` is given.

        The tables of regions and texts are recomputed, and time courses too, with the same bandwidth. Clusters, mapping
        and intensities don't change.

        Parameters
        ----------
        groups : str, sequence or mapping
            Name of a kept column, a value per input row, or a mapping from id to group. Texts without a group count
            only in ``all``.
        unit : str or sequence, optional
            Name of a kept column, or a value per input row. Default: the same units.

        Returns
        -------
        TextResult
            The result with the new groups.

        Raises
        ------
        InputError
            A column wasn't kept, the number of values is wrong, or no text has an id.
        """
        from emotopy.pathways.comparison.regroup import check_names_are_short, regroup
        from emotopy.pathways.over_time.pathway import add_time_courses

        bandwidth = self.courses.bandwidth if self.courses else None
        mapped = regroup(self.mapped, groups, unit)
        if self.no_texts:
            check_names_are_short(mapped.corpus.group, mapped.corpus.unit if unit is not None else ())
        rows = self.segment_rows.regrouped(mapped) if self.segment_rows else None
        mapped, courses = add_time_courses(
            mapped, bandwidth, replaces=self.courses, segments=rows.mapped if rows else None
        )
        clusters = self._made.get("clusters", self._clusters)
        return TextResult.of(mapped, clusters, courses, segment_rows=rows, reasons=self.reasons, no_texts=self.no_texts)

    def over_time(
        self,
        groups: Sequence[str] | None = None,
        bandwidth: float | None = None,
        n_points: int = 60,
        measure: Signal = "relative",
        times: Sequence[Any] | None = None,
    ) -> TimeCourses:
        """Smooth regions over time and detect change points; docs/over-time.md describes the method.

        Parameters
        ----------
        groups : sequence of str, optional
            Groups to compute time courses for. Default: all texts (``all``), then every group.
        bandwidth : float, optional
            Bandwidth of the kernel, in the unit of time (days for dates, seconds for clock times). Default: chosen by
            cross-validation.
        n_points : int, default 60
            Number of time points from the first to the last time, 2 to 2,000.
        measure : {"relative", "intensity"}, default "relative"
            Measure in which change points are detected: ``relative`` (all regions together) or ``intensity`` (one value
            per text).
        times : sequence, optional
            A time per input row, which replaces the time column of the mapping.

        Returns
        -------
        TimeCourses
            Time courses and change points.

        Raises
        ------
        InputError
            Times can't be read or are too few, groups are unknown, or options are out of range.
        """
        from emotopy.pathways.over_time.pathway import over_time

        by_position = self.mapped.corpus.by_position and times is None and self.segment_rows is not None
        mapped = self.segment_rows.mapped if by_position and self.segment_rows else self.mapped
        return over_time(mapped, groups=groups, bandwidth=bandwidth, n_points=n_points, measure=measure, times=times)


def _names(names: Sequence[str], what: str) -> tuple[str, ...]:
    if isinstance(names, str):
        raise InputError(f"{what}: wanted a list of names, got one string; write [{names!r}]")
    return tuple(names)

"""What the brain pathway decodes: the scans of people who heard one story, with its ratings, checked once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypedDict

import attrs
import numpy as np

from emotopy.errors import InputError
from emotopy.readers.motion import Motion
from emotopy.readers.ratings import ratings_of
from emotopy.readers.regressors import Regressors
from emotopy.records.axes import FloatArray
from emotopy.records.brain import Ratings, RegionSeries, same_regions
from emotopy.storage.cache import hash_array, hash_texts

if TYPE_CHECKING:
    import pandas as pd

SAMPLED_SLACK = 0.05
"""Subjects whose volumes' times differ by less than this share of a TR hear the story at the same time."""


class StudyOptions(TypedDict, total=False):
    """The keyword arguments of `Study.of`, which documents them, for functions that pass them on."""

    tr_s: float | None
    targets: Sequence[Regressors] | None
    start_s: float
    confounds: Sequence[FloatArray | None] | None
    motion: Sequence[Motion] | None
    regressors: Sequence[Regressors] | None
    networks: Mapping[str, str] | None
    source: Mapping[str, Any] | None
    notes: Sequence[str]


@attrs.frozen(eq=False)
class Subject:
    """One person's run, and what was given with it; None where nothing was.

    `confounds` (n_volumes, n_confounds) are regressed out of the series. `motion` and `regressors` are baselines.
    `targets` are the subject's own courses to decode, where the study has no ratings.
    """

    series: RegionSeries
    confounds: FloatArray | None = None
    motion: Motion | None = None
    regressors: Regressors | None = None
    targets: Regressors | None = None

    @property
    def name(self) -> str:
        """The subject's label."""
        return self.series.subject

    @property
    def signal(self) -> FloatArray:
        """The series in double precision, NaN in the rows of censored volumes, (n_volumes, n_regions)."""
        values = np.asarray(self.series.values, dtype=np.float64)
        return values if self.series.keep is None else np.where(self.series.keep[:, None], values, np.nan)


@attrs.frozen(eq=False)
class Study:
    """Subjects who heard one story, and the ratings of the story or the subjects' own targets. Made by `Study.of`.

    All subjects have the same regions, TR and number of volumes. Motion, regressors and targets are there for every
    subject or for none. `start_s` is what the narrative's clock shows at the onset of the first volume. `networks`
    maps regions to networks. `source` describes the input in the provenance, `notes` are messages about the input.
    """

    subjects: tuple[Subject, ...]
    ratings: Ratings | None = None
    start_s: float = 0.0
    networks: Mapping[str, str] = attrs.field(factory=dict)
    source: Mapping[str, Any] = attrs.field(factory=dict)
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        series: Sequence[RegionSeries] | Mapping[str, pd.DataFrame],
        ratings: Ratings | pd.DataFrame | None = None,
        *,
        tr_s: float | None = None,
        targets: Sequence[Regressors] | None = None,
        start_s: float = 0.0,
        confounds: Sequence[FloatArray | None] | None = None,
        motion: Sequence[Motion] | None = None,
        regressors: Sequence[Regressors] | None = None,
        networks: Mapping[str, str] | None = None,
        source: Mapping[str, Any] | None = None,
        notes: Sequence[str] = (),
    ) -> Study:
        """Check that everything fits together, and return it as a study.

        Parameters
        ----------
        series
            One run per subject, all with the same regions, TR and number of volumes: records, or a DataFrame per
            subject with a row per volume and a column per region.
        ratings, targets
            Exactly one of them: the story's ratings on its own clock, or courses per subject and volume that are under
            the HRF already. A DataFrame of ratings has columns ``onset, duration`` (seconds) and one per emotion.
        tr_s
            Seconds between volumes; DataFrames need it, records know it.
        start_s
            What the narrative's clock shows at the onset of the first volume.
        confounds
            What is regressed out of each series, (n_volumes, n_confounds) or None, one per series.
        motion, regressors
            Baselines, one per series, in their order.
        networks
            Which network a region belongs to, for the table of networks.
        source
            The input's description in the provenance.
        notes
            Messages about the input, for the notes of the result.

        Raises InputError (ShapeError) for data that don't fit; the message names the subject.
        """
        if not np.isfinite(start_s):
            raise InputError(f"start_s: wanted a finite number of seconds, got {start_s}", wanted="seconds")
        runs = as_series(series, tr_s)
        _check_one_story(runs)
        given = {"confounds": confounds, "motion": motion, "regressors": regressors, "targets": targets}
        for name, each in given.items():
            if each is not None and len(each) != len(runs):
                raise InputError(f"{name}: wanted one per series, {len(runs)}, got {len(each)}")
        columns = [[None] * len(runs) if each is None else each for each in given.values()]
        subjects = tuple(Subject(*row) for row in zip(runs, *columns, strict=True))
        _check_motion(subjects)
        _check_courses("regressors", subjects)
        assumed: list[str] = []
        rated = as_ratings(ratings, assumed)
        if (rated is None) == (targets is None):
            raise InputError("wanted exactly one of ratings and targets")
        _check_courses("targets", subjects)
        return cls(subjects, rated, start_s, networks or {}, source or {}, (*notes, *assumed))

    @property
    def series(self) -> tuple[RegionSeries, ...]:
        """The series of all subjects."""
        return tuple(one.series for one in self.subjects)

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions that all series share, in their order."""
        return self.subjects[0].series.regions

    @property
    def tr_s(self) -> float:
        """Seconds between volumes."""
        return self.subjects[0].series.tr_s

    @property
    def sampled_s(self) -> float | None:
        """How long after its onset a volume shows the brain, the same for all subjects; None is half a TR."""
        return self.subjects[0].series.sampled_s

    @property
    def n_volumes(self) -> int:
        """Number of volumes of every series."""
        return self.subjects[0].series.n_volumes

    @property
    def names(self) -> tuple[str, ...]:
        """The subjects' labels."""
        return tuple(one.name for one in self.subjects)

    def hashes(self) -> dict[str, str]:
        """Return a hash of the series, and of confounds, motion and regressors where there are any, for provenance."""
        nothing = np.empty(0)
        arrays = {
            "confounds": [nothing if one.confounds is None else one.confounds for one in self.subjects],
            "motion": [
                np.column_stack([one.motion.displacement_mm, one.motion.parameters])
                for one in self.subjects
                if one.motion is not None
            ],
            "regressors": [one.regressors.values for one in self.subjects if one.regressors is not None],
        }
        kept = [np.where(True if one.keep is None else one.keep[:, None], one.values, np.nan) for one in self.series]
        return {"series_sha256": hash_array(np.array(kept))} | {
            f"{name}_sha256": hash_texts([hash_array(one) for one in each])
            for name, each in arrays.items()
            if any(one.size for one in each)
        }


def _check_one_story(series: Sequence[RegionSeries]) -> None:
    """Raise InputError (ShapeError), naming the subject, unless there is one run per subject, all of one story."""
    if not len(series):
        raise InputError("series: wanted at least one subject, got none")
    same_regions(series)
    first = series[0]
    for one in series[1:]:
        if one.n_volumes != first.n_volumes or one.tr_s != first.tr_s:
            raise InputError(
                f"subject {one.subject} has {one.n_volumes} volumes of {one.tr_s:g} s, subject {first.subject} has "
                f"{first.n_volumes} of {first.tr_s:g} s; wanted the same story at the same pace for all"
            )
    for one in series[1:]:
        ours, theirs = (each.tr_s / 2 if each.sampled_s is None else each.sampled_s for each in (first, one))
        if abs(ours - theirs) > SAMPLED_SLACK * first.tr_s:
            raise InputError(
                f"subject {one.subject}: its volumes show the brain {theirs:g} s after their onset, those of subject "
                f"{first.subject} {ours:g} s; wanted the same slice timing (StartTime) of all",
                wanted=f"{ours:g} s",
                got=f"{theirs:g} s",
            )
    for i, one in enumerate(series):
        earlier = next((other for other in series[:i] if other.subject == one.subject), None)
        if earlier is not None:
            raise InputError(
                f"subject {one.subject} has two runs, {earlier.run or 'one'} and {one.run or 'another'}; wanted one "
                "run per subject: decode each story by itself (--bold GLOB names its images)"
            )
        if _story_of(one) != _story_of(first):
            raise InputError(
                f"subject {one.subject} brings {one.run or 'a run without a name'}, subject {first.subject} "
                f"{first.run or 'a run without a name'}; wanted the same run of all: runs tell stories apart"
            )


def _story_of(one: RegionSeries) -> str:
    """Return the run's label without its session: subjects may hear the story on different visits."""
    return "_".join(part for part in one.run.split("_") if not part.startswith("ses-"))


def _check_motion(subjects: Sequence[Subject]) -> None:
    """Raise InputError for motion that some subjects lack, or that doesn't fit the subject's volumes."""
    given = [one for one in subjects if one.motion is not None]
    if given and len(given) < len(subjects):
        raise InputError(f"motion: wanted that of every subject, got none of {_first_without('motion', subjects)}")
    for one in given:
        assert one.motion is not None
        n_volumes, n_rows = one.series.n_volumes, len(one.motion.parameters)
        if n_rows != n_volumes or len(one.motion.displacement_mm) != n_volumes:
            raise InputError(
                f"motion of subject {one.name}: wanted a row for each of {n_volumes} volumes, got {n_rows}"
            )


def _check_courses(what: Literal["regressors", "targets"], subjects: Sequence[Subject]) -> None:
    """Raise InputError for courses in another order than the series, of other names or of another length."""
    courses: list[Regressors] = [getattr(one, what) for one in subjects if getattr(one, what) is not None]
    if not courses:
        return
    if len(courses) < len(subjects):
        raise InputError(f"{what}: wanted those of every subject, got none of {_first_without(what, subjects)}")
    names = courses[0].names
    for one, own in zip(subjects, courses, strict=True):
        if own.subject != one.name:
            raise InputError(
                f"{what}: wanted those of subject {one.name}, got those of {own.subject}; give them in the order of "
                "the series"
            )
        if own.names != names or len(own.values) != one.series.n_volumes:
            raise InputError(
                f"{what} of subject {one.name}: wanted {', '.join(names)} with {one.series.n_volumes} rows, got "
                f"{', '.join(own.names)} with {len(own.values)}"
            )


def _first_without(what: str, subjects: Sequence[Subject]) -> str:
    return next(one.name for one in subjects if getattr(one, what) is None)


def as_series(series: Any, tr_s: float | None) -> list[RegionSeries]:
    """Return region series from records as they are, or from subject → DataFrame (n_volumes, n_regions).

    A DataFrame's columns name the regions; it needs `tr_s`. With records, `tr_s` may only repeat theirs.

    Raises InputError for anything else, for a TR that is missing or contradicts a record, and for columns that hold no
    numbers.
    """
    if isinstance(series, Mapping):
        if tr_s is None or not 0 < tr_s < np.inf:
            raise InputError(f"tr_s: wanted the seconds between volumes, which tables don't hold, got {tr_s}")
        return [
            RegionSeries(str(subject), tuple(map(str, frame.columns)), _values(frame, f"subject {subject}"), tr_s)
            for subject, frame in ((subject, _table(one, f"subject {subject}")) for subject, one in series.items())
        ]
    records = list(series)
    for one in records:
        if not isinstance(one, RegionSeries):
            raise InputError(
                "series: wanted RegionSeries, or a mapping from subject to DataFrame (a row per volume, a column per "
                f"region), got {type(one).__name__}"
            )
        if tr_s is not None and one.tr_s != tr_s:
            raise InputError(f"tr_s: {tr_s:g} s were given, but the series of subject {one.subject} say {one.tr_s:g} s")
    return records


def as_ratings(ratings: Any, notes: list[str] | None = None) -> Ratings | None:
    """Return ratings as they are, or those of a DataFrame; what was assumed of one is added to `notes`.

    A DataFrame has times and a column of numbers per emotion, in any of the forms of a table of ratings
    (`emotopy.readers.ratings`). The story is known until the last segment's end. Raises InputError for missing columns,
    cells that are no numbers, durations of 0 s or less.
    """
    if ratings is None or isinstance(ratings, Ratings):
        return ratings
    assumed: list[str] = [] if notes is None else notes
    return ratings_of(_table(ratings, "ratings"), notify=assumed.append)


def _table(given: Any, name: str) -> pd.DataFrame:
    import pandas as pd

    if not isinstance(given, pd.DataFrame):
        raise InputError(f"{name}: wanted a DataFrame, got {type(given).__name__}")
    return given


def _values(frame: pd.DataFrame, name: str) -> FloatArray:
    try:
        return np.array(frame, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name}: wanted a table of numbers: {error}") from error

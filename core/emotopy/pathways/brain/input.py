"""What comes into the brain pathway, checked at the door: runs of one story, what stands beside, what is wanted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from emotopy.errors import InputError
from emotopy.inference.rating_courses import volume_course
from emotopy.pathways.brain.rows import Targets
from emotopy.readers.motion import Motion
from emotopy.readers.regressors import Regressors
from emotopy.records.axes import FloatArray
from emotopy.records.brain import Ratings, RegionSeries, same_regions
from emotopy.storage.cache import hash_array, hash_texts


def checked_series(series: Sequence[RegionSeries]) -> list[RegionSeries]:
    """Return the runs, one per subject, all of one story; raise InputError (ShapeError) that names the odd subject."""
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
    for i, one in enumerate(series):
        twin = next((other for other in series[:i] if other.subject == one.subject), None)
        if twin is not None:
            raise InputError(
                f"subject {one.subject} has two runs, {twin.run or 'one'} and {one.run or 'another'}; wanted one run "
                "per subject: decode each story by itself (--bold GLOB names its images)"
            )
        if _story_of(one) != _story_of(first):
            raise InputError(
                f"subject {one.subject} brings {one.run or 'a run without a name'}, subject {first.subject} "
                f"{first.run or 'a run without a name'}; wanted the same run of all: runs tell stories apart"
            )
    return list(series)


def _story_of(one: RegionSeries) -> str:
    """Return the run's label without its session: on which visit a subject heard the story is no matter."""
    return "_".join(part for part in one.run.split("_") if not part.startswith("ses-"))


def check_aligned(
    series: Sequence[RegionSeries],
    confounds: Sequence[FloatArray | None] | None,
    motion: Sequence[Motion] | None,
    regressors: Sequence[Regressors] | None,
    targets: Sequence[Regressors] | None,
) -> None:
    """Raise InputError for what isn't one per series, or doesn't fit its volumes."""
    given = {"confounds": confounds, "motion": motion, "regressors": regressors, "targets": targets}
    for name, each in given.items():
        if each is not None and len(each) != len(series):
            raise InputError(f"{name}: wanted one per series, {len(series)}, got {len(each)}")
    for one, moved in zip(series, motion or (), strict=False):
        if len(moved.parameters) != one.n_volumes or len(moved.displacement_mm) != one.n_volumes:
            raise InputError(
                f"motion of subject {one.subject}: wanted a row for each of {one.n_volumes} volumes, got "
                f"{len(moved.parameters)}"
            )
    if regressors is not None:
        _check_courses("regressors", series, regressors)


def _check_courses(what: str, series: Sequence[RegionSeries], given: Sequence[Regressors]) -> None:
    """Raise InputError for courses in another order than the series, of other names or of another length."""
    names = given[0].names
    for one, own in zip(series, given, strict=True):
        if own.subject != one.subject:
            raise InputError(
                f"{what}: wanted those of subject {one.subject}, got those of {own.subject}; give them in the order of "
                "the series"
            )
        if own.names != names or len(own.values) != one.n_volumes:
            raise InputError(
                f"{what} of subject {one.subject}: wanted {', '.join(names)} with {one.n_volumes} rows, got "
                f"{', '.join(own.names)} with {len(own.values)}"
            )


def targets_of(
    series: Sequence[RegionSeries], ratings: Ratings | None, given: Sequence[Regressors] | None, start_s: float
) -> Targets:
    """Return what is decoded: the ratings under the HRF, the same for all, or each subject's own courses.

    Raises InputError for none or both of them, and for courses that don't fit the series.
    """
    if (ratings is None) == (given is None):
        raise InputError("wanted exactly one of ratings and targets")
    keeps = [one.keep for one in series]
    if ratings is not None:
        course = volume_course(ratings, series[0].tr_s, series[0].n_volumes, start_s).values
        return Targets.of(ratings.emotions, [course] * len(series), keeps)
    assert given is not None
    _check_courses("targets", series, given)
    return Targets.of(given[0].names, [own.values for own in given], keeps)


def hashes(
    series: Sequence[RegionSeries],
    confounds: Sequence[FloatArray | None] | None,
    motion: Sequence[Motion] | None,
    regressors: Sequence[Regressors] | None,
) -> dict[str, str]:
    """Return a hash of the series and of each thing that stands beside them, subject by subject."""
    kept = [np.where(True if one.keep is None else one.keep[:, None], one.values, np.nan) for one in series]
    beside = {
        "confounds": [np.empty(0) if one is None else one for one in confounds or ()],
        "motion": [np.column_stack([one.displacement_mm, one.parameters]) for one in motion or ()],
        "regressors": [one.values for one in regressors or ()],
    }
    return {"series_sha256": hash_array(np.array(kept))} | {
        f"{name}_sha256": hash_texts([hash_array(one) for one in arrays])
        for name, arrays in beside.items()
        if any(one.size for one in arrays)
    }

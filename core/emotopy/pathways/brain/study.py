"""The input of the brain pathway: scans of people who heard stories, and ratings of the stories, checked once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict

import attrs
import numpy as np

from emotopy.errors import InputError
from emotopy.pathways.brain.several_stories import sorted_into_stories, told_apart
from emotopy.pathways.brain.story import Story, Subject, in_story
from emotopy.readers.in_memory import as_frame, as_matrix, class_name, is_rows, is_table
from emotopy.readers.ratings import ratings_of
from emotopy.readers.regressors import Regressors
from emotopy.records.axes import FloatArray
from emotopy.records.brain import Ratings, RegionSeries
from emotopy.storage.cache import hash_array, hash_texts


class StudyOptions(TypedDict, total=False):
    """The keyword arguments of `Study.of`, which documents them, for functions that pass them on."""

    tr_s: float | None
    targets: Sequence[Regressors] | None
    start_s: float | Mapping[str, float]
    confounds: Sequence[Any] | None
    motion: Sequence[Any] | None
    regressors: Sequence[Regressors] | None
    networks: Mapping[str, str] | None
    source: Mapping[str, Any] | None
    notes: Sequence[str]


@attrs.frozen(eq=False)
class Study:
    """Stories and the subjects who heard them; created with `Study.of`.

    All stories have the same regions, TR and emotions. Each subject may have heard any number of them.

    Parameters
    ----------
    stories : tuple of Story
        The stories, each with its subjects.
    networks : mapping of str to str, optional
        Network of each region.
    source : mapping, optional
        Description of the input for the provenance.
    notes : tuple of str, default ()
        Messages about the input.

    Examples
    --------
    >>> from emotopy.simulate import simulate_bold
    >>> made = simulate_bold("nothing", n_subjects=2, n_volumes=60, n_regions=4, n_carriers=2)
    >>> study = Study.of(made.series, made.ratings)
    >>> study.names, study.tr_s
    (('sub-01', 'sub-02'), 2.0)
    """

    stories: tuple[Story, ...]
    networks: Mapping[str, str] = attrs.field(factory=dict)
    source: Mapping[str, Any] = attrs.field(factory=dict)
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        series: Sequence[RegionSeries] | Mapping[str, Any],
        ratings: Any = None,
        *,
        tr_s: float | None = None,
        targets: Sequence[Regressors] | None = None,
        start_s: float | Mapping[str, float] = 0.0,
        confounds: Sequence[Any] | None = None,
        motion: Sequence[Any] | None = None,
        regressors: Sequence[Regressors] | None = None,
        networks: Mapping[str, str] | None = None,
        source: Mapping[str, Any] | None = None,
        notes: Sequence[str] = (),
    ) -> Study:
        """Check that all data fit together, and return them as a study.

        Parameters
        ----------
        series : sequence of RegionSeries, or mapping
            One run per subject and story. All runs need the same regions and TR, and the runs of a story the same
            number of volumes. Either records, whose `story` distinguishes stories, or a mapping from subject to table
            with a row per volume and a column per region; with several stories, a mapping from story to such mappings.
            Tables of any supported library are accepted (`emotopy.readers.in_memory.as_frame`).
        ratings : Ratings, table or mapping, optional
            Ratings of the story over story time. A table of ratings has the columns ``onset, duration`` (seconds) and
            one per emotion. With several stories, a mapping from story to ratings; emotions that some stories lack are
            left out, and a note names them.
        tr_s : float, optional
            Repetition time in seconds; required for tables, already known for records.
        targets : sequence of Regressors, optional
            Instead of ratings: courses per subject and volume that are already convolved with the HRF.
        start_s : float or mapping of str to float, default 0.0
            Story time at the onset of the first volume, in seconds. With several stories, one value for all or a
            mapping from story (0 for missing stories). If subjects have several runs of a story, a start per run, with
            the key ``<story>_<run>``, gives the part of the story that each run covers.
        confounds : sequence, optional
            Confounds to regress out, one entry per series: an array or a table (n_volumes, n_confounds), or None.
        motion : sequence, optional
            Head motion for the baseline, one entry per series, in their order: a `emotopy.readers.Motion`, a table with
            the usual names of the six parameters, or an array (n_volumes, 6): translations in mm, then rotations in
            radians.
        regressors : sequence, optional
            Further courses for the baselines, one entry per series, in their order.
        networks : mapping of str to str, optional
            Network of each region, for the table of networks.
        source : mapping, optional
            Description of the input for the provenance.
        notes : sequence of str, default ()
            Messages about the input, which become notes of the result.

        Returns
        -------
        Study
            The checked study.

        Raises
        ------
        InputError
            The data don't fit together; the message names story and subject. A ShapeError is raised if an array doesn't
            match its axes.
        """
        runs = as_series(series, tr_s)
        assumed: list[str] = []
        ratings = as_table_or_stories(ratings)
        if confounds is not None:
            confounds = [None if one is None else as_matrix(one, "confounds") for one in confounds]
        beside: dict[str, Any] = {
            "targets": targets,
            "confounds": confounds,
            "motion": motion,
            "regressors": regressors,
        }
        if told_apart(runs, ratings):
            rated = _ratings_by_story(ratings, assumed)
            stories = sorted_into_stories(runs, rated, beside, start_s, assumed)
        elif isinstance(start_s, Mapping):
            raise InputError(
                "start_s: wanted one number of seconds, because ratings aren't given by story, got a "
                "start per story; give the ratings by story, too",
                wanted="seconds",
                got="a start per story",
            )
        else:
            stories = (Story.of(runs, as_ratings(ratings, assumed), start_s=start_s, **beside),)
        return cls(stories, networks or {}, source or {}, (*notes, *assumed))

    @property
    def story_names(self) -> tuple[str, ...]:
        """The unique names of the stories; a story that was scanned in several runs counts once."""
        return tuple(dict.fromkeys(story.name for story in self.stories))

    @property
    def recordings(self) -> tuple[Subject, ...]:
        """The recordings of all stories: story by story, subject by subject."""
        return tuple(one for story in self.stories for one in story.subjects)

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions that all series share, in their order."""
        return self.stories[0].regions

    @property
    def tr_s(self) -> float:
        """Seconds between volumes."""
        return self.stories[0].tr_s

    @property
    def names(self) -> tuple[str, ...]:
        """The unique labels of the subjects, in order of appearance."""
        return tuple(dict.fromkeys(one.name for one in self.recordings))

    @property
    def has_several(self) -> bool:
        """Whether the study has several stories."""
        return len(self.story_names) > 1

    def described(self) -> dict[str, Any]:
        """Return the entry of the stories in the provenance: their timing, and who heard which story.

        Returns
        -------
        dict
            JSON-serialisable data.
        """
        if not any(story.label for story in self.stories):
            sampled_s = self.stories[0].sampled_s
            return {} if sampled_s is None else {"sampled_s": sampled_s}
        return {
            "stories": {
                story.label: {
                    "start_s": story.start_s,
                    "n_volumes": story.n_volumes,
                    **({} if story.sampled_s is None else {"sampled_s": story.sampled_s}),
                    "subjects": list(story.names),
                }
                for story in self.stories
            }
        }

    def hashes(self) -> dict[str, str]:
        """Return hashes of the series, confounds, motion and regressors for the provenance.

        Returns
        -------
        dict of str to str
            SHA-256 hashes under ``series_sha256`` and similar keys.
        """
        nothing = np.empty(0)
        arrays = {
            "confounds": [nothing if one.confounds is None else one.confounds for one in self.recordings],
            "motion": [
                np.column_stack([one.motion.displacement_mm, one.motion.parameters])
                for one in self.recordings
                if one.motion is not None
            ],
            "regressors": [one.regressors.values for one in self.recordings if one.regressors is not None],
        }
        kept = [
            np.where(True if one.keep is None else one.keep[:, None], one.values, np.nan)
            for one in (each.series for each in self.recordings)
        ]
        return {"series_sha256": hash_array(np.array(kept)) if len(self.stories) == 1 else _hash_arrays(kept)} | {
            f"{name}_sha256": _hash_arrays(each) for name, each in arrays.items() if any(one.size for one in each)
        }


def _hash_arrays(arrays: Sequence[FloatArray]) -> str:
    return hash_texts([hash_array(one) for one in arrays])


def _ratings_by_story(ratings: Any, notes: list[str]) -> Ratings | dict[str, Ratings] | None:
    if not isinstance(ratings, Mapping):
        return as_ratings(ratings, notes)
    if not ratings:
        raise InputError("ratings: wanted the ratings of at least one story, got none", wanted="ratings", got="none")
    found = {}
    for name, each in ratings.items():
        with in_story(str(name)):
            rated = as_ratings(each, notes)
            if rated is None:
                raise InputError("ratings: wanted a table, got none", wanted="a table", got="none")
            found[str(name)] = rated
    return found


def as_series(series: Any, tr_s: float | None) -> list[RegionSeries]:
    """Return region series from records as they are, or from subject → table of any library (n_volumes, n_regions).

    Those of several stories are a mapping from story to such mappings.

    A table's columns name the regions; it needs `tr_s`. With records, `tr_s` may only repeat theirs.

    Raises InputError for anything else, for a TR that is missing or contradicts a record, and for columns that hold no
    numbers.
    """
    if isinstance(series, Mapping):
        if any(_holds_tables(one) for one in series.values()):
            found = []
            for story, of_story in series.items():
                with in_story(str(story)):
                    if not _holds_tables(of_story):
                        raise InputError.at(
                            "series", wanted="a mapping from subject to table", got=class_name(of_story)
                        )
                    found += [attrs.evolve(one, story=str(story)) for one in as_series(of_story, tr_s)]
            return found
        if tr_s is None or not 0 < tr_s < np.inf:
            raise InputError(f"tr_s: wanted the repetition time in seconds, which tables don't contain, got {tr_s}")
        named = ((subject, f"subject {subject}", one) for subject, one in series.items())
        frames = ((subject, name, as_frame(one, name, asked=None, whole_numbers=False)) for subject, name, one in named)
        return [
            RegionSeries(str(subject), tuple(map(str, frame.columns)), as_matrix(frame, name), tr_s)
            for subject, name, frame in frames
        ]
    if is_table(series):
        raise InputError.at(
            "series", wanted="a table per subject", got=f"one {class_name(series)}", advice="give {subject: table}"
        )
    if not isinstance(series, Iterable):
        raise InputError.at(
            "series",
            wanted="RegionSeries, or a mapping from subject to table (a row per volume, a column per region)",
            got=class_name(series),
        )
    records = list(series)
    for one in records:
        if not isinstance(one, RegionSeries):
            raise InputError(
                "series: wanted RegionSeries, or a mapping from subject to table (a row per volume, a column per "
                f"region), got {class_name(one)}"
            )
        if tr_s is not None and one.tr_s != tr_s:
            raise InputError(f"tr_s: {tr_s:g} s was given, but the series of subject {one.subject} has {one.tr_s:g} s")
    return records


def as_ratings(ratings: Any, notes: list[str] | None = None) -> Ratings | None:
    """Return ratings as they are, or those of a table of any library; what was assumed of one is added to `notes`.

    A table has times and a column of numbers per emotion, in any of the forms of a table of ratings
    (`emotopy.readers.ratings`). The story is known until the last segment's end. Raises InputError for missing columns,
    cells that are no numbers, durations of 0 s or less.
    """
    if ratings is None or isinstance(ratings, Ratings):
        return ratings
    assumed: list[str] = [] if notes is None else notes
    return ratings_of(ratings, notify=assumed.append)


def as_table_or_stories(ratings: Any) -> Any:
    """Return ratings as they are, but a dict of columns as a DataFrame: it is no mapping from story to ratings."""
    if not isinstance(ratings, Mapping) or not ratings:
        return ratings
    by_story = any(one is None or isinstance(one, Ratings) or is_table(one) or is_rows(one) for one in ratings.values())
    return ratings if by_story else as_frame(ratings, "ratings")


def _holds_tables(given: Any) -> bool:
    """Whether it is a mapping from subject to table; a dict of columns is a table itself."""
    return isinstance(given, Mapping) and (not given or any(is_table(one) or is_rows(one) for one in given.values()))

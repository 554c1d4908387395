"""Series of several stories, sorted into stories and checked against each other; `Study.of` asks for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from emotopy.errors import InputError, listed, nearest
from emotopy.pathways.brain.story import Story, in_story, part_of
from emotopy.records.axes import FloatArray
from emotopy.records.brain import Ratings, RegionSeries, same_regions
from emotopy.wording import worded

FEWEST_NAMED = 4
"""So many subjects are named in a message, the others are counted."""


def told_apart(series: Sequence[RegionSeries], ratings: Any) -> bool:
    """Whether stories are told apart: by the series' labels, or by ratings that are given by story."""
    return isinstance(ratings, Mapping) or any(one.story for one in series)


def sorted_into_stories(
    series: Sequence[RegionSeries],
    ratings: Ratings | Mapping[str, Ratings] | None,
    beside: Mapping[str, Sequence[Any] | None],
    start_s: float | Mapping[str, float],
    notes: list[str],
) -> tuple[Story, ...]:
    """Sort series by story, and by part where someone was scanned in several runs of a story; check all.

    Parameters
    ----------
    series
        Each with the label of its story.
    ratings
        By story; or those of the one story that all heard.
    beside
        What is given beside each series, one per series, by the argument's name in `Story.of`.
    start_s
        One for all, or by story; parts of a story by ``<story>_<run>``.
    notes
        What was found or assumed is added.

    Stories stand in the order of the ratings, else in that in which they come. Raises InputError (ShapeError) that
    names story and subject.
    """
    for one in series:
        if not one.story:
            raise InputError(
                f"subject {one.subject}: its series names no story, but there are several; wanted "
                "RegionSeries(story=…) for all",
                wanted="the story of every series",
                got="none",
            )
    for name, each in beside.items():
        if each is not None and len(each) != len(series):
            raise InputError(f"{name}: wanted one per series, {len(series)}, got {len(each)}")
    by_story = _rated(series, ratings)
    groups = list(_groups(series, list(by_story)))
    starts = _starts({label: name for label, name, _, _ in groups}, start_s)
    stories = []
    for label, name, part, places in groups:
        with in_story(label):
            own = {what: None if each is None else [each[i] for i in places] for what, each in beside.items()}
            story = Story.of([series[i] for i in places], by_story[name], start_s=starts[label], name=name, **own)
        stories.append(attrs.evolve(story, run=part))
    _check_alike(stories)
    _check_parts(stories)
    _check_copies(stories)
    stories = _with_common_emotions(stories, notes)
    _tell_listeners(stories, notes)
    return tuple(stories)


def _rated(
    series: Sequence[RegionSeries], ratings: Ratings | Mapping[str, Ratings] | None
) -> dict[str, Ratings | None]:
    """Return each story's ratings (None where subjects bring targets), in the order of the stories."""
    heard = list(dict.fromkeys(one.story for one in series))
    if ratings is None:
        return dict.fromkeys(heard)
    if isinstance(ratings, Ratings):
        if len(heard) > 1:
            raise InputError(
                f"ratings: wanted ratings by story, {listed(heard)}, got one table for all",
                wanted=f"ratings of {listed(heard)}",
                got="one table",
            )
        return {heard[0]: ratings}
    for name in heard:
        if name not in ratings:
            who = _named([one.subject for one in series if one.story == name])
            raise InputError(
                f"story {name}: there are no ratings, but {who} heard it; wanted ratings of "
                f"{listed(heard)}, got ratings of {listed(ratings)}.{nearest(name, ratings)}",
                wanted=f"ratings of {name}",
                got=f"those of {listed(ratings)}",
                advice="give its ratings, or leave out its scans",
            )
    for name in ratings:
        if name not in heard:
            raise InputError(
                f"story {name}: there are ratings, but nobody heard it; the series belong to "
                f"{listed(heard)}.{nearest(name, heard)}",
                wanted=f"ratings of {listed(heard)}",
                got=f"those of {name}",
                advice="leave out its ratings, or give its scans",
            )
    return dict(ratings)


def _groups(series: Sequence[RegionSeries], names: Sequence[str]) -> Iterator[tuple[str, str, str, list[int]]]:
    """Yield label, story, part ("" of a whole one) and the places of the series of each story or part."""
    for name in names:
        places = [i for i, one in enumerate(series) if one.story == name]
        subjects = [series[i].subject for i in places]
        if len(set(subjects)) == len(subjects):
            yield name, name, "", places
            continue
        parts: dict[str, list[int]] = {}
        for i in places:
            parts.setdefault(part_of(series[i]), []).append(i)
        for part in sorted(parts, key=_natural):
            yield f"{name}_{part}" if part else name, name, part, parts[part]


def _natural(label: str) -> list[Any]:
    """Order run-2 before run-10."""
    return [int(piece) if piece.isdigit() else piece for piece in re.split(r"(\d+)", label)]


def _starts(stories: Mapping[str, str], start_s: float | Mapping[str, float]) -> dict[str, float]:
    """Return the start of each label; `stories` maps labels to names of stories, whose start serves all their runs."""
    if not isinstance(start_s, Mapping):
        return dict.fromkeys(stories, start_s)
    known = {*stories, *stories.values()}
    for name in start_s:
        if name not in known:
            raise InputError(
                f"start_s: there is no story {name}.{nearest(name, known)} There are: {listed(known)}",
                wanted=f"some of {listed(known)}",
                got=name,
            )
    return {label: start_s.get(label, start_s.get(name, 0.0)) for label, name in stories.items()}


def _check_alike(stories: Sequence[Story]) -> None:
    """Raise InputError (ShapeError) that names two stories of other regions, TR, targets or baselines."""
    first = stories[0]
    for one in stories[1:]:
        if one.tr_s != first.tr_s:
            raise InputError(
                f"story {one.label} has a TR of {one.tr_s:g} s (subject {one.names[0]}), but story "
                f"{first.label} has {first.tr_s:g} s (subject {first.names[0]}); wanted the same TR, so "
                "that windows are comparable",
                wanted=f"{first.tr_s:g} s",
                got=f"{one.tr_s:g} s",
                advice="decode stories with another TR separately",
            )
        with in_story(one.label):
            same_regions([first.subjects[0].series, one.subjects[0].series])
        for what in ("motion", "regressors", "targets"):
            ours, theirs = (getattr(story.subjects[0], what) for story in (first, one))
            if (ours is None) != (theirs is None):
                without, given = (first, one) if ours is None else (one, first)
                raise InputError(
                    f"{what}: wanted them for every story, got them for story {given.label} but not for "
                    f"story {without.label}",
                    wanted=f"{what} of every story",
                    got=f"none of {without.label}",
                )
            if ours is not None and what != "motion" and ours.names != theirs.names:
                raise InputError(
                    f"{what}: wanted the same names in every story, got {', '.join(ours.names)} of story "
                    f"{first.label} and {', '.join(theirs.names)} of story {one.label}",
                    wanted=", ".join(ours.names),
                    got=", ".join(theirs.names),
                )


def _check_parts(stories: Sequence[Story]) -> None:
    """Raise InputError for runs of one story that would hold the same minutes of it."""
    for i, one in enumerate(stories):
        for other in stories[:i]:
            if other.name != one.name or one.ratings is None:
                continue
            (ours, ends), (theirs, ended) = (
                (story.start_s, story.start_s + story.n_volumes * story.tr_s) for story in (one, other)
            )
            if ours < ended and theirs < ends:
                subject = next((name for name in one.names if name in other.names), one.names[0])
                raise InputError(
                    f"story {one.name}: subject {subject} has several runs of it, and {other.label} "
                    f"(from {theirs:g} to {ended:g} s) and {one.label} ({ours:g} to {ends:g} s) would "
                    "cover the same part. Each part of a story needs its own start in story time; if a "
                    "story was heard twice, leave out one run",
                    wanted=f"a start of {one.label} after the end of {other.label}",
                    got=f"{ours:g} s",
                    advice=f"give {worded(f'--start {one.label}=S', f'start_s={{{one.label!r}: S}}')}",
                )


def _check_copies(stories: Sequence[Story]) -> None:
    """Raise InputError for a scan that is given as that of two stories."""
    seen: dict[bytes, tuple[str, str]] = {}
    for story in stories:
        for one in story.series:
            label, subject = seen.setdefault(_bytes(one.values), (story.label, one.subject))
            if label != story.label:
                raise InputError(
                    f"story {story.label}, subject {one.subject}: contains the same numbers as story "
                    f"{label}, subject {subject}; one must be a mistaken copy",
                    wanted="other scans of another story",
                    got="the same numbers",
                )


def _bytes(values: FloatArray) -> bytes:
    return np.ascontiguousarray(values).tobytes()


def _with_common_emotions(stories: Sequence[Story], notes: list[str]) -> list[Story]:
    """Keep the emotions that are rated in all stories, in the order of the first; tell of the others."""
    rated = [story.ratings for story in stories if story.ratings is not None]
    if not rated:
        return list(stories)
    common = [name for name in rated[0].emotions if all(name in one.emotions for one in rated)]
    if not common:
        raise InputError(
            f"ratings: no emotion is rated in all stories; {_listed_emotions(stories)}",
            wanted="an emotion that is rated in every story",
            got="none",
        )
    left_out = sorted({name for one in rated for name in one.emotions} - set(common))
    if left_out:
        notes.append(
            f"Not rated in every story, and therefore not decoded: {', '.join(left_out)} ({_listed_emotions(stories)})."
        )
    seen: dict[bytes, str] = {}
    kept = []
    for story in stories:
        assert story.ratings is not None
        columns = [story.ratings.emotions.index(name) for name in common]
        values = story.ratings.values[:, columns]
        other = seen.setdefault(_bytes(values), story.name)
        if other != story.name:
            notes.append(
                f"The ratings of the stories {other} and {story.name} are identical; check that one isn't a "
                "mistaken copy."
            )
        ratings = story.ratings
        if tuple(common) != ratings.emotions:
            ratings = attrs.evolve(ratings, emotions=tuple(common), values=values)
        kept.append(attrs.evolve(story, ratings=ratings))
    return kept


def _listed_emotions(stories: Sequence[Story]) -> str:
    rated = {story.name: story.ratings.emotions for story in stories if story.ratings is not None}
    return "; ".join(f"story {name}: {', '.join(emotions)}" for name, emotions in rated.items())


def _tell_listeners(stories: Sequence[Story], notes: list[str]) -> None:
    """Tell where subjects heard different stories."""
    by_label = {story.label: story.names for story in stories}
    everybody = list(dict.fromkeys(name for names in by_label.values() for name in names))
    if all(len(names) == len(everybody) for names in by_label.values()):
        return
    heard_all = [name for name in everybody if all(name in names for names in by_label.values())]
    counts = ", ".join(f"{label} by {len(names)}" for label, names in by_label.items())
    notes.append(
        f"Subjects heard different stories: {counts} of {len(everybody)} subjects; {len(heard_all)} "
        f"heard all stories{f' ({_named(heard_all)})' if heard_all else ''}."
    )


def _named(subjects: Sequence[str]) -> str:
    shown = ", ".join(subjects[:FEWEST_NAMED])
    return shown + (f" and {len(subjects) - FEWEST_NAMED} more" if len(subjects) > FEWEST_NAMED else "")

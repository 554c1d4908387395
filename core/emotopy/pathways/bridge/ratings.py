"""What the text says of a story's emotions: ratings joined to the mapped segments, and weights made of both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from emotopy.errors import InputError, listed
from emotopy.inference.correlation import is_constant
from emotopy.pathways.bridge.sides import MappedSegments
from emotopy.readers.ratings import read_ratings
from emotopy.records.axes import FloatArray
from emotopy.records.brain import Ratings
from emotopy.storage.cache import hash_array, hash_file

FEWEST_SEGMENTS = 10
"""A correlation over fewer segments is no weight."""
TOLERANCE_S = 1e-6
"""A rating belongs to the text whose onset is the same up to this."""

Say = Callable[[str], None]


def rated_segments(
    text: MappedSegments, ratings: Ratings | str | Path | None, *, decoded_with: str, notify: Say
) -> tuple[dict[str, FloatArray], FloatArray, dict[str, Any]]:
    """Return each emotion's ratings (n_segments,), the profiles of the same segments, and what provenance says.

    Without ratings the intensity scorer's emotions stand in. `decoded_with` is the file that the decoding's ratings
    came from, where that is known. Emotions whose rating never changes are left out, and `notify` says so.

    Raises InputError for texts without times, an onset that stands twice on a side, fewer than ten onsets in common.
    """
    if ratings is None:
        notify(
            "No ratings were given, so the intensity scorer's emotions of each text stand in for them: ratings and "
            "profiles then both come from the words alone."
        )
        if not text.emotions:
            raise InputError(f"{text.name}: its intensity scorer tells no emotions apart; give the story's --ratings")
        _check_enough(len(text.profile), text.name)
        return _varying(dict(zip(text.emotions, text.lexicon.T, strict=True)), notify), text.profile, {"from": "scorer"}
    told: dict[str, Any] = {}
    if not isinstance(ratings, Ratings):
        path = Path(ratings)
        ratings = read_ratings(path)
        told = {"file": path.name, "sha256": hash_file(path)}
        if decoded_with and decoded_with != path.name:
            notify(f"Decoded with {decoded_with}, but the texts are weighed with {path.name}: is it the same story?")
    else:
        told = {"values_sha256": hash_array(ratings.values)}
    texts, rows = _joined(text, ratings)
    _check_enough(len(texts), f"{text.name} and the ratings, joined by onset,")
    for what, n, of in (("texts", len(texts), len(text.profile)), ("ratings", len(rows), len(ratings.onset_s))):
        if n < of:
            notify(f"{of - n} of {of} {what} have no counterpart of the same onset and count nowhere.")
    found = dict(zip(ratings.emotions, ratings.values[rows].T, strict=True))
    return _varying(found, notify), text.profile[texts], told


def _joined(text: MappedSegments, ratings: Ratings) -> tuple[list[int], list[int]]:
    """Return which text goes with which rating: those of one onset.

    Raises InputError for texts without times, an onset that stands twice on a side, and none in common.
    """
    timed = np.flatnonzero(np.isfinite(text.onset_s))
    if not len(timed):
        raise InputError(
            f"{text.name}: its texts have no times in seconds, so ratings can't be joined to them; map the segments "
            "that `emotopy annotate --segments segments.csv` writes: emotopy map segments.csv --time onset"
        )
    first, second = timed[np.argsort(text.onset_s[timed], kind="stable")], np.argsort(ratings.onset_s, kind="stable")
    for name, onsets in ((text.name, text.onset_s[first]), ("the ratings", ratings.onset_s[second])):
        twice = np.flatnonzero(np.diff(onsets) <= TOLERANCE_S)
        if len(twice):
            raise InputError(
                f"{name}: the onset {onsets[twice[0]]:g} s stands twice, so it can't be told which text was rated how; "
                "give each segment an onset of its own"
            )
    onsets, wanted = text.onset_s[first], ratings.onset_s[second]
    place = np.clip(np.searchsorted(onsets, wanted - TOLERANCE_S), 0, len(onsets) - 1)
    met = np.abs(onsets[place] - wanted) <= TOLERANCE_S
    if not met.any():
        raise InputError(
            f"{text.name} and the ratings have no onset in common: the texts begin at {_few(onsets)} s, the ratings at "
            f"{_few(wanted)} s; map the very segments that were rated (`emotopy annotate --segments`)"
        )
    return [int(i) for i in first[place[met]]], [int(i) for i in second[met]]


def _few(onsets: FloatArray) -> str:
    return ", ".join(f"{value:g}" for value in onsets[:3]) + (" …" if len(onsets) > 3 else "")


def _check_enough(n_segments: int, what: str) -> None:
    if n_segments < FEWEST_SEGMENTS:
        raise InputError(f"{what} have {n_segments} segments; wanted {FEWEST_SEGMENTS} or more for a correlation")


def _varying(rated: Mapping[str, FloatArray], notify: Say) -> dict[str, FloatArray]:
    """Leave out emotions whose rating never changes, and say so."""
    constant = [name for name, values in rated.items() if is_constant(values)]
    if constant:
        notify(f"Rated alike in every segment, so left out: {listed(constant)}.")
    return {name: values for name, values in rated.items() if name not in constant}

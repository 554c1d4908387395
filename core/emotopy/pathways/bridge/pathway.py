"""The bridge: what text predicts against what the brain shows, region by region, beside a null that respects space.

Text weights are, per emotion, the correlation over a story's segments of the rating and each region's text profile;
brain weights are a decoding's region weights for the same emotion of the same story. Both are maps over one atlas, and
are correlated over its regions. docs/science-bridge.md describes what that does and doesn't show.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from emotopy.errors import ConfigError, InputError, listed
from emotopy.inference.correlation import is_constant, pearson, pearson_matrix
from emotopy.inference.moran import null_correlations, region_distances
from emotopy.inference.null_comparison import NullComparison, compare_with_null
from emotopy.pathways.brain.result import Decoding
from emotopy.pathways.brain.study import as_ratings
from emotopy.pathways.bridge.result import Bridge
from emotopy.pathways.bridge.sides import DecodedWeights, MappedSegments, brain_side, check_one_atlas, text_side
from emotopy.pathways.text.result import TextResult
from emotopy.readers.ratings import read_ratings
from emotopy.records import RegionWeights
from emotopy.records.axes import FloatArray, IntArray
from emotopy.records.brain import Ratings
from emotopy.registry import Registry
from emotopy.roles import Host
from emotopy.running.host_calls import isolable_call
from emotopy.running.writing import REPORTERS
from emotopy.storage.cache import hash_array, hash_file
from emotopy.storage.provenance import collect
from emotopy.wording import flag

if TYPE_CHECKING:
    import pandas as pd

ALL = "all"
N_SURROGATES = 9999
FEWEST_REGIONS = 15
"""Below it there is no p-value: too few regions to distinguish agreement from smoothness."""
LEAST_REGIONS = 3
FEWEST_SEGMENTS = 10
"""A correlation over fewer segments is no weight."""
TOLERANCE_S = 1e-6
"""A rating belongs to the text whose onset is the same up to this."""
ALPHA = 0.05

Notify = Callable[[str], None]


@isolable_call
def bridge(
    text_result: TextResult | str | Path,
    decoding: Decoding | str | Path,
    *,
    ratings: Any = None,
    atlas: str | None = None,
    n_surrogates: int = N_SURROGATES,
    seed: int = 0,
    registry: Registry | None = None,
    host: Host | None = None,
) -> Bridge:
    """Compare the regions that a story's text predicts for its emotions with the regions that a decoder weighs.

    Parameters
    ----------
    text_result : TextResult, str or Path
        The story's segments, mapped (`emotopy map segments.csv --time onset`): a result or its results directory.
    decoding : Decoding, str or Path
        The decoding of scans of people who heard the story, over the same regions: a result or its directory.
    ratings : Ratings, table or path, optional
        The story's ratings, a record, a table of any library or a file: each belongs to the text of the same onset (to
        1e-6 s). Without them the intensity scorer's emotions per text are used instead, which a note states.
    atlas : str, optional
        Where the regions of a text results directory lie, if its provenance doesn't record it: an atlas's name, or a
        CSV.
    n_surrogates : int, default 9999
        Maps of the null; the smallest p there can be is 1 / (1 + n_surrogates).
    seed : int, default 0
        Of the null.
    registry : Registry, optional
        Where atlases and reporters come from; all installed plugins by default.
    host : Host, optional
        Messages, progress, cancellation, deadline, child process.

    Returns
    -------
    Bridge
        Agreement of the two sides beside a null that keeps distances.

    Raises
    ------
    InputError
        The sides don't fit each other: other regions, no emotion or no onset in common.
    ConfigError
        `n_surrogates` is less than 1.

    Examples
    --------
    >>> result = bridge("text-results/", "brain-results/")  # doctest: +SKIP
    >>> result.table  # doctest: +SKIP
    """
    if n_surrogates < 1:
        raise ConfigError(f"n_surrogates: wanted one or more, got {n_surrogates}")
    host, registry = host or Host(), registry or Registry.load()
    notes: list[str] = []

    def notify(message: str) -> None:
        notes.append(message)
        host.notify(message)

    brain, text = brain_side(decoding), text_side(text_result, registry=registry, atlas=atlas)
    check_one_atlas(text.regions, brain.absolute.regions, names=(text.name, brain.name), atlas=text.atlas)
    if len(text.regions) < LEAST_REGIONS:
        raise InputError(f"{text.name}: wanted {LEAST_REGIONS} regions or more, got {len(text.regions)}")
    rated, profile, ratings_source = rated_segments(text, ratings, decoded_with=brain.ratings, notify=notify)
    emotions = _in_common(tuple(rated), brain.absolute.emotions, notify)
    text_weights = _text_weights(rated, emotions, text, profile, notify)
    regions = text_weights.regions
    absolute, signed = (_aligned(one, emotions, regions) for one in (brain.absolute, brain.signed))
    _notify_limits(text, brain, absolute, notify)
    distances = region_distances(text.nodes, regions)
    maps = {"absolute": absolute, "signed": signed}
    with host.progress(f"{n_surrogates:,} surrogate maps", None):
        table = _table(text_weights, maps, distances, n_surrogates=n_surrogates, seed=seed)
    provenance = collect(
        {"n_surrogates": n_surrogates, "seed": seed, "null": "moran, singleton", "spatial_weights": "1 / distance"},
        {},
        seed=seed,
        input={"text": dict(text.source), "brain": dict(brain.source), "ratings": ratings_source},
        atlas=text.atlas,
        regions=list(regions),
        distances_sha256=hash_array(distances.round(6)),
        n_segments=len(profile),
        notes=notes,
    )
    return Bridge(
        table=table,
        text_weights=text_weights,
        brain_weights=absolute,
        brain_signed=signed,
        provenance=provenance,
        notes=tuple(notes),
        reporters=REPORTERS,
    )


def rated_segments(
    text: MappedSegments, ratings: Any, *, decoded_with: str, notify: Notify
) -> tuple[dict[str, FloatArray], FloatArray, dict[str, Any]]:
    """Return each emotion's ratings (n_segments,), the profiles of the same segments, and the ratings' provenance.

    Without ratings the intensity scorer's emotions are used. `decoded_with` is the file that the decoding's ratings
    came from, where that is known. Emotions whose rating never changes are left out, and a note names them.

    Raises InputError for texts without times, an onset that occurs twice on a side, fewer than ten onsets in common.
    """
    if ratings is None:
        notify(
            "No ratings were given, so the emotions from the intensity scorer are used instead; "
            "ratings and profiles then both come from the words alone."
        )
        if not text.emotions:
            raise InputError(f"{text.name}: its intensity scorer has no emotions; give the story's {flag('--ratings')}")
        _check_enough(len(text.profile), text.name)
        known = np.asarray(np.isfinite(text.lexicon).all(axis=1))
        if not known.all():
            notify(
                f"{int((~known).sum()):,} of {len(known):,} texts have no intensity, because the scorer "
                "doesn't support their language; they are excluded here."
            )
        emotions = dict(zip(text.emotions, text.lexicon[known].T, strict=True))
        return _varying(emotions, notify), text.profile[known], {"from": "scorer"}
    if not isinstance(ratings, (Ratings, str, Path)):
        assumed: list[str] = []
        ratings = as_ratings(ratings, assumed)
        for note in assumed:
            notify(note)
    if isinstance(ratings, (str, Path)):
        path = Path(ratings)
        ratings = read_ratings(path)
        source: dict[str, Any] = {"file": path.name, "sha256": hash_file(path)}
        if decoded_with and decoded_with != path.name:
            notify(
                f"The decoding used {decoded_with}, but the texts are weighted with {path.name}; check that "
                "both are ratings of the same story."
            )
    else:
        source = {"values_sha256": hash_array(ratings.values)}
    text_rows, rating_rows = _joined(text, ratings)
    _check_enough(len(text_rows), f"{text.name} and the ratings, joined by onset,")
    matched = (("texts", text_rows, len(text.profile)), ("ratings", rating_rows, len(ratings.onset_s)))
    for what, rows, total in matched:
        if len(rows) < total:
            lost = total - len(rows)
            notify(f"{lost} of {total} {what} have no counterpart with the same onset and are excluded.")
    rated = np.asarray(np.isfinite(ratings.values[rating_rows]).all(axis=1))
    if not rated.all():
        notify(f"{int((~rated).sum())} of {len(rated)} segments aren't rated in every emotion and are excluded.")
        text_rows, rating_rows = text_rows[rated], rating_rows[rated]
        _check_enough(len(text_rows), f"{text.name} and the ratings, joined by onset,")
    found = dict(zip(ratings.emotions, ratings.values[rating_rows].T, strict=True))
    return _varying(found, notify), text.profile[text_rows], source


def _joined(text: MappedSegments, ratings: Ratings) -> tuple[IntArray, IntArray]:
    """Return the rows of texts and the rows of ratings that have the same onset, pair by pair.

    Raises InputError for texts without times, an onset that occurs twice on a side, and none in common.
    """
    timed = np.flatnonzero(np.isfinite(text.onset_s))
    if not len(timed):
        raise InputError(
            f"{text.name}: its texts have no times in seconds, so ratings can't be matched to them; map "
            "the segments that `emotopy annotate --segments segments.csv` writes: `emotopy map "
            "segments.csv --time onset`"
        )
    text_rows = timed[np.argsort(text.onset_s[timed], kind="stable")]
    rating_rows = np.argsort(ratings.onset_s, kind="stable")
    for name, onsets in ((text.name, text.onset_s[text_rows]), ("the ratings", ratings.onset_s[rating_rows])):
        twice = np.flatnonzero(np.diff(onsets) <= TOLERANCE_S)
        if len(twice):
            raise InputError(
                f"{name}: the onset {onsets[twice[0]]:g} s occurs twice, so ratings can't be matched to "
                "texts; give each segment its own onset"
            )
    onsets, wanted = text.onset_s[text_rows], ratings.onset_s[rating_rows]
    nearest = np.clip(np.searchsorted(onsets, wanted - TOLERANCE_S), 0, len(onsets) - 1)
    matched = np.abs(onsets[nearest] - wanted) <= TOLERANCE_S
    if not matched.any():
        raise InputError(
            f"{text.name} and the ratings have no onset in common: the texts start at {_few(onsets)} s, "
            f"the ratings at {_few(wanted)} s; map the same segments that were rated (`emotopy annotate "
            "--segments`)"
        )
    return text_rows[nearest[matched]], rating_rows[matched]


def _few(onsets: FloatArray) -> str:
    return ", ".join(f"{value:g}" for value in onsets[:3]) + (" …" if len(onsets) > 3 else "")


def _check_enough(n_segments: int, what: str) -> None:
    if n_segments < FEWEST_SEGMENTS:
        raise InputError(f"{what} have {n_segments} segments; wanted {FEWEST_SEGMENTS} or more for a correlation")


def _varying(rated: Mapping[str, FloatArray], notify: Notify) -> dict[str, FloatArray]:
    """Leave out emotions whose rating never changes, and name them in a note."""
    constant = [name for name, values in rated.items() if is_constant(values)]
    if constant:
        notify(f"These emotions are left out, because their rating is the same in every segment: {listed(constant)}.")
    return {name: values for name, values in rated.items() if name not in constant}


def _in_common(rated: Sequence[str], decoded: Sequence[str], notify: Notify) -> tuple[str, ...]:
    common = tuple(name for name in decoded if name in rated)
    if ALL in common:
        raise InputError(f"an emotion has the name {ALL!r}, which is reserved for the mean over emotions; rename it")
    if not common:
        raise InputError(
            f"the two sides have no emotion in common: the texts have {listed(rated)}, the decoding has "
            f"{listed(decoded)}; annotate and decode the same {flag('--emotions')}"
        )
    for side, names in (("rated, but not decoded", rated), ("decoded, but not rated", decoded)):
        if alone := [name for name in names if name not in common]:
            notify(f"Emotions that are {side}: {listed(alone)}.")
    return common


def _text_weights(
    rated: Mapping[str, FloatArray], emotions: Sequence[str], text: MappedSegments, profile: FloatArray, notify: Notify
) -> RegionWeights:
    """Return the correlation over segments of each rating with each region's profile, where the profile varies.

    Raises InputError where it varies in fewer than three regions.
    """
    by_text = pearson_matrix(np.stack([rated[name] for name in emotions]), profile.T)
    known = np.isfinite(by_text[0])
    if constant := [name for name, one in zip(text.regions, by_text[0], strict=True) if np.isnan(one)]:
        notify(
            f"{len(constant)} regions are left out, because their profile is the same in every segment: "
            f"{listed(constant)}."
        )
    regions = [name for name in text.regions if name not in constant]
    if len(regions) < LEAST_REGIONS:
        raise InputError(f"{text.name}: wanted {LEAST_REGIONS} regions or more that vary, got {len(regions)}")
    return RegionWeights(emotions, regions, by_text[:, known])


def _aligned(weights: RegionWeights, emotions: Sequence[str], regions: Sequence[str]) -> RegionWeights:
    """Return the weights of these emotions and regions, in this order."""
    rows = [weights.emotions.index(name) for name in emotions]
    columns = [weights.regions.index(name) for name in regions]
    return RegionWeights(emotions, regions, weights.values[np.ix_(rows, columns)])


def _notify_limits(text: MappedSegments, brain: DecodedWeights, weights: RegionWeights, notify: Notify) -> None:
    if brain.atlas and text.atlas_offer and brain.atlas != text.atlas_offer:
        notify(
            f"The regions have the same names, but {brain.name} was configured with the atlas "
            f"{brain.atlas} and {text.name} with {text.atlas_offer}; make sure that they are the same "
            "regions."
        )
    if len(weights.regions) < FEWEST_REGIONS:
        notify(
            f"{len(weights.regions)} regions are too few for a p-value, which needs {FEWEST_REGIONS}; only r is shown."
        )
    if empty := [e for e, row in zip(weights.emotions, weights.values, strict=True) if np.ptp(row) == 0]:
        notify(f"The decoder has no pattern for {listed(empty)}, so there is no r.")
    weak = [name for name in weights.emotions if brain.p.get(name, 0.0) >= ALPHA]
    if weak:
        notify(
            f"These emotions weren't decoded better than chance (p ≥ {ALPHA:g}): {', '.join(weak)}. "
            "Agreement with the weights of such decoders means little."
        )


def _table(
    text: RegionWeights,
    brain: Mapping[str, RegionWeights],
    distances_mm: FloatArray,
    *,
    n_surrogates: int,
    seed: int,
) -> pd.DataFrame:
    import pandas as pd

    n_regions = len(text.regions)
    parts = []
    for kind, weights in brain.items():
        r = pearson(text.values, weights.values)
        null = np.full((1, len(r)), np.nan)
        if n_regions >= FEWEST_REGIONS:
            null = null_correlations(text.values, weights.values, distances_mm, n=n_surrogates, seed=seed)
        known = np.isfinite(r)
        mean = np.array([r[known].mean() if known.any() else np.nan])
        overall = _against(mean, null[:, known].mean(axis=1, keepdims=True) if known.any() else null[:, :1])
        each = _against(r, null)
        parts.append(
            pd.DataFrame(
                {
                    "emotion": [ALL, *text.emotions],
                    "weights": kind,
                    "n_regions": n_regions,
                    "r": [*mean, *r],
                    "null_mean": [*overall.null_mean, *each.null_mean],
                    "null_95": [*overall.null_quantile, *each.null_quantile],
                    "p": [*overall.p, *each.p],
                    "p_family": [np.nan, *each.p_family],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _against(observed: FloatArray, null: FloatArray) -> NullComparison:
    """Compare with the null; without one (all of it NaN), everything but r is NaN."""
    if np.isfinite(null).any():
        return compare_with_null(observed, null)
    nothing = np.full(len(observed), np.nan)
    return NullComparison(observed, nothing, nothing, nothing, nothing, 0)

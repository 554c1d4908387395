"""The two sides of the bridge: a story's mapped segments and a decoding, from memory or from their results directories.

Each side becomes a small record, checked here before anything is compared.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from emotopy.errors import EmotopyError, InputError, listed
from emotopy.pathways.brain.result import Decoding
from emotopy.pathways.text.read_results import TEXTS, read_mapped
from emotopy.pathways.text.result import TextResult
from emotopy.pathways.text.stored_result import StoredTextResult
from emotopy.readers.delimited import read_delimited
from emotopy.readers.text_io import read_text
from emotopy.records.axes import FloatArray, axes, names_of
from emotopy.records.mapped import Mapped
from emotopy.records.regions import Node, RegionWeights
from emotopy.registry import Registry
from emotopy.storage.cache import hash_array, hash_file
from emotopy.storage.csv_safe import safe_text
from emotopy.storage.parquet import parquet_files
from emotopy.storage.results import MANIFEST, PROVENANCE
from emotopy.wording import flag, setting

if TYPE_CHECKING:
    import pandas as pd

EMOTION = "emotion_"
WEIGHTS = "weights.csv"
WEIGHT_COLUMNS = ("emotion", "region", "weight", "signed_weight")


@attrs.frozen(eq=False)
class MappedSegments:
    """The scored segments of a story on an atlas; NaN in `onset_s` where a text has no time that is a number.

    `lexicon` (n_segments, n_emotions) holds the intensity scorer's values of `emotions`, NaN where it doesn't know a
    text's language. `atlas` is the atlas's own
    name, `atlas_offer` the offer that made it. `source` describes, for the provenance, what this was read from.
    """

    name: str
    regions: tuple[str, ...] = attrs.field(converter=names_of)
    emotions: tuple[str, ...] = attrs.field(converter=names_of)
    onset_s: FloatArray = attrs.field(validator=axes("segments", finite=False))
    profile: FloatArray = attrs.field(validator=axes("segments", "regions"))
    lexicon: FloatArray = attrs.field(validator=axes("segments", "emotions", finite=False))
    nodes: tuple[Node, ...]
    atlas: str
    atlas_offer: str
    source: Mapping[str, Any]


@attrs.frozen(eq=False)
class DecodedWeights:
    """A decoding's weights: mean absolute pattern of each region's edges, and mean signed pattern.

    `p` holds the p-value of each emotion's decoder, where it is known; `atlas` and `ratings` are the atlas's name and
    the ratings' file in its provenance.
    """

    name: str
    absolute: RegionWeights
    signed: RegionWeights
    p: Mapping[str, float]
    atlas: str
    ratings: str
    source: Mapping[str, Any]


def text_side(
    given: TextResult | StoredTextResult | str | Path, *, registry: Registry | None, atlas: str | None = None
) -> MappedSegments:
    """Return the text side from a result, or from the results directory of `emotopy map`.

    A directory names its atlas, but doesn't hold where its regions are: the atlas is made anew, as its provenance
    names it, or as `atlas` does (a name, or a CSV of coordinates).

    Raises InputError for a directory that isn't one, and where the atlas can't be made.
    """
    if isinstance(given, TextResult):
        mapped = given.mapped
        known = mapped.has_intensity[:, None]
        emotions = mapped.intensities.emotions
        values = mapped.by_row(np.where(known, mapped.intensities.by_emotion, np.nan))
        source = {"profile_sha256": hash_array(mapped.mapping.profile), **_origin(mapped.provenance)}
        return _segments("the text result", mapped, emotions, values, mapped.axis.nodes, mapped.axis.atlas, source)
    if isinstance(given, StoredTextResult):
        mapped = given.mapped
        emotions, values = _lexicon(given.store.path)
        source = {"sha256": hash_file(given.store.path), **_origin(mapped.provenance)}
        return _segments("the text result", mapped, emotions, values, mapped.axis.nodes, mapped.axis.atlas, source)
    folder = Path(given)
    mapped = read_mapped(folder)
    nodes, named = _nodes(mapped.provenance, atlas, registry or Registry.load(), folder.name)
    emotions, values = _lexicon(folder / TEXTS)
    source = {**mapped.source, **_origin(mapped.provenance)}
    return _segments(folder.name, mapped, emotions, values, nodes, named, source)


def brain_side(given: Decoding | str | Path) -> DecodedWeights:
    """Return the brain side from a decoding, or from the results directory of `emotopy decode`.

    Only the columns of weights are read from a directory's `weights.csv`, so those of older versions, which have
    `p_familywise` in place of `p_family`, are accepted.

    Raises InputError for a directory that isn't one, and for a decoder that explains nothing.
    """
    if isinstance(given, Decoding):
        frame, provenance, name = given.weights_table, given.provenance, "the decoding"
        scores: pd.DataFrame | None = given.scores
        numbers = frame[[column for column in WEIGHT_COLUMNS[2:] if column in frame.columns]]
        source = {"weights_sha256": hash_array(numbers.to_numpy(dtype=np.float64))}
    else:
        folder = Path(given)
        provenance, name, file = _read_provenance(folder), folder.name, folder / WEIGHTS
        frame = _read_csv(file)
        scores = _read_csv(folder / "scores.csv") if (folder / "scores.csv").is_file() else None
        source = {"file": file.name, "sha256": hash_file(file)}
    absolute, signed = _weights(frame, provenance, name)
    config, files = provenance.get("config", {}), provenance.get("input", {}).get("files", {})
    atlas, ratings = config.get("atlas", ""), files.get("ratings", "")
    return DecodedWeights(
        name=name,
        absolute=absolute,
        signed=signed,
        p=_decoder_p(scores),
        atlas=str(atlas.get("use", "") if isinstance(atlas, Mapping) else atlas),
        ratings=", ".join(map(str, ratings.values())) if isinstance(ratings, Mapping) else str(ratings),
        source={**source, **_origin(provenance)},
    )


def _read_provenance(folder: Path) -> dict[str, Any]:
    """Return the provenance of a decoding's directory. Raises InputError where it is none."""
    if not folder.is_dir():
        raise InputError(f"{folder} isn't a folder; wanted the results of `emotopy decode ... --out DIR`")
    if lost := [file for file in (PROVENANCE, WEIGHTS) if not (folder / file).is_file()]:
        hint = "; texts come first, the decoding second" if (folder / TEXTS).exists() else ""
        raise InputError(f"{folder} has no {lost[0]}, so it isn't a results directory of `emotopy decode`{hint}")
    try:
        provenance = json.loads((folder / PROVENANCE).read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{folder.name}, {PROVENANCE}: wanted JSON, but {error}") from error
    if not isinstance(provenance, dict):
        raise InputError(f"{folder.name}, {PROVENANCE}: wanted a JSON object, got a {type(provenance).__name__}")
    return {key: value for key, value in provenance.items() if key != MANIFEST}


def _lexicon(path: Path) -> tuple[tuple[str, ...], FloatArray]:
    """Return the emotions of the table of texts, and their values (n_rows, n_emotions)."""
    from pyarrow import concat_tables, parquet

    files = parquet_files(path)
    names = [name for name in parquet.read_schema(files[0]).names if name.startswith(EMOTION)]
    tables = [parquet.ParquetFile(file).read(columns=names) for file in files]
    frame: pd.DataFrame = concat_tables(tables).to_pandas(ignore_metadata=True)
    return tuple(name.removeprefix(EMOTION) for name in names), frame.to_numpy(dtype=np.float64)


def _origin(provenance: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the bridge's provenance repeats of a side's own: configuration hash, input, version."""
    kept = {key: provenance[key] for key in ("config_sha256", "input") if key in provenance}
    version = provenance.get("versions", {}).get("emotopy")
    return {**kept, **({"emotopy": version} if version else {})}


def _segments(
    name: str,
    mapped: Mapped,
    emotions: Sequence[str],
    values_by_row: FloatArray,
    nodes: tuple[Node, ...],
    atlas: str,
    source: Mapping[str, Any],
) -> MappedSegments:
    """Return the scored segments; `values_by_row` (n_rows, n_emotions) is what the intensity scorer gave."""
    return MappedSegments(
        name=name,
        regions=mapped.targets,
        emotions=emotions,
        onset_s=np.array([_seconds(mapped.corpus.time[row]) for row in mapped.scored]),
        profile=mapped.profile_by_row[mapped.scored],
        lexicon=values_by_row[mapped.scored].astype(np.float64),
        nodes=nodes,
        atlas=atlas,
        atlas_offer=str(mapped.provenance.get("stages", {}).get("atlas", {}).get("use", "")),
        source=source,
    )


def _seconds(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):  # missing, or a date
        return np.nan
    return number if np.isfinite(number) else np.nan


def _nodes(
    provenance: Mapping[str, Any], atlas: str | None, registry: Registry, name: str
) -> tuple[tuple[Node, ...], str]:
    """Return the atlas's nodes and its name."""
    stage = provenance.get("stages", {}).get("atlas", {})
    try:
        if atlas is None:
            if not stage.get("use"):
                raise InputError("its provenance names no atlas")
            made = registry.make("atlas", f"{stage['owner']}:{stage['use']}", **stage.get("options", {}))
        elif atlas.lower().endswith((".csv", ".tsv")):
            made = registry.make("atlas", "coordinates", table=atlas)
        else:
            made = registry.make("atlas", atlas)
        nodes = tuple(made.nodes)
    except EmotopyError as error:
        hint = f"; give {flag('--atlas', 'NAME')}, or {flag('--atlas', 'CSV')} for a table of coordinates"
        hint = "" if atlas else hint
        raise InputError(f"{name}: the positions of its regions are unknown: {error}{hint}") from error
    return nodes, str(getattr(made, "name", stage.get("use", atlas)))


def _read_csv(file: Path) -> pd.DataFrame:
    return read_delimited(read_text(file), ",", file.name)


def _weights(frame: pd.DataFrame, provenance: Mapping[str, Any], name: str) -> tuple[RegionWeights, RegionWeights]:
    if not len(frame):
        raise InputError(
            f"{name}: has no weights, because its decoder provides no patterns over pairs of regions; "
            "decode with a linear kernel-ridge on sliding-window"
        )
    if lost := [column for column in WEIGHT_COLUMNS if column not in frame.columns]:
        raise InputError(f"{name}, weights.csv: has no column {lost[0]!r}; columns: {listed(map(str, frame.columns))}")
    # CSV files hold names disarmed for spreadsheets; provenance holds them as they are
    real = {safe_text(str(region)): str(region) for region in provenance.get("regions", [])}
    region = [real.get(str(one), str(one)) for one in frame["region"]]
    emotions, regions = list(dict.fromkeys(map(str, frame["emotion"]))), list(dict.fromkeys(region))
    row_of = {pair: row for row, pair in enumerate(zip(map(str, frame["emotion"]), region, strict=True))}
    if len(row_of) != len(frame) or len(frame) != len(emotions) * len(regions):
        raise InputError(
            f"{name}, weights.csv: wanted a row for each of {len(emotions)} emotions × {len(regions)} regions, got "
            f"{len(frame)}"
        )
    order = [row_of[emotion, one] for emotion in emotions for one in regions]
    found = []
    for column in WEIGHT_COLUMNS[2:]:
        values = np.array([_seconds(value) for value in frame[column]])[order]
        if not np.isfinite(values).all():
            row = order[int(np.flatnonzero(~np.isfinite(values))[0])]
            raise InputError(
                f"{name}, weights.csv, column {column!r}, row {row + 1}: wanted a number, got "
                f"{str(frame[column].iloc[row])[:40]!r}"
            )
        found.append(RegionWeights(emotions, regions, values.reshape(len(emotions), len(regions))))
    return found[0], found[1]


def _decoder_p(scores: pd.DataFrame | None) -> dict[str, float]:
    """Return each emotion's p-value under the first feature set, that which the weights are of."""
    if scores is None or not {"emotion", "features", "p"} <= set(scores.columns) or not len(scores):
        return {}
    first = scores[scores["features"] == scores["features"].iloc[0]]
    return {str(emotion): _seconds(p) for emotion, p in zip(first["emotion"], first["p"], strict=True)}


def check_one_atlas(text: Sequence[str], brain: Sequence[str], *, names: tuple[str, str], atlas: str) -> None:
    """Raise InputError where the regions aren't the same; the message explains how to bring both sides to one atlas."""
    if set(text) == set(brain):
        return
    only_text, only_brain = ([one for one in a if one not in set(b)] for a, b in ((text, brain), (brain, text)))
    parts = [
        f"only {name} has {', '.join(lost[:4])}{' …' if len(lost) > 4 else ''}"
        for name, lost in zip(names, (only_text, only_brain), strict=True)
        if lost
    ]
    raise InputError(
        f"wanted the same atlas on both sides, but {names[0]} has {len(text)} regions of {atlas}, and "
        f"{names[1]} has {len(brain)} ({'; '.join(parts)}). Either read the scans with the atlas of the "
        "texts (`emotopy decode --bold … --atlas …`), or make an evidence table for the regions of the "
        "scans (`emotopy evidence build --from DIR --atlas CSV --out table.csv`), and map the texts on "
        f"it with {setting('atlas=coordinates', 'atlas.table=CSV', 'region_mapper.table=table.csv')}"
    )

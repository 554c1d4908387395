"""Read back what `emotopy map` wrote: the table of texts and its provenance, of bounded size, checked when read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

import numpy as np

from emotopy.config.settings import Interval
from emotopy.errors import InputError, listed
from emotopy.pathways.text.tables import BY_REGION, KEPT, MAP, N_SEGMENTS
from emotopy.readers.cell_values import as_labels, as_values
from emotopy.readers.delimited import named
from emotopy.records import Corpus, FloatArray, Intensities, Mapped, Node, RegionAxis, RegionMapping, UnitWeights
from emotopy.records.mapped import FIELDS
from emotopy.storage.cache import hash_file, key_of
from emotopy.storage.parquet import parquet_files
from emotopy.storage.results import MANIFEST, PROVENANCE

if TYPE_CHECKING:
    import pandas as pd

TEXTS = "texts.parquet"
STATUSES = ("scored", "empty", "unknown-language", "unknown-words")
MOST_PROVENANCE_BYTES = 16 * 1024**2
MOST_CELLS = 500_000_000
"""Cells that are read at most: 4 GiB of floats."""
MOST_TEXT_BYTES = 4 * 1024**3
"""What the columns may come to when unpacked."""


def read_mapped(directory: Path, reporters: Sequence[Any] = ()) -> Mapped:
    """Read a results directory of `emotopy map`.

    Texts, evidence, emotions and clusters are not read: texts are empty, evidence and reference shares NaN. Results of
    versions that mapped texts whole are read as such: a text is a segment, and every text counts alike.

    Parameters
    ----------
    directory
        The folder.
    reporters
        Who writes what is made of the results.

    Raises
    ------
    InputError
        The folder isn't one that `emotopy map` wrote, or is damaged; the message says what is missing or wrong.
    """
    if not directory.is_dir():
        raise InputError(f"{directory} isn't a folder; wanted the results of `emotopy map ... --out DIR`")
    provenance = _read_provenance(directory)
    targets, level = _targets(provenance, directory)
    interval = _interval(provenance, directory)
    seed = provenance.get("seed", 0)
    region_of = provenance.get("nodes", {})
    if not isinstance(region_of, dict) or not all(isinstance(region, str) for region in region_of.values()):
        raise _broken(directory, f"{PROVENANCE}: `nodes` doesn't name a region for each node")
    path = directory / TEXTS
    table = _read_texts(path, targets)
    _check_values(table, targets, path)
    scored = np.flatnonzero(table["status"] == "scored")
    n_texts = len(scored)

    def matrix(prefix: str) -> FloatArray:
        return table[[f"{prefix}{target}" for target in targets]].to_numpy(dtype=np.float64)[scored]

    def numbers(column: str) -> FloatArray:
        return table[column].to_numpy(dtype=np.float64, na_value=np.nan)[scored]

    assignment = matrix("region_")
    has_intensity = np.isfinite(numbers("intensity"))
    has_by_region = all(name in table for name in _by_region(targets))
    by_region = matrix(BY_REGION) if has_by_region else numbers("intensity")[:, None]
    return Mapped(
        corpus=_corpus(table),
        scored=scored,
        text_rank=np.arange(n_texts),
        n_words=numbers("n_words").astype(np.int64),
        n_segments=numbers(N_SEGMENTS).astype(np.int64) if N_SEGMENTS in table else np.ones(n_texts, dtype=np.int64),
        mapping=RegionMapping(
            targets,
            assignment=assignment,
            profile=matrix("profile_"),
            evidence=np.full((n_texts, len(targets)), np.nan),
            reference=str(provenance.get("reference", "")),
            reference_share=np.full(len(targets), np.nan),
        ),
        intensities=Intensities(
            (), np.nan_to_num(numbers("intensity")), np.empty((n_texts, 0)), np.nan_to_num(numbers("coverage"))
        ),
        weighted_intensity=assignment * np.where((assignment > 0) & has_intensity[:, None], by_region, 0.0),
        has_intensity=has_intensity,
        status=tuple(table["status"].tolist()),
        language=as_labels(table["language"].astype(object)) if "language" in table else (None,) * len(table),
        clusters=None,
        map_xy=np.column_stack([numbers(name) if name in table else np.full(n_texts, np.nan) for name in MAP]),
        axis=_axis(provenance, targets, region_of if level == "node" else None),
        level=level,
        unit_weights=_unit_weights(provenance, directory),
        n_resamples=interval.n,
        confidence_level=interval.coverage,
        seed=seed if isinstance(seed, int) and seed >= 0 else 0,
        provenance=provenance,
        source={"file": TEXTS, "sha256": hash_texts_table(path)},
        reporters=tuple(reporters),
    )


def hash_texts_table(path: Path) -> str:
    """Return the SHA-256 of a table of texts: of its file, or of what those of its folder have."""
    hashes = [hash_file(one) for one in parquet_files(path)]
    return hashes[0] if len(hashes) == 1 and path.is_file() else key_of(hashes)


def _corpus(table: pd.DataFrame) -> Corpus:
    """Return the rows without their texts."""
    kept = [str(name).removeprefix(KEPT) for name in table.columns if str(name).startswith(KEPT)]
    labels: dict[str, Any] = {name: as_labels(table[name].astype(object)) for name in FIELDS}
    return Corpus(
        text=("",) * len(table),
        **labels,
        columns={name: as_values(table[f"{KEPT}{name}"].astype(object)) for name in kept},
    )


def _axis(provenance: Mapping[str, Any], targets: Sequence[str], region_of: Mapping[str, str] | None) -> RegionAxis:
    """Return the region axis; the places of nodes are NaN, which the folder doesn't hold."""
    stages = provenance.get("stages")
    atlas = stages.get("atlas") if isinstance(stages, dict) else None
    name = str(atlas.get("use", "")) if isinstance(atlas, dict) else ""
    if region_of is None:
        return RegionAxis(name, targets)
    known = [target for target in targets if target in region_of]
    nodes = [Node(node, region_of[node], *(np.nan,) * 4) for node in known]
    return RegionAxis(name, tuple(dict.fromkeys(node.region for node in nodes)), nodes)


def _interval(provenance: Mapping[str, Any], directory: Path) -> Interval:
    """Return how the run made its intervals; the default where the provenance doesn't say."""
    given = provenance["config"].get("interval")
    try:
        return Interval(**given) if given else Interval()
    except (TypeError, ValueError) as error:
        raise _broken(directory, f"{PROVENANCE}: config.interval can't be read: {error}") from error


def _unit_weights(provenance: Mapping[str, Any], directory: Path) -> UnitWeights:
    """Return what means over texts count; texts in results of versions that didn't say."""
    given = provenance["config"].get("unit_weights", "texts")
    if given not in get_args(UnitWeights):
        raise _broken(directory, f"{PROVENANCE}: config.unit_weights must be one of {listed(get_args(UnitWeights))}")
    return cast("UnitWeights", given)


def _read_provenance(directory: Path) -> dict[str, Any]:
    path = directory / PROVENANCE
    if not path.is_file():
        raise InputError(
            f"{directory} has no {PROVENANCE}, so it isn't a results directory; wanted one that `emotopy map` wrote"
        )
    if path.stat().st_size > MOST_PROVENANCE_BYTES:
        raise _broken(directory, f"{PROVENANCE} is larger than {MOST_PROVENANCE_BYTES // 1024**2} MB")
    try:
        held = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise _broken(directory, f"{PROVENANCE} can't be read: {error}") from error
    if not isinstance(held, dict):
        raise _broken(directory, f"{PROVENANCE} holds no object")
    if not (directory / TEXTS).exists():
        stages = held.get("stages")
        other = (
            " It contains the results of another command."
            if isinstance(stages, dict) and "embedder" not in stages
            else ""
        )
        raise InputError(f"{directory} has no {TEXTS}; wanted the results of `emotopy map` with all tables.{other}")
    return {key: value for key, value in held.items() if key != MANIFEST}


def _targets(provenance: Mapping[str, Any], directory: Path) -> tuple[tuple[str, ...], Any]:
    """Return the regions or nodes, and which of the two they are."""
    targets, config = provenance.get("regions"), provenance.get("config")
    level = config.get("level") if isinstance(config, dict) else None
    if level not in ("region", "node"):
        raise _broken(directory, f"{PROVENANCE} doesn't say whether values are per region or node (config.level)")
    if not isinstance(targets, list) or not targets or not all(isinstance(name, str) for name in targets):
        raise _broken(directory, f"{PROVENANCE} doesn't name the regions")
    if len(set(targets)) < len(targets):
        raise _broken(directory, f"{PROVENANCE} names a region twice")
    return tuple(targets), level


def _read_texts(path: Path, targets: Sequence[str]) -> pd.DataFrame:
    from pyarrow import ArrowException, concat_tables, parquet

    try:
        with ExitStack() as stack:
            files = [stack.enter_context(parquet.ParquetFile(one)) for one in parquet_files(path)]
            if not files or any(file.schema_arrow.names != files[0].schema_arrow.names for file in files):
                raise _broken(path.parent, f"{TEXTS} is a folder without files, or its files have different columns")
            wanted = _wanted_columns(files[0].schema_arrow.names, path, targets)
            rows = sum(file.metadata.num_rows for file in files)
            sizes = (file.metadata.row_group(i).total_byte_size for file in files for i in range(file.num_row_groups))
            if rows * len(wanted) > MOST_CELLS or sum(sizes) > MOST_TEXT_BYTES:
                raise _broken(path.parent, f"{TEXTS} is too large to be compared here ({rows:,} rows)")
            table = concat_tables([file.read(columns=wanted) for file in files], promote_options="permissive")
            frame: pd.DataFrame = table.to_pandas(ignore_metadata=True)
    except (ArrowException, OSError, ValueError) as error:
        raise _broken(path.parent, f"{TEXTS} can't be read as a Parquet file: {error}") from error
    return frame[wanted]


def _wanted_columns(there: Sequence[str], path: Path, targets: Sequence[str]) -> list[str]:
    """Return the columns that are read of those that are there."""
    wanted = [*FIELDS, "status", *_number_columns(targets)]
    missing = [name for name in wanted if name not in there]
    if missing:
        raise _broken(
            path.parent,
            f"{TEXTS} lacks {named(missing, most=5)}; it may come from another version of emotopy, so "
            "map the texts again",
        )
    if len(set(there)) < len(there):
        raise _broken(path.parent, f"{TEXTS} names a column twice")
    wanted += [name for name in [N_SEGMENTS, "language", *MAP, *_by_region(targets)] if name in there]
    return wanted + [name for name in there if name.startswith(KEPT)]


def _check_values(table: pd.DataFrame, targets: Sequence[str], path: Path) -> None:
    scored = table[table["status"] == "scored"]
    if not table["status"].isin(STATUSES).all() or not len(scored):
        raise _broken(path.parent, f"{TEXTS}: `status` must be one of {listed(STATUSES)}, and scored somewhere")
    has_intensity = scored["intensity"].notna() if "language" in table else np.ones(len(scored), dtype=bool)
    for name in _number_columns(targets):
        values = scored[name] if name not in ("intensity", "coverage") else scored.loc[has_intensity, name]
        if values.dtype.kind not in "fiu" or not np.isfinite(values.to_numpy(dtype=np.float64)).all():
            raise _broken(path.parent, f"{TEXTS}: column {name!r} must hold a number for every scored text")
        if name.startswith("region_") and (values < 0).any():
            raise _broken(path.parent, f"{TEXTS}: column {name!r} holds an assignment below 0")
    for target, name in zip(targets, _by_region(targets), strict=True):
        if name in scored:
            values = scored.loc[has_intensity & (scored[f"region_{target}"] > 0), name]
            if values.dtype.kind not in "fiu" or not np.isfinite(values.to_numpy(dtype=np.float64)).all():
                raise _broken(path.parent, f"{TEXTS}: column {name!r} must hold a number where region_{target} isn't 0")
    for name in (one for one in MAP if one in scored):
        if scored[name].dtype.kind not in "fiu" or np.isinf(scored[name].to_numpy(dtype=np.float64)).any():
            raise _broken(path.parent, f"{TEXTS}: column {name!r} must hold numbers, or nothing")
    if N_SEGMENTS in scored and scored[N_SEGMENTS].isna().any():
        raise _broken(path.parent, f"{TEXTS}: column {N_SEGMENTS!r} must hold a number for every scored text")


def _by_region(targets: Sequence[str]) -> list[str]:
    """Return the columns of intensities by region, which results of older versions lack."""
    return [f"{BY_REGION}{name}" for name in targets]


def _number_columns(targets: Sequence[str]) -> list[str]:
    of_targets = [f"{prefix}{name}" for prefix in ("profile_", "region_") for name in targets]
    return ["intensity", "coverage", "n_words", *of_targets]


def _broken(directory: Path, why: str) -> InputError:
    return InputError(f"{directory} can't be read as results of `emotopy map`: {why}")

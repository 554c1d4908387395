"""Read a results directory back, for reports and figures; tables are read on first access.

Nothing is recomputed. CSV tables have the precision with which they were written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import attrs

from emotopy.errors import InputError, NotPicklable
from emotopy.export.results_folder import AGAIN, KINDS, ResultsFolder
from emotopy.records import RegionAxis
from emotopy.records.text import Level
from emotopy.registry import BUILT_IN, Registry
from emotopy.running.places import nodes_of_atlas
from emotopy.running.writing import HTML, WritableResult, reporter_name
from emotopy.storage.parquet import parquet_files

if TYPE_CHECKING:
    import pandas as pd

EVERY_KIND: Mapping[str, tuple[str, ...]] = {
    **KINDS,
    "experiment": ("side_by_side.csv",),
    "decoding-experiment": ("procedures.csv", "surrogates.csv"),
}
"""The files that a results directory of each kind lists; the first tells the kind."""
ORDER = (
    *("regions", "texts", "clusters", "reasons", "time_course", "change_points"),
    *("comparison", "omnibus", "excluded"),
    *("scores", "subjects", "paired", "sensitivity", "predictions", "edges", "graph", "weights", "stories", "networks"),
    *("bridge", "text_weights", "brain_weights", "side_by_side", "splits", "procedures", "surrogates"),
)
"""Tables in the order in which results give them; others follow by the alphabet."""
LABELS = frozenset(
    {
        *(
            "id",
            "group",
            "group_a",
            "group_b",
            "unit",
            "region",
            "node",
            "region_a",
            "region_b",
            "top_region",
            "regions",
        ),
        *("network_a", "network_b", "top_words", "emotion", "features", "features_a", "features_b", "subject", "story"),
        *(
            "measure",
            "graph",
            "metric",
            "sensitivity_null",
            "weights",
            "procedure",
            "split",
            "what",
            "reason",
            "a",
            "b",
        ),
    }
)
"""Columns that hold names, which may look like numbers."""
EXEMPLAR = "exemplar_"
"""What the names of columns start with that hold texts."""
MOST_CELLS = 500_000_000
"""Cells of a Parquet table that are read at most: 4 GiB of floats."""
MOST_UNPACKED = 4 << 30


class Tables(Mapping[str, Any]):
    """The tables of a folder, each read when it is first asked for; large ones whenever they are."""

    def __init__(self, folder: ResultsFolder) -> None:
        self._folder = folder
        self._read: dict[str, pd.DataFrame] = {}
        self._hashed: set[str] = set()
        found = {Path(name).parts[0] for name in folder.manifest}
        files = {Path(name).stem: name for name in found if Path(name).suffix in (".csv", ".parquet")}
        known = [name for name in ORDER if name in files]
        self.files = {name: files[name] for name in [*known, *sorted(files.keys() - set(known))]}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if self.files[name].endswith(".parquet"):
            return self.columns(name)
        if name not in self._read:
            header, rows = self._folder.table(self.files[name])
            self._read[name] = _frame(header, rows, self._folder.provenance)
        return self._read[name]

    def __iter__(self) -> Any:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)

    def columns(self, name: str, wanted: Callable[[str], bool] | None = None) -> pd.DataFrame:
        """Read the columns of a Parquet table whose names are wanted, all by default."""
        from pyarrow import ArrowException, concat_tables, parquet

        file = self.files[name]
        paths = self._checked_paths(file)
        try:
            parts = [parquet.ParquetFile(path) for path in paths]
            try:
                there = parts[0].schema_arrow.names
                names = [column for column in there if wanted is None or wanted(column)]
                n_rows = sum(part.metadata.num_rows for part in parts)
                n_bytes = sum(
                    part.metadata.row_group(i).total_byte_size for part in parts for i in range(part.num_row_groups)
                )
                if n_rows * len(names) > MOST_CELLS or n_bytes > MOST_UNPACKED:
                    wanted_most = f"at most {MOST_CELLS:,} cells and {MOST_UNPACKED:,} bytes unpacked"
                    raise InputError.at(file, wanted=wanted_most, got=f"{n_rows:,} rows, {n_bytes:,} bytes")
                table = concat_tables([part.read(columns=names) for part in parts], promote_options="permissive")
            finally:
                for part in parts:
                    part.close()
            frame: pd.DataFrame = table.to_pandas()
        except (ArrowException, OSError, ValueError) as error:
            raise InputError.at(file, wanted="a Parquet table", got=type(error).__name__, advice=AGAIN) from error
        return frame.astype({column: "string" for column in frame.columns if frame[column].dtype.kind == "O"})

    def check(self) -> None:
        """Raise InputError for a table that isn't as emotopy wrote it."""
        own = set(self.files.values())
        for name in self._folder.manifest:
            if Path(name).parts[0] in own:
                self._folder.check(name)
                self._hashed.add(name)

    def _checked_paths(self, file: str) -> list[Path]:
        """Return the files of a Parquet table, once they are found to be what the results list."""
        folder = self._folder
        listed = [name for name in folder.manifest if Path(name).parts[0] == file]
        for name in listed:
            if name not in self._hashed:
                folder.check(name)
                self._hashed.add(name)
        root = folder.path / file
        paths = parquet_files(root)
        if not paths or {path.relative_to(folder.path).as_posix() for path in paths} != set(listed):
            raise InputError.at(file, wanted="the files that the results list", got="others", advice=AGAIN)
        return paths


@attrs.frozen(eq=False, repr=False)
class ReadResult(WritableResult):
    """A result that was read from its results directory, for reports and figures.

    Attributes
    ----------
    folder : ResultsFolder
        The directory and its provenance.
    registry : Registry
        Registry that provides the atlas, because the directory doesn't hold positions of regions.
    """

    folder: ResultsFolder
    registry: Registry
    _tables: Tables = attrs.field(init=False, default=attrs.Factory(lambda self: Tables(self.folder), takes_self=True))

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise NotPicklable.of("ReadResult", "read it where it is needed: emotopy.export.read_result(directory)")

    def __repr__(self) -> str:
        return f"<results of the kind {self.kind!r}, read from a folder: {', '.join(self._tables)}>"

    @property
    def kind(self) -> str:
        """What was computed."""
        return self.folder.kind

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Every table by the stem of its file."""
        return self._tables

    def check(self) -> None:
        """Raise InputError for a table that isn't as emotopy wrote it; reading it would."""
        self._tables.check()

    @property
    def provenance(self) -> Mapping[str, Any]:
        """What the results came from."""
        return self.folder.run

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes that a reader of the results needs."""
        found = self.provenance.get("notes")
        return tuple(map(str, found)) if isinstance(found, list) else ()

    @property
    def no_texts(self) -> bool:
        """Whether the results were to hold no texts: of mapped texts, clusters without columns of exemplars."""
        if self.kind != "texts":
            return False
        clusters = self._tables.get("clusters")
        return clusters is None or not any(str(name).startswith(EXEMPLAR) for name in clusters.columns)

    @property
    def reporters(self) -> tuple[Any, ...]:
        """The reporter that makes the page, with the options that the provenance records."""
        return (recorded_html(self.provenance),)

    @property
    def table_files(self) -> Mapping[str, Path]:
        """None: what was written is there."""
        return {}

    def columns_of(self, table: str, wanted: Callable[[str], bool]) -> pd.DataFrame:
        """Read the columns of a table whose names are wanted."""
        if self._tables.files[table].endswith(".parquet"):
            return self._tables.columns(table, wanted)
        whole = self._tables[table]
        return whole[[name for name in whole.columns if wanted(str(name))]]

    @property
    def level(self) -> Level:
        """Whether tables have a row per region or per node."""
        config = self.provenance.get("config")
        level = config.get("level") if isinstance(config, Mapping) else None
        return cast("Level", level) if level in ("region", "node") else "region"

    @property
    def axis(self) -> RegionAxis:
        """Of mapped texts, the region axis: the atlas that the provenance names, else names without places.

        An atlas of other regions than the results have isn't theirs any more, and gives no places.
        """
        if self.kind != "texts":
            raise AttributeError("axis")
        return self._axis

    @cached_property
    def _axis(self) -> RegionAxis:
        name, nodes = nodes_of_atlas(self.provenance, self.registry)
        regions = tuple(dict.fromkeys(self._tables["regions"]["region"].astype(str)))
        if {node.region for node in nodes} != set(regions):
            nodes = ()
        return RegionAxis(name, regions, nodes)


def read_result(directory: str | Path, registry: Registry | None = None) -> ReadResult:
    """Read a results directory and return it as a result.

    Parameters
    ----------
    directory : str or Path
        Results folder of `emotopy map`, `compare`, `decode`, `bridge` or `experiment`.
    registry : Registry, optional
        Registry that provides the atlas. Default: all installed plugins.

    Returns
    -------
    ReadResult

    Raises
    ------
    InputError
        The folder isn't a results folder of emotopy, was written by an incompatible version, has an unknown kind, or
        lacks a table. A table that was changed raises this error when it is read.

    Examples
    --------
    >>> import emotopy, tempfile
    >>> quick = {"reducer": "pca", "clusterer": {"use": "kmeans", "n_clusters": 2}, "reporter": "tables"}
    >>> result = emotopy.map_texts(["I was afraid.", "We danced all night."], config=quick)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     again = read_result(result.write(f"{folder}/results"))
    ...     len(again.tables["regions"])
    18
    """
    return ReadResult(ResultsFolder.open(Path(directory), EVERY_KIND), registry or Registry.load())


def recorded_html(provenance: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `html` reporter that a provenance records, with its options; the built-in one where there is none."""
    stages = provenance.get("stages")
    given = stages.get("reporter") if isinstance(stages, Mapping) else None
    for one in given if isinstance(given, list) else ():
        if not isinstance(one, (str, Mapping)) or (isinstance(one, Mapping) and not isinstance(one.get("use"), str)):
            continue
        if reporter_name(one).rpartition(":")[2] == HTML:
            if isinstance(one, str):
                return {"use": one}
            options = one.get("options")
            name = f"{one['owner']}:{HTML}" if isinstance(one.get("owner"), str) else one["use"]
            return {"use": name, **(dict(options) if isinstance(options, Mapping) else {})}
    return {"use": f"{BUILT_IN}:{HTML}"}


def _frame(header: Sequence[str], rows: Sequence[Sequence[str]], provenance: Mapping[str, Any]) -> pd.DataFrame:
    """Return a table of CSV with the types that it had: numbers where all cells are some, names as strings."""
    import pandas as pd

    over_time = provenance.get("over_time")
    are_dates = isinstance(over_time, Mapping) and over_time.get("unit") == "days"
    columns = {name: _column(name, [row[i] for row in rows], are_dates=are_dates) for i, name in enumerate(header)}
    return pd.DataFrame(columns, columns=list(header))


def _column(name: str, cells: Sequence[str], *, are_dates: bool) -> Any:
    import pandas as pd

    filled = [cell for cell in cells if cell]
    if name == "time" and are_dates:
        return pd.Series(pd.to_datetime(pd.Series(cells, dtype=object), errors="coerce"))
    if name not in LABELS and not name.startswith(EXEMPLAR):
        if filled and set(filled) <= {"True", "False"}:
            return pd.Series([cell == "True" for cell in cells])
        try:
            return _numbers(cells, filled)
        except (ValueError, OverflowError):
            pass
    return pd.Series([_unescaped(cell) if cell else None for cell in cells], dtype="string")


def _numbers(cells: Sequence[str], filled: Sequence[str]) -> Any:
    """Return a column of numbers; whole ones as such. Raises ValueError for a cell that isn't one."""
    import pandas as pd

    if filled and len(filled) == len(cells) and all(cell.lstrip("-").isdigit() for cell in filled):
        return pd.Series([int(cell) for cell in cells], dtype="int64")
    return pd.Series([float(cell) if cell else float("nan") for cell in cells], dtype="float64")


def _unescaped(cell: str) -> str:
    """Return the text of a cell without the apostrophe that keeps spreadsheets from computing it."""
    from emotopy.storage.csv_safe import safe_text

    return cell[1:] if cell.startswith("'") and safe_text(cell[1:]) == cell else cell

"""The result of a corpus that was mapped in blocks: small tables in memory, a row per text in a file."""

from __future__ import annotations

import json
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import attrs

from emotopy.errors import InputError
from emotopy.pathways.text.read_results import TEXTS, read_mapped
from emotopy.pathways.text.result import TextResult
from emotopy.records import Level, Mapped, RegionAxis
from emotopy.records.mapped import By
from emotopy.running.writing import WritableResult
from emotopy.storage.results import PROVENANCE
from emotopy.wording import flag

if TYPE_CHECKING:
    import pandas as pd

    from emotopy.notebook import AtHand
    from emotopy.pathways.comparison.result import Comparison
    from emotopy.pathways.over_time.pathway import TimeCourses


class StoredTexts:
    """A private folder with the table of texts of a result; it goes when nobody holds it any more.

    Copies share the folder. A pickle holds the file itself, since the folder is gone where it may be read.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="emotopy-texts-"))
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __getstate__(self) -> bytes:
        return self.path.read_bytes()

    def __setstate__(self, state: bytes) -> None:
        self.__init__()  # type: ignore[misc]
        self.path.write_bytes(state)

    @property
    def path(self) -> Path:
        """The file of the table."""
        return self.folder / TEXTS

    def columns(self, wanted: Callable[[str], bool] | None = None) -> pd.DataFrame:
        """Read the columns whose names are wanted, all by default."""
        from pyarrow import parquet

        with parquet.ParquetFile(self.path) as file:
            names = [name for name in file.schema_arrow.names if wanted is None or wanted(name)]
            frame: pd.DataFrame = file.read(columns=names).to_pandas()
        return frame.astype({name: "string" for name in frame.columns if frame[name].dtype.kind == "O"})

    def read(self, provenance: Mapping[str, Any], reporters: Sequence[Any]) -> Mapped:
        """Read the record of the texts, with what the provenance says of their run."""
        (self.folder / PROVENANCE).write_text(json.dumps(provenance), "utf-8")
        return read_mapped(self.folder, reporters)


class LazyTables(Mapping[str, Any]):
    """Tables by name, each made when it is asked for."""

    def __init__(self, makers: Mapping[str, Callable[[], Any]]) -> None:
        self._makers = dict(makers)

    def __getitem__(self, name: str) -> Any:
        return self._makers[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


@attrs.frozen(eq=False, repr=False)
class StoredTextResult(WritableResult):
    """Texts of a large corpus, mapped in blocks: what `TextResult` is, but its table of texts stands in a file.

    Reading it costs memory: `texts` reads all of it whenever it is asked for, and keeps nothing; `columns_of` reads
    some columns. `mapped` reads the file at its first use, and so do `compare`, `regroup` and `over_time`: values
    are those of texts.parquet (float32), from which `emotopy compare` gives the same numbers; evidence and emotions of
    single texts aren't among them. Input texts are not held, segments aren't kept.

    The file is a temporary one, and goes with the result; `write` puts a copy into the results directory.

    Attributes
    ----------
    regions, clusters : DataFrame
        As in `TextResult`. Exemplars of clusters are chosen among those nearest to the cluster's centre in the sample
        that the stages were fitted to.
    store : StoredTexts
        The file.
    axis, level, provenance, reporters, no_texts, courses, reasons
        As in `TextResult`.
    n_rows, n_texts : int
        Rows of the input, and those that are mapped.
    """

    regions: pd.DataFrame
    clusters: pd.DataFrame
    store: StoredTexts
    axis: RegionAxis
    level: Level
    provenance: Mapping[str, Any]
    reporters: tuple[Any, ...]
    n_rows: int
    n_texts: int
    no_texts: bool = False
    courses: TimeCourses | None = None
    reasons: pd.DataFrame | None = None

    def __repr__(self) -> str:
        n_groups = self.regions["group"].nunique() - 1
        return (
            f"<StoredTextResult: {self.n_texts:,} texts in {self.n_rows:,} rows, {len(self.axis.regions)} regions of "
            f"{self.axis.atlas}, {n_groups:,} groups, {len(self.clusters):,} clusters>"
        )

    @property
    def kind(self) -> str:
        """``texts``."""
        return "texts"

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes that a reader of the results needs."""
        return tuple(self.provenance.get("notes", ()))

    @property
    def texts(self) -> pd.DataFrame:
        """The whole table of texts, read from its file; see `TextResult`."""
        return self.store.columns()

    def columns_of(self, table: str, wanted: Callable[[str], bool]) -> pd.DataFrame:
        """Read the columns of a table whose names are wanted."""
        return self.store.columns(wanted) if table == "texts" else _chosen(self.tables[table], wanted)

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """The tables that `TextResult.tables` has; that of texts is read whenever it is asked for."""
        makers: dict[str, Callable[[], Any]] = {
            "regions": lambda: self.regions,
            "texts": lambda: self.texts,
            "clusters": lambda: self.clusters,
        }
        courses, reasons = self.courses, self.reasons
        if reasons is not None:
            makers["reasons"] = lambda: reasons
        if courses is not None:
            makers |= {"time_course": lambda: courses.table, "change_points": lambda: courses.changes}
        return LazyTables(makers)

    @property
    def table_files(self) -> Mapping[str, Path]:
        """Tables that stand in a Parquet file already, which reporters copy."""
        return {"texts": self.store.path}

    def _at_hand(self) -> AtHand:
        """Return sizes and the table of regions, for a view in a notebook; the file of the texts isn't read."""
        from emotopy.notebook import AtHand

        n_groups = self.regions["group"].nunique() - 1
        facts = {"texts": f"{self.n_texts:,}", "rows": f"{self.n_rows:,}", "groups": f"{n_groups:,}"}
        sizes = {"regions": len(self.regions), "texts": self.n_rows, "clusters": len(self.clusters)}
        if self.courses is not None:
            sizes |= {"time_course": len(self.courses.table), "change_points": len(self.courses.changes)}
        return AtHand(facts=facts, tables={"regions": self.regions}, sizes=sizes)

    @property
    def segment_rows(self) -> None:
        """None: segments aren't kept."""
        return

    @cached_property
    def mapped(self) -> Mapped:
        """The record of the texts, read from the file, without what they say."""
        read = self.store.read(self.provenance, self.reporters)
        return attrs.evolve(read, axis=self.axis, source=dict(self.provenance["input"]))

    @property
    def segments(self) -> pd.DataFrame:
        """Segments aren't kept: raises InputError."""
        raise no_segments()

    def in_memory(self) -> TextResult:
        """Return the result as one whose table of texts is in memory."""
        return TextResult.of(self.mapped, self.clusters, self.courses, reasons=self.reasons, no_texts=self.no_texts)

    def compare(self, a: str, b: str, *more: str, **options: Any) -> Comparison:
        """Compare groups as `TextResult.compare` does; it says which options there are."""
        return self.in_memory().compare(a, b, *more, **options)

    def regroup(self, groups: By | Mapping[str, Any], unit: By | None = None) -> TextResult:
        """Return the same fit with its texts in other groups, in memory, as `TextResult.regroup` does."""
        return self.in_memory().regroup(groups, unit)

    def over_time(self, groups: Sequence[str] | None = None, **options: Any) -> TimeCourses:
        """Smooth regions over the texts' times as `TextResult.over_time` does."""
        return self.in_memory().over_time(groups, **options)


def _chosen(table: pd.DataFrame, wanted: Callable[[str], bool]) -> pd.DataFrame:
    return table[[name for name in table.columns if wanted(str(name))]]


def no_segments() -> InputError:
    """Return the error that values of segments were asked for, which a large corpus doesn't keep."""
    return InputError(
        "segments: values of single sentences aren't kept for a corpus of more than fit_texts distinct "
        f"texts; leave out {flag('--segments')} and {flag('--time', 'position')}, or increase fit_texts",
        wanted="a corpus of fit_texts distinct texts at most",
        got="a larger one",
        advice="raise fit_texts",
    )

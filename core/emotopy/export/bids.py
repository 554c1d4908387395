"""Export results as a BIDS derivatives dataset: complete or not at all, reproducible byte by byte, without texts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from emotopy.errors import InputError, OutputError
from emotopy.export.bids_columns import described
from emotopy.export.bids_images import IMAGE, MAP_TEXT, SIDECAR, RegionImage
from emotopy.export.bids_labels import labels_of, participant_labels
from emotopy.export.bids_readme import LICENCE, readme
from emotopy.export.results_folder import AGAIN, ResultsFolder
from emotopy.records import Node
from emotopy.registry import Registry
from emotopy.result_files import ResultFile, result_kind
from emotopy.roles import Atlas
from emotopy.storage.claims import resolved
from emotopy.storage.os_errors import as_path
from emotopy.storage.results import (
    MANIFEST,
    PROVENANCE,
    atomic_directory,
    is_private,
    manifest_of,
    warn,
)
from emotopy.wording import flag

if TYPE_CHECKING:
    import pandas as pd

SHIPPED_ATLAS = ("emotopy", "affect18")
"""Owner and name of the atlas whose nodes are known wherever emotopy is."""
BIDS_VERSION = "1.11.1"
SCORES = "How well the emotions of this participant were decoded (descriptive)"
PREDICTIONS = "Decoded and annotated emotion, one row per window, emotion and feature set; no behaviour was measured"
BIDS = result_kind("bids")
"""Declares the tables that only a dataset has."""
SPACE = "MNI152NLin2009aSym"
"""The space of every image of emotopy: nilearn's ICBM 2009a, symmetric."""
SPACE_URL = "https://www.bic.mni.mcgill.ca/ServicesAtlases/ICBM152NLin2009"
NOT_EXPORTED = frozenset({"excluded.csv", "reasons.csv"})
"""Tables that name persons or single texts, and hold no result of a group."""
TEXT_COLUMNS = re.compile(r"top_words|n_words_left_out|exemplar_(?:id_)?\d+")
"""Columns that hold words of texts, or count them."""
KEPT_PROVENANCE = ("config", "config_sha256", "platform", "reference", "seed", "stages", "versions")
IGNORED = (f"/{PROVENANCE}", "/group", "*_statmap.nii.gz", "*_statmap.json")
"""What BIDS has no name for yet: group-level tables and statistical maps, under the names that are proposed.

`/group`, not `/group/`: for the latter the validator leaves the files alone, and reports the folder.
"""


def export_bids(
    directory: str | Path,
    out: str | Path,
    *,
    name: str | None = None,
    authors: Sequence[str] = (),
    licence: str | None = None,
    force: bool = False,
    notify: Callable[[str], None] = warn,
) -> Path:
    """Write a results directory as a BIDS derivatives dataset.

    Parameters
    ----------
    directory : str or Path
        Results folder of `emotopy map`, `compare`, `decode` or `bridge`. It isn't changed.
    out : str or Path
        Folder of the dataset, which is either written completely or not at all. Only the user can read it if only the
        user can read `directory`.
    name : str, optional
        Name of the dataset. Default: ``emotopy:`` and the kind of the results.
    authors : sequence of str, default ()
        Authors of the dataset.
    licence : str, optional
        Licence of the dataset, as one of the abbreviations that BIDS lists (``CC0``). Default: no licence is named.
    force : bool, default False
        Replace a dataset that an earlier export wrote to `out`.
    notify : callable, optional
        Called with a message for each thing that was left out. Default: a Python warning.

    Returns
    -------
    Path
        `out`.

    Raises
    ------
    InputError
        The folder isn't a results folder of emotopy, was written by an incompatible version, belongs to an experiment,
        lacks a table, or holds a file that was changed.
    OutputError
        `out` exists (unless `force`), can't be written, or contains the results.

    Examples
    --------
    >>> export_bids("results/", "bids/", authors=["A. Person"], licence="CC0")  # doctest: +SKIP
    """
    directory, out = as_path(directory, "directory"), as_path(out, "out")
    folder = ResultsFolder.open(directory)
    if resolved(out) == resolved(directory) or resolved(directory) in resolved(out).parents:
        raise OutputError(f"{out} is inside the results to export; give another {flag('--out')}")
    if resolved(out) in resolved(directory).parents:
        raise OutputError(f"{out} contains the results to export; give another {flag('--out')}")
    private = is_private(directory)
    with atomic_directory(out, force=force, private=private, notify=notify) as partial:
        export = _Export(folder, partial, notify)
        export.write_kind()
        export.write_description(name, authors, licence)
        listed = {key: folder.provenance[key] for key in KEPT_PROVENANCE if key in folder.provenance}
        held = {**listed, "exported": folder.kind, MANIFEST: manifest_of(partial)}
        _write_json(partial / PROVENANCE, dict(sorted(held.items())))
    return out


@attrs.define(eq=False)
class _Export:
    """One dataset that is being written."""

    folder: ResultsFolder
    root: Path
    notify: Callable[[str], None]
    descriptions: dict[str, str] = attrs.field(factory=dict)

    @property
    def atlas(self) -> str:
        """The name of the atlas; empty where the results don't tell."""
        stages = self.folder.provenance.get("stages")
        atlas = stages.get("atlas") if isinstance(stages, Mapping) else None
        use = atlas.get("use") if isinstance(atlas, Mapping) else None
        return use.rpartition(":")[2] if isinstance(use, str) else ""

    @property
    def atlas_label(self) -> str:
        """The label of the atlas in file names."""
        return labels_of([self.atlas])[self.atlas]

    def _nodes(self) -> Sequence[Node]:
        """Return the nodes of the shipped atlas, if it was used; of another, a plugin's or a file's, none."""
        stages = self.folder.provenance.get("stages")
        stage = stages.get("atlas") if isinstance(stages, Mapping) else None
        if not isinstance(stage, Mapping) or (stage.get("owner"), stage.get("use")) != SHIPPED_ATLAS:
            return ()
        atlas: Atlas = Registry.load(plugins=False).make("atlas", ":".join(SHIPPED_ATLAS))
        return atlas.nodes

    def write_kind(self) -> None:
        """Write what the kind of results holds."""
        if self.folder.kind == "texts":
            self._write_images()
        if self.folder.kind == "decoding":
            self._write_participants()
        done = {"subjects.csv"} if self.folder.kind == "decoding" else set()
        for name in sorted(self.folder.manifest):
            if "/" not in name and name.endswith(".csv") and name not in NOT_EXPORTED | done:
                self._write_group_table(name)
        if self.descriptions:
            rows = sorted((f"desc-{label}", text) for label, text in self.descriptions.items())
            self._write_table(
                self.root / "descriptions.tsv",
                ["desc_id", "description"],
                rows,
                "Meaning of labels in file names",
                BIDS.file("descriptions.tsv"),
            )

    def _declared(self, name: str) -> ResultFile | None:
        """Return the declaration of a file of the results."""
        return result_kind(self.folder.kind).file(name)

    def _unit(self, measure: str) -> str:
        """Return the unit of a measure of the regions."""
        declared = self._declared("regions.csv")
        column = declared.column(measure) if declared else None
        return column.unit if column else ""

    def _write_group_table(self, name: str) -> None:
        """Write a table of no single participant, columns with words of texts left out."""
        header, rows = self.folder.table(name)
        kept = [i for i, column in enumerate(header) if not TEXT_COLUMNS.fullmatch(column)]
        entity = f"space-{SPACE}_atlas-{self.atlas_label}_" if self.atlas and self.folder.kind == "texts" else ""
        stem = Path(name).stem.replace("_", "")
        self._write_table(
            self.root / "group" / f"{entity}{stem}.tsv",
            [header[i] for i in kept],
            ([row[i] for i in kept] for row in rows),
            f"Table {name} of the results, for all groups or participants together",
            self._declared(name),
        )

    def _write_images(self) -> None:
        """Write the segmentation with its lookup table, and a map per group."""
        header, rows = self.folder.table("regions.csv")
        if IMAGE not in self.folder.manifest or SIDECAR not in self.folder.manifest or not self.atlas:
            self.notify("The results contain no brain image, so the dataset has no maps and no segmentation.")
            return
        image = RegionImage.read(self.folder)
        stem = f"tpl-{SPACE}_atlas-{self.atlas_label}_seg-{image.level}_res-2"
        place = self.root / f"tpl-{SPACE}" / "anat"
        place.mkdir(parents=True)
        spatial = {"SpatialReference": SPACE_URL, "Resolution": "2 mm, isotropic"}
        self._write_segmentation(image, image.labels(header, rows, self._nodes()), place / f"{stem}_dseg", spatial)
        labels = labels_of(image.groups)
        for group, volume in zip(image.groups, image.volumes(), strict=True):
            self.descriptions[labels[group]] = f"Group of texts: {_cell(group)}"
            base = place / f"{stem}_stat-{image.measure}_desc-{labels[group]}_statmap"
            _write(base.with_name(f"{base.name}.nii.gz"), image.map_bytes(volume))
            described_map = {
                "Description": MAP_TEXT,
                "Group": _plain(group),
                "Statistic": image.measure,
                "Units": self._unit(image.measure),
                "Reference": _plain(str(image.sidecar.get("Reference", ""))),
                "MissingValue": "NaN",
                "SkullStripped": True,
            }
            _write_json(base.with_name(f"{base.name}.json"), {**described_map, **spatial})

    def _write_segmentation(self, image: RegionImage, labels: Any, base: Path, spatial: Mapping[str, str]) -> None:
        if labels is None:
            self.notify(
                "Regions of the image can be distinguished neither by their values (two are equal, or "
                "regions.csv has few digits) nor by their positions, so the dataset has maps but no "
                "segmentation."
            )
            return
        _write(base.with_name(f"{base.name}.nii.gz"), image.segmentation_bytes(labels))
        numbers = set(labels[labels > 0].tolist())
        lacking = [name for i, name in enumerate(image.targets, start=1) if i not in numbers]
        if lacking:
            self.notify(
                f"The segmentation has no voxel for {', '.join(lacking)}, because the region has no voxels "
                "of its own or only values of 0."
            )
        nodes = self.folder.provenance.get("nodes")
        region_of = nodes if isinstance(nodes, Mapping) and image.level == "node" else {}
        header = ["index", "name", *(["region"] if region_of else [])]
        rows = [
            [str(i), name, *([str(region_of.get(name, ""))] if region_of else [])]
            for i, name in enumerate(image.targets, start=1)
        ]
        text = f"Regions of the atlas {self.atlas}: a voxel belongs to the nearest node whose sphere contains it"
        more = {**spatial, "Manual": False}
        table = base.with_name(f"{base.name}.tsv")
        self._write_table(table, header, rows, text, BIDS.file(table.name), more)
        _write_json(
            self.root / f"atlas-{self.atlas_label}_description.json",
            {
                "AtlasName": self.atlas,
                "Description": "Regions of affect, to which values from texts were assigned; see the documentation of "
                "emotopy",
                "License": "see the source of the atlas; the coordinates of affect18 are from arXiv 2508.09337",
                "Authors": ["see the source of the atlas"],
            },
        )

    def _write_participants(self) -> None:
        """Write participants, and for each scores and predictions."""
        header, rows = self.folder.table("subjects.csv")
        if "subject" not in header:
            raise InputError.at("subjects.csv", column="subject", wanted="this column", got="none", advice=AGAIN)
        place = header.index("subject")
        predictions = self.folder.predictions()
        names = sorted({row[place] for row in rows} | {_cell(name) for name in predictions["subject"].astype(str)})
        labels = participant_labels(names)
        self._write_table(
            self.root / "participants.tsv",
            ["participant_id", "source_label"],
            ([f"sub-{labels[name]}", name] for name in names),
            "Participants and their labels in the exported results",
            BIDS.file("participants.tsv"),
        )
        stories = sorted(set(predictions["story"].astype(str))) if "story" in predictions else []
        tasks = labels_of(stories)
        self.descriptions |= {"scores": SCORES, "predictions": PREDICTIONS}
        columns = [column for column in header if column != "subject"]
        task = ("stories", "all stories") if len(stories) > 1 else ("story", stories[0] if stories else "story")
        for name in names:
            own = [[cell for i, cell in enumerate(row) if i != place] for row in rows if row[place] == name]
            if own:
                self._write_beh(labels[name], task, "desc-scores", columns, own, self._declared("subjects.csv"))
        self._write_predictions(predictions, labels, tasks)

    def _write_predictions(self, table: pd.DataFrame, labels: Mapping[str, str], tasks: Mapping[str, str]) -> None:
        keys = ["subject", *(key for key in ("story", "run") if key in table)]
        if "run" in table and table["run"].dtype.kind not in "iu":
            raise InputError.at("predictions.parquet", column="run", wanted="numbers", got="others", advice=AGAIN)
        columns = [str(column) for column in table.columns if column not in keys]
        numbers: dict[str, list[Any]] = {}  # the table counts the runs of the study, BIDS those of a task
        if "run" in table:
            of_story = table["story"].astype(str) if "story" in table else "story"
            numbers = {str(story): sorted(set(runs)) for story, runs in table.assign(of=of_story).groupby("of")["run"]}
        for key, part in table.groupby(keys, sort=True, observed=True):
            found: dict[str, Any] = dict(zip(keys, key, strict=True))
            story = str(found.get("story", "story"))
            run = f"run-{numbers[story].index(found['run']) + 1}_" if "run" in found else ""
            rows = zip(*(_cells(part[column]) for column in columns), strict=True)
            task = (tasks.get(story, "story"), story)
            label = labels[_cell(str(found["subject"]))]
            declared = self._declared("predictions.parquet")
            self._write_beh(label, task, f"{run}desc-predictions", columns, rows, declared)

    def _write_beh(
        self,
        label: str,
        task: tuple[str, str],
        entities: str,
        header: Sequence[str],
        rows: Iterable[Sequence[str]],
        declared: ResultFile | None,
    ) -> None:
        """Write a table of one participant; a task is its label and its name."""
        text = PREDICTIONS if entities.endswith("predictions") else SCORES
        name = f"sub-{label}_task-{task[0]}_{entities}_beh.tsv"
        more = {"TaskName": _plain(task[1]), "TaskDescription": "Listening to a story or watching a film"}
        self._write_table(self.root / f"sub-{label}" / "beh" / name, header, rows, text, declared, more)

    def _write_table(
        self,
        path: Path,
        header: Sequence[str],
        rows: Iterable[Sequence[str]],
        text: str,
        declared: ResultFile | None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        """Write a table with its sidecar; `declared` describes its columns."""
        path.parent.mkdir(parents=True, exist_ok=True)
        header = [_cell(column) for column in header]
        lines = ["\t".join(header), *("\t".join(_cell(cell) for cell in row) for row in rows)]
        _write(path, ("\n".join(lines) + "\n").encode())
        _write_json(path.with_suffix(".json"), {"Description": text, **(more or {}), **described(header, declared)})

    def write_description(self, name: str | None, authors: Sequence[str], licence: str | None) -> None:
        """Write what describes the dataset."""
        from importlib.metadata import version

        versions = self.folder.provenance.get("versions")
        made_by = str(versions.get("emotopy", "unknown")) if isinstance(versions, Mapping) else "unknown"
        description = {
            "Name": _plain(name or f"emotopy: {self.folder.kind}"),
            "BIDSVersion": BIDS_VERSION,
            "DatasetType": "derivative",
            **({"License": _plain(licence)} if licence else {}),
            **({"Authors": [_plain(author) for author in authors]} if authors else {}),
            "GeneratedBy": [
                {"Name": "emotopy", "Version": made_by, "Description": f"Made the results: {self.folder.kind}"},
                {"Name": "emotopy export bids", "Version": version("emotopy"), "Description": "Wrote this dataset"},
            ],
        }
        _write_json(self.root / "dataset_description.json", description)
        notes = self.folder.provenance.get("notes")
        told = [note for note in notes if isinstance(note, str)] if isinstance(notes, list) else []
        _write(self.root / "README.md", readme(self.folder.kind, [_plain(note) for note in told], SPACE).encode())
        _write(self.root / "LICENSE", LICENCE.encode())
        _write(self.root / ".bidsignore", ("\n".join(IGNORED) + "\n").encode())


def _cells(column: pd.Series[Any]) -> list[str]:
    """Return a column's values as text: floats with nine digits, which hold single precision; missing ones empty."""
    is_float = column.dtype.kind == "f"
    return [
        "" if missing else f"{value:.9g}" if is_float else str(value)
        for value, missing in zip(column, column.isna(), strict=True)
    ]


def _cell(text: str) -> str:
    """Return a cell of a TSV table, which knows no quotes: no tabs and line breaks; ``n/a`` for an empty one."""
    return re.sub(r"[\x00-\x1f\x7f\x85\u2028\u2029]+", " ", _plain(text)).strip() or "n/a"


def _plain(text: str) -> str:
    """Return text that UTF-8 can hold: half a surrogate pair becomes ``?``."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)


def _write_json(path: Path, held: Mapping[str, Any]) -> None:
    _write(path, (json.dumps(held, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace"))

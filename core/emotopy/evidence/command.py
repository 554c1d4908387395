"""`emotopy evidence build`: from study data and an atlas to a table on disk."""

from __future__ import annotations

from pathlib import Path

from emotopy.datasets.neuroquery import load_neuroquery
from emotopy.errors import OutputError
from emotopy.evidence.build import build_table
from emotopy.evidence.table import EvidenceTable
from emotopy.evidence.terms import read_terms
from emotopy.registry import Registry


def build_for_atlas(
    folder: Path, atlas: str, terms: Path | None, out: Path, *, registry: Registry, force: bool = False
) -> EvidenceTable:
    """Build the evidence table of an atlas (an offer's name, or a CSV of coordinates) and write it to `out`.

    Raises OutputError where `out` exists (unless `force`), UnknownName for an atlas that nobody offers, InputError for
    data that can't be read.
    """
    for path in (out, out.with_suffix(".json")):
        if path.exists() and not force:
            raise OutputError(f"{path} exists; give another --out, or --force to replace it")
    if atlas.lower().endswith((".csv", ".tsv")):
        chosen = registry.make("atlas", "coordinates", table=atlas)
    else:
        chosen = registry.make("atlas", atlas)
    wanted = read_terms(terms)
    name = getattr(chosen, "name", atlas)
    table = build_table(load_neuroquery(folder), chosen.nodes, wanted, atlas=name)
    out.parent.mkdir(parents=True, exist_ok=True)
    table.write(out)
    return table

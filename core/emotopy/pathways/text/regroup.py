"""Another question of the same fit: its texts in other groups, without fitting anything again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np

from emotopy.config.settings import Interval
from emotopy.errors import InputError, nearest
from emotopy.pathways.over_time.pathway import add_time_courses
from emotopy.pathways.text.result import TextResult
from emotopy.pathways.text.tables import regions_table, small_sample_notes
from emotopy.pathways.text.text_table import By, MappedTexts
from emotopy.readers.cell_values import as_labels
from emotopy.readers.corpora import ALL
from emotopy.records import Corpus

MOST_NAMED = 5


def regrouped(result: TextResult, mapped: MappedTexts, groups: By | Mapping[str, Any], unit: By | None) -> TextResult:
    """Return `result` with other groups; `TextResult.regroup` explains."""
    import pandas as pd

    corpus, rows = result.corpus, result.corpus.scored
    labels = _from_ids(corpus, groups) if isinstance(groups, Mapping) else mapped.labels(groups, "groups")
    if ALL in labels:
        raise InputError(f"groups: a group is called {ALL!r}, the name that stands for every text; rename it")
    if not any(labels):
        raise InputError("groups: no row has a group; wanted a name for some of them at least")
    new = attrs.evolve(corpus, group=labels, unit=corpus.unit if unit is None else mapped.labels(unit, "unit"))
    config = result.provenance.get("config", {})
    interval = config.get("interval")
    regions = regions_table(
        new,
        rows,
        result.mapping,
        result.intensities,
        result.axis,
        level=result.level,
        interval=Interval(**interval) if interval else None,
        seed=int(result.provenance.get("seed", 0)),
    )
    old_notes = set(small_sample_notes(corpus, rows))
    notes = (*(note for note in result.notes if note not in old_notes), *small_sample_notes(new, rows))
    texts = result.texts.assign(
        **{name: pd.array(np.array(getattr(new, name), dtype=object), dtype="string") for name in ("group", "unit")}
    )
    told = dict(result.provenance)
    changed = attrs.evolve(
        result,
        corpus=new,
        regions=regions,
        texts=texts,
        notes=notes,
        provenance={
            **told,
            "input": {**told.get("input", {}), "groups": list(new.groups)},
            "regrouped": {"groups": _told(groups), "unit": None if unit is None else _told(unit)},
            "notes": list(notes),
        },
    )
    return add_time_courses(changed, result.courses.bandwidth if result.courses else None)


def _from_ids(corpus: Corpus, groups: Mapping[str, Any]) -> tuple[str | None, ...]:
    """Return a group per row from a mapping of ids to groups."""
    known = set(corpus.id)
    by_id = {str(key): value for key, value in groups.items()}
    strange = [key for key in by_id if key not in known]
    if strange:
        raise InputError(
            f"groups: no text has the id {strange[0]!r}.{nearest(strange[0], known)} {len(strange)} of {len(by_id)} "
            "ids are unknown; ids are those of the column `id`, row numbers from 0 where none was named"
        )
    return as_labels(by_id.get(name) for name in corpus.id)


def _told(by: By | Mapping[str, Any]) -> str:
    """Return how groups were given, for the provenance."""
    if isinstance(by, str):
        return f"column {by}"
    return "given per id" if isinstance(by, Mapping) else "given per row"

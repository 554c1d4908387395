"""The same mapped texts in other groups and units, without fitting anything again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from emotopy.errors import InputError, nearest
from emotopy.pathways.comparison.text_design import design_notes
from emotopy.readers.cell_values import as_labels
from emotopy.readers.corpora import ALL
from emotopy.readers.in_memory import as_cells
from emotopy.records.mapped import By, Mapped
from emotopy.records.text import Corpus

LONGEST_NAME, MOST_WORDS = 60, 6
"""A name of a group or unit beyond that could be a text."""


def regroup(mapped: Mapped, groups: By | Mapping[str, Any], unit: By | None = None) -> Mapped:
    """Return mapped texts in other groups; clusters, mapping and intensities stay.

    Parameters
    ----------
    mapped
        The mapped texts.
    groups
        The name of a kept column, a value per row of the input, or a mapping from id to group. What has no group counts
        in ``all`` alone.
    unit
        The name of a kept column, or a value per row; the units stay by default.

    Returns
    -------
    The record with new groups and units. Provenance and notes say so.

    Raises
    ------
    InputError
        A column wasn't kept, the number of values is wrong, an id is unknown, or no row has a group.
    """
    corpus = mapped.corpus
    labels = _from_ids(corpus, groups) if isinstance(groups, Mapping) else _labels(mapped, groups, "groups")
    if ALL in labels:
        raise InputError(
            f"groups: a group has the name {ALL!r}, which is reserved for the group of all texts; rename it"
        )
    if not any(labels):
        raise InputError("groups: no row has a group; wanted a name for at least some rows")
    units = corpus.unit if unit is None else _labels(mapped, unit, "unit")
    regrouped = attrs.evolve(mapped, corpus=attrs.evolve(corpus, group=labels, unit=units))
    old_notes = small_sample_notes(mapped)
    notes = [note for note in mapped.notes if note not in old_notes] + small_sample_notes(regrouped)
    old = mapped.provenance
    source = {**old.get("input", {}), "groups": list(regrouped.corpus.groups)}
    given = {"groups": _recorded(groups), "unit": None if unit is None else _recorded(unit)}
    provenance = {**old, "input": source, "regrouped": given, "notes": notes}
    return attrs.evolve(regrouped, provenance=provenance, source=source)


def check_names_are_short(*columns: Sequence[str | None]) -> None:
    """Check that no name of a group or unit is as long as a text; for texts that stay out of all output.

    Raises InputError, which describes the name.
    """
    for names in columns:
        for row, name in enumerate(names):
            if name is not None and (len(name) > LONGEST_NAME or len(name.split()) > MOST_WORDS):
                raise InputError(
                    f"groups: row {row + 1} has a name of {len(name)} characters; this result must not "
                    f"contain texts, so names of groups and units may have at most {LONGEST_NAME} "
                    f"characters and {MOST_WORDS} words",
                    row=row + 1,
                    wanted=f"{LONGEST_NAME} characters and {MOST_WORDS} words at most",
                    got=f"{len(name)} characters",
                )


def small_sample_notes(mapped: Mapped) -> list[str]:
    """Return what a reader of the intervals has to know of the design; see `text_design.design_notes`."""
    return design_notes(mapped.corpus, mapped.scored, mapped.n_words, mapped.status.count("empty"))


def _labels(mapped: Mapped, by: By, what: str) -> tuple[str | None, ...]:
    return mapped.labels(by if isinstance(by, str) else as_labels(as_cells(by, what)), what)


def _from_ids(corpus: Corpus, groups: Mapping[str, Any]) -> tuple[str | None, ...]:
    """Return a group per row from a mapping of ids to groups."""
    known = set(corpus.id)
    by_id = {str(key): value for key, value in groups.items()}
    strange = [key for key in by_id if key not in known]
    if strange:
        raise InputError(
            f"groups: no text has the id {strange[0]!r}.{nearest(strange[0], known)} {len(strange)} of "
            f"{len(by_id)} ids are unknown; ids are those of the column `id`, or row numbers from 0 if "
            "no id column was given"
        )
    return as_labels(by_id.get(name) for name in corpus.id)


def _recorded(by: By | Mapping[str, Any]) -> str:
    """Return how groups were given, for the provenance."""
    if isinstance(by, str):
        return f"column {by}"
    return "given per id" if isinstance(by, Mapping) else "given per row"

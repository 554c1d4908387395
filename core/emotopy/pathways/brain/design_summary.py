"""The design of a decoding before anything is decoded: subjects, windows, blocks, emotions, feature sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from emotopy.running.estimates import Need


@attrs.frozen
class StorySummary:
    """One story of several, or one of its runs: who heard it, how long it is, and how many rows it gives."""

    name: str
    subjects: tuple[str, ...]
    n_volumes: int
    n_windows: int
    n_rows: int
    start_s: float


@attrs.frozen(eq=False)
class StudySummary:
    """What `BrainPathway.check` finds.

    Attributes
    ----------
    subjects, n_volumes, n_regions, tr_s
        The series; `n_volumes` and `n_windows` of somebody who heard all stories.
    n_censored
        Number of censored volumes, of the subjects that have some.
    unit, n_windows, width_s, step_s, n_rows, n_independent
        The windows of a run (`unit` is ``volumes`` where single volumes are decoded; `step_s` is None then), the rows
        of all subjects that have a known rating and enough volumes, and how many windows fit side by side.
    split, n_blocks
        How rows are split, and into how many blocks of the story.
    emotions, feature_sets
        What is decoded, and from what.
    null, n_surrogates
        The null, and how many surrogates are drawn of it.
    stories
        Each story that has a name, in order; empty where stories aren't told apart.
    stages
        The stage of each role, as `owner:name`.
    notes
        What a run would tell before any work.
    need
        What a run would take: time, memory, disk.
    """

    subjects: tuple[str, ...]
    n_volumes: int
    n_regions: int
    tr_s: float
    n_censored: Mapping[str, int]
    unit: str
    n_windows: int
    width_s: float
    step_s: float | None
    n_rows: int
    n_independent: int
    split: str
    n_blocks: int
    emotions: tuple[str, ...]
    feature_sets: tuple[str, ...]
    null: str
    n_surrogates: int
    stages: Mapping[str, str]
    notes: tuple[str, ...]
    need: Need
    stories: tuple[StorySummary, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        plain = {field.name: getattr(self, field.name) for field in attrs.fields(StudySummary)}
        plain["stories"] = tuple(attrs.asdict(one) | {"subjects": list(one.subjects)} for one in self.stories)
        plain["need"] = attrs.asdict(self.need)
        for name, value in plain.items():
            if isinstance(value, tuple):
                plain[name] = list(value)
            elif isinstance(value, Mapping):
                plain[name] = dict(value)
        return plain

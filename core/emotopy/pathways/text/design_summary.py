"""The design of texts before they are mapped: groups, units, lengths, times, languages, cost. Holds no text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np

from emotopy.config import Config
from emotopy.pathways.comparison.text_design import GroupDesign, design_notes, group_designs, varying_units
from emotopy.readers.segmentation import count_words
from emotopy.readers.times import read_times
from emotopy.records import Corpus, IntArray, RegionAxis
from emotopy.roles import Estimate
from emotopy.running.estimates import Need, estimate, map_terms, stage_names
from emotopy.running.stages import StageRunner

ADVICE = "map fewer texts at a time"
"""What needs less memory."""


@attrs.frozen
class TimesSummary:
    """Times of texts: how many rows have one, what they were read as (`number`, `date`, `clock`), first and last."""

    n_texts: int
    kind: str
    first: str
    last: str

    @classmethod
    def of(cls, corpus: Corpus) -> TimesSummary | None:
        """Read the times of a corpus; None where it has none."""
        if all(time is None for time in corpus.time):
            return None
        times = read_times(corpus.time)
        known = times.values[np.isfinite(times.values)]
        first, last = (str(one) for one in times.column(np.array([known.min(), known.max()])))
        return cls(len(known), times.kind, first, last)


@attrs.frozen(eq=False)
class DesignSummary:
    """What `TextPathway.check` finds: the design that a run with these texts would have.

    Attributes
    ----------
    n_rows, n_texts, n_distinct
        Rows, those that would be mapped, and their distinct texts.
    groups
        All texts as group `all`, then each group: units, texts, lengths.
    times
        First and last time and how times were read; None without times.
    languages
        Number of texts by language, the most first.
    kept
        For each kept column within how many units it varies; None without units.
    stages
        The stage of each role, as `owner:name`.
    estimates
        What each stage that sends texts away and has a price would take, by stage.
    notes
        What a run would tell before any work.
    need
        What a run would take: time, memory, disk.
    """

    n_rows: int
    n_texts: int
    n_distinct: int
    groups: tuple[GroupDesign, ...]
    times: TimesSummary | None
    languages: Mapping[str, int]
    kept: Mapping[str, int | None]
    stages: Mapping[str, str]
    estimates: Mapping[str, Estimate]
    notes: tuple[str, ...]
    need: Need

    @classmethod
    def of(
        cls,
        corpus: Corpus,
        scored: IntArray,
        *,
        stages: Mapping[str, str],
        estimates: Mapping[str, Estimate],
        notes: tuple[str, ...],
        languages: Mapping[str, int],
        need: Need,
    ) -> DesignSummary:
        """Describe a corpus, whose rows `scored` would be mapped."""
        texts = [corpus.text[row] for row in scored]
        has_units = any(unit is not None for unit in corpus.unit)
        return cls(
            n_rows=len(corpus),
            n_texts=len(texts),
            n_distinct=len(set(texts)),
            groups=group_designs(corpus, scored, count_words(texts)),
            times=TimesSummary.of(corpus),
            languages=languages,
            kept={
                name: varying_units(values, corpus.unit)[0] if has_units else None
                for name, values in corpus.columns.items()
            },
            stages=stages,
            estimates=estimates,
            notes=notes,
            need=need,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {
            "n_rows": self.n_rows,
            "n_texts": self.n_texts,
            "n_distinct": self.n_distinct,
            "groups": [one.to_dict() for one in self.groups],
            "times": None if self.times is None else attrs.asdict(self.times),
            "languages": dict(self.languages),
            "kept": dict(self.kept),
            "stages": dict(self.stages),
            "estimates": {name: attrs.asdict(one) for name, one in self.estimates.items()},
            "notes": list(self.notes),
            "need": attrs.asdict(self.need),
        }


def need_of(corpus: Corpus, config: Config, axis: RegionAxis) -> Need:
    """Return what mapping a corpus takes."""
    texts = {text for text in corpus.text if text}
    n_units = len(set(corpus.unit) - {None}) + sum(unit is None for unit in corpus.unit)
    terms = map_terms(
        n_rows=len(corpus),
        n_texts=len(texts),
        n_characters=sum(map(len, texts)),
        n_units=n_units,
        n_groups=len(corpus.groups),
        n_regions=len(axis.nodes) if config.level == "node" else len(axis.regions),
        n_resamples=config.interval.n,
        fit_texts=config.fit_texts if config.fit == "joint" else None,
        stages=stage_names(config, ("embedder", "reducer", "clusterer", "intensity_scorer", "region_mapper")),
    )
    return estimate("map", terms)


def notify_design(runner: StageRunner, corpus: Corpus, scored: IntArray) -> None:
    """Tell the user, before any work, what a reader of the results has to know of their design."""
    n_words = count_words([corpus.text[row] for row in scored])
    for note in design_notes(corpus, scored, n_words, len(corpus) - len(corpus.scored)):
        runner.notify(note)

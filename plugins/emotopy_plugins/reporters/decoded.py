"""What the page of a decoding reads of it: its tables and its provenance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from emotopy.records import Result
from emotopy_plugins.reporters.formatting import count
from emotopy_plugins.reporters.reading import lookup, simulation_name

if TYPE_CHECKING:
    import pandas as pd

ALPHA = 0.05
N_NAMED = 4
"""Most names that a fact or a sentence lists."""
EVOKED = "+remove-evoked"
BASELINES = ("motion", "time", "mean")
"""Feature sets that hold nothing of the brain's activity."""
SPLITS = {
    "subject-and-block": "tested on a new listener in a new part of the story",
    "subject": "tested on a new listener, in parts of the story that are in the training set",
    "block": "tested on known listeners in a new part of the story",
    "chronological": "tested on known listeners at the end of the story",
    "story": "tested on a story that isn’t in the training set, with listeners who may be",
    "subject-and-story": "tested on a new listener of a story that isn’t in the training set",
    "random": "windows drawn at random, with overlapping windows in the training set: as published, but not a "
    "valid test",
}
SURROGATES = {
    "phase": "ratings with the same power spectrum but random phases",
    "circular": "the same ratings, shifted in time",
    "rows": "ratings of single windows in random order: as published, but not a valid test of a time course",
}
FEATURE_SETS = {
    "sliding-window": "the correlation of each pair of regions within a window",
    "amplitude": "the signal of each region itself",
    "motion": "a baseline: only head motion",
    "time": "a baseline: only the time since the start of the story",
    "mean": "a baseline: the mean of the training ratings, without any brain data",
}


STRONGEST = 0.25
"""Share of the pairs that a sentence on pairs counts."""
FEWEST_PAIRS = 20
"""With fewer pairs in all, a count over regions would give single edges away."""
FEWEST_EDGES = 3
"""The mean over fewer edges would give single ones away."""


@attrs.frozen(eq=False)
class Decoded:
    """What the page reads of a decoding: its tables and its provenance.

    `main` is the first feature set, the one that was asked about.
    """

    tables: Mapping[str, pd.DataFrame]
    provenance: Mapping[str, Any]

    @classmethod
    def of(cls, result: Result) -> Decoded:
        """Read a result of kind ``decoding``."""
        return cls(result.tables, result.provenance)

    @property
    def main(self) -> str:
        """The feature set that was asked about; empty where nothing was decoded."""
        return next((str(name) for name in self.tables["scores"]["features"]), "")

    @property
    def emotions(self) -> tuple[str, ...]:
        """The emotions, in the order of the scores."""
        return tuple(dict.fromkeys(self.tables["scores"]["emotion"]))

    @property
    def subjects(self) -> tuple[str, ...]:
        """The subjects, in the order of their table."""
        return tuple(str(name) for name in dict.fromkeys(self.tables["subjects"]["subject"]))

    @property
    def stories(self) -> tuple[str, ...]:
        """The stories, where there are several; empty for one."""
        table = self.tables.get("stories")
        return () if table is None else tuple(str(name) for name in dict.fromkeys(table["story"]))

    @property
    def over_stories(self) -> bool:
        """Whether each story was predicted by models that had not heard it."""
        return str(lookup(self.provenance, "config", "split", "kind")) in ("story", "subject-and-story")

    @property
    def n_regions(self) -> int:
        """How many regions the series had; 0 where neither provenance nor weights name them."""
        regions = lookup(self.provenance, "regions")
        if isinstance(regions, Sequence) and not isinstance(regions, str):
            return len(regions)
        return int(self.tables["weights"]["region"].nunique())

    @property
    def baselines(self) -> tuple[str, ...]:
        """The feature sets that hold nothing of the brain's activity, as far as that can be told.

        Those are the known baselines and the story's regressors: what the configuration names as a comparison isn't.
        """
        compared = lookup(self.provenance, "config", "compare", "features")
        names = [str(name) for name in dict.fromkeys(self.tables["scores"]["features"])]
        if not isinstance(compared, (list, tuple)):
            return tuple(name for name in names if name in BASELINES)
        brain = {self.main, *map(str, compared)}
        return tuple(name for name in names if name.removesuffix(EVOKED) not in brain)

    @property
    def a_story(self) -> str:
        """What sentences call the story, or the stories."""
        return f"{len(self.stories)} stories" if self.stories else "a story"

    @property
    def n_surrogates(self) -> int | None:
        """How often the analysis was redone under the null; None where the provenance doesn't say."""
        found = lookup(self.provenance, "config", "null", "n")
        return None if found is None else int(found)

    @property
    def simulated(self) -> str:
        """The name of the simulation that the scans came from, or `yes`; empty where they were measured."""
        return simulation_name(lookup(self.provenance, "input", "simulated"))

    def strongest(self) -> list[str]:
        """Return the emotions, the one with the highest score first; those without a score last."""
        rows = self.main_rows("scores")
        order = np.argsort(-rows["r"].to_numpy(dtype=np.float64), kind="stable")
        return [str(name) for name in rows["emotion"].iloc[order]]

    def main_rows(self, name: str) -> pd.DataFrame:
        """Return the rows of a table that are of the main feature set."""
        table = self.tables[name]
        return table[table["features"] == self.main]


@attrs.frozen
class Moments:
    """The moments that were predicted: how many, how wide each is, how far apart, how many share nothing; seconds."""

    n: int
    width_s: float
    step_s: float | None
    n_independent: int

    @classmethod
    def of(cls, decoded: Decoded) -> Moments | None:
        """Read the predictions of the main feature set; None where there are none."""
        table = decoded.main_rows("predictions")
        place = [name for name in ("story", "run") if name in table]
        moments = table[[*place, "onset_s", "centre_s"]].drop_duplicates([*place, "onset_s"])
        if not len(moments):
            return None
        onset, centre = (moments[name].to_numpy(dtype=np.float64) for name in ("onset_s", "centre_s"))
        width = 2 * float(np.median(centre - onset))
        onsets = np.unique(onset)
        parts = [part for _, part in moments.groupby(place, sort=False)] if place else [moments]
        spans = [float(np.ptp(part["onset_s"].to_numpy(dtype=np.float64))) + width for part in parts]
        independent = sum(int((span + 1e-6) // width) for span in spans) if width > 0 else len(moments)
        step = float(np.median(np.diff(onsets))) if len(onsets) > 1 else None
        return cls(len(moments), width, step, independent)

    def __str__(self) -> str:
        step = f", every {self.step_s:g} s" if self.step_s is not None else ""
        return f"{count(self.n, 'window')} of {self.width_s:g} s{step}"


def rows_by_emotion(
    table: pd.DataFrame, make: Callable[[Mapping[str, Any]], dict[str, Any]], emotions: Sequence[str] | None = None
) -> list[dict[str, Any]]:
    """Return a group of rows per emotion of the table, in the order of `emotions`, else in that of the table."""
    own = dict.fromkeys(table["emotion"])
    return [
        {"emotion": str(emotion), "rows": [make(row) for row in table[table["emotion"] == emotion].to_dict("records")]}
        for emotion in (own if emotions is None else emotions)
        if emotion in own
    ]


def named(names: Sequence[str]) -> str:
    """Return how many names there are, and the names where they are few."""
    return f"{len(names)}: {', '.join(names)}" if len(names) <= N_NAMED else f"{len(names)}"

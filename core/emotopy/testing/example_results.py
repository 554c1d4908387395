"""Results for reporters to write: one of every kind of ours, and one of a kind that nobody knows."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from emotopy.records import ALL_TEXTS, Level, RegionAxis, Result
from emotopy.testing.doubles import ToyAtlas
from emotopy.testing.example_inputs import SCRIPT

if TYPE_CHECKING:
    import pandas as pd

EMOTIONS = ("fear", SCRIPT)
GROUPS = ("before", "after")
REGIONS = ToyAtlas.regions
NULL = {"null_mean": 0.0, "null_95": 0.2, "p": 0.03}
P = {"p": 0.03, "p_min": 0.001, "p_family": 0.09, "q": 0.05}


@attrs.frozen(eq=False)
class ExampleResult:
    """A result of a kind, with its tables and provenance."""

    kind: str
    tables: Mapping[str, pd.DataFrame]
    provenance: Mapping[str, Any] = attrs.field(factory=dict)
    notes: tuple[str, ...] = ("This result is made up.",)
    no_texts: bool = True


@attrs.frozen(eq=False)
class ExampleRegionResult(ExampleResult):
    """A result with a region axis."""

    axis: RegionAxis = attrs.field(factory=lambda: RegionAxis(ToyAtlas.name, ToyAtlas.regions, ToyAtlas.nodes))
    level: Level = "region"


def example_results() -> list[Result]:
    """Return a result of every kind of ours, then one of a kind that nobody knows; made anew, always the same."""
    return [_texts(), _comparison(), _decoding(), _bridge(), _experiment(), _unknown()]


def _rows(**axes: Any) -> pd.DataFrame:
    """Return a row per combination of values, a column per keyword."""
    import pandas as pd

    return pd.DataFrame(list(product(*axes.values())), columns=list(axes))


def _texts() -> Result:
    import pandas as pd

    ends = ("", "_low", "_high")
    regions = _rows(group=(ALL_TEXTS, *GROUPS), region=REGIONS).assign(
        n_texts=2,
        **{f"relative{end}": value for end, value in zip(ends, (0.5, 0.25, 0.75), strict=True)},
        evidence=0.1,
        share=1 / 3,
        reference_share=1 / 3,
        **{f"intensity{end}": value for end, value in zip(ends, (0.2, 0.1, 0.3), strict=True)},
    )
    texts = pd.DataFrame({"id": ["a", "b", "c", "d"], "row": range(4), "group": [*GROUPS, *GROUPS]})
    texts = texts.assign(unit=texts["id"], time=None, status="scored", cluster=pd.array([0, 0, 0, None], dtype="Int64"))
    texts = texts.assign(top_region=REGIONS[0], intensity=0.2, coverage=0.5)
    emotions = dict.fromkeys((f"emotion_{name}" for name in EMOTIONS), 0.1)
    parts = dict.fromkeys((f"{part}_{name}" for part, name in product(("region", "profile"), REGIONS)), 0.25)
    clusters = pd.DataFrame({"cluster": [0], "n_texts": 3, "share": 0.75, "top_words": "night, door"})
    clusters = clusters.assign(top_region=REGIONS[0], **emotions)
    tables = {"regions": regions, "texts": texts.assign(**emotions, **parts), "clusters": clusters}
    return ExampleRegionResult("texts", tables, {"reference": "a made-up standard", "regions": list(REGIONS)})


def _comparison() -> Result:
    table = _rows(group_a=GROUPS[:1], group_b=GROUPS[1:], measure=("relative", "intensity"), region=REGIONS)
    table = table.assign(n_a=12, n_b=9, mean_a=0.5, mean_b=0.25, difference=0.25, t=2.0, g=0.5, g_low=0.0, g_high=1.0)
    provenance = {
        "config": {"groups": list(GROUPS), "covariates": [], "paired_by": None},
        "tests": [{"groups": list(GROUPS), "n_permutations": 999, "exact": False}],
        "n_units": {GROUPS[0]: 12, GROUPS[1]: 9},
        "has_units": True,
    }
    return ExampleResult("comparison", {"comparison": table.assign(**P)}, provenance)


def _decoding() -> Result:
    import pandas as pd

    features = ("sliding-window", "time")
    scores = _rows(features=features, emotion=EMOTIONS).assign(r=0.3, r2=0.1, mse=0.9, **NULL, p_family=0.05)
    windows = _rows(subject=("sub-1", "sub-2"), emotion=EMOTIONS, features=features, onset_s=np.arange(8) * 8.0)
    windows = windows.assign(centre_s=windows["onset_s"] + 12, block=(windows["onset_s"] > 30).astype(int))
    paired = scores[scores["features"] == "time"].rename(columns={"features": "features_b", "r": "difference"})
    edges = _rows(emotion=EMOTIONS, region_a=REGIONS[:1], region_b=REGIONS[1:])
    tables = {
        "scores": scores.assign(n_subjects=2),
        "subjects": _rows(emotion=EMOTIONS, features=features, subject=("sub-1", "sub-2")).assign(r=0.3, r2=0.1, mse=1),
        "paired": paired.assign(features_a="sliding-window"),
        "predictions": windows.assign(rating=np.sin(windows["onset_s"]), prediction=np.cos(windows["onset_s"])),
        "edges": edges.assign(pattern=0.5, sign_consistency=0.9),
        "graph": pd.DataFrame(columns=["emotion", "graph", "metric", "value", "null_mean", "null_95", "p"]),
        "weights": _rows(emotion=EMOTIONS, region=REGIONS).assign(weight=0.5, signed_weight=-0.1, **NULL, p_family=0.1),
    }
    config = {"null": {"kind": "phase", "n": 99}, "split": {"kind": "subject", "n_blocks": 2}}
    return ExampleResult("decoding", tables, {"config": config, "regions": list(REGIONS), "seed": 0})


def _bridge() -> Result:
    table = _rows(weights=("absolute", "signed"), emotion=("all", *EMOTIONS)).assign(r=0.3, **NULL, p_family=0.05)
    weights = _rows(emotion=EMOTIONS, region=REGIONS).assign(weight=np.linspace(-0.5, 0.5, 2 * len(REGIONS)))
    tables = {
        "bridge": table.assign(n_regions=len(REGIONS)),
        "text_weights": weights,
        "brain_weights": weights.assign(weight=weights["weight"].abs(), signed_weight=weights["weight"]),
    }
    return ExampleResult("bridge", tables, {"config": {"n_surrogates": 99}, "atlas": ToyAtlas.name, "n_segments": 40})


def _experiment() -> Result:
    import pandas as pd

    ours = {f"{measure}_{name}": 0.25 for measure in ("relative", "intensity") for name in ("g", "low", "high")}
    side_by_side = pd.DataFrame({"node": [node.name for node in ToyAtlas.nodes]}).assign(
        group_a=GROUPS[0],
        group_b=GROUPS[1],
        region=[node.region for node in ToyAtlas.nodes],
        n_texts_a=3,
        n_texts_b=4,
        published_p=0.04,
        published_significant=True,
        **ours,
        relative_p_family=0.2,
        intensity_p_family=0.3,
    )
    published = {"procedure": "published", "found": 5, "n_tests": 5, "false_rate": 0.4, "splits_with_any": None}
    own = {"found": 0, "n_tests": 3, "false_rate": 0.0, "splits_with_any": 0}
    verdicts = [published, *({"procedure": measure, **own} for measure in ("relative", "intensity"))]
    provenance = {
        "config": {"experiment": "depression", "title": "Made-up groups", "comparison": {"covariates": []}},
        "summary": [{"a": GROUPS[0], "b": GROUPS[1], "n_splits": 2, "verdicts": verdicts}],
        "parts": [],
    }
    return ExampleResult("experiment", {"side_by_side": side_by_side, "splits": pd.DataFrame({"n": [1]})}, provenance)


def _unknown() -> Result:
    table = _rows(emotion=EMOTIONS, day=(1, 2)).assign(value=[0.5, -0.25, np.nan, 1e6])
    return ExampleResult("weather", {"forecast": table, "stations": table[["day"]].iloc[:0]})

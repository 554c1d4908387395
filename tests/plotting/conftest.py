"""Results to draw: made up, with names and values of every kind."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

from emotopy.records import Node, RegionAxis
from emotopy.testing.example_results import ExampleRegionResult, ExampleResult

REGIONS = ("amygdala", "insula", "caudate_left", "raphe_nuclei")
NODES = (
    Node("amygdala_left", "amygdala", -20, -5, -18), Node("amygdala_right", "amygdala", 20, -5, -18),
    Node("insula", "insula", 38, 5, 0), Node("caudate", "caudate_left", -12, 12, 8),
    Node("raphe", "raphe_nuclei", 0, -28, -22),
)  # fmt: skip
AXIS = RegionAxis("made-up", REGIONS, NODES)


def rows(**axes):
    return pd.DataFrame(list(product(*axes.values())), columns=list(axes))


@pytest.fixture
def texts():
    """Return a function that makes the result of mapped texts in the groups given; a tenth of the values is missing."""

    def make(groups=("exams", "holidays"), n_moments=12):
        rng = np.random.default_rng(0)
        table = rows(group=("all", *groups), region=REGIONS)
        value = rng.standard_normal(len(table))
        value[rng.uniform(size=len(table)) < 0.1] = np.nan
        ends = {"": 0.0, "_low": -0.3, "_high": 0.3}
        table = table.assign(
            n_texts=5,
            **{f"relative{end}": value + shift for end, shift in ends.items()},
            evidence=value / 2,
            share=np.abs(value) / 9,
            reference_share=0.25,
            **{f"intensity{end}": np.abs(value) + shift for end, shift in ends.items()},
        )
        course = rows(group=("all", *groups[:2]), region=REGIONS, time=np.arange(float(n_moments)))
        wave = np.sin(course["time"] / 2)
        course = course.assign(**{f"relative{end}": wave + shift for end, shift in ends.items()})
        course = course.assign(**{f"intensity{end}": wave + shift for end, shift in ends.items()})
        places = rng.standard_normal((30, 2))
        placed = pd.DataFrame({"map_x": places[:, 0], "map_y": places[:, 1], "group": "exams", "intensity": 0.5})
        placed = placed.assign(cluster=pd.array([0, 1, None] * 10, dtype="Int64"))
        changes = pd.DataFrame({"group": ["all"], "time": [4.0]})
        tables = {"regions": table, "texts": placed, "time_course": course, "change_points": changes}
        provenance = {"over_time": {"unit": "s"}}
        return ExampleRegionResult("texts", tables, provenance, axis=AXIS)

    return make


@pytest.fixture
def comparison():
    """Return a function that makes a comparison of every pair of the groups given."""

    def make(groups=("exams", "holidays")):
        pairs = [(a, b) for i, a in enumerate(groups) for b in groups[i + 1 :]]
        parts = [rows(group_a=[a], group_b=[b], measure=("relative", "intensity", "share"), region=REGIONS)
                 for a, b in pairs]  # fmt: skip
        table = pd.concat(parts, ignore_index=True)
        g = np.linspace(-1, 1, len(table))
        table = table.assign(
            g=g, g_low=g - 0.5, g_high=g + 0.5, difference=g / 2, p=0.01, p_family=np.where(g > 0, 0.01, 0.5)
        )
        return ExampleRegionResult("comparison", {"comparison": table}, axis=AXIS)

    return make


@pytest.fixture
def decoding():
    """Return a function that makes a decoding of the emotions given."""

    def make(emotions=("fear", "joy"), regions=REGIONS):
        rng = np.random.default_rng(0)
        features = ("sliding-window", "time", "mean")
        null = {"null_mean": 0.02, "null_95": 0.2}
        scores = rows(features=features, emotion=emotions)
        scores = scores.assign(r=np.where(scores["features"] == "mean", np.nan, 0.3), **null, p=0.02, p_family=0.04)
        windows = rows(
            subject=("sub-1", "sub-2", "sub-3"), emotion=emotions, features=features, centre_s=np.arange(24.0)
        )
        windows = windows.assign(block=(windows["centre_s"] // 8).astype(int), rating=np.sin(windows["centre_s"] / 3))
        windows = windows.assign(prediction=windows["rating"] + rng.standard_normal(len(windows)) / 5)
        weights = rows(emotion=emotions, region=regions).assign(**null, p=0.5, p_family=0.9)
        networks = rows(emotion=emotions, network_a=("visual", "limbic"), network_b=("visual", "limbic"))
        networks = networks[networks["network_a"] >= networks["network_b"]].assign(weight=0.5, p_family=0.01)
        subjects = rows(emotion=emotions, features=features, subject=("sub-1", "sub-2")).assign(r=0.25)
        tables = {
            "scores": scores,
            "subjects": subjects,
            "predictions": windows,
            "weights": weights.assign(weight=rng.uniform(size=len(weights)), signed_weight=0.0),
            "networks": networks,
        }
        return ExampleResult("decoding", tables)

    return make

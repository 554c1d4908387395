"""Results of every kind, small, and a reader of HTML that objects to what a browser would repair in silence."""

from __future__ import annotations

from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from emotopy.pathways.brain.result import Decoding
from emotopy.pathways.bridge.result import Bridge
from emotopy.pathways.text.pathway import map_texts
from emotopy.records import RegionWeights

QUICK = {
    "reducer": "pca",
    "clusterer": {"use": "kmeans", "n_clusters": 3},
    "interval": {"n": 100},
}
VOID = ("br", "hr", "img", "meta", "circle", "path")
WORDS = ("dread", "river", "sunshine", "sorrow", "delight", "table", "window", "anger", "harvest", "music", "silence")


class Page(HTMLParser):
    """Elements, text and styles of a page; ValueError where tags don't nest."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.cells, self.text, self._open = [], [], "", []
        self.feed(html)
        self.close()
        if self._open:
            raise ValueError(f"left open: {self._open}")

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag in ("td", "th"):
            self.cells.append("")
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self._open or self._open.pop() != tag:
            raise ValueError(f"</{tag}> closes nothing")

    def handle_data(self, data):
        if "style" in self._open:
            return
        self.text += data
        if self.cells and ("td" in self._open or "th" in self._open):
            self.cells[-1] += data

    def count(self, tag):
        return sum(name == tag for name, _ in self.tags)


@pytest.fixture(scope="session")
def page():
    """Read HTML."""
    return Page


@pytest.fixture(scope="session")
def quick():
    """A configuration that a dozen texts suffice for."""
    return QUICK


@pytest.fixture(scope="session")
def mapped():
    """Map texts of groups, six each, of two units; `more` goes to `map_texts`."""

    def make(groups=("exams", "holidays"), **more):
        rng = np.random.default_rng(7)
        rows = [
            {"text": " ".join(rng.choice(WORDS, 9)), "group": name, "unit": f"{name}{i % 2}"}
            for name in groups
            for i in range(6)
        ]
        more.setdefault("config", QUICK)
        return map_texts(pd.DataFrame(rows), text="text", group="group", unit="unit", **more)

    return make


@pytest.fixture(scope="session")
def decoded():
    """Make a decoding whose first emotion alone has a family-wise p below 0.05, unless `found` is False."""

    def make(emotions=("fear", "joy"), *, found=True, tested=True):
        n = len(emotions)
        p = np.full(n, 0.4)
        p[0] = 0.01 if found else 0.4
        if not tested:
            p[:] = np.nan
        parts = [
            pd.DataFrame(
                {
                    "emotion": list(emotions), "features": features, "r": np.linspace(0.3, 0.0, n), "null_mean": 0.01,
                    "null_95": 0.1, "r2": 0.0, "mse": 1.0, "p": p, "p_family": p, "n_subjects": 5,
                }
            )
            for features in ("sliding-window", "amplitude")
        ]  # fmt: skip
        empty = pd.DataFrame()
        return Decoding(
            scores=pd.concat(parts, ignore_index=True), subjects=empty, paired=empty, predictions=empty, edges=empty,
            graph=empty, weights=None, weights_table=empty, sensitivity=empty, provenance={}, notes=("one note",),
        )  # fmt: skip

    return make


@pytest.fixture(scope="session")
def bridged():
    """Make a bridge of two emotions over five regions that agrees over all and in fear."""
    emotions, regions = ("fear", "joy"), tuple("abcde")
    weights = RegionWeights(emotions, regions, np.random.default_rng(1).standard_normal((2, 5)))
    rows = [
        {"emotion": name, "weights": kind, "n_regions": 5, "r": r, "null_mean": 0.0, "null_95": 0.5, "p": p,
         "p_family": np.nan if name == "all" else p}
        for kind in ("absolute", "signed")
        for name, r, p in (("all", 0.6, 0.02), ("fear", 0.7, 0.03), ("joy", 0.1, 0.5))
    ]  # fmt: skip
    return Bridge(pd.DataFrame(rows), weights, weights, weights, provenance={})

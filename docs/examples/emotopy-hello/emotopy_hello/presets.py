"""Preset `hello`: uses this distribution for every stage of both pathways."""

from collections.abc import Mapping
from typing import Any

from emotopy import hookimpl


@hookimpl
def register_presets() -> Mapping[str, Mapping[str, Any]]:
    """Offer `hello`, and `hello-lsa`, which extends it. A preset could also be a TOML file of this package."""
    hello = {
        "embedder": "trigrams",
        "reducer": {"use": "variance", "n_components": 4},
        "clusterer": "quadrants",
        "intensity_scorer": "shouting",
        "region_mapper": "keywords",
        "atlas": "four-places",
        "annotator": "word-families",
        "connectivity": "cofluctuation",
        "neural_decoder": {"use": "analogues", "n_neighbours": 7},
        "reporter": ["postcard"],
        "compare": {"features": []},
    }
    return {"hello": hello, "hello-lsa": {"preset": "emotopy-hello:hello", "embedder": {"use": "lsa", "n_dims": 8}}}

"""emotopy maps emotion onto the brain, from text and from fMRI.

Importing this package loads nothing heavy and does nothing: names are imported on first use (PEP 562).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emotopy.lazily import importing

if TYPE_CHECKING:
    from emotopy.datasets.load import load_dataset as load_dataset
    from emotopy.errors import EmotopyError as EmotopyError
    from emotopy.hookspecs import hookimpl as hookimpl
    from emotopy.host import Host as Host
    from emotopy.pathways.annotation.pathway import annotate as annotate
    from emotopy.pathways.annotation.result import Annotation as Annotation
    from emotopy.pathways.brain.decoder import Decoder as Decoder
    from emotopy.pathways.brain.pathway import BrainPathway as BrainPathway
    from emotopy.pathways.brain.pathway import decode as decode
    from emotopy.pathways.brain.result import Decoding as Decoding
    from emotopy.pathways.brain.result import Explanation as Explanation
    from emotopy.pathways.brain.study import Study as Study
    from emotopy.pathways.bridge.pathway import bridge as bridge
    from emotopy.pathways.bridge.result import Bridge as Bridge
    from emotopy.pathways.comparison.result import Comparison as Comparison
    from emotopy.pathways.load import load as load
    from emotopy.pathways.over_time.pathway import TimeCourses as TimeCourses
    from emotopy.pathways.text.fitted import FittedTextPathway as FittedTextPathway
    from emotopy.pathways.text.pathway import TextPathway as TextPathway
    from emotopy.pathways.text.pathway import map_texts as map_texts
    from emotopy.pathways.text.result import TextResult as TextResult
    from emotopy.registry import Registry as Registry
    from emotopy.running.dask_engine import Dask as Dask

_HOMES = {
    "Annotation": "emotopy.pathways.annotation.result",
    "BrainPathway": "emotopy.pathways.brain.pathway",
    "Bridge": "emotopy.pathways.bridge.result",
    "Comparison": "emotopy.pathways.comparison.result",
    "Dask": "emotopy.running.dask_engine",
    "Decoder": "emotopy.pathways.brain.decoder",
    "Decoding": "emotopy.pathways.brain.result",
    "EmotopyError": "emotopy.errors",
    "Explanation": "emotopy.pathways.brain.result",
    "FittedTextPathway": "emotopy.pathways.text.fitted",
    "Host": "emotopy.host",
    "Registry": "emotopy.registry",
    "Study": "emotopy.pathways.brain.study",
    "TextPathway": "emotopy.pathways.text.pathway",
    "TextResult": "emotopy.pathways.text.result",
    "TimeCourses": "emotopy.pathways.over_time.pathway",
    "annotate": "emotopy.pathways.annotation.pathway",
    "bridge": "emotopy.pathways.bridge.pathway",
    "decode": "emotopy.pathways.brain.pathway",
    "hookimpl": "emotopy.hookspecs",
    "load": "emotopy.pathways.load",
    "load_dataset": "emotopy.datasets.load",
    "map_texts": "emotopy.pathways.text.pathway",
}

__all__ = [
    "Annotation",
    "BrainPathway",
    "Bridge",
    "Comparison",
    "Dask",
    "Decoder",
    "Decoding",
    "EmotopyError",
    "Explanation",
    "FittedTextPathway",
    "Host",
    "Registry",
    "Study",
    "TextPathway",
    "TextResult",
    "TimeCourses",
    "__version__",
    "annotate",
    "bridge",
    "decode",
    "hookimpl",
    "load",
    "load_dataset",
    "map_texts",
]


_import = importing(__name__, _HOMES)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("emotopy")
    return _import(name)


def __dir__() -> list[str]:
    return sorted(__all__)

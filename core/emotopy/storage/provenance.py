"""Provenance: what a result came from, without times, durations, host names or absolute paths."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib import metadata
from typing import Any

from emotopy.storage.cache import key_of

LIBRARIES = ("hdbscan", "nilearn", "numpy", "pandas", "pyarrow", "scikit-learn", "scipy", "umap-learn")
"""Libraries whose version can change a number."""


def versions() -> dict[str, str]:
    """Return the versions of Python, emotopy and the libraries that can change a number."""
    found = {"python": platform.python_version(), "emotopy": metadata.version("emotopy")}
    for library in LIBRARIES:
        try:
            found[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            found[library] = "absent"
    return found


def collect(config: Mapping[str, Any], stages: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Return the provenance of a run: versions, configuration with its hash, stages with their owners, and `more`."""
    return {
        "versions": versions(),
        "platform": {"system": platform.system(), "machine": platform.machine()},
        "config": dict(config),
        "config_sha256": key_of(dict(config)),
        "stages": dict(stages),
        **more,
    }

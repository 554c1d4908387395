"""Provenance: JSON-ready, the same every time, and silent about this machine's folders."""

from __future__ import annotations

import json
from importlib.metadata import version

from emotopy.storage.provenance import collect, versions


def test_versions_name_what_can_change_a_number():
    """Python, emotopy and the numerical libraries, as installed."""
    found = versions()
    assert found["emotopy"] == version("emotopy")
    assert found["numpy"] == version("numpy")
    assert "python" in found


def test_provenance_is_json_and_depends_on_the_configuration_alone():
    """The same configuration in another order has the same hash; another one another."""
    one = collect({"a": 1, "b": 2}, {"embedder": {"use": "x"}}, seed=3)
    assert json.loads(json.dumps(one)) == one
    assert collect({"b": 2, "a": 1}, {})["config_sha256"] == one["config_sha256"]
    assert collect({"a": 1, "b": 3}, {})["config_sha256"] != one["config_sha256"]
    assert one["seed"] == 3
    assert one["stages"]["embedder"] == {"use": "x"}

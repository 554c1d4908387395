"""The other process of a check: makes a stage there, uses it once, and writes its arrays to a file.

    python -m emotopy.testing.subprocess_entry MODULE OWNER PLUGIN ROLE OWNER:NAME OPTIONS.json ARRAYS.npz

Run by `emotopy.testing.process_checks` alone.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from emotopy.registry import Registry
from emotopy.testing.example_inputs import inputs_of, run_once
from emotopy.testing.suite import NOT_FOUND, Candidate


def main(words: Sequence[str]) -> int:
    """Do it; returns the exit code."""
    module, owner, plugin, role, name, options, path = words
    registry = Registry.load()
    installed = [offer for offer in registry.offers(role) if (offer.full_name, offer.plugin) == (name, plugin)]
    if not installed or registry.module_of(installed[0]) != module:
        try:
            registry = Registry([importlib.import_module(module)], owner=owner)
        except ModuleNotFoundError:
            return NOT_FOUND
    candidate = Candidate(registry.offer(role, name), registry, json.loads(options))
    output = run_once(candidate, candidate.make(), inputs_of(candidate))
    outputs = output if isinstance(output, list) else [output]
    arrays: dict[str, Any] = {f"{i:03d}": np.asarray(one) for i, one in enumerate(outputs)}
    np.savez(path, **arrays)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

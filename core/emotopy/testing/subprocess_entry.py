"""The other process of the checks: imports a plugin, says what that touched, then makes and uses stages on request.

    python -m emotopy.testing.subprocess_entry MODULE OWNER all|alone

Started by `emotopy.testing.other_process` alone, which it answers with a line of JSON for every line that it reads.
Standard output is the channel; whatever else writes there, C code and child processes included, reaches stderr.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import json
import logging
import os
import sys
import tempfile
import traceback
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from emotopy.errors import ConfigError, MissingExtra, ProviderError
from emotopy.registry import Registry
from emotopy.testing.generic_checks import HEAVY
from emotopy.testing.suite import Candidate, Unavailable


def main(words: Sequence[str]) -> int:
    """Answer until standard input ends; returns the exit code."""
    gc.disable()  # a tenth of the time that large libraries take to be imported
    module, owner, whole = words
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    found = _import(module)
    print(json.dumps(found), file=channel, flush=True)
    if found is None:
        return 0
    registry = None
    for line in sys.stdin:
        request = json.loads(line)
        registry = registry or _registry(module, owner, request["plugin"], request["role"], whole=whole == "all")
        print(json.dumps(_answer(registry, request)), file=channel, flush=True)
    return 0


def _import(module: str) -> dict[str, Any] | None:
    """Import the plugin's module and return what that touched; None where it isn't found."""
    before, loaded, out = _settings(), {one for one in HEAVY if one in sys.modules}, io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name is None or not (module == error.name or module.startswith(f"{error.name}.")):
                return {"an error": traceback.format_exc()[-500:]}
            return None
        except BaseException:  # noqa: BLE001 (a module may raise anything, SystemExit too)
            return {"an error": traceback.format_exc()[-500:]}
    found: dict[str, Any] = {"heavy libraries": [one for one in HEAVY if one in sys.modules and one not in loaded]}
    found["stdout"] = out.getvalue()[:200]
    return found | {what: value != before[what] for what, value in _settings().items()}


def _settings() -> dict[str, Any]:
    root = logging.getLogger()
    return {
        "the warning filters": list(warnings.filters),
        "the environment": dict(os.environ),
        "logging": (list(root.handlers), root.level),
    }


def _registry(module: str, owner: str, plugin: str, role: str, *, whole: bool) -> Registry:
    """Return the registry that holds the offer: everything that is installed where it borrows from others."""
    if whole:
        registry = Registry.load()
        offers = [offer for offer in registry.offers(role) if (offer.owner, offer.plugin) == (owner, plugin)]
        if any(registry.module_of(offer) == module for offer in offers):
            return registry
    return Registry([importlib.import_module(module)], owner=owner)


def _answer(registry: Registry, request: dict[str, Any]) -> dict[str, Any]:
    """Make a stage, use it on other input, then once; write what it gave then to a file, and say what it left."""
    from emotopy.testing.example_inputs import facts_of, inputs_of, other_inputs_of, run_once
    from emotopy.testing.generic_checks import arrays_of

    home = Path.cwd()
    try:
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(action="ignore"):
            os.chdir(request["directory"] or folder)
            candidate = Candidate(registry.offer(request["role"], request["name"]), registry, request["options"])
            stage = candidate.make()
            with contextlib.suppress(Exception):  # what a class or module keeps of its first use is of other input here
                run_once(candidate, stage, other_inputs_of(candidate))
            output = run_once(candidate, stage, inputs_of(candidate))
            np.savez(request["arrays"], **arrays_of(output))
            facts = facts_of(candidate, stage)
            del stage
            gc.collect()  # what a stage removes with itself is gone, then
            left = sorted(path.name for path in Path(folder).iterdir())
            os.chdir(home)
    except (Unavailable, ConfigError, MissingExtra, ProviderError) as error:
        return {"unavailable": str(error)}
    except (Exception, SystemExit):  # noqa: BLE001 (a stage may raise anything)
        return {"failed": traceback.format_exc()[-500:]}
    finally:
        os.chdir(home)
    return {"facts": facts, "left in the working directory": left}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The stages that the checks of one candidate share: one, and another that is made of the same options.

To make a stage may take long (a model is loaded, a vocabulary counted), so most checks use one stage, in turn, and
what it gave at its first use is kept. The second is made from options that went through JSON; while it is made and used
once, the process is watched. Both are made when a check first asks for them.
"""

from __future__ import annotations

import json
import time
from typing import Any

import attrs

from emotopy.config.serialise import to_plain
from emotopy.errors import ConfigError
from emotopy.registry.options import SEED
from emotopy.testing.example_inputs import facts_of, inputs_of, run_once
from emotopy.testing.generic_checks import copied, digest
from emotopy.testing.suite import Candidate
from emotopy.testing.watch import Traces, watched


@attrs.frozen(eq=False)
class FirstUse:
    """What a stage gave when it was first used, and what that did to its input and to the process."""

    output: Any
    facts: dict[str, Any]
    has_changed_input: bool
    traces: Traces
    at: float = attrs.field(factory=time.monotonic)
    """When it was over, by a clock of no date."""


@attrs.frozen(eq=False)
class Twin:
    """A second stage and its first use; `refusal` says why its options didn't go through JSON, where they didn't."""

    stage: Any
    use: FirstUse
    refusal: str


def first_use(candidate: Candidate) -> FirstUse:
    """Return what the shared stage gave for the inputs of its role when it was first used on them."""
    kept = candidate.pool.kept
    if "first" not in kept:
        with watched(is_warm=False) as traces:
            kept["first"] = _use(candidate, candidate.stage(), traces)
    found: FirstUse = kept["first"]
    return found


def twin_of(candidate: Candidate) -> Twin:
    """Return a second stage, made from options that went through JSON where they do, and its first use."""
    first_use(candidate)  # so that libraries are imported before the process is watched
    kept = candidate.pool.kept
    if "twin" not in kept:
        refusal, options = "", {}
        try:
            options = options_through_json(candidate)
            candidate.offer.signature.check(options, candidate.offer.role)
        except TypeError as error:
            refusal, options = f"options must be plain values, which JSON holds: {error}", {}
        except ConfigError as error:
            refusal, options = f"options that went through JSON are refused: {error}", {}
        with watched(is_warm=True) as traces:
            stage = candidate.make(**options)
            use = _use(candidate, stage, traces)
        kept["twin"] = Twin(stage, use, refusal)
    found: Twin = kept["twin"]
    return found


def options_through_json(candidate: Candidate) -> dict[str, Any]:
    """Return the candidate's options, defaults included, as JSON gives them back. Raises TypeError."""
    known = candidate.offer.signature
    options = {name: option.default for name, option in known.options.items() if not option.required and name != SEED}
    options |= {name: value for name, value in candidate.options.items() if name not in known.stages}
    found: dict[str, Any] = json.loads(json.dumps(to_plain(options)))
    return found


def _use(candidate: Candidate, stage: Any, traces: Traces) -> FirstUse:
    inputs = inputs_of(candidate)
    before = digest(inputs)
    output = copied(run_once(candidate, stage, inputs))
    return FirstUse(output, facts_of(candidate, stage), digest(inputs) != before, traces)

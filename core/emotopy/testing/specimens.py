"""The stages that the checks of one candidate share: one, and another that is made of the same options.

To make a stage may take long (a model is loaded, a vocabulary counted), so most checks use one stage, in turn, and
what it gave at its first use is kept. The second is made from options that went through JSON; while it is made and used
once, the process is watched. Both are made when a check first asks for them.
"""

from __future__ import annotations

import json
import time
import weakref
from typing import TYPE_CHECKING, Any

import attrs

from emotopy.config.serialise import to_plain
from emotopy.errors import ConfigError
from emotopy.registry.options import SEED
from emotopy.testing.suite import Candidate, Unavailable
from emotopy.testing.watch import Traces, watched

if TYPE_CHECKING:
    from emotopy.testing.other_process import Answer


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


@attrs.define(eq=False)
class Pool:
    """A candidate's shared stages; nothing is made before it is asked for."""

    _candidate: weakref.ref[Candidate]
    is_made: bool = False
    elsewhere: Answer | None = None
    _stage: Any = None
    _first: FirstUse | None = None
    _twin: Twin | None = None
    _unavailable: str = ""

    def clear(self) -> None:
        """Forget the stages: the next that asks has them made anew."""
        self.is_made, self._stage, self._first, self._twin, self.elsewhere = False, None, None, None, None

    def stage(self) -> Any:
        """Return the stage, made at the first call. Raises Unavailable, again and again without trying anew."""
        if not self.is_made:
            if self._unavailable:
                raise Unavailable(self._unavailable)
            try:
                self._stage = self.candidate.make()
            except Unavailable as error:
                self._unavailable = str(error)
                raise
            self.is_made = True
        return self._stage

    def first(self) -> FirstUse:
        """Return what the stage gave for the inputs of its role when it was first used on them."""
        if self._first is None:
            with watched(is_warm=False) as traces:
                self._first = _use(self.candidate, self.stage(), traces)
        return self._first

    def twin(self) -> Twin:
        """Return a second stage, made from options that went through JSON where they do, and its first use."""
        if self._twin is None:
            self.first()  # so that libraries are imported before the process is watched
            refusal, options = "", {}
            try:
                options = options_through_json(self.candidate)
                self.candidate.offer.signature.check(options, self.candidate.offer.role)
            except TypeError as error:
                refusal, options = f"options must be plain values, which JSON holds: {error}", {}
            except ConfigError as error:
                refusal, options = f"options that went through JSON are refused: {error}", {}
            with watched(is_warm=True) as traces:
                stage = self.candidate.make(**options)
                use = _use(self.candidate, stage, traces)
            self._twin = Twin(stage, use, refusal)
        return self._twin

    @property
    def candidate(self) -> Candidate:
        """The candidate, which keeps the pool."""
        found = self._candidate()
        assert found is not None
        return found


def options_through_json(candidate: Candidate) -> dict[str, Any]:
    """Return the candidate's options, defaults included, as JSON gives them back. Raises TypeError."""
    known = candidate.offer.signature
    options = {name: option.default for name, option in known.options.items() if not option.required and name != SEED}
    options |= {name: value for name, value in candidate.options.items() if name not in known.stages}
    found: dict[str, Any] = json.loads(json.dumps(to_plain(options)))
    return found


def _use(candidate: Candidate, stage: Any, traces: Traces) -> FirstUse:
    from emotopy.testing.example_inputs import facts_of, inputs_of, run_once
    from emotopy.testing.generic_checks import copied, digest

    inputs = inputs_of(candidate)
    before = digest(inputs)
    output = copied(run_once(candidate, stage, inputs))
    return FirstUse(output, facts_of(candidate, stage), digest(inputs) != before, traces)


_LAST: list[weakref.ref[Pool]] = []
"""The pool that was asked last: when another is, this one is cleared, so that models don't pile up in a session."""


def pool_of(candidate: Candidate, keep: list[Pool]) -> Pool:
    """Return the candidate's pool, and clear that of the candidate before."""
    if not keep:
        keep.append(Pool(weakref.ref(candidate)))
    pool = keep[0]
    last = _LAST[0]() if _LAST else None
    if last is not pool:
        if last is not None:
            last.clear()
        _LAST[:] = [weakref.ref(pool)]
    return pool

"""What stages promise that can be saved (`emotopy.roles.Saves`): their state is plain, and restores what they give."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np

from emotopy.roles import Saves
from emotopy.storage.saved_state import fault_of_state
from emotopy.testing.example_inputs import inputs_of, run_once, unseen_of, use
from emotopy.testing.generic_checks import same
from emotopy.testing.suite import Candidate, NotApplicable, Unavailable, require

SAME = 1e-6


def check_state_is_plain(candidate: Candidate) -> None:
    """`state` returns finite numeric arrays and JSON values, no objects, and calling it changes nothing."""
    stage = _fitted(candidate)
    before = _given_for_unseen(candidate, stage)
    found = stage.state()
    fault = fault_of_state(found)
    require(not fault, f"{candidate}: state() doesn't fit: {fault}")
    after = _given_for_unseen(candidate, stage)
    require(same(after, before, SAME), f"{candidate}: the stage gives other numbers after state() was called")


def check_state_survives(candidate: Candidate) -> None:
    """A new stage returns what the fitted one returns, after `restore` of a state that was written to a file."""
    stage = _fitted(candidate)
    wanted = _given_for_unseen(candidate, stage)
    again = candidate.make()
    again.restore(*_through_a_file(stage.state()))
    found = _given_for_unseen(candidate, again)
    require(same(found, wanted, SAME), f"{candidate}: after restore() it gives other numbers than the fitted stage")
    second = candidate.make()
    second.restore(*_through_a_file(again.state()))
    found = _given_for_unseen(candidate, second)
    require(same(found, wanted, SAME), f"{candidate}: a stage that was restored and saved again gives other numbers")


def check_damaged_state_is_refused(candidate: Candidate) -> None:
    """`restore` raises any exception if one of the arrays or values of the state is missing."""
    arrays, values = _through_a_file(_fitted(candidate).state())
    for name in (*arrays, *values):
        fewer = {key: array for key, array in arrays.items() if key != name}
        less = {key: value for key, value in values.items() if key != name}
        damaged = candidate.make()
        try:
            damaged.restore(fewer, less)
            _given_for_unseen(candidate, damaged)
        except Exception:  # noqa: BLE001, S112 (any refusal will do)
            continue
        require(kept=False, message=f"{candidate}: restore() takes a state without {name!r}")


CHECKS = dict.fromkeys(
    ("embedder", "reducer", "clusterer", "region_mapper"),
    (check_state_is_plain, check_state_survives, check_damaged_state_is_refused),
)
"""The roles whose stages may learn from texts."""


def _fitted(candidate: Candidate) -> Any:
    stage = candidate.stage()
    if candidate.offer.role == "embedder" and not hasattr(stage, "fit") and not isinstance(stage, Saves):
        raise NotApplicable(f"{candidate}: learns nothing that would have to be saved")
    if not isinstance(stage, Saves):
        raise NotApplicable(f"{candidate}: can't be saved, it has no state() and restore()")
    inputs = inputs_of(candidate)
    run_once(candidate, stage, inputs)
    return stage


def _given_for_unseen(candidate: Candidate, stage: Any) -> list[Any]:
    try:
        found = use(candidate, stage, unseen_of(candidate))
    except NotApplicable as error:
        raise Unavailable(str(error)) from error
    return found if isinstance(found, list) else [np.asarray(found)]


def _through_a_file(state: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a state as a file gives it back: arrays that can't be written to, JSON."""
    arrays = {}
    for name, array in state[0].items():
        file = io.BytesIO()
        np.save(file, array, allow_pickle=False)
        file.seek(0)
        arrays[name] = np.load(file, allow_pickle=False)
        arrays[name].flags.writeable = False
    return arrays, json.loads(json.dumps(dict(state[1]), allow_nan=False))

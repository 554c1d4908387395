"""What is saved of a stage: for each promise of `Saves` there is a stage that breaks just that one."""

from __future__ import annotations

import numpy as np
import pytest

from emotopy import Registry
from emotopy.testing import ContractViolation, NotApplicable, conformance, doubles


def run(factory, check, role="reducer"):
    """Run one check on one factory."""
    ((candidate, one),) = conformance(role, Registry([doubles.plugin(**{role: {"it": factory}})]), only=[check])
    one(candidate)


def like(**members):
    """Return a subclass of the double, spoilt."""
    return type("Spoilt", (doubles.RandomProjection,), {"__doc__": "Spoilt.", **members})


def _moves(self):
    self.directions_ = self.directions_ * 2
    return {"directions": self.directions_}, {}


def _forgets(self, arrays, values):
    self.directions_ = np.zeros_like(arrays["directions"])


def _guesses(self, arrays, values):
    self.directions_ = arrays.get("directions", np.eye(12, 3))


def _twice(self):
    return {"directions": self.directions_ * getattr(self, "factor", 1)}, {}


def _drifts(self, arrays, values):
    self.directions_, self.factor = arrays["directions"], 3


BROKEN = {
    "an object": ("state_is_plain", like(state=lambda self: ({"directions": self.directions_}, {"it": object()}))),
    "an array of objects": ("state_is_plain", like(state=lambda self: ({"it": np.array([self], dtype=object)}, {}))),
    "NaN": ("state_is_plain", like(state=lambda self: ({"directions": self.directions_ * np.nan}, {}))),
    "a state that moves the stage": ("state_is_plain", like(state=_moves)),
    "a restored stage that knows nothing": ("state_survives", like(restore=_forgets)),
    "a second saving": ("state_survives", like(state=_twice, restore=_drifts)),
    "a guess at what is missing": ("damaged_state_is_refused", like(restore=_guesses)),
}


@pytest.mark.parametrize(("check", "factory"), BROKEN.values(), ids=BROKEN)
def test_spoilt_states_are_found_out(check, factory):
    """A stage that breaks one promise fails that promise's check; the double that it is made of passes."""
    with pytest.raises(ContractViolation):
        run(factory, check)
    run(doubles.RandomProjection, check)


def test_a_stage_that_learns_nothing_has_nothing_to_save():
    """Neither an embedder without `fit`, nor a reducer without `state`, made the promise."""
    for role, factory in (("embedder", doubles.HashingEmbedder), ("reducer", like(state=None))):
        with pytest.raises(NotApplicable):
            run(factory, "state_survives", role)

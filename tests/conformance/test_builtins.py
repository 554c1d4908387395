"""Our built-ins pass the suite that we ship for others; so do the doubles."""

from __future__ import annotations

import pytest
from sklearn.exceptions import NotFittedError

from emotopy import Registry
from emotopy.registry import BUILT_IN
from emotopy.roles import ROLES
from emotopy.testing import conformance, doubles
from emotopy.testing.example_inputs import mapping_inputs
from emotopy.testing.suite import Candidate

BUILT_INS = Registry.load(plugins=False)
DOUBLES = Registry([doubles])
OPTIONS = {"paired-answers": {"models": ["a model", "another"], "topic": "subject"}}
"""Of those that need some."""
PAIRS = [pair for role in ROLES for pair in conformance(role, BUILT_INS, only_owner=BUILT_IN, options=OPTIONS)]
SLOW = ("schaefer", "multilingual")
"""Names of stages that read a large image, or hold a language model."""


@pytest.mark.parametrize(
    ("candidate", "check"),
    [pytest.param(*pair, marks=pytest.mark.slow if str(pair[0]).endswith(SLOW) else ()) for pair in PAIRS],
    ids=str,
)
def test_built_ins_keep_the_contract(candidate, check):
    """Every built-in keeps every promise of its role; those that need a key, a network or an extra skip and say so."""
    check(candidate)


@pytest.mark.parametrize(
    ("candidate", "check"), [pair for role in ROLES for pair in conformance(role, DOUBLES)], ids=str
)
def test_doubles_keep_the_contract(candidate, check):
    """Every double keeps every promise of its role."""
    check(candidate)


LEARNS = {"reducer": "transform", "clusterer": "predict", "region_mapper": "assign", "neural_decoder": "predict"}
LEARNERS = [
    offer
    for role in LEARNS
    for offer in BUILT_INS.offers(role)
    if offer.name not in ("none", "tsne") and not offer.missing
]


@pytest.mark.parametrize("offer", LEARNERS, ids=str)
def test_a_stage_that_has_learnt_nothing_says_so(offer):
    """Before its fit a stage raises scikit-learn's NotFittedError, as users of scikit-learn expect."""
    inputs = mapping_inputs(Candidate(offer, BUILT_INS))
    given = inputs if offer.role == "region_mapper" else inputs.points
    with pytest.raises(NotFittedError):
        getattr(BUILT_INS.make(offer.role, offer.name), LEARNS[offer.role])(given)

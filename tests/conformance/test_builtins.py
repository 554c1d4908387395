"""Our built-ins pass the suite that we ship for others; so do the doubles."""

from __future__ import annotations

import pytest

from emotopy import Registry
from emotopy.registry import BUILT_IN
from emotopy.roles import ROLES
from emotopy.testing import conformance, doubles

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

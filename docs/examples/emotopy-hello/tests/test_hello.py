import pytest
from emotopy.roles import ROLES
from emotopy.testing import conformance

PAIRS = [pair for role in ROLES for pair in conformance(role, only_owner="emotopy-hello")]


@pytest.mark.parametrize(("stage", "check"), PAIRS, ids=str)
def test_the_contract_is_kept(stage, check):
    """Every stage keeps every promise of its role."""
    check(stage)

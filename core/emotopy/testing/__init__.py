"""For plugin authors: the conformance suite, and doubles to test with.

    import pytest
    from emotopy.testing import conformance

    @pytest.mark.parametrize("offer, check", conformance("embedder", only_owner="my-plugin"), ids=str)
    def test_my_embedders_keep_the_contract(offer, check):
        check(offer)

`emotopy.testing.doubles` is a plugin of tiny deterministic stages, one per role: `Registry([doubles])`.
"""

from emotopy.testing.role_checks import conformance
from emotopy.testing.suite import (
    Candidate,
    Check,
    ContractViolation,
    NotApplicable,
    Outcome,
    Unavailable,
    check_outcome,
)

__all__ = [
    "Candidate",
    "Check",
    "ContractViolation",
    "NotApplicable",
    "Outcome",
    "Unavailable",
    "check_outcome",
    "conformance",
]

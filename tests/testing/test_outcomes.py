"""An outcome is what became of a check in a word, for those who have no test runner."""

from __future__ import annotations

import subprocess
import sys

import pytest

from emotopy import Registry
from emotopy.testing import Check, ContractViolation, NotApplicable, Unavailable, check_outcome, conformance, doubles


@pytest.fixture
def candidate():
    """Somebody to be judged."""
    return conformance("embedder", Registry([doubles]))[0][0]


def judged(candidate, error=None, words=""):
    def check_it(candidate):
        print("nobody sees this")
        if error:
            raise error(words)

    return check_outcome(candidate, Check(check_it))


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(None, "ok"), (ContractViolation, "failed"), (NotApplicable, "not applicable"), (Unavailable, "not checked")],
)
def test_every_outcome_has_its_word(candidate, capsys, error, outcome):
    """Kept, broken, never promised, can't be told; the reason leaves out the candidate's name, nothing is printed."""
    found = judged(candidate, error, f"{candidate}: it is so")
    assert (found.promise, found.status) == ("it", outcome)
    assert found.why == ("it is so" if error else "")
    assert not found.traceback
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("error", [ZeroDivisionError, SystemExit, KeyError])
def test_whatever_a_stage_raises_is_a_failure_with_its_traceback(candidate, error):
    """A foreign exception, even SystemExit, ends in the outcome."""
    found = judged(candidate, error, "division")
    assert found.status == "failed"
    assert found.why.startswith(f"{error.__name__}: ")
    assert "check_it" in found.traceback


def test_an_interrupt_is_no_verdict(candidate):
    """Ctrl-C stops the suite."""
    with pytest.raises(KeyboardInterrupt):
        judged(candidate, KeyboardInterrupt)


def test_no_test_runner_is_needed():
    """The suite runs, check by check, where pytest can't be imported."""
    code = (
        "import sys; sys.modules['pytest'] = sys.modules['_pytest'] = None\n"
        "from emotopy import Registry\n"
        "from emotopy.testing import conformance, doubles, check_outcome\n"
        "pairs = conformance('clusterer', Registry([doubles]))\n"
        "print(sorted({check_outcome(*pair).status for pair in pairs}))\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "['not applicable', 'ok']"

"""Outcomes: what became of a check, in a word and a reason, for those who run the suite without a test runner."""

from __future__ import annotations

import contextlib
import io
import traceback
from typing import Literal

import attrs

from emotopy.testing.suite import Candidate, Check, ContractViolation, NotApplicable, Unavailable

Status = Literal["ok", "failed", "not applicable", "not checked"]


@attrs.frozen
class Outcome:
    """What became of a promise: `ok`, `failed`, `not applicable` (never promised), `not checked` (can't be told here).

    `why` is empty where the promise is kept; `traceback` is there where the stage raised something of its own.
    """

    promise: str
    status: Status
    why: str = ""
    traceback: str = attrs.field(repr=False, default="")


def check_outcome(candidate: Candidate, check: Check) -> Outcome:
    """Run one check and say what became of the promise; whatever the stage raises or prints ends here.

    >>> from emotopy import Registry
    >>> from emotopy.testing import conformance, doubles
    >>> candidate, check = conformance("embedder", Registry([doubles]))[0]
    >>> check_outcome(candidate, check).status
    'ok'
    """
    promise = str(check).replace("_", " ")
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            check(candidate)
    except NotApplicable as error:
        return Outcome(promise, "not applicable", _reason(candidate, error))
    except Unavailable as error:
        return Outcome(promise, "not checked", _reason(candidate, error))
    except ContractViolation as error:
        return Outcome(promise, "failed", _reason(candidate, error))
    except (Exception, SystemExit) as error:  # noqa: BLE001 (a stage may raise anything)
        return Outcome(promise, "failed", f"{type(error).__name__}: {error}", traceback.format_exc())
    return Outcome(promise, "ok")


def _reason(candidate: Candidate, error: BaseException) -> str:
    """Return the message without the candidate's name, which whoever asks knows."""
    return str(error).removeprefix(f"{candidate}:").removeprefix(str(candidate)).strip()

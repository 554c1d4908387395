"""Verdicts: the outcome of a check in a word and a reason, for those who run the suite without a test runner."""

from __future__ import annotations

import contextlib
import io
import traceback
from typing import Literal

import attrs

from emotopy.testing.suite import Broken, Candidate, Check, NotApplicable, Unavailable

Outcome = Literal["ok", "failed", "not applicable", "not checked"]


@attrs.frozen
class Verdict:
    """What became of a promise: `ok`, `failed`, `not applicable` (never promised), `not checked` (can't be told here).

    `why` is empty where the promise is kept; `traceback` is there where the stage raised something of its own.
    """

    promise: str
    outcome: Outcome
    why: str = ""
    traceback: str = attrs.field(repr=False, default="")


def verdict(candidate: Candidate, check: Check) -> Verdict:
    """Run one check and say what became of the promise; whatever the stage raises or prints ends here.

    >>> from emotopy import Registry
    >>> from emotopy.testing import conformance, doubles
    >>> candidate, check = conformance("embedder", Registry([doubles]))[0]
    >>> verdict(candidate, check).outcome
    'ok'
    """
    promise = str(check).replace("_", " ")
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            check(candidate)
    except NotApplicable as error:
        return Verdict(promise, "not applicable", _reason(candidate, error))
    except Unavailable as error:
        return Verdict(promise, "not checked", _reason(candidate, error))
    except Broken as error:
        return Verdict(promise, "failed", _reason(candidate, error))
    except (Exception, SystemExit) as error:  # noqa: BLE001 (a stage may raise anything)
        return Verdict(promise, "failed", f"{type(error).__name__}: {error}", traceback.format_exc())
    return Verdict(promise, "ok")


def _reason(candidate: Candidate, error: BaseException) -> str:
    """Return the message without the candidate's name, which whoever asks knows."""
    return str(error).removeprefix(f"{candidate}:").removeprefix(str(candidate)).strip()

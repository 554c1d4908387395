"""What a check of the conformance suite is, and the candidate that it is called with.

A check takes a `Candidate`, an offer that can be made any number of times, and raises `ContractViolation` where a
promise isn't kept. Where it can't tell (a missing library, key or network) it raises `Unavailable`, where the stage
never made the promise (a capability that it hasn't) `NotApplicable`; pytest and unittest alike report both as skipped,
with the reason. No test runner is needed: `emotopy.testing.suite` says the outcome of a check in a word.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import traceback
import unittest
import warnings
from collections.abc import Callable, Mapping
from typing import Any, Literal

import attrs
import numpy as np

from emotopy.errors import ConfigError, DuplicateName, MissingExtra, ProviderError, UnknownName
from emotopy.records import FloatArray
from emotopy.records.brain import Windowing
from emotopy.registry import Context, Offer, Registry
from emotopy.roles import Host, Priced

NOT_FOUND = 77
"""Exit code of another process where the plugin's module isn't found."""


class ContractViolation(AssertionError):
    """A promise of the role's contract isn't kept; the message says what was wanted and what came."""


class Unavailable(unittest.SkipTest):
    """The check can't be made here, and why: it skips."""


class NotApplicable(Unavailable):
    """The stage never made this promise: it is about a capability that it hasn't."""


@attrs.frozen(eq=False)
class Candidate:
    """An offer under test: `make()` makes it anew, with the options and the stages given to `conformance`.

    `remote` allows stages that send texts elsewhere, which may cost money.
    """

    offer: Offer
    registry: Registry
    options: Mapping[str, Any] = attrs.field(factory=dict)
    stages: Mapping[str, Any] = attrs.field(factory=dict)
    remote: bool = False

    def __str__(self) -> str:
        return str(self.offer)

    def make(self, seed: int = 0, windowing: Windowing | None = None, **options: Any) -> Any:
        """Make the stage. Raises Unavailable where that needs something that isn't here."""
        try:
            made = self.make_or_raise(seed, windowing, **options)
        except (DuplicateName, UnknownName):
            raise
        except (ConfigError, MissingExtra, ProviderError) as error:
            raise Unavailable(f"{self} can't be made here: {error}") from error
        if isinstance(made, Priced) and not self.remote:
            raise Unavailable(f"{self} sends texts elsewhere; say remote=True (or --remote) to check it all the same")
        return made

    def make_or_raise(self, seed: int = 0, windowing: Windowing | None = None, **options: Any) -> Any:
        """Make the stage as the host does, with whatever that raises."""
        from emotopy.testing.doubles import HashingEmbedder, ToyAtlas

        stages = {"embedder": HashingEmbedder(), "atlas": ToyAtlas(), **self.stages}
        context = Context(seed, Host(), stages, windowing or Windowing())
        return self.registry.make(self.offer.role, self.offer.full_name, context, **{**self.options, **options})


@attrs.frozen
class Check:
    """One promise: called with a candidate, it raises ContractViolation or Unavailable, or returns."""

    promise: Callable[[Candidate], None]

    def __call__(self, candidate: Candidate) -> None:
        try:
            self.promise(candidate)
        except (DuplicateName, UnknownName):
            raise
        except (ConfigError, MissingExtra, ProviderError) as error:
            raise Unavailable(f"{candidate}: {error}") from error

    def __str__(self) -> str:
        return str(getattr(self.promise, "__name__", self.promise)).removeprefix("check_")

    @property
    def words(self) -> str:
        """What is promised, in a sentence or two."""
        return inspect.cleandoc(self.promise.__doc__ or "").split("\n\n")[0].replace("\n", " ")


def require(kept: Any, message: str) -> None:
    """Raise ContractViolation with the message unless the promise is kept."""
    if not kept:
        raise ContractViolation(message)


def matrix(
    candidate: Candidate, value: Any, n_rows: int, what: str, n_columns: int | None = None, axis: str = ""
) -> FloatArray:
    """Return the value where it is a finite array (n_rows, 1 or more); raise ContractViolation where not.

    `n_columns`, where given, is the number of columns, one for each of what `axis` names.
    """
    require(isinstance(value, np.ndarray), f"{candidate}: {what} must be an array, got {type(value).__name__}")
    good = value.ndim == 2 and len(value) == n_rows and value.shape[1] > 0
    require(good, f"{candidate}: {what} must have shape ({n_rows}, 1 or more), got {value.shape}")
    require(np.issubdtype(value.dtype, np.floating), f"{candidate}: {what} must hold floats, got {value.dtype}")
    require(np.isfinite(value).all(), f"{candidate}: {what} holds NaN or infinity")
    require(
        n_columns in (None, value.shape[1]),
        f"{candidate}: {what} needs a column per {axis}, {n_columns}, got {value.shape[1]}",
    )
    return np.asarray(value)


def refuses(candidate: Candidate, call: Callable[[], Any], what: str, n_columns: int | None = None) -> None:
    """Check that a call on no rows raises (anything will do) or returns an array of no rows."""
    try:
        with warnings.catch_warnings(action="ignore"):  # the mean of nothing
            value = call()
    except Exception:  # noqa: BLE001 (any refusal will do)
        return
    shape = np.shape(value)
    none = isinstance(value, np.ndarray) and shape[:1] == (0,) and (n_columns is None or shape == (0, n_columns))
    require(none, f"{candidate}: {what} must raise or return no rows, got {type(value).__name__} of shape {shape}")


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

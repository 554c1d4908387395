"""The checks of the conformance suite, and the candidates on which they run.

A check takes a `Candidate`, which can create the stage of an offer any number of times, and raises `ContractViolation`
if the stage violates the contract. It raises `Unavailable` if it can't run (a library, key or network is missing), and
`NotApplicable` if the stage doesn't have the capability; pytest and unittest report both as skipped, with the reason.
No test runner is needed: `check_outcome` returns the outcome of a check.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import time
import traceback
import unittest
import warnings
import weakref
from collections.abc import Callable, Mapping
from typing import Any, Literal

import attrs
import numpy as np

from emotopy.errors import ConfigError, DuplicateName, MissingExtra, ProviderError, UnknownName
from emotopy.records import FloatArray
from emotopy.records.brain import Windowing
from emotopy.registry import Context, Offer, Registry
from emotopy.roles import Host, Priced


class ContractViolation(AssertionError):
    """A stage violates the contract of its role; the message states what was wanted and what was got.

    Examples
    --------
    >>> issubclass(ContractViolation, AssertionError)  # so that test runners count a failure
    True
    """


class Unavailable(unittest.SkipTest):
    """A check can't run here, for the reason in the message; it is skipped.

    Examples
    --------
    >>> issubclass(Unavailable, unittest.SkipTest)
    True
    """


class NotApplicable(Unavailable):
    """A check concerns a capability that the stage doesn't have; it is skipped.

    Examples
    --------
    >>> issubclass(NotApplicable, Unavailable)
    True
    """


@attrs.define(eq=False)
class Pool:
    """What the checks of one candidate share: a stage, and what `emotopy.testing.specimens` keeps of it by name."""

    stage: Any = None
    is_made: bool = False
    unavailable: str = ""
    kept: dict[str, Any] = attrs.field(factory=dict)

    def clear(self) -> None:
        """Forget the stages: the next that asks has them made anew."""
        self.stage, self.is_made = None, False
        self.kept.clear()


_LAST: list[weakref.ref[Pool]] = []
"""The pool that was asked last: when another is, this one is cleared, so that models don't pile up in a session."""


@attrs.frozen(eq=False)
class Candidate:
    """An offer under test, with the options and stages passed to `conformance`.

    `stage()` returns an instance that checks share, so that a model is loaded only once; `make()` creates a new
    instance. Other stages that the offer needs are test doubles unless given.

    Parameters
    ----------
    offer : Offer
        Offer of a plugin.
    registry : Registry
        Registry of the offer.
    options : mapping of str to object, optional
        Options of the stage.
    stages : mapping of str to object, optional
        Other stages by role, if the stage needs them.
    remote : bool, default False
        Whether stages that send texts to a server are created, which may cost money.

    Examples
    --------
    >>> from emotopy.testing import conformance, doubles
    >>> candidate, check = conformance("embedder", Registry([doubles]))[0]
    >>> candidate.make().embed(["a text"]).shape[0]
    1
    """

    offer: Offer
    registry: Registry
    options: Mapping[str, Any] = attrs.field(factory=dict)
    stages: Mapping[str, Any] = attrs.field(factory=dict)
    remote: bool = False
    _pool: Pool = attrs.field(factory=Pool, init=False, repr=False)

    def __str__(self) -> str:
        return str(self.offer)

    @property
    def pool(self) -> Pool:
        """What the checks of this candidate share; only one candidate at a time keeps it, since stages may be large."""
        last = _LAST[0]() if _LAST else None
        if last is not self._pool:
            if last is not None:
                last.clear()
            _LAST[:] = [weakref.ref(self._pool)]
        return self._pool

    def stage(self) -> Any:
        """Return the shared instance of the stage, created on first use.

        A check may use and fit it, but must not rely on its state, because other checks may have changed it. If the
        stage can't be created, this isn't tried again.

        Returns
        -------
        object
            The stage.

        Raises
        ------
        Unavailable
            As for `make`.
        """
        pool = self.pool
        if not pool.is_made:
            if pool.unavailable:
                raise Unavailable(pool.unavailable)
            try:
                pool.stage = self.make()
            except Unavailable as error:
                pool.unavailable = str(error)
                raise
            pool.is_made = True
        return pool.stage

    def make(self, seed: int = 0, windowing: Windowing | None = None, host: Host | None = None, **options: Any) -> Any:
        """Create a new instance of the stage.

        Parameters
        ----------
        seed : int, default 0
            Seed of the stage.
        windowing : Windowing, optional
            Windows of the run.
        host : Host, optional
            Host for the stage.
        **options : object
            Options that override those of the candidate.

        Returns
        -------
        object
            The stage.

        Raises
        ------
        Unavailable
            The stage needs something that isn't available here.
        """
        try:
            made = self.make_or_raise(seed, windowing, host, **options)
        except (DuplicateName, UnknownName):
            raise
        except (ConfigError, MissingExtra, ProviderError) as error:
            raise Unavailable(f"{self} can't be made here: {error}") from error
        if isinstance(made, Priced) and not self.remote:
            raise Unavailable(f"{self} sends texts elsewhere; say remote=True (or --remote) to check it all the same")
        return made

    def make_or_raise(
        self, seed: int = 0, windowing: Windowing | None = None, host: Host | None = None, **options: Any
    ) -> Any:
        """Create the stage as the host does, and pass on any exception.

        Every role that isn't given gets a test double.

        Parameters
        ----------
        seed : int, default 0
            Seed of the stage.
        windowing : Windowing, optional
            Windows of the run.
        host : Host, optional
            Host for the stage.
        **options : object
            Options that override those of the candidate.

        Returns
        -------
        object
            The stage.
        """
        from emotopy.testing.doubles import double_of

        asked_for = set(self.offer.signature.stages.values()) - self.stages.keys()
        stages = {role: double_of(role) for role in sorted(asked_for)} | dict(self.stages)
        context = Context(seed, host or Host(), stages, windowing or Windowing())
        return self.registry.make(self.offer.role, self.offer.full_name, context, **{**self.options, **options})


@attrs.frozen
class Check:
    """One check of a contract: called with a candidate, it returns, or raises ContractViolation or Unavailable.

    If a check fails on an instance that earlier checks have used, it is repeated with a new instance, and only this
    result counts; effects of earlier use are tested separately by `earlier_use_leaves_no_trace`. A check marked
    `@decided_at_once` isn't repeated.

    Parameters
    ----------
    promise : callable
        Function of a `Candidate`; its docstring states the promise.

    Examples
    --------
    >>> from emotopy.testing import conformance, doubles
    >>> candidate, check = conformance("embedder", Registry([doubles]), only=["same_*"])[0]
    >>> check(candidate)  # raises nothing: the promise is kept
    """

    promise: Callable[[Candidate], None]

    def __call__(self, candidate: Candidate) -> None:
        try:
            self._run(candidate)
        except (DuplicateName, UnknownName):
            raise
        except (ConfigError, MissingExtra, ProviderError) as error:
            raise Unavailable(f"{candidate}: {error}") from error

    def _run(self, candidate: Candidate) -> None:
        was_used = candidate.pool.is_made
        try:
            self.promise(candidate)
        except unittest.SkipTest:
            raise
        except (Exception, SystemExit):
            if not was_used or getattr(self.promise, "decided_at_once", False):
                raise
            candidate.pool.clear()
            self.promise(candidate)

    def __str__(self) -> str:
        return str(getattr(self.promise, "__name__", self.promise)).removeprefix("check_")

    @property
    def words(self) -> str:
        """The promise, in one or two sentences."""
        return inspect.cleandoc(self.promise.__doc__ or "").split("\n\n")[0].replace("\n", " ")


def decided_at_once(promise: Callable[[Candidate], None]) -> Callable[[Candidate], None]:
    """Mark a check that makes its stages itself, or that may find its fault only now and then: it isn't repeated."""
    promise.decided_at_once = True  # type: ignore[attr-defined]
    return promise


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
    require(
        value.dtype in (np.float32, np.float64),
        f"{candidate}: {what} must hold float32 or float64 in the machine's byte order, got {value.dtype.str}",
    )
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
    """The outcome of a check.

    Parameters
    ----------
    promise : str
        Name of the promise.
    status : {"ok", "failed", "not applicable", "not checked"}
        Result of the check. ``not applicable``: the stage doesn't have the capability. ``not checked``: the check can't
        run here.
    why : str, default ""
        The reason; empty for ``ok``.
    traceback : str, default ""
        Traceback of an exception that the stage raised.
    seconds : float, default 0.0
        Duration of the check in seconds, including the creation of the stage if this check was the first to need it.

    Examples
    --------
    >>> Outcome("same text same row", "failed", "rows differ").status
    'failed'
    """

    promise: str
    status: Status
    why: str = ""
    traceback: str = attrs.field(repr=False, default="")
    seconds: float = attrs.field(repr=False, eq=False, default=0.0)


def check_outcome(candidate: Candidate, check: Check) -> Outcome:
    """Run one check and return its outcome; exceptions and printed output of the stage are caught.

    Parameters
    ----------
    candidate : Candidate
        The offer.
    check : Check
        The promise.

    Returns
    -------
    Outcome
        The outcome.

    Examples
    --------
    >>> from emotopy import Registry
    >>> from emotopy.testing import conformance, doubles
    >>> candidate, check = conformance("embedder", Registry([doubles]))[0]
    >>> check_outcome(candidate, check).status
    'ok'
    """
    started = time.perf_counter()
    outcome = _outcome(candidate, check, str(check).replace("_", " "))
    return attrs.evolve(outcome, seconds=time.perf_counter() - started)


def _outcome(candidate: Candidate, check: Check, promise: str) -> Outcome:
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

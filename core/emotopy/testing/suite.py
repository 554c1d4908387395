"""The conformance suite: what each role promises, as checks that any plugin can run against itself.

A check takes a `Candidate`, an offer that can be made any number of times, and raises `ContractViolation` where a
promise isn't kept. Where it can't tell (a missing library, key or network) it raises `Unavailable`, where the stage
never made the promise (a capability that it hasn't) `NotApplicable`; pytest and unittest alike report both as skipped,
with the reason. No test runner is needed: `emotopy.testing.outcomes` says the outcome of a check in a word.
"""

from __future__ import annotations

import inspect
import unittest
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs

from emotopy.errors import ConfigError, DuplicateName, MissingExtra, ProviderError, UnknownName, listed, nearest
from emotopy.records.brain import Windowing
from emotopy.registry import Context, Offer, Registry
from emotopy.registry.options import SEED
from emotopy.roles import ROLES, Host, Priced


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

    @property
    def takes_seed(self) -> bool:
        """Whether its output may depend on a seed."""
        return SEED in self.offer.signature.options

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


def conformance(
    role: str,
    registry: Registry | None = None,
    *,
    only_owner: str | None = None,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    stages: Mapping[str, Any] | None = None,
    remote: bool = False,
) -> list[tuple[Candidate, Check]]:
    """Return every offer of a role with every check of the role, for `pytest.mark.parametrize`.

    Parameters
    ----------
    role
        `embedder`, `reducer`, ... as in a configuration.
    registry
        Where the offers come from; by default everything that is installed.
    only_owner
        Only the offers of this distribution.
    options
        Options by the offer's name, for stages that need some, or that are to be checked with some.
    stages
        Stages by role, for those that need another one; doubles by default.
    remote
        Check stages that send texts elsewhere too, though that may cost money.

    Nothing is made before a check runs. Raises UnknownName for a role that isn't one, and for an owner who offers no
    stage of the role: a suite without checks would pass.
    """
    registry = registry or Registry.load()
    checks = checks_of(role)
    candidates = [
        Candidate(offer, registry, (options or {}).get(offer.name, {}), stages or {}, remote)
        for offer in registry.offers(role)
        if only_owner in (None, offer.owner)
    ]
    if only_owner is not None and not candidates:
        owners = {offer.owner for offer in registry.offers(role)}
        hidden = "".join(f" Not loaded: {problem}." for problem in registry.problems)
        raise UnknownName(
            f"{only_owner!r} offers no {role}; is it installed?{nearest(only_owner, owners)} Who does: "
            f"{listed(owners)}.{hidden}"
        )
    return [(candidate, check) for candidate in candidates for check in checks]


def checks_of(role: str) -> list[Check]:
    """Return the checks of a role: those of every role, then its own. Raises UnknownName."""
    from emotopy.testing import brain_checks, generic_checks, process_checks, region_checks, text_checks

    if role not in ROLES:
        raise UnknownName(f"{role!r} is no role.{nearest(role, ROLES)} Roles: {listed(ROLES)}")
    modules = (process_checks, text_checks, region_checks, brain_checks)
    own: Iterable[Callable[[Candidate], None]] = (
        promise for module in modules for promise in getattr(module, "CHECKS", {}).get(role, ())
    )
    return [Check(promise) for promise in (*generic_checks.EVERY_ROLE, *process_checks.EVERY_ROLE, *own)]


def require(kept: Any, message: str) -> None:
    """Raise Broken with the message unless the promise is kept."""
    if not kept:
        raise ContractViolation(message)

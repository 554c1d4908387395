"""What plugins offer, and what went wrong with those that don't."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from importlib import metadata
from typing import Any

import attrs

from emotopy.errors import PluginError
from emotopy.records.dataset_info import DatasetCard
from emotopy.registry.options import Signature, signature


@attrs.frozen(eq=False)
class Offer:
    """A stage that a plugin offers under a name."""

    role: str
    name: str
    owner: str
    version: str
    plugin: str
    factory: Callable[..., Any]

    @property
    def full_name(self) -> str:
        """The form that no clash can make ambiguous, `owner:name`."""
        return f"{self.owner}:{self.name}"

    def __str__(self) -> str:
        return f"{self.role} {self.full_name}"

    @cached_property
    def signature(self) -> Signature:
        """Options and parameters that the host fills."""
        return signature(self.factory)

    @property
    def card(self) -> DatasetCard:
        """The card of a data set, known before it is made. Raises PluginError where the factory has none."""
        found = getattr(self.factory, "card", None)
        if not isinstance(found, DatasetCard):
            got = "none" if found is None else f"a {type(found).__name__}"
            raise PluginError(
                f"{self}: wanted an attribute card of the factory, an emotopy.records.DatasetCard, got {got}",
                owner=self.owner,
                stage=str(self),
            )
        return found

    @property
    def extra(self) -> str | None:
        """The extra of the owner's distribution that the stage needs: the factory's attribute `extra`."""
        found = getattr(self.factory, "extra", None)
        return found if isinstance(found, str) else None

    @property
    def missing(self) -> list[str]:
        """Distributions of the stage's extra that aren't installed; nothing is imported to find out."""
        if self.extra is None:
            return []
        try:
            required = metadata.requires(self.owner) or []
        except metadata.PackageNotFoundError:
            return []
        names = [
            match["name"] for line in required if (match := _OF_EXTRA.match(line)) and match["extra"] == self.extra
        ]
        return [name for name in names if not _is_installed(name)]


@attrs.frozen(eq=False)
class Problem:
    """Why a plugin, or a part of it, isn't there."""

    owner: str
    version: str
    plugin: str
    reason: str
    traceback: str = attrs.field(repr=False, default="")

    def __str__(self) -> str:
        return f"{self.owner} ({self.plugin}): {self.reason}"


_OF_EXTRA = re.compile(r"""(?P<name>[A-Za-z0-9._-]+).*;.*\bextra\s*==\s*['"](?P<extra>[^'"]+)['"]""")
"""A requirement of an extra, as the metadata of a distribution spell it."""


def _is_installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True

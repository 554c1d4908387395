"""Optional capabilities of data sets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class FetchesOriginals(Protocol):
    """A data set whose original files can be downloaded from their publisher (`emotopy data NAME --fetch`).

    Examples
    --------
    >>> import emotopy
    >>> dataset = emotopy.Registry.load(plugins=False).make("dataset", "goemotions")
    >>> isinstance(dataset, FetchesOriginals)
    True
    """

    def fetch(self, folder: Path | None = None, mirror: str | None = None) -> Path:
        """Download missing files and verify their checksums; return the path for `load`.

        Files are saved to `folder`, by default in the user's cache folder; `mirror` is the address of a mirror.
        """
        ...


@runtime_checkable
class RecognisesSource(Protocol):
    """A data set that recognises its files; used if an experiment names several data sets.

    Examples
    --------
    >>> class OneFile:
    ...     def recognises(self, source):
    ...         return (source / "letters.csv").is_file()
    >>> isinstance(OneFile(), RecognisesSource)
    True
    """

    def recognises(self, source: Path) -> bool:
        """Return whether the folder or file `source` holds this data set, judged only by file names."""
        ...


@runtime_checkable
class DescribesRecords(Protocol):
    """A data set that returns records instead of a table and describes them.

    Examples
    --------
    >>> class Told:
    ...     def describe(self, loaded, source):
    ...         return [f"{len(loaded)} letters"]
    >>> isinstance(Told(), DescribesRecords)
    True
    """

    def describe(self, loaded: Any, source: Path) -> Sequence[str]:
        """Return lines to print: what was loaded from `source`, and which commands to run next, without texts."""
        ...

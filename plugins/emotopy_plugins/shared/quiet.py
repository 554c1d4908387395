"""Warnings of a library that say nothing to a user, silenced while a stage works, in any thread.

`warnings.catch_warnings` puts the whole list of filters back: in threads it can leave another thread's filter behind
for good, or lose one of the host's. Here a filter of our own is put in, and this one alone is taken out, by whichever
thread needs it last.
"""

from __future__ import annotations

import re
import threading
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

NILEARN = r"(nilearn|nibabel|sklearn|scipy|pandas|numpy|emotopy_plugins\.atlases)\b"
"""Where nilearn's warnings come from: itself, the libraries it calls, and, as it counts levels of the stack, we."""

_LOCK = threading.Lock()
_USERS: Counter[Any] = Counter()


@contextmanager
def silenced(message: str = "", *, category: type[Warning] = Warning, module: str = "") -> Iterator[None]:
    """Silence the warnings whose text starts with `message` and whose module with `module`, both regular expressions.

    >>> before = list(warnings.filters)
    >>> with silenced("Graph is not"):
    ...     warnings.warn("Graph is not fully connected", stacklevel=1)
    >>> warnings.filters == before
    True
    """
    item = (
        "ignore",
        re.compile(message, re.IGNORECASE) if message else None,
        category,
        re.compile(module) if module else None,
        0,
    )
    with _LOCK:
        _USERS[item] += 1
        if item not in warnings.filters:
            warnings.filterwarnings("ignore", message, category, module)
    try:
        yield
    finally:
        with _LOCK:
            _USERS[item] -= 1
            if not _USERS[item]:
                del _USERS[item]
                with suppress(ValueError):  # somebody has put back a list without it
                    warnings.filters.remove(item)  # type: ignore[attr-defined]

"""Values that are made once, at their first use, whichever thread comes first; others wait for it.

`functools.cache` and `functools.cached_property` (since Python 3.12) let each thread that comes before the value is
there make one of its own: twenty requests to a service then load twenty models.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar, overload

P = ParamSpec("P")
R = TypeVar("R")


def once(function: Callable[P, R]) -> Callable[P, R]:
    """Keep what a function returns, by its arguments; no two threads are in it at once.

    >>> made = []
    >>> @once
    ... def loaded(name):
    ...     made.append(name)
    ...     return object()
    >>> loaded("de") is loaded("de"), made
    (True, ['de'])
    """
    kept: Any = functools.cache(function)
    lock = threading.RLock()

    @functools.wraps(function)
    def found(*arguments: P.args, **named: P.kwargs) -> R:
        with lock:
            value: R = kept(*arguments, **named)
            return value

    return found


class once_property(Generic[R]):  # noqa: N801 (as cached_property)
    """A property that is made at its first use and then kept in the object; no two threads make one.

    The class must have a `__dict__`: write `@attrs.frozen(slots=False)`.
    """

    def __init__(self, make: Callable[[Any], R]) -> None:
        self._make = make
        self._lock = threading.RLock()
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> once_property[R]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> R: ...

    def __get__(self, instance: object | None, owner: type) -> once_property[R] | R:
        if instance is None:
            return self
        values = instance.__dict__
        with self._lock:
            if self._name not in values:
                values[self._name] = self._make(instance)
            found: R = values[self._name]
        return found

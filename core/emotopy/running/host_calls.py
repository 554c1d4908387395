"""Where a host's call begins: the decorator of the functions and methods that do long work for it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

from emotopy.host import Host, calling

P = ParamSpec("P")
R = TypeVar("R")


def host_call(function: Callable[P, R]) -> Callable[P, R]:
    """Make each call of a function or method a call of its host (`emotopy.host.calling`).

    The host is the argument `host`; without one it is the attribute `host` of the first argument.
    """
    host_of = _finder(function)

    @functools.wraps(function)
    def called(*arguments: P.args, **named: P.kwargs) -> R:
        with calling(host_of(arguments, named)):
            return function(*arguments, **named)

    return called


def _finder(function: Callable[..., Any]) -> Callable[[tuple[Any, ...], Mapping[str, Any]], Host]:
    parameters = inspect.signature(function).parameters
    names = list(parameters)
    place = names.index("host") if "host" in names else None
    is_method = names[:1] == ["self"]

    def find(arguments: tuple[Any, ...], named: Mapping[str, Any]) -> Host:
        if is_method and place is None:
            found = getattr(arguments[0], "host", None)
        elif place is not None and place < len(arguments):
            found = arguments[place]
        else:
            found = named.get("host")
        return found if isinstance(found, Host) else Host()

    return find

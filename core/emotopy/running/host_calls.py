"""Decorators that make functions and methods with long work calls of a host."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

from emotopy.host import Host, calling, refuse_isolation

P = ParamSpec("P")
R = TypeVar("R")


def host_call(function: Callable[P, R]) -> Callable[P, R]:
    """Make each call of the function or method a call of its host (`emotopy.host.calling`).

    The host is the argument `host`, or else the attribute `host` of the first argument. A host with `isolate` raises
    ConfigError.
    """
    host_of = _finder(function)

    @functools.wraps(function)
    def called(*arguments: P.args, **named: P.kwargs) -> R:
        host = host_of(arguments, named)
        refuse_isolation(host, function.__qualname__)
        with calling(host):
            return function(*arguments, **named)

    return called


def isolable_call(function: Callable[P, R]) -> Callable[P, R]:
    """Make each call a call of its host, as `host_call` does, and run it in a child process if the host has `isolate`.

    Arguments and result must be picklable.
    """
    host_of = _finder(function)

    @functools.wraps(function)
    def called(*arguments: P.args, **named: P.kwargs) -> R:
        host = host_of(arguments, named)
        with calling(host):
            if not host.isolate:
                return function(*arguments, **named)
            from emotopy.running.child import run_in_child

            found: R = run_in_child(function, arguments, named, host)
            return found

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

"""Where a host's call begins: the decorator of the functions and methods that do long work for it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

from emotopy.host import Host, calling, refuse_isolation

P = ParamSpec("P")
R = TypeVar("R")


def host_call(function: Callable[P, R]) -> Callable[P, R]:
    """Make each call of a function or method a call of its host (`emotopy.host.calling`).

    The host is the argument `host`; without one it is the attribute `host` of the first argument. A host that asks for
    a child process is refused.
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
    """Make each call a call of its host, as `host_call` does; in a child process where the host asks for one.

    Arguments and result have to pickle.
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

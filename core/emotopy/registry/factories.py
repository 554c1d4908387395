"""Calls a factory: errors name the plugin, and what it returns must keep the protocol of the role."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from emotopy.errors import EmotopyError, MissingExtra, PluginError, listed
from emotopy.registry.offers import Offer
from emotopy.roles import ROLES


def call_factory(offer: Offer, arguments: Mapping[str, Any]) -> Any:
    """Call an offer's factory.

    Raises MissingExtra where a library is missing, PluginError where the factory fails or makes something that isn't a
    stage of this role; errors of emotopy's own, which speak to the user, pass.
    """
    try:
        stage = offer.factory(**arguments)
    except EmotopyError:
        raise
    except ImportError as error:
        if _is_own(offer, error):
            raise _failed(offer, error) from error
        raise MissingExtra(_missing(offer, error)) from error
    except (Exception, SystemExit) as error:
        raise _failed(offer, error) from error
    failure = partial(PluginError, owner=offer.owner, stage=str(offer))
    return check_protocol(stage, offer.role, f"{offer} made", error=failure)


def check_protocol(stage: Any, role: str, subject: str, *, error: Callable[[str], EmotopyError] = PluginError) -> Any:
    """Return `stage` where it keeps the role's protocol; raise `error`, saying which methods lack, where not."""
    protocol = ROLES[role]
    if isinstance(stage, type):
        raise error(f"{subject} the class {stage.__name__}, wanted an instance: {stage.__name__}()")
    try:
        kept = isinstance(stage, protocol)
    except EmotopyError:
        raise
    except (Exception, SystemExit) as fault:  # up to Python 3.11 this reads the object's properties
        raise error(f"{subject} a {type(stage).__name__}, which fails when looked at: {fault!r}") from fault
    if not kept:
        members = [name for name in vars(protocol) if not name.startswith("_")]
        lacking = [name for name in members if not hasattr(stage, name)]
        raise error(f"{subject} a {type(stage).__name__}, which is no {role}: it lacks {listed(lacking)}")
    return stage


def _failed(offer: Offer, error: BaseException) -> PluginError:
    message = f"{offer} couldn't be made: {type(error).__name__}: {error}"
    return PluginError(message, owner=offer.owner, stage=str(offer))


def _is_own(offer: Offer, error: ImportError) -> bool:
    """Whether what can't be imported is a part of the plugin itself: its own fault, nothing to install."""
    home = str(getattr(offer.factory, "__module__", "")).partition(".")[0]
    return bool(error.name) and str(error.name).partition(".")[0] == home


def _missing(offer: Offer, error: ImportError) -> str:
    what = error.name or str(error)
    remedy = f'pip install "{offer.owner}[{offer.extra}]"' if offer.extra else f"pip install {what.partition('.')[0]}"
    return f"{offer} needs {what!r}, which can't be imported ({error}); do: {remedy}"

"""Load a named data set: find the plugin that offers it, create it with its options, and check its output."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NoReturn

from emotopy.errors import EmotopyError, InputError, PluginError, listed
from emotopy.host import calling, is_hosts
from emotopy.readers.in_memory import class_name
from emotopy.records.dataset_info import DatasetCard
from emotopy.registry import BUILT_IN, Context, Offer, Registry
from emotopy.registry.fence import fenced
from emotopy.roles import Dataset, Host
from emotopy.storage.os_errors import as_path

ROLE = "dataset"


def load_dataset(
    name: str,
    source: str | os.PathLike[str],
    *,
    registry: Registry | None = None,
    host: Host | None = None,
    **options: Any,
) -> Any:
    """Load a named data set from its published files.

    Parameters
    ----------
    name : str
        Name of the data set, or ``owner:name``; `emotopy data` lists the names.
    source : path
        Folder that holds the data set, or its file where the card asks for a file.
    registry : Registry, optional
        Registry of data sets. Default: all installed plugins.
    host : Host, optional
        Host that receives messages. Default: messages are logged.
    **options : object
        Options of the data set, such as ``split="dev"``; `emotopy plugins show NAME` lists them.

    Returns
    -------
    DataFrame or records
        The data. For a table, `left_out_of` and `notes_of` of `emotopy.records.dataset_info` return what was left out
        and the notes. A table of confidential texts is marked as such.

    Raises
    ------
    UnknownName, ConfigError
        The data set or one of the options is unknown.
    InputError
        The files are missing or can't be read.
    PluginError
        The data set fails, or returns data that don't match its card.

    Examples
    --------
    >>> frame = load_dataset("goemotions", "goemotions/", split="dev")                           # doctest: +SKIP
    """
    registry, host = registry or Registry.load(), host or Host()
    offer = registry.offer(ROLE, name)
    with calling(host):
        dataset = make_dataset(registry, offer, options, host)
        return load_from(offer, dataset, as_path(source, "source"), fence=registry.fence, log=host.log)


def make_dataset(registry: Registry, offer: Offer, options: Mapping[str, Any], host: Host) -> Dataset:
    """Create the data set of an offer; raises the errors of `Registry.make`."""
    made: Dataset = registry.make(ROLE, offer.full_name, Context(host=host), **options)
    return made


def load_from(
    offer: Offer,
    dataset: Dataset,
    source: Path,
    *,
    fence: bool = False,
    log: Callable[[str], None] = lambda message: None,
) -> Any:
    """Load a data set from its instance and check the data against its card.

    With a `fence`, what it prints goes to stderr, and what it changes in the process is put back and told to `log`.

    Raises PluginError as `load_dataset`; of a confidential data set it names the type of what went wrong alone, since
    messages of others may repeat a text.
    """
    card = card_of(offer, dataset)
    try:
        with fenced(str(offer), log, is_trusted=offer.owner == BUILT_IN) if fence else nullcontext():
            loaded = dataset.load(source)
    except (EmotopyError, MemoryError):
        raise
    except (Exception, SystemExit) as error:
        if is_hosts(error):  # of a function that the host gave
            raise
        if not source.exists():
            raise InputError.at(
                source.name, wanted=f"the {card.source} of {offer.name}", got="no file or folder of this name"
            ) from None
        what = type(error).__name__ if card.confidential else f"{type(error).__name__}: {error}"
        failure = PluginError(f"{offer} couldn't be loaded: {what}", owner=offer.owner, stage=str(offer))
        raise failure from (None if card.confidential else error)
    return _checked(loaded, card, offer)


def card_of(offer: Offer, dataset: Dataset) -> DatasetCard:
    """Return the card of a data set that is made, which may depend on its options. Raises PluginError for another."""
    card = dataset.card
    if not isinstance(card, DatasetCard):
        _blame(offer, f"wanted a DatasetCard as its card, got a {type(card).__name__}")
    return card


def _checked(loaded: Any, card: DatasetCard, offer: Offer) -> Any:
    import pandas as pd

    from emotopy.readers.confidential import mark

    if not isinstance(loaded, pd.DataFrame):
        if card.columns:
            _blame(offer, f"wanted a pandas.DataFrame, as its card names columns, got {class_name(loaded)}")
        return loaded
    if not card.columns:
        _blame(offer, "wanted records, as its card names no columns, got a DataFrame")
    if missing := [name for name in card.columns if name not in loaded.columns]:
        _blame(offer, f"wanted the columns of its card, got a table without {listed(missing)}")
    return mark(loaded) if card.confidential else loaded


def _blame(offer: Offer, what: str) -> NoReturn:
    raise PluginError(f"{offer}: {what}", owner=offer.owner, stage=str(offer))

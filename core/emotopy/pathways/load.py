"""Reading what was saved: one function, which looks at the kind."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from emotopy.errors import ConfigError
from emotopy.pathways.brain.decoder import DECODER, Decoder
from emotopy.pathways.text.fit import EmbeddedTexts
from emotopy.pathways.text.fitted import FittedTextPathway
from emotopy.pathways.text.pathway import TextPathway
from emotopy.pathways.text.saved import TEXT_PATHWAY
from emotopy.pathways.text.saved import load as load_text_pathway
from emotopy.readers.corpora import ALL
from emotopy.registry import Registry
from emotopy.roles import Host
from emotopy.storage.cache import StageCache
from emotopy.storage.container import MOST_BYTES, Container, read_container
from emotopy.storage.os_errors import as_path


def load(
    directory: str | Path,
    *,
    registry: Registry | None = None,
    host: Host | None = None,
    most_bytes: int = MOST_BYTES,
    options: Mapping[str, Any] | None = None,
    allow_upload: bool = False,
) -> FittedTextPathway | Decoder:
    """Read a model that was saved to a folder, of whatever kind it is.

    Parameters
    ----------
    directory : str or Path
        The folder that `FittedTextPathway.save` or `Decoder.save` wrote.
    registry : Registry, optional
        Where its stages come from; all installed plugins by default.
    host : Host, optional
        Who is told what differs from where the model was saved; silent by default.
    most_bytes : int, default 1 GiB
        How much memory its arrays may take together.
    options : mapping of str to object, optional
        What a model doesn't hold and needs again, by ``role.option``: files (whose content must be the one of the fit)
        and secrets, as ``{"region_mapper.table": "table.csv"}``. None by default.
    allow_upload : bool, default False
        Load a model whose stages send texts to a server. The model names the server, and the environment variable
        that holds the key for it: allow it for a model that you trust.

    Returns
    -------
    FittedTextPathway or Decoder
        As the one that was saved: a pathway's `transform` gives the same numbers, to 1e-6.

    Raises
    ------
    ContainerError
        The folder isn't one, is damaged, was tampered with or written by a newer version, or its stages give other
        numbers than when it was saved; names file and member. It is an InputError.
    ConfigError
        A stage isn't installed, an option is none of it or has to be given again, or a stage sends texts elsewhere.
    PluginError, MissingExtra
        A stage can't be made.

    Examples
    --------
    >>> import emotopy, tempfile
    >>> pathway = emotopy.TextPathway.from_config({"reducer": "pca", "clusterer": {"use": "kmeans", "n_clusters": 2}})
    >>> fitted = pathway.fit(["I was afraid of the storm.", "We danced all night!"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model = emotopy.load(fitted.save(f"{folder}/model"))
    >>> len(model.transform(["What a relief."]).texts)
    1
    """
    container = read_container(as_path(directory, "directory"), DECODER, TEXT_PATHWAY, most_bytes=most_bytes)
    registry, host = registry or Registry.load(), host or Host()
    if container.kind == TEXT_PATHWAY.name:
        return _text_pathway_of(container, registry, host, options=options, allow_upload=allow_upload)
    for path in options or {}:
        raise ConfigError(f"{path}: a decoder asks for no options", path=path, wanted="none", got=path)
    return Decoder.from_container(container, registry, host)


def _text_pathway_of(
    container: Container,
    registry: Registry,
    host: Host,
    *,
    options: Mapping[str, Any] | None,
    allow_upload: bool,
) -> FittedTextPathway:
    """Make the pathway that a container holds; parameters and errors as for `load`."""
    saved, runner = load_text_pathway(container, registry, host, options=options, allow_upload=allow_upload)
    return FittedTextPathway(
        pathway=TextPathway(saved.config, registry, StageCache(None), host),
        result=None,
        mapped=saved.mapped(),
        embedded=EmbeddedTexts([], np.empty((0, saved.fit.n_dims), dtype=np.float32), np.zeros(0, dtype=np.int64)),
        fits={ALL: saved.fit},
        screening_notes=(),
        runner=runner,
        embedder=saved.embedder,
        scorer=saved.scorer,
        no_texts=saved.no_texts,
        keep_segments=saved.keep_segments,
    )


def load_decoder(directory: Path, registry: Registry, host: Host) -> Decoder:
    """Read a decoder; raises as `load`, and ContainerError for a model of another kind."""
    return Decoder.from_container(read_container(directory, DECODER), registry, host)

"""Load saved models of any kind."""

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
    """Load a saved model of any kind from its folder.

    Parameters
    ----------
    directory : str or Path
        Folder written by `FittedTextPathway.save` or `Decoder.save`.
    registry : Registry, optional
        Registry of stages. Default: all installed plugins.
    host : Host, optional
        Host that receives messages about differences from the environment in which the model was saved. Default: no
        output.
    most_bytes : int, default 1 GiB
        Upper limit for the total size of the arrays in memory.
    options : mapping of str to object, optional
        Options that a saved model doesn't contain, by ``role.option``: secrets, and files with the same content as in
        the fit, such as ``{"region_mapper.table": "table.csv"}``. Default: none.
    allow_upload : bool, default False
        Allow a model whose stages send texts to a server. The model file names the server and the environment variable
        of its API key, so allow this only for a model that you trust.

    Returns
    -------
    FittedTextPathway or Decoder
        The saved model. `transform` of a pathway returns the same numbers as before saving, to 1e-6.

    Raises
    ------
    ContainerError
        The folder isn't a saved model, is damaged, was manipulated or written by a newer version, or its stages return
        other numbers than when it was saved. The message names the file and its part. ContainerError is an InputError.
    ConfigError
        A stage isn't installed, an option is unknown or must be given again, or a stage sends texts to a server.
    PluginError, MissingExtra
        A stage can't be created.

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
        raise ConfigError(f"{path}: a decoder needs no options", path=path, wanted="none", got=path)
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

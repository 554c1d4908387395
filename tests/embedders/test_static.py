"""The static embedder: wordllama's own class but for negation, exact, independent of neighbours."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.progress import Told

from emotopy import Registry
from emotopy.errors import ConfigError, PluginError
from emotopy.readers.segmentation import without_word, word_places
from emotopy.roles import Embedder, ExplainsWords, Fingerprinted, KnowsLanguages, KnowsWords
from emotopy_plugins.embedders import static as plugin
from emotopy_plugins.shared import static_vectors as static
from emotopy_plugins.shared.static_vectors import NEGATION_KEEPS, StaticEmbedder, blocks, words
from emotopy_plugins.shared.tokenizer import Tokens
from emotopy_plugins.shared.vader_rules import NEGATORS, cues_of, negated

pytestmark = pytest.mark.fast_path

TEXTS = [
    "I am so happy today!",
    "so  many   spaces ",
    "Grief.",
    "it's a naïve café, 愛 and 😀",
    "one <s> two</s> <unk>",
    "line\nbreaks\tand tabs",
    "▁marks ▁▁ of spaces",
    "HAPPY happy Happy",
]


@pytest.fixture(scope="module")
def embedder() -> StaticEmbedder:
    return StaticEmbedder()


@pytest.fixture(scope="module")
def plain() -> StaticEmbedder:
    return StaticEmbedder(negation=False)


@pytest.fixture(scope="module")
def original():
    """Return wordllama's own class on the same two files, built by hand: its loader looks in the wrong folder."""
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer
    from wordllama.inference import WordLlamaInference

    folder = static.wordllama_folder()
    weights = load_file(folder / static.WEIGHTS)["embedding.weight"]
    return WordLlamaInference(weights, Tokenizer.from_file(str(folder / static.TOKENIZER)))


def test_is_offered_as_an_embedder(embedder):
    """The hook offers `static`, whose product keeps the role and can say what its output depends on."""
    assert dict(plugin.register_embedders()) == {"static": StaticEmbedder}
    assert isinstance(embedder, Embedder)
    assert isinstance(embedder, Fingerprinted)


def test_every_text_is_counted_and_who_counts_stays_here(embedder):
    """Several blocks of texts; a copy for another process holds no host, and gives the same vectors."""
    told = Told()
    own = StaticEmbedder(host=told.host)
    texts = [text * 70_000 for text in TEXTS[:3]]
    vectors = own.embed(texts)
    assert list(told.check().values()) == [3]
    assert len(list(blocks(texts))) > 1
    copy = pickle.loads(pickle.dumps(own))
    np.testing.assert_array_equal(copy.embed(TEXTS), embedder.embed(TEXTS))
    assert len(told.works) == 1
    assert np.isfinite(vectors).all()


def test_equals_the_original_on_varied_texts(plain, original):
    """Without negation, vectors equal wordllama's, normalised, to 4e-7, odd spaces and special tokens included."""
    np.testing.assert_allclose(plain.embed(TEXTS), original.embed(TEXTS, norm=True), atol=4e-7)


@pytest.mark.real_data
def test_equals_the_original_on_real_comments(plain, original, shared_data):
    """Without negation, vectors equal wordllama's on the whole development part of GoEmotions."""
    lines = (shared_data / "goemotions" / "dev.tsv").read_text(encoding="utf-8").splitlines()
    texts = [line.split("\t")[0] for line in lines]
    np.testing.assert_allclose(plain.embed(texts), original.embed(texts, norm=True), atol=4e-7)


def test_a_long_text_counts_to_its_end(embedder, original):
    """Ten thousand tokens aren't truncated: the vector is their exact mean; the original agrees as far as it rounds."""
    long = " ".join(f"word{i} sorrow" for i in range(2000)) + " joy" * 3000
    tokens = original.tokenizer.encode(long, add_special_tokens=False).ids
    assert len(tokens) > 10_000
    mean = original.embedding[tokens].mean(axis=0, dtype=np.float64)
    vector = embedder.embed([long])[0]
    np.testing.assert_allclose(vector, mean / np.linalg.norm(mean), atol=1e-7)
    np.testing.assert_allclose(vector, original.embed(long, norm=True)[0], atol=3e-5)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(), min_size=1, max_size=6))
def test_words_have_the_tokens_of_their_text(embedder, texts):
    """Cutting a text into words never changes its tokens."""
    for text in texts:
        whole = embedder._tokenize([text])[0]
        assert [token for piece in embedder._tokenize(words(text)) for token in piece] == whole


def test_no_token_has_a_space_after_its_first_letter(embedder):
    """The property of the vocabulary on which the cutting into words rests."""
    space = static.SPACE
    assert not [token for token in embedder._model.tokenizer.get_vocab() if space in token.lstrip(space)]


SENTENCES = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "I",
                "am",
                "not",
                "don't",
                "don’t",
                "never",
                "No",
                "not,",
                "isn't",
                "afraid",
                "happy.",
                "but",
                "BUT",
                "of",
                "happy...but",
                "kind",
                "only",
                "no",
                "doubt",
                "(sad)!",
                "naïve",
                "𝓱𝓪𝓹𝓹𝔂",
                "😀",
                "´",
                "a\u0301",
                "\u0301",
                "well-liked",
                "line\nbreak",
                "<s>",
                "▁",
                "\ud83d\ude00",
                "without",
            ]
        ),
        st.sampled_from([" ", " ", " ", " ", "  ", "   "]),
    ),
    min_size=1,
    max_size=12,
).map(lambda pairs: "".join(word + gap for word, gap in pairs)[:-1])


def slow_vector(embedder: StaticEmbedder, text: str) -> np.ndarray:
    """Add up the tokens of the whole text; a piece whose first word is negated, with the space before, a quarter."""
    text = static.without_surrogates(text)
    encoding = embedder._model.tokenizer.encode(text, add_special_tokens=False)
    tokens = Tokens.of([text])
    covered = negated(tokens, cues_of(tokens.words)).tolist()
    quartered, place, word = set(), 0, 0
    for piece in text.split(" "):
        n_words = len(Tokens.of([piece]).words)
        if n_words and covered[word]:
            quartered |= set(range(place - 1, place + len(piece)))
        place, word = place + len(piece) + 1, word + n_words
    total = np.zeros(embedder.n_dims)
    for token, span in zip(encoding.ids, encoding.offsets, strict=True):
        total += embedder._model.weights[token] * (
            0.25 if span[0] < span[1] and quartered.issuperset(range(*span)) else 1.0
        )
    length = np.linalg.norm(total)
    return (total / length if length else total).astype(np.float32)


@settings(max_examples=300, deadline=None)
@given(SENTENCES)
def test_negation_equals_a_slow_literal_reading(embedder, text):
    """The vector is the sum of the text's tokens, of which those that a negation covers count a quarter, bitwise."""
    np.testing.assert_array_equal(embedder.embed([text])[0], slow_vector(embedder, text))


@settings(max_examples=100, deadline=None)
@given(st.lists(SENTENCES, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_negation_does_not_reach_other_texts(embedder, texts, random):
    """Texts with and without negators have bitwise the same vectors alone, in a batch, and in a shuffled batch."""
    together = embedder.embed(texts)
    order = random.sample(range(len(texts)), len(texts))
    np.testing.assert_array_equal(embedder.embed([texts[row] for row in order]), together[order])
    np.testing.assert_array_equal(np.vstack([embedder.embed([text]) for text in texts]), together)


@settings(max_examples=100, deadline=None)
@given(st.one_of(SENTENCES, st.text()))
def test_a_text_without_negators_is_as_without_the_option(embedder, plain, text):
    """Where nothing negates, the option changes no bit."""
    if NEGATORS.isdisjoint(word.decode() for word in Tokens.of([text]).words):
        np.testing.assert_array_equal(embedder.embed([text]), plain.embed([text]))


def test_what_a_negation_covers_counts_little(embedder, plain):
    """A negated word is further from its own vector than a plain one, and not so where the option is off."""
    fear, afraid, not_afraid = embedder.embed(["fear", "I am afraid of dogs", "I am not afraid of dogs"])
    assert fear @ not_afraid < fear @ afraid - 0.1
    fear, afraid, not_afraid = plain.embed(["fear", "I am afraid of dogs", "I am not afraid of dogs"])
    assert abs(fear @ not_afraid - fear @ afraid) < 0.1


def test_what_negation_leaves_is_a_power_of_two():
    """Only such a factor keeps sums in double precision exact."""
    assert np.frexp(NEGATION_KEEPS)[0] == 0.5


def test_the_fingerprint_knows_negation(embedder, plain):
    """Vectors with and without the option are never taken for each other."""
    assert embedder.fingerprint != plain.fingerprint


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_a_text_has_the_same_vector_alone_and_in_any_company(embedder, texts, random):
    """Vectors are bitwise the same alone, in a batch, and in a shuffled batch."""
    together = embedder.embed(texts)
    order = random.sample(range(len(texts)), len(texts))
    np.testing.assert_array_equal(embedder.embed([texts[row] for row in order]), together[order])
    np.testing.assert_array_equal(np.vstack([embedder.embed([text]) for text in texts]), together)


def test_blocks_do_not_show_in_the_vectors(embedder, monkeypatch):
    """Working in small blocks gives bitwise the same vectors."""
    whole = embedder.embed(TEXTS)
    monkeypatch.setattr(static, "BLOCK_SIZE", 150)
    assert len(list(blocks(TEXTS))) > 2
    np.testing.assert_array_equal(embedder.embed(TEXTS), whole)


@given(st.lists(st.integers(0, 3 << 20), max_size=9))
def test_blocks_cover_every_text_once(lengths):
    """Blocks follow each other without gap, and only a lone text exceeds the block size."""
    texts = ["a" * length for length in lengths]
    found = list(blocks(texts))
    assert [row for rows in found for row in range(len(texts))[rows]] == list(range(len(texts)))
    for rows in found:
        size = sum(len(text) + static.TEXT_OVERHEAD for text in texts[rows])
        assert size <= static.BLOCK_SIZE or rows.stop - rows.start == 1


def test_vectors_are_float32_of_length_one(embedder):
    """Every text with tokens gets a float32 vector of unit norm."""
    vectors = embedder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), 256)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_a_text_without_tokens_is_the_zero_vector(embedder):
    """No tokens, no direction: zero, never NaN; the neighbours keep their vectors."""
    vectors = embedder.embed(["joy", ""])
    np.testing.assert_array_equal(vectors[1], np.zeros(256, np.float32))
    np.testing.assert_array_equal(vectors[0], embedder.embed(["joy"])[0])


def test_odd_characters_give_finite_vectors(embedder):
    """Null characters, zero-width spaces and halves of surrogate pairs are embedded, never NaN."""
    vectors = embedder.embed(["\0\0", "\u200b", "\ud83d", "fine \ud83d\ude00", "fine 😀", "\U0010ffff"])
    assert np.isfinite(vectors).all()
    np.testing.assert_array_equal(vectors[3], vectors[4])


def test_no_texts_give_no_rows(embedder):
    """An empty list gives an array with no rows and all dimensions."""
    assert embedder.embed([]).shape == (0, 256)


def test_fewer_dimensions_are_the_first_ones_normalised_anew(embedder):
    """64 dimensions are the first 64 of the sums, at unit norm, under another fingerprint."""
    small = StaticEmbedder(n_dims=64)
    first = embedder.embed(TEXTS)[:, :64]
    expected = first / np.linalg.norm(first, axis=1, keepdims=True)
    np.testing.assert_allclose(small.embed(TEXTS), expected, atol=1e-6)
    assert small.fingerprint != embedder.fingerprint


def test_unsupported_dimensions_are_refused():
    """The error names the option and the choices."""
    with pytest.raises(ConfigError, match=r"embedder\.n_dims: wanted one of 64, 128, 256, got 100"):
        Registry([plugin]).make("embedder", "static", n_dims=100)


@pytest.mark.parametrize("name", [static.WEIGHTS, static.TOKENIZER])
def test_other_data_files_are_refused(tmp_path, name):
    """A changed or missing data file is an error that says how to get the right one."""
    for file in (static.WEIGHTS, static.TOKENIZER):
        (tmp_path / file).parent.mkdir()
        (tmp_path / file).write_bytes((static.wordllama_folder() / file).read_bytes())
    changed = StaticEmbedder()
    changed._folder = tmp_path
    assert changed.embed(["joy"]).any()
    with (tmp_path / name).open("ab") as file:
        file.write(b" ")
    for state in ("has another", "has no"):
        changed = StaticEmbedder()
        changed._folder = tmp_path
        with pytest.raises(PluginError, match=f"{state} {name}.*pip install"):
            changed.embed(["joy"])
        (tmp_path / name).unlink(missing_ok=True)


def test_neither_wordllama_nor_logging_is_touched():
    """Embedding imports nothing of wordllama and leaves the root logger as it was."""
    script = """
import logging, sys
from emotopy_plugins.embedders.static import StaticEmbedder
assert "tokenizers" not in sys.modules and "scipy" not in sys.modules
StaticEmbedder().embed(["joy"])
assert "wordllama" not in sys.modules and not logging.getLogger().handlers
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=Path.cwd())
    assert done.returncode == 0, done.stderr


def test_it_claims_english_and_knows_its_words(embedder):
    """Words in any case, longer ones that fall into long pieces too; letters typed at random and chat codes not."""
    assert isinstance(embedder, KnowsLanguages)
    assert isinstance(embedder, KnowsWords)
    assert embedder.languages == ("en",)
    assert embedder.knows_words(["happy", "HAPPY", "heartbroken", "puzzled", "Fantastic"]).all()
    assert not embedder.knows_words(["asdf", "qwer", "zxcv", "lmao", "hjkl"]).any()
    assert embedder.knows_words([]).shape == (0,)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("ab so not never sad, .!\n'é", max_size=40), min_size=1, max_size=5))
def test_words_are_left_out_as_if_they_had_never_stood_there(texts):
    """Each row is the vector of the text that is left, bitwise; a negation that is left out negates nothing."""
    embedder = StaticEmbedder()
    words = [word_places(text) for text in texts]
    left = [text[:start] + text[end:] for text, own in zip(texts, words, strict=True) for start, end in own]
    found = embedder.embed_without(texts, words)
    assert found.shape == (len(left), embedder.n_dims)
    again = [without_word(text, *word) for text, own in zip(texts, words, strict=True) for word in own]
    assert np.array_equal(found, embedder.embed(again))
    assert [one.split() for one in again] == [one.split() for one in left]  # blanks aside it is the text


def test_a_negation_left_out_negates_nothing(embedder):
    """The word that it covers has its whole weight then."""
    assert isinstance(embedder, ExplainsWords)
    found = embedder.embed_without(["I am not afraid"], [[(5, 8)]])
    assert np.array_equal(found, embedder.embed(["I am afraid"]))
    assert not np.allclose(found, embedder.embed(["I am not afraid"]), atol=0.1)

"""The lexical scorer: the published rule, read literally, is the reference."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy.errors import InputError
from emotopy.registry import Registry
from emotopy.roles import Fingerprinted, IntensityScorer
from emotopy_plugins.intensity_scorers import lexical as entry
from emotopy_plugins.intensity_scorers.lexical import BUNDLED_TIERS, LexicalScorer, read_tiers
from emotopy_plugins.shared.tokenizer import tokenize

SCORER = LexicalScorer()
with BUNDLED_TIERS.open(encoding="utf-8", newline="") as _file:
    ROWS = [(row["keyword"], row["emotion"], row["tier"]) for row in csv.DictReader(_file)]
TIER_OF = {keyword: tier for keyword, _, tier in ROWS}
EMOTION_OF = {keyword: emotion for keyword, emotion, _ in ROWS}


def as_published(text: str) -> float:
    """Score one text as the paper words it."""
    tokens = tokenize(text)
    score = 0.1
    for token in tokens:
        if token in TIER_OF:
            score += {"extreme": 1.0, "very": 0.8, "plain": 0.6, "mild": 0.3}[TIER_OF[token]]
    if any(token in ("so", "very", "really", "truly", "completely", "totally") for token in tokens):
        score += 0.3
    if any(token in ("never", "always", "everything", "nothing") for token in tokens):
        score += 0.2
    score += 0.25 * min(text.count("!"), 4)
    score += 0.15 * min(text.count("?"), 3)
    if text.isupper() and len(text) > 3:
        score += 0.5
    return min(score, 2.0)


def written(tmp_path, content: str):
    path = tmp_path / "tiers.csv"
    path.write_text(content, encoding="utf-8")
    return path


VOCABULARY = "furious happy HAPPY worried nice so SO very never always table OK A ! !! ? ?? , 🙂"
PIECES = st.sampled_from(VOCABULARY.split())


@given(st.lists(PIECES, max_size=9).map(" ".join))
def test_the_score_is_the_published_one(text):
    """Any text scores as the rule, read literally, says."""
    np.testing.assert_allclose(SCORER.score([text]).values, [as_published(text)], atol=1e-12)


@pytest.mark.real_data
def test_real_texts_score_as_published(shared_data):
    """Every text of GoEmotions dev scores as the rule says, and the whole range occurs."""
    lines = (shared_data / "goemotions" / "dev.tsv").read_text(encoding="utf-8").splitlines()
    texts = [line.split("\t")[0] for line in lines]
    scored = SCORER.score(texts)
    np.testing.assert_allclose(scored.values, [as_published(text) for text in texts], atol=1e-12)
    assert (scored.values.min(), scored.values.max()) == (0.1, 2.0)
    shares = [np.mean([token in TIER_OF for token in tokenize(text)] or [0.0]) for text in texts]
    np.testing.assert_allclose(scored.coverage, shares, atol=1e-12)


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("", 0.1),
        ("table", 0.1),
        ("happy", 0.7),
        ("not happy", 0.7),
        ("happy happy", 1.3),
        ("furious", 1.1),
        ("so very very table", 0.4),
        ("never always", 0.3),
        ("!!!!!!", 1.1),
        ("?????", 0.55),
        ("TABLE", 0.6),
        ("ABC", 0.1),
        ("FURIOUS! I HATE THIS!", 2.0),
    ],
)
def test_every_part_of_the_rule(text, score):
    """Keywords add each time, bonuses once, marks up to their limit, capitals above 3 characters; the cap is 2."""
    assert SCORER.score([text]).values.tolist() == [score]


def test_emotions_are_sums_of_tiers_and_coverage_counts_keywords():
    """Each emotion gets the tiers of its keywords, uncapped; coverage is the keywords' share of the tokens."""
    scored = SCORER.score(["furious furious happy, never so", "", "🙂"])
    wanted = {"anger": 2.0, "joy": 0.6}
    assert scored.by_emotion[0].tolist() == [wanted.get(emotion, 0.0) for emotion in scored.emotions]
    assert scored.coverage.tolist() == [3 / 5, 0.0, 0.0]
    assert not scored.by_emotion[1:].any()
    assert SCORER.score([]).by_emotion.shape == (0, 8)


def test_our_keywords_cover_plutchiks_emotions_in_every_tier():
    """Some 250 to 400 keywords, each under one emotion, in eight emotions and four tiers each."""
    assert 250 <= len(ROWS) == len(TIER_OF) <= 400
    assert len({(emotion, tier) for _, emotion, tier in ROWS}) == 8 * 4
    assert SCORER.keywords.emotions == (
        "anger", "anticipation", "disgust", "fear", "joy", "sadness", "surprise", "trust",
    )  # fmt: skip


def test_keywords_of_ones_own(tmp_path):
    """A user's CSV replaces ours; a keyword of two emotions counts for both, and once in the score."""
    path = written(tmp_path, "Keyword,Emotion,Tier\nZorn,Wut,extreme\nZorn,Trauer,mild\nmüde,Trauer,Mild\n\n")
    scorer = Registry([entry]).make("intensity_scorer", "lexical", tiers=str(path))
    scored = scorer.score(["Zorn und MÜDE", "happy"])
    assert scored.emotions == ("Wut", "Trauer")
    assert scored.by_emotion.tolist() == [[1.0, 0.6], [0.0, 0.0]]
    assert scored.values.tolist() == [1.4, 0.1]
    assert scored.coverage.tolist() == [2 / 3, 0.0]


def test_the_stage_keeps_the_role_and_has_a_fingerprint(tmp_path):
    """The registry makes the stage with our keywords, and other keywords make another fingerprint."""
    scorer = Registry([entry]).make("intensity_scorer", "lexical")
    assert isinstance(scorer, IntensityScorer)
    assert isinstance(scorer, Fingerprinted)
    assert scorer.fingerprint == SCORER.fingerprint
    other = LexicalScorer(written(tmp_path, "keyword,emotion,tier\nglad,joy,mild\n"))
    assert other.fingerprint != scorer.fingerprint


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("word,emotion,tier\nglad,joy,mild\n", r"tiers\.csv: line 1: wanted the columns keyword,emotion,tier"),
        ("", "line 1: wanted the columns"),
        ("keyword,emotion,tier\n", "at least one keyword"),
        ("keyword,emotion,tier\nglad,joy,strong\n", "line 2: wanted the tier extreme, very, plain, mild, got 'strong'"),
        ("keyword,emotion,tier\nglad,joy\n", "line 2: wanted keyword,emotion,tier"),
        ("keyword,emotion,tier\nglad,,mild\n", "line 2: wanted keyword,emotion,tier"),
        ("keyword,emotion,tier\nwell-being,joy,mild\n", "line 2: wanted a keyword of one word, got 'well-being'"),
        ("keyword,emotion,tier\n!!,joy,mild\n", "line 2: wanted a keyword of one word"),
        ("keyword,emotion,tier\nglad,joy,mild\n\nGlad,joy,very\n", "line 4: 'glad' occurs twice for 'joy'"),
        ('keyword,emotion,tier\n"glad"x,joy,mild\n', "line 2: wanted CSV"),
    ],
)
def test_a_wrong_csv_is_an_error_that_names_the_line(tmp_path, content, message):
    """What can't be read says which line, what was wanted and what came."""
    with pytest.raises(InputError, match=message):
        read_tiers(written(tmp_path, content))


def test_our_keywords_are_english_and_others_may_be_anything(tmp_path):
    """It claims English with its own keywords, and nothing with a user's."""
    path = tmp_path / "tiers.csv"
    path.write_text("keyword,emotion,tier\nfroh,joy,plain\n", encoding="utf-8")
    assert (SCORER.languages, LexicalScorer(path).languages) == (("en",), ())

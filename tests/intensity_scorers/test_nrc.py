"""The NRC scorer: plain counts against nrclex, rules against a slow literal reading, all list formats."""

from __future__ import annotations

import itertools
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy.errors import ConfigError, InputError
from emotopy.registry import Context, Registry
from emotopy.roles import Fingerprinted, Host, IntensityScorer, KnowsLanguages
from emotopy_plugins.intensity_scorers import nrc as entry
from emotopy_plugins.shared.nrc_files import read_bundled, read_list, with_our_words
from emotopy_plugins.shared.nrc_layouts import EMOTIONS
from emotopy_plugins.shared.nrc_scorer import NrcScorer, plain_counts
from emotopy_plugins.shared.tokenizer import tokenize
from emotopy_plugins.shared.vader_rules import CLAUSE_WORDS, INTENSIFIERS, NEGATORS, PHRASES, Rules

OFF = Rules(negation=False, intensifiers=False, capitals=False, exclamations=False)
JOY = EMOTIONS.index("joy")
WORDS = read_bundled()
SCORERS = {
    rules: NrcScorer(WORDS, rules)
    for rules in [
        Rules(negation, window, keeps, intensifiers, capitals, exclamations)
        for (negation, window, keeps), intensifiers, capitals, exclamations in itertools.product(
            [(True, 3, 0.26), (True, 1, 0.0), (True, 5, 0.5), (False, 3, 0.26)], *[[True, False]] * 3
        )
    ]
}


FULL = {"with": NrcScorer(with_our_words(WORDS)), "without": NrcScorer(WORDS)}


def joy(text: str, rules: Rules | None = None) -> float:
    """Return the summed weight of joy in a text: its share times its number of tokens."""
    return float(NrcScorer(WORDS, rules).score([text]).by_emotion[0, JOY] * len(tokenize(text)))


def read_goemotions(path):
    return [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def dev_texts(shared_data):
    return [row[0] for row in read_goemotions(shared_data / "goemotions" / "dev.tsv")]


# Plain counts --------------------------------------------------------------------------------------------------------


@pytest.mark.real_data
def test_plain_counts_equal_nrclex(dev_texts):
    """On all of GoEmotions dev, counts equal raw_emotion_scores of nrclex on the same tokens."""
    nrclex = pytest.importorskip("nrclex")
    token_lists = [tokenize(text) for text in dev_texts]
    reference = nrclex.NRCLex()
    wanted = []
    for tokens in token_lists:
        reference.load_token_list(tokens)
        wanted.append([reference.raw_emotion_scores.get(emotion, 0) for emotion in WORDS.emotions])
    counts = plain_counts(token_lists, WORDS)
    assert counts.dtype == np.int64
    np.testing.assert_array_equal(counts, wanted)
    assert counts.sum() > 10_000


@pytest.mark.real_data
def test_without_rules_the_score_is_plain_counts_over_tokens(dev_texts):
    """With every rule off, `by_emotion` is the plain counts divided by the number of tokens."""
    token_lists = [tokenize(text) for text in dev_texts]
    scored = NrcScorer(WORDS, OFF).score(dev_texts)
    n_tokens = np.array([len(tokens) for tokens in token_lists])
    np.testing.assert_allclose(scored.by_emotion * n_tokens[:, None], plain_counts(token_lists, WORDS), atol=1e-12)
    found = np.array([sum(token in WORDS.rows for token in tokens) for tokens in token_lists])
    np.testing.assert_allclose(scored.coverage * n_tokens, found, atol=1e-12)


def test_plain_counts_of_small_lists():
    """A token that stands twice counts twice, an unknown or capital one not at all, no text gives no row."""
    counts = plain_counts([["happy", "happy", "table"], [], ["Happy", "hate"]], WORDS)
    assert counts[:, JOY].tolist() == [2, 0, 0]
    assert counts[2, EMOTIONS.index("anger")] == 1
    assert plain_counts([], WORDS).shape == (0, 10)


# Rules ---------------------------------------------------------------------------------------------------------------


def slow_score(text: str, rules: Rules) -> tuple[float, list[float], float]:
    """Score one text token by token, as the rules are worded."""
    text = unicodedata.normalize("NFKC", text.replace("’", "'").replace("‘", "'"))
    tokens, clause = [], 0  # (as written, lower case, clause)
    for sentence in text.replace("!", ".").replace("?", ".").replace(";", ".").replace("。", ".").split("."):
        clause += 1
        written, lower = cut(sentence), tokenize(sentence)
        assert len(written) == len(lower)
        sentence_tokens = list(zip(written, lower, strict=True))
        for place, (as_written, word) in enumerate(sentence_tokens):
            following = sentence_tokens[place + 1][1] if place + 1 < len(sentence_tokens) else ""
            clause += word in CLAUSE_WORDS
            tokens.append((as_written, word, clause, (word, following) in PHRASES))
    mixed = any(char.islower() for char in text if char.isascii())
    modifies = rules.negation or rules.intensifiers
    total, strongest, n_found, n_weighted = np.zeros(10), 0.0, 0, 0
    for place, (as_written, word, clause_here, opens_phrase) in enumerate(tokens):
        if word not in WORDS.rows:
            continue
        n_found += 1
        scores = WORDS.scores[WORDS.rows[word]]
        n_weighted += scores.any()
        closes_phrase = place > 0 and tokens[place - 1][3]
        if modifies and (opens_phrase or closes_phrase):
            continue
        factor, negated = 1.0, False
        for lag in range(1, place + 1):
            _, before, clause_there, before_opens = tokens[place - lag]
            if clause_there != clause_here:
                break
            before_closes = place > lag and tokens[place - lag - 1][3]
            if before_closes:
                boost, negates = PHRASES[tokens[place - lag - 1][1], before], False
            elif before_opens:
                boost, negates = 0.0, False
            else:
                boost, negates = INTENSIFIERS.get(before, 0.0), before in NEGATORS
            if rules.intensifiers and lag <= 3:
                factor += boost * (1.0, 0.95, 0.9)[lag - 1]
            negated |= rules.negation and lag <= rules.negation_window and negates
        letters = [char for char in as_written if char.isascii() and char.isalpha()]
        if rules.capitals and mixed and len(letters) > 1 and all(char.isupper() for char in letters):
            factor += 0.733
        factor *= rules.negation_keeps if negated else 1.0
        total += factor * scores
        strongest += factor * scores[:8].max()
    emphasis = 1 + 0.292 * min(text.count("!"), 4) / max(n_weighted, 1) if rules.exclamations else 1.0
    n_tokens = max(len(tokens), 1)
    return strongest * emphasis / n_tokens, list(total * emphasis / n_tokens), n_found / n_tokens


def cut(sentence: str) -> list[str]:
    """Cut a sentence into words as written; the same words as `tokenize`, case kept."""
    low, words, start = sentence.lower(), [], 0
    for token in tokenize(sentence):
        at = low.find(token, start)
        start = at + len(token)
        words.append(sentence[at:start] if at >= 0 else "")
    return words


VOCABULARY = """
happy Happy HAPPY hate HATE love kind KIND of sort doubt terribly not Not don't DON’T never no without so very VERY
slightly only just this but However table tables 42 I . ... ! !!! ? ; ,
"""
PIECES = st.sampled_from(VOCABULARY.split())


@given(st.lists(PIECES, max_size=14).map(" ".join), st.sampled_from(sorted(SCORERS, key=repr)))
def test_the_rules_equal_a_slow_literal_reading(text, rules):
    """Under any choice of rules, whole-array scores equal those of a loop over the words of one text."""
    scored = SCORERS[rules].score([text])
    value, by_emotion, coverage = slow_score(text, rules)
    np.testing.assert_allclose(scored.values, [value], atol=1e-12)
    np.testing.assert_allclose(scored.by_emotion, [by_emotion], atol=1e-12)
    np.testing.assert_allclose(scored.coverage, [coverage], atol=1e-12)


@pytest.mark.real_data
def test_the_rules_equal_a_slow_literal_reading_on_real_texts(dev_texts):
    """With all rules on, every text of GoEmotions dev in ASCII and ’ scores as the loop over its words says."""
    texts = [text for text in dev_texts if text.replace("’", "'").isascii() and "`" not in text]
    assert len(texts) > 4500
    scored = NrcScorer(WORDS).score(texts)
    wanted = [slow_score(text, Rules()) for text in texts]
    np.testing.assert_allclose(scored.values, [value for value, _, _ in wanted], atol=1e-12)
    np.testing.assert_allclose(scored.by_emotion, [by_emotion for _, by_emotion, _ in wanted], atol=1e-12)


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("happy", 1.0),
        ("very happy", 1.293),
        ("very much happy", 1 + 0.95 * 0.293),
        ("very much indeed happy", 1 + 0.9 * 0.293),
        ("slightly happy", 1 - 0.293),
        ("so very happy", 1 + 1.95 * 0.293),
        ("not happy", 0.26),
        ("not very happy", 0.26 * 1.293),
        ("isn't happy", 0.26),
        ("I don’t think happy", 0.26),
        ("not a b c happy", 1.0),
        ("I did not. Happy", 1.0),
        ("not here but happy", 1.0),
        ("not only happy", 1.0),
        ("never so happy", 1.293),
        ("kind of happy", 1 - 0.293),
        ("KIND of table", 0.0),
        ("HAPPY table", 1.733),
        ("HAPPY TABLE", 1.0),
        ("not HAPPY here", 0.26 * 1.733),
        ("happy!", 1.292),
        ("happy!!!!!!!", 1 + 4 * 0.292),
        ("happy joy!", 2 * (1 + 0.292 / 2)),
    ],
)
def test_what_stands_around_a_word_weighs_it(text, weight):
    """Negation damps, intensifiers scale with distance, capitals and exclamation marks add, phrases read as one."""
    assert joy(text) == pytest.approx(weight)


def test_negation_never_creates_the_opposite():
    """ "Not happy" holds less of what "happy" holds, and nothing of what it doesn't."""
    plain, negated = NrcScorer(WORDS).score(["happy day", "not happy"]).by_emotion
    assert ((negated > 0) == (NrcScorer(WORDS).score(["happy"]).by_emotion[0] > 0)).all()
    assert (negated <= plain).all()


def test_each_rule_can_be_switched_off():
    """A rule that is off leaves the weight as it is without what triggers it."""
    text = "not very HAPPY here!"
    assert joy(text, OFF) == 1.0
    assert joy(text, Rules(intensifiers=False, capitals=False, exclamations=False)) == pytest.approx(0.26)
    assert joy(text, Rules(negation=False, capitals=False, exclamations=False)) == pytest.approx(1.293)
    assert joy(text, Rules(negation=False, intensifiers=False, exclamations=False)) == pytest.approx(1.733)
    assert joy(text, Rules(negation=False, intensifiers=False, capitals=False)) == pytest.approx(1.292)
    assert joy("not happy", Rules(negation_keeps=0.0)) == 0.0
    assert joy("not a b c happy", Rules(negation_window=4)) == pytest.approx(0.26)


@pytest.mark.real_data
def test_the_rules_tell_good_from_bad_better_than_counts(shared_data):
    """On GoEmotions train, positive minus negative ranks pleasant over unpleasant texts better with rules on."""
    from sklearn.metrics import roc_auc_score

    folder = shared_data / "goemotions"
    labels = (folder / "labels.txt").read_text(encoding="utf-8").split()
    pleasant = {"joy", "amusement", "approval", "excitement", "gratitude", "love", "optimism", "pride", "admiration"}
    unpleasant = {"anger", "annoyance", "disapproval", "disgust", "fear", "sadness", "disappointment", "grief"}
    rows = [
        (row[0], labels[int(row[1])] in pleasant)
        for row in read_goemotions(folder / "train.tsv")
        if row[1].isdigit() and labels[int(row[1])] in pleasant | unpleasant
    ]
    texts, is_pleasant = zip(*rows, strict=True)
    areas = []
    for rules in (OFF, Rules()):
        by_emotion = NrcScorer(WORDS, rules).score(texts).by_emotion
        areas.append(roc_auc_score(is_pleasant, by_emotion[:, 8] - by_emotion[:, 9]))
    assert areas[1] > areas[0] + 0.005


# Record, options, other lists ----------------------------------------------------------------------------------------


def test_texts_without_anything_score_zero():
    """Empty texts, emoji, and unknown words have value 0, coverage 0 and no emotion, never NaN."""
    scored = NrcScorer(WORDS).score(["", "\0", "🙂!!!", "שלום", "table"])
    assert not scored.values.any()
    assert not scored.coverage.any()
    assert scored.by_emotion.shape == (5, 10)
    assert not scored.by_emotion.any()
    assert NrcScorer(WORDS).score([]).by_emotion.shape == (0, 10)


def test_the_value_counts_words_of_the_eight_emotions_once():
    """A word with several emotions counts once, one with a polarity alone not at all."""
    assert WORDS.scores[WORDS.rows["aberrant"], : len(EMOTIONS)].sum() == 0
    scored = NrcScorer(WORDS, OFF).score(["happy hate table aberrant"])
    assert scored.values.tolist() == [0.5]
    assert scored.coverage.tolist() == [0.75]


@given(st.lists(st.lists(PIECES, max_size=9).map(" ".join), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_a_text_scores_alike_in_any_company(texts, random):
    """Scores don't depend on order or neighbours."""
    order = random.sample(range(len(texts)), len(texts))
    there, here = (SCORERS[Rules()].score(some).by_emotion for some in (texts, [texts[i] for i in order]))
    np.testing.assert_array_equal(there[order], here)


def test_emotion_intensity_scores_are_weights(tmp_path):
    """With an Emotion Intensity list a word weighs its scores, and the value takes the strongest of them."""
    path = tmp_path / "list.txt"
    path.write_text("grim\tfear\t0.6\ngrim\tsadness\t0.4\ncalm\tjoy\t0.2\n")
    scored = NrcScorer(read_list(path)).score(["grim calm", "not grim"])
    assert scored.values == pytest.approx([(0.6 + 0.2) / 2, 0.26 * 0.6 / 2])
    assert scored.by_emotion[0, EMOTIONS.index("sadness")] == pytest.approx(0.2)


@pytest.mark.parametrize(("low", "neutral"), [(0.0, 0.5), (-1.0, 0.0)])
def test_vad_is_a_mean_rating_that_rules_move_from_the_middle(tmp_path, low, neutral):
    """With VAD the emotions are mean ratings; negation leads towards the middle, intensifiers away, within bounds."""
    path = tmp_path / "list.txt"
    path.write_text(f"calm\t0.9\t{low}\t0.5\nwild\t0.7\t0.8\t0.6\n")
    texts = ["calm wild table", "not wild", "very wild", "very calm!!!", "table", ""]
    scored = NrcScorer(read_list(path)).score(texts)
    assert scored.emotions == ("valence", "arousal", "dominance")
    assert scored.by_emotion[0] == pytest.approx([0.8, (low + 0.8) / 2, 0.55])
    assert scored.by_emotion[1] == pytest.approx(neutral + 0.26 * (np.array([0.7, 0.8, 0.6]) - neutral))
    assert scored.by_emotion[2, 1] == pytest.approx(min(neutral + 1.293 * (0.8 - neutral), 1.0))
    assert scored.by_emotion[3, 1] == low
    assert scored.by_emotion[4].tolist() == [neutral] * 3
    assert scored.values[:5].tolist() == scored.by_emotion[:5, 1].tolist()
    assert scored.values[5] == 0.0
    assert scored.coverage == pytest.approx([2 / 3, 1 / 2, 1 / 2, 1 / 2, 0, 0])


def test_neutral_words_of_a_full_list_are_found(tmp_path):
    """A word that the list holds without any emotion counts for coverage and nothing else."""
    path = tmp_path / "list.txt"
    path.write_text("table\tjoy\t0\ncalm\tjoy\t1\n")
    scored = NrcScorer(read_list(path)).score(["table calm!"])
    assert scored.coverage.tolist() == [1.0]
    assert scored.values == pytest.approx([1.292 / 2])


def make(host: Host | None = None, **options):
    return Registry([entry]).make("intensity_scorer", "nrc", Context(host=host or Host()), **options)


def test_the_stage_keeps_the_role_and_says_once_that_the_list_is_for_research():
    """The registry makes the stage, and the licence of the bundled list is said once, however often it scores."""
    said: list[str] = []
    scorer = make(Host(notify=said.append))
    scorer.score(["happy"])
    scorer.score(["happy"])
    assert isinstance(scorer, IntensityScorer)
    assert isinstance(scorer, Fingerprinted)
    assert len(said) == 1
    assert "research use only" in said[0]


def test_a_list_of_ones_own_with_phrases_says_that_they_are_never_found(tmp_path):
    """Entries of several words can't be found word by word; the user hears how many, and nothing of our licence."""
    path = tmp_path / "own.txt"
    path.write_text(
        "Word\tValence\tArousal\tDominance\n"
        "calm\t0.9\t0.1\t0.5\nill at ease\t0.2\t0.8\t0.2\nwell-being\t0.9\t0.3\t0.7\n"
    )
    said: list[str] = []
    make(Host(notify=said.append), lexicon=str(path))
    assert said == [
        "own.txt: 2 of 3 entries have more than one word and are never found, because texts are scored word by word."
    ]


def test_the_fingerprint_tells_list_and_rules(tmp_path):
    """Equal lists and options have equal fingerprints; another list or any other option another."""
    path = tmp_path / "own.txt"
    path.write_text("calm\tjoy\t1\n")
    choices = [
        {},
        {"lexicon": path},
        {"negation": False},
        {"negation_window": 2},
        {"negation_keeps": 0.5},
        {"intensifiers": False},
        {"capitals": False},
        {"exclamations": False},
        {"extra_words": False},
        {"lexicon": path, "extra_words": True},
    ]
    prints = [make(**options).fingerprint for options in choices]
    assert len(set(prints)) == len(choices)
    assert make().fingerprint == prints[0]
    assert WORDS.sha256 in prints[0]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"negation_window": 0},
            ConfigError,
            r"intensity_scorer\.negation_window: wanted at least 1 and at most 100, got 0",
        ),
        (
            {"negation_keeps": 1.5},
            ConfigError,
            r"intensity_scorer\.negation_keeps: wanted at least 0 and at most 1, got 1.5",
        ),
        ({"negation": "no"}, ConfigError, r"intensity_scorer\.negation"),
        ({"lexicon": "absent.txt"}, InputError, "absent.txt can't be read: No such file"),
    ],
)
def test_wrong_options_are_refused(options, error, message):
    """An option out of range, of the wrong type, or a path that isn't there is an error that names it."""
    with pytest.raises(error, match=message):
        make(**options)


def test_common_emotion_words_count():
    """Words that the list in nrclex lacks are known by default, and not where that is switched off."""
    texts = ["I am sad", "I am scared", "she hates it", "they loved us"]
    assert (entry.NrcIntensityScorer(Host()).score(texts).values > 0).all()
    off = entry.NrcIntensityScorer(Host(), extra_words=False)
    assert not off.score(texts).values.any()
    assert off.fingerprint != entry.NrcIntensityScorer(Host()).fingerprint


@pytest.mark.real_data
def test_without_our_words_scores_are_those_of_the_list(dev_texts):
    """With `extra_words` off the scorer is that of the list in nrclex, whose plain counts stay the reference."""
    off = entry.NrcIntensityScorer(Host(), extra_words=False).score(dev_texts)
    np.testing.assert_array_equal(off.by_emotion, NrcScorer(WORDS).score(dev_texts).by_emotion)


@given(st.lists(PIECES, max_size=14).map(" ".join))
def test_our_words_change_no_text_that_has_none_of_them(text):
    """Where none of our words stands, the scores are bitwise the same with and without them."""
    with_ours, without = (FULL[name].score([text]) for name in ("with", "without"))
    if not with_ours.coverage[0] > without.coverage[0]:
        np.testing.assert_array_equal(with_ours.by_emotion, without.by_emotion)
        np.testing.assert_array_equal(with_ours.values, without.values)


# Other languages ------------------------------------------------------------------------------------------------------

GERMAN_LIST = (
    "English Word\tanger\tanticipation\tdisgust\tfear\tjoy\tnegative\tpositive\tsadness\tsurprise\ttrust\tGerman Word\n"
    "joyful\t0\t0\t0\t0\t1\t0\t1\t0\t0\t1\tfröhlich\n"
    "need\t0\t0\t0\t1\t0\t1\t0\t0\t0\t0\tNot\n"
)


@pytest.fixture
def german_list(tmp_path):
    path = tmp_path / "German-NRC-EmoLex.txt"
    path.write_text(GERMAN_LIST, encoding="utf-8")
    return path


def test_a_list_in_another_language_scores_its_words(german_list):
    """Words of the list count, whatever their case; English negation and intensifiers don't: "not" is a word there."""
    told = []
    scorer = entry.NrcIntensityScorer(Host(notify=told.append), lexicon=german_list, language="de")
    plain, so, need = scorer.score(["ich bin fröhlich", "ich bin Fröhlich", "fröhlich in der not"]).by_emotion
    assert plain[JOY] == so[JOY] == pytest.approx(1 / 3)
    assert need[JOY] == need[EMOTIONS.index("fear")] == pytest.approx(1 / 4)
    assert scorer.languages == ("de",)
    assert told


def test_languages_of_one_file_have_fingerprints_of_their_own(german_list):
    """English and German words of one file are two lists; the English fingerprint is what it was before."""
    german, english = (
        entry.NrcIntensityScorer(Host(), lexicon=german_list, language=code).fingerprint for code in ("de", "en")
    )
    assert german != english
    assert entry.NrcIntensityScorer(Host(), extra_words=False).fingerprint == NrcScorer(WORDS).fingerprint


def test_a_language_without_a_list_is_refused(german_list):
    """Another language wants a list; the registry names the option."""
    registry = Registry([entry])
    with pytest.raises(ConfigError) as caught:
        registry.make("intensity_scorer", "nrc", language="de")
    assert caught.value.path == "intensity_scorer.lexicon"
    with pytest.raises(ConfigError) as caught:
        registry.make("intensity_scorer", "nrc", language="ja", lexicon=german_list)
    assert caught.value.path == "intensity_scorer.language"


def test_without_a_language_it_is_english():
    """The bundled list is English."""
    scorer = entry.NrcIntensityScorer(Host())
    assert isinstance(scorer, KnowsLanguages)
    assert scorer.languages == ("en",)


def test_the_form_of_a_list_is_an_option_and_part_of_the_fingerprint(tmp_path):
    """The same file on two scales is two scorers; another word than the five is refused."""
    path = tmp_path / "own.txt"
    path.write_text("calm\t0.9\t0.1\t0.5\n")
    one, other = (make(lexicon=str(path), lexicon_form=form) for form in ("vad-v1", "vad-v2"))
    assert one.fingerprint != other.fingerprint
    assert one.score(["table"]).by_emotion[0, 0] == 0.5
    assert other.score(["table"]).by_emotion[0, 0] == 0.0
    with pytest.raises(ConfigError):
        make(lexicon=str(path), lexicon_form="anew")

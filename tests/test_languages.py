"""Languages of texts: told apart in doubt for the text, by script for certain, one by one."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotopy.errors import ShapeError
from emotopy.languages import (
    SCORED,
    SCRIPTS,
    UNKNOWN,
    UNKNOWN_LANGUAGE,
    UNKNOWN_WORDS,
    detect,
    same_language,
    screen,
    script_of,
    word_coverage,
    words_of,
)

ENGLISH = "I walked home with my sister and we laughed all the way."
GERMAN = "Ich bin mit meiner Schwester nach Hause gegangen, und wir haben viel gelacht."
SPANISH = "Volví a casa con mi hermana y nos reímos todo el camino."
CHINESE = "我和妹妹一起走回家,一路上笑个不停。"
RUSSIAN = "Мы с сестрой шли домой и всю дорогу смеялись."
JAPANESE = "妹と家まで歩いて、ずっと笑っていました。"
FULL = {"en": ENGLISH, "de": GERMAN, "es": SPANISH, "zh": CHINESE, "ru": RUSSIAN, "ja": JAPANESE}


def status(text, *knows, coverage=np.nan):
    return screen([text], np.array([coverage]), knows).status[0]


@pytest.mark.parametrize(("language", "text"), FULL.items())
def test_a_full_sentence_names_its_language(language, text):
    """A sentence is of its language, given to stages that know it and to those that claim nothing, not to others."""
    assert detect([text]).language == (language,)
    assert status(text, language) == status(text) == status(text, "en", language) == SCORED
    others = [other for other in FULL if other != language]
    assert status(text, *others) == UNKNOWN_LANGUAGE


@pytest.mark.parametrize("text", ["ok", "sad", "so sad", "lol", "haha!", "[NAME]", "r/aww", "De nada!", "pizza"])
def test_a_word_or_two_say_nothing_of_their_language(text):
    """Texts of one or two words in Latin letters are of unknown language, and scored."""
    found = screen([text], knows=["en"])
    assert (found.language, found.status) == ((UNKNOWN,), (SCORED,))


@pytest.mark.parametrize(
    ("text", "language"),
    [("怖い", "ja"), ("안녕", "ko"), ("שלום", "he"), ("สวัสดี", "th"), ("привет", "und-Cyrl"), ("γεια", "el")],
)
def test_a_script_is_certain_on_a_single_word(text, language):
    """A word in a script that isn't Latin is foreign to a stage for English; shared scripts are named by their code."""
    found = screen([text], knows=["en"])
    assert (found.language, found.status) == ((language,), (UNKNOWN_LANGUAGE,))


def test_a_short_text_in_a_shared_script_is_given_to_those_who_know_one_of_its_languages():
    """One word in Cyrillic might be of any of its languages."""
    assert status("привет", "ru") == status("привет", "bg", "en") == SCORED
    assert status("привет", "el") == UNKNOWN_LANGUAGE


def test_a_foreign_word_or_two_in_an_english_text_change_nothing():
    """Most letters decide about the script; letters made to look fancy are those they look like."""
    assert status("We watched 千と千尋の神隠し together and cried a lot", "en") == SCORED
    assert script_of("𝓱𝓪𝓹𝓹𝔂 birthday") == "Latin"
    assert status("𝓘 𝓪𝓶 𝓼𝓸 𝓱𝓪𝓹𝓹𝔂 𝓽𝓸𝓭𝓪𝔂", "en") == SCORED


def test_a_script_of_no_known_language_is_foreign():
    """A script that no language of the table uses is none that a stage could claim."""
    found = screen(["ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ"], knows=["en"])
    assert (found.language, found.status) == (("und-Zyyy",), (UNKNOWN_LANGUAGE,))


@pytest.mark.parametrize("text", ["😀😀😀", "12345", "?!", "", "\ud83d"])
def test_texts_without_letters_have_no_language(text):
    """Emoji, digits, punctuation and halves of characters are of no language; their coverage decides."""
    assert detect([text]).script == ("",)
    assert status(text, "en") == SCORED
    assert status(text, "en", coverage=0.0) == UNKNOWN_WORDS


def test_coverage_zero_is_a_text_of_unknown_words_unless_it_is_foreign():
    """A text without a known word gets that status; that it is in another language says more."""
    assert status("asdf qwer zxcv", "en", coverage=0.0) == UNKNOWN_WORDS
    assert status("asdf qwer zxcv", "en", coverage=0.1) == SCORED
    assert status(GERMAN, "en", coverage=0.0) == UNKNOWN_LANGUAGE


@pytest.mark.parametrize("codes", [["zh-TW"], ["zh_CN", "en"], ["ZH"]])
def test_codes_with_a_region_are_their_language(codes):
    """What a stage claims may have a region or capitals."""
    assert status(CHINESE, *codes) == SCORED


def test_a_claim_that_the_detector_cannot_judge_keeps_every_text():
    """Where no claimed language is among those told apart, nothing is refused."""
    assert status(GERMAN, "tlh") == SCORED


def test_arrays_of_another_length_are_refused():
    """Coverage and detection are about these texts, one entry each."""
    with pytest.raises(ShapeError):
        screen(["a", "b"], np.array([0.5]))
    with pytest.raises(ShapeError):
        screen(["a", "b"], detection=detect(["a"]))


def test_no_texts_are_no_rows():
    """An empty list has neither languages nor statuses."""
    found = screen([], knows=["en"])
    assert (len(found), found.language, found.is_scored.shape) == (0, (), (0,))


@settings(max_examples=40)
@given(st.lists(st.one_of(st.text(max_size=60), st.sampled_from(list(FULL.values()))), max_size=6), st.randoms())
def test_a_text_is_judged_alone(texts, random):
    """Language and status depend on the text, not on neighbours or order; probabilities sum to one or zero."""
    shuffled = list(texts)
    random.shuffle(shuffled)
    there = dict(zip(shuffled, zip(*two(shuffled), strict=True), strict=True))
    assert [there[text] for text in texts] == list(zip(*two(texts), strict=True))
    sums = detect(texts).probability.sum(axis=1)
    assert np.all(np.isclose(sums, 1, atol=1e-4) | (sums == 0))


def two(texts):
    found = screen(texts, knows=["en", "ru"])
    return found.language, found.status


def test_every_script_of_the_table_has_languages_that_can_be_told():
    """Of each script at least one language is among those of the detector, so that a claim of it can be kept."""
    told = set(detect(["a"]).languages)
    assert {script for script, languages in SCRIPTS.items() if not told & set(languages)} == set()


def test_the_share_of_known_words():
    """Words are runs of two letters or more, asked for once each; a text without words has coverage 0."""
    asked = []

    def knows_words(words):
        asked.extend(words)
        return np.array([word.lower() in {"years", "old"} for word in words])

    shares = word_coverage(["I’m 12 years old, OK?", "old old new", "😀 1 a"], knows_words)
    np.testing.assert_allclose(shares, [2 / 3, 2 / 3, 0])
    assert asked == sorted({"years", "old", "OK", "new"})
    assert words_of("don't 3D naïve") == ["don", "naïve"]


def test_unknown_languages_fit_any():
    """Groups are of one language unless two are named."""
    assert same_language([UNKNOWN, "de", "de"])
    assert not same_language(["en", UNKNOWN, "de"])


def test_the_detector_of_others_is_left_alone():
    """What somebody does to the library's own detector changes nothing here, and it is imported on first use."""
    code = (
        "import sys, emotopy.languages as ours\n"
        "assert 'py3langid' not in sys.modules\n"
        "import py3langid; py3langid.set_languages(['fr', 'it'])\n"
        f"print(ours.detect([{GERMAN!r}]).language[0], py3langid.classify({GERMAN!r})[0] in ('fr', 'it'))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["de", "True"]


@pytest.mark.real_data
def test_goemotions_is_english(shared_data):
    """At most 0.3 % of GoEmotions dev is called foreign, and 1 % of its texts of fewer than 5 words."""
    lines = (shared_data / "goemotions" / "dev.tsv").read_text(encoding="utf-8").splitlines()
    found = detect([line.split("\t")[0] for line in lines])
    foreign = found.is_foreign(["en"])
    assert foreign.mean() <= 0.003
    assert foreign[found.n_words < 5].mean() <= 0.01

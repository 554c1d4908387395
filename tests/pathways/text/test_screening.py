"""Texts that the stages can't read stay out of their numbers, and that is told."""

from __future__ import annotations

import attrs
import numpy as np
import pandas as pd
import pytest

from emotopy.errors import ConfigError, InputError
from emotopy.pathways.text.pathway import TextPathway
from emotopy.pathways.text.read_results import read_mapped
from emotopy.readers.corpora import corpus_from
from emotopy.registry import Registry

ENGLISH = [
    "I was afraid of the dark when I was a child.",
    "We laughed all day long and then went home.",
    "She cried for hours and would not stop.",
    "I miss my mother so much these days.",
    "He is angry with everybody at work again.",
    "The train was late, so nothing came of it.",
]
GERMAN = [
    "Ich hatte als Kind große Angst vor der Dunkelheit.",
    "Wir haben den ganzen Tag gelacht und sind dann heim.",
    "Sie hat stundenlang geweint und wollte nicht aufhören.",
    "Ich vermisse meine Mutter in diesen Tagen so sehr.",
]
CHINESE = ["我小时候很怕黑。", "我们笑了一整天。"]
QUICK = {
    "reducer": "pca",
    "clusterer": {"use": "kmeans", "n_clusters": 2},
    "reporter": ["tables"],
    "interval": {"n": 100},
}


class KnowsEverything:
    """An embedder that claims nothing."""

    def embed(self, texts):
        """Return letters' counts."""
        return np.array([[text.count(letter) + 1.0 for letter in "aeiou"] for text in texts], dtype=np.float32)


@pytest.fixture(scope="module")
def registry():
    return Registry.load()


def fit(registry, texts, config=None, **more):
    return TextPathway.from_config({**QUICK, **(config or {})}, registry=registry).fit(texts, **more)


def test_foreign_texts_and_texts_without_words_are_set_aside(registry):
    """They have a status, no values, and count in no mean; the notes count them; English is as it is alone."""
    texts = [*ENGLISH, *GERMAN[:2], "😀😀😀", "asdf qwer zxcv", ""]
    result, alone = fit(registry, texts).result, fit(registry, ENGLISH).result
    wanted = ["scored"] * 6 + ["unknown-language"] * 2 + ["unknown-words"] * 2 + ["empty"]
    assert result.texts["status"].tolist() == wanted
    assert result.texts["language"].tolist()[:8] == ["en"] * 6 + ["de"] * 2
    aside = result.texts["status"] != "scored"
    numbers = ["intensity", "profile_amygdala", "region_amygdala", "intensity_amygdala", "n_words", "n_segments"]
    assert result.texts.loc[aside, numbers].isna().all(axis=None)
    columns = ["relative", "evidence", "share", "intensity", "n_texts"]
    pd.testing.assert_frame_equal(result.regions[columns], alone.regions[columns])
    assert result.provenance["input"]["languages"]["de"] == 2
    assert sum("2 of 10 texts" in note for note in result.notes) == 2
    assert any(note.startswith("1 of 11 rows") for note in result.notes)


@pytest.mark.parametrize("texts", [GERMAN, CHINESE, ["😀", "🎉🎉"], [*ENGLISH[:2], *GERMAN[:3]]])
def test_mostly_unreadable_texts_are_an_error(registry, texts):
    """Above one half the run stops before any work and says what to choose."""
    for call in (fit, lambda r, t: TextPathway.from_config(QUICK, registry=r).check(t)):
        with pytest.raises(InputError) as caught:
            call(registry, texts)
        assert caught.value.advice
        assert caught.value.got


def test_any_language_maps_everything(registry):
    """The languages are still found, recorded and in the table."""
    result = fit(registry, GERMAN, {"language": "any"}).result
    assert result.texts["status"].tolist() == ["scored"] * 4
    assert result.texts["language"].tolist() == ["de"] * 4
    assert result.provenance["config"]["language"] == "any"


def test_a_language_can_be_told(registry):
    """A code stands for all texts; the embedder has to know it; German words are no longer asked for."""
    assert fit(registry, ["ok", "Die Liebe"], {"language": "en"}).result.texts["language"].tolist() == ["en"] * 2
    with pytest.raises(ConfigError) as caught:
        fit(registry, GERMAN, {"language": "de"})
    assert caught.value.path == "language"
    with pytest.raises(ConfigError):
        fit(registry, GERMAN, {"language": "German"})


def test_a_stage_that_claims_nothing_gets_every_text(registry):
    """Profiles of all; intensities only of the language that the scorer knows; all of them where that isn't known."""
    config = {"embedder": KnowsEverything(), "intensity_scorer": "nrc"}
    result = fit(registry, [*ENGLISH, *GERMAN], config).result
    assert result.texts["status"].eq("scored").all()
    assert result.texts["profile_amygdala"].notna().all()
    assert result.texts["intensity"].notna().tolist() == [True] * 6 + [False] * 4
    assert result.texts["emotion_fear"].notna().tolist() == [True] * 6 + [False] * 4
    alone = fit(registry, ENGLISH, config).result.mapped
    np.testing.assert_array_equal(result.mapped.intensities.values[:6], alone.intensities.values)
    words, values = alone.n_words, alone.weighted_intensity
    assert result.mapped.has_intensity.sum() == 6
    weights = result.mapped.weights * result.mapped.has_intensity
    mapped = result.mapped
    wanted = (weights @ mapped.weighted_intensity) / (weights @ mapped.mapping.assignment)
    np.testing.assert_allclose(result.regions["intensity"][:18], wanted, rtol=1e-9)
    assert len(words) == len(values)
    none = fit(registry, GERMAN, config).result
    assert none.regions["intensity"].isna().all()
    assert none.regions["relative"].notna().all()


def test_means_without_intensities_are_compared_and_read_back(registry, tmp_path):
    """A unit whose texts have no intensity has none; the folder gives the comparison that the result gives."""
    rows = [
        (f"{side}{who}", side, text) for side in "ab" for who in range(6) for text in (ENGLISH[who], ENGLISH[-who - 1])
    ]
    frame = pd.DataFrame(rows, columns=["who", "side", "text"])
    frame.loc[frame["who"] == "a3", "text"] = GERMAN[:2]
    corpus = corpus_from(frame, text="text", group="side", unit="who")
    result = fit(registry, corpus, {"embedder": KnowsEverything()}).result
    table = result.compare("a", "b", n_permutations=99).table.set_index("measure")
    assert set(table.loc["relative", "n_a"]) == {6}
    assert set(table.loc["intensity", "n_a"]) == {5}
    result.write(tmp_path / "out", registry)
    read = read_mapped(tmp_path / "out")
    assert read.language == result.mapped.language
    np.testing.assert_array_equal(read.has_intensity, result.mapped.has_intensity)
    np.testing.assert_array_equal(read.weighted_intensity_by_row, result.mapped.weighted_intensity_by_row)
    np.testing.assert_array_equal(read.intensity_assignment_by_row, result.mapped.intensity_assignment_by_row)


def test_groups_of_different_languages_are_not_compared_unasked(registry):
    """Most of one group German, most of the other English: an error, unless any language will do."""
    rows = [("en", f"e{i}", text) for i, text in enumerate(ENGLISH)] + [
        ("de", f"d{i}", t) for i, t in enumerate(GERMAN)
    ]
    frame = pd.DataFrame(rows, columns=["side", "who", "text"])
    corpus = corpus_from(frame, text="text", group="side", unit="who")
    result = fit(registry, corpus, {"language": "any"}).result
    with pytest.raises(InputError) as caught:
        result.compare("en", "de", n_permutations=9)
    assert caught.value.got == "en en, de de"
    assert len(result.compare("en", "de", n_permutations=9, language="any").table)
    mixed = result.regroup([f"{i % 2}" for i in range(10)])
    assert len(mixed.compare("0", "1", n_permutations=9).table)


def test_transform_screens_too(registry):
    """New texts are screened as those of the fit, and only their own notes are told."""
    fitted = fit(registry, [*ENGLISH, GERMAN[0]])
    result = fitted.transform([*ENGLISH[:2], GERMAN[1], "😀"])
    assert result.texts["status"].tolist() == ["scored", "scored", "unknown-language", "unknown-words"]
    assert not any("of 7 texts" in note for note in result.notes)
    assert any("1 of 4 texts" in note for note in result.notes)
    with pytest.raises(InputError):
        fitted.transform(CHINESE)


def test_a_plan_shows_the_languages(registry):
    """The check before any work counts texts by language."""
    found = TextPathway.from_config(QUICK, registry=registry).check([*ENGLISH, *GERMAN[:2]])
    assert found.languages == {"en": 6, "de": 2}
    assert found.n_texts == 6
    assert attrs.asdict(found)["n_rows"] == 8


def test_what_was_not_scored_is_in_no_table(registry):
    """Emotions of clusters are means over the scored segments, empty where there are none; courses skip the others."""
    config = {"embedder": KnowsEverything(), "intensity_scorer": "nrc"}
    none = fit(registry, GERMAN, config).result
    emotions = [name for name in none.clusters if name.startswith("emotion_")]
    assert none.clusters[emotions].isna().all(axis=None)
    frame = pd.DataFrame({"text": [*ENGLISH, *GERMAN] * 4, "day": range(40)})
    mixed = fit(registry, corpus_from(frame, text="text", time="day"), config).result
    weights = mixed.mapped.weights * mixed.mapped.has_intensity
    scored = mixed.clusters[emotions].to_numpy()
    assert np.isfinite(scored).any()
    assert np.nanmax(scored) <= mixed.mapped.intensities.by_emotion[weights > 0].max() + 1e-12
    assert list(mixed.over_time(measure="intensity").changes.columns[:3]) == ["group", "time", "row"]


def test_words_that_only_the_list_knows_are_words(registry):
    """Slang that the embedder falls into pieces, and the word list holds, is mapped."""
    result = fit(registry, [*ENGLISH, "lol", "yay!!!", "haha"]).result
    assert result.texts["status"].eq("scored").all()


def test_any_language_is_told(registry):
    """What is mapped although nobody knows its language is counted in a note."""
    notes = fit(registry, [*ENGLISH, *GERMAN], {"language": "any"}).result.notes
    assert sum("4 of 10 texts" in note for note in notes) == 2


def test_names_as_long_as_texts_stay_out(registry):
    """Where texts stay out, groups and units can't be texts."""
    result = fit(registry, ENGLISH, no_texts=True).result
    with pytest.raises(InputError):
        result.regroup(ENGLISH)
    with pytest.raises(InputError):
        result.regroup(list("ababab"), unit=ENGLISH)
    assert len(result.regroup(list("ababab"), unit=list("pqrstu")).regions)

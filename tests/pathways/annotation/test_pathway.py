"""Annotation from story to table, with the registry's annotators and with objects."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import attrs
import numpy as np
import pytest

from emotopy.errors import ConfigError, InputError, OutputError, PluginError, UnknownName
from emotopy.inference.reliability import icc
from emotopy.pathways.annotation.agreement import agreement, rated_course
from emotopy.pathways.annotation.pathway import annotate, prepare
from emotopy.pathways.annotation.result import plot
from emotopy.readers.narratives import read_narrative
from emotopy.readers.ratings import read_ratings
from emotopy.records.brain import Narrative, Ratings, Word
from emotopy.roles import Estimate, Host

pytestmark = pytest.mark.usefixtures("flags")

TEXT = ["she", "was", "afraid", "of", "the", "dark", "and", "then", "they", "laughed", "so", "happy", "and", "glad"]
TEXT += ["about", "the", "old", "brown", "table"]


@pytest.fixture
def narrative():
    """Nineteen words, one a second from 2 s; the source says 25 s but breaks off at 21."""
    words = tuple(Word(word, 2.0 + i, 3.0 + i) for i, word in enumerate(TEXT))
    return Narrative(words, end_s=21.0, declared_s=25.0, name="dark.TextGrid", notes=("It breaks off.",))


class Counting:
    """Rates a segment by its number of words, an emotion by its place."""

    def annotate(self, segments, emotions):
        return np.array([[len(segment.split()) / 100 + i / 10 for i in range(len(emotions))] for segment in segments])


@attrs.frozen
class Repeating(Counting):
    """Rates three times, each time a little more."""

    answer: object = None

    def annotate_repeats(self, segments, emotions):
        if self.answer is not None:
            return self.answer
        return np.stack([self.annotate(segments, emotions) + 0.01 * i for i in range(3)])


def test_a_story_that_was_not_cut_is_told(narrative):
    """Without a pause the whole story is one segment: no course. The note is in the result and reaches the host."""
    told = []
    found = annotate(narrative, Counting(), "joy", segmentation="pause", host=Host(notify=told.append))
    assert len(found.ratings.onset_s) == 1
    assert set(found.notes) - {"It breaks off."} == set(told) - {"It breaks off."} != set()
    cut_anew = annotate(narrative, Counting(), "joy", segmentation="seconds")
    assert set(cut_anew.notes) == {"It breaks off."}


def test_ratings_lie_on_the_narratives_clock(narrative):
    """A row per segment, a column per emotion; knowledge ends where the source breaks off."""
    found = annotate(narrative, Counting(), "joy,fear")
    np.testing.assert_array_equal(found.ratings.onset_s, [0, 4, 8, 12, 16])
    np.testing.assert_array_equal(found.ratings.duration_s, [8, 8, 8, 8, 5])
    np.testing.assert_allclose(found.ratings.values[:, 0], [0.06, 0.08, 0.08, 0.08, 0.05])
    np.testing.assert_allclose(found.ratings.values[:, 1], found.ratings.values[:, 0] + 0.1)
    assert found.ratings.known_until_s == 21.0
    assert found.notes == ("It breaks off.",)
    assert found.reliability == {}


def test_repeats_give_the_mean_and_a_reliability(narrative):
    """ICC per emotion over the repeats, and a note."""
    found = annotate(narrative, Repeating(), "joy,fear")
    repeats = Repeating().annotate_repeats(found.segments.texts, ("joy", "fear"))
    np.testing.assert_allclose(found.ratings.values, repeats.mean(axis=0))
    assert found.n_repeats == 3
    assert found.reliability["fear"] == icc(repeats[:, :, 1].T)
    assert "rated 3 times; ICC(2,k) of the mean: joy 0." in found.notes[1]
    assert found.sidecar()["Reliability"]["Repeats"] == 3


@pytest.mark.parametrize("name", ["anchors", "lexicon"])
def test_the_offline_annotators_work_by_name(narrative, name):
    """Both come in by entry points, and say of themselves in the provenance what they are."""
    found = annotate(narrative, name, "ekman6", segmentation="given")
    assert found.ratings.values.shape == (19, 6)
    entry = found.provenance["stages"]["annotator"]
    assert (entry["use"], entry["owner"]) == (name, "emotopy")
    assert ("lent" in entry) == (name == "anchors")


def test_options_of_an_annotator_and_another_embedder(narrative):
    """A table with `use` and options; the embedder can be an object."""

    class Letters:
        def embed(self, texts):
            return np.array([[text.count(letter) + 0.1 for letter in "aeiou"] for text in texts], dtype=np.float32)

    usual = annotate(narrative, {"use": "anchors", "steepness": 0.5}, "joy").ratings.values
    other = annotate(narrative, {"use": "anchors", "steepness": 0.5}, "joy", embedder=Letters()).ratings.values
    assert not np.allclose(usual, other)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (np.zeros((3, 5)), "must return shape"),
        (np.zeros((0, 5, 2)), "must return shape"),
        (np.zeros((3, 4, 2)), r"must return shape \(5, 2\), got \(4, 2\)"),
        (np.full((3, 5, 2), np.nan), "returned NaN"),
        (np.full((3, 5, 2), 1.5), "values from 0 to 1, got 1.5 to 1.5"),
    ],
)
def test_an_annotator_that_breaks_its_contract_is_named(narrative, answer, words):
    """Shape, finiteness and range are checked."""
    with pytest.raises(PluginError, match=words) as caught:
        annotate(narrative, Repeating(answer), "joy,fear")
    assert "annotator Repeating" in str(caught.value)


def test_choices_that_there_are_not_are_refused(narrative):
    """Before anything is rated."""
    with pytest.raises(UnknownName, match=r"no annotator is called 'anchor'\. Did you mean 'anchors'\?"):
        annotate(narrative, "anchor")
    with pytest.raises(UnknownName, match=r"annotator\.stepness: no such option"):
        annotate(narrative, {"use": "anchors", "stepness": 1.0})
    with pytest.raises(ConfigError, match="which isn't a valid annotator"):
        annotate(narrative, object())
    with pytest.raises(InputError, match="no segment contains words"):
        annotate(Narrative((), 5.0, 5.0, name="silence"))


def test_the_estimate_is_the_annotators_or_its_embedders(narrative):
    """An annotator that sends nothing has none; one that lends a priced embedder has that one's."""

    class Priced(Counting):
        def estimate(self, segments, emotions):
            return Estimate(len(segments), 0, len(emotions), 1, None)

    class PricedEmbedder:
        def embed(self, texts):
            raise AssertionError("an estimate sends nothing")

        def estimate(self, texts):
            return Estimate(len(texts), 0, 0, 1, 0.5)

    assert prepare(narrative, Counting()).estimate() is None
    assert prepare(narrative, Priced(), "joy,fear").estimate() == Estimate(5, 0, 2, 1, None)
    with_embedder = prepare(narrative, {"use": "anchors", "embedder": PricedEmbedder()})
    assert with_embedder.estimate() == Estimate(5, 0, 0, 1, 0.5)


def test_table_sidecar_and_plot_are_written_together(narrative, tmp_path):
    """The table can be read again, the sidecar is strict JSON that says what each column is, the plot is SVG."""
    found = annotate(narrative, Repeating(), "joy,home sickness", source={"file": "dark.TextGrid", "sha256": "0"})
    table, sidecar, picture = found.write(tmp_path / "ratings.tsv")
    again = read_ratings(table)
    np.testing.assert_allclose(again.values, found.ratings.values, rtol=1e-5)
    assert again.known_until_s == 21.0
    said = json.loads(sidecar.read_text(), parse_constant=pytest.fail)
    assert {"onset", "duration", "joy", "home sickness"} <= said.keys()
    assert said["onset"]["Units"] == "s"
    assert said["DeclaredLength"] == 25.0
    assert said["Provenance"]["input"] == {"file": "dark.TextGrid", "sha256": "0"}
    assert said["Provenance"]["config"]["width_s"] == 8.0
    assert ET.fromstring(picture.read_text()).tag.endswith("svg")
    assert "hatched: unknown" in picture.read_text()
    with pytest.raises(OutputError, match="exists; give another --out, or --force"):
        found.write(tmp_path / "ratings.tsv")
    found.write(tmp_path / "ratings.tsv", force=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ratings.json", "ratings.svg", "ratings.tsv"]


def test_the_same_annotation_gives_the_same_bytes(narrative, tmp_path):
    """Table, sidecar and plot, byte for byte."""
    files = [annotate(narrative, "anchors").write(tmp_path / f"{name}.tsv") for name in "ab"]
    for one, other in zip(*files, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_the_plot_escapes_what_it_is_given():
    """A title with markup, or with dollars, is shown as it is."""
    ratings = Ratings(("joy",), np.array([0.0]), np.array([4.0]), np.array([[0.2]]), 4.0)
    root = ET.fromstring(plot(ratings, title="<b>a & b"))
    assert any("<b>a & b" in (element.text or "") for element in root.iter())
    assert ET.fromstring(plot(ratings, title="$x_{$"))


# Human ratings ------------------------------------------------------------------------------------------------------


def stepped(values, onset=0.0, width=4.0):
    values = np.asarray(values, dtype=float)
    onsets = onset + width * np.arange(len(values))
    return Ratings(("joy",), onsets, np.full(len(values), width), values[:, None], onsets[-1] + width)


def test_rated_course_is_the_mean_of_what_covers_and_nan_elsewhere():
    """Overlaps are averaged; gaps, and what lies outside or is unknown, are not held."""
    ratings = Ratings(
        ("joy",), np.array([1.0, 2.0, 6.0]), np.array([2.0, 2.0, 4.0]), np.array([[0.2], [0.4], [0.8]]), 9.0
    )
    found = rated_course(ratings, np.array([0.5, 1.5, 2.5, 3.5, 5.0, 6.5, 8.9, 9.5]))[:, 0]
    np.testing.assert_allclose(found, [np.nan, 0.2, 0.3, 0.4, np.nan, 0.8, 0.8, np.nan])


def test_agreement_is_pearson_on_the_seconds_that_both_cover(rng):
    """Another grid, another scale: second by second, written out here."""
    ours, theirs = rng.random(9), 7 * rng.random(12)
    (one,) = agreement(stepped(ours), {"": stepped(theirs, onset=6.0, width=2.0)})
    seconds = np.arange(6.5, 30)
    x, y = ours[(seconds // 4).astype(int)], theirs[((seconds - 6) // 2).astype(int)]
    assert one.n_seconds == 24
    assert one.r == pytest.approx(np.corrcoef(x, y)[0, 1])
    assert np.isnan(one.ceiling.ceiling)


def test_several_raters_give_a_ceiling(rng):
    """The annotation is compared with their mean; the ceiling comes with it."""
    truth = rng.random(40)
    raters = {name: stepped(truth + 0.2 * rng.standard_normal(40)) for name in "abc"}
    (one,) = agreement(stepped(truth), raters)
    mean = np.mean([rater.values for rater in raters.values()], axis=0)
    assert one.r == pytest.approx(np.corrcoef(truth, mean[:, 0])[0, 1])
    assert one.ceiling.n_raters == 3
    assert 0 < one.ceiling.rater_to_rest < one.ceiling.ceiling < 1


def test_ratings_that_share_no_time_or_emotion_are_errors():
    """The error says what each covers."""
    with pytest.raises(InputError, match="covers 0 to 8 s, the human ratings 100 to 108 s"):
        agreement(stepped([0.1, 0.2]), {"": stepped([0.1, 0.2], onset=100)})
    with pytest.raises(InputError, match="none of the emotions joy"):
        agreement(stepped([0.1, 0.2]), {"": attrs.evolve(stepped([0.1, 0.2]), emotions=("fear",))})


# Real data ----------------------------------------------------------------------------------------------------------


@pytest.mark.real_data
@pytest.mark.parametrize(("segmentation", "n_segments"), [("seconds", 178), ("pause", 81)])
def test_alice_is_annotated_as_far_as_she_is_known(shared_data, segmentation, n_segments):
    """Every segment lies in the known span, and the note about the missing one reaches the user and the result."""
    said: list[str] = []
    narrative = read_narrative(shared_data / "alice-brennan2016" / "DownTheRabbitHole.TextGrid")
    found = annotate(narrative, "anchors", segmentation=segmentation, host=Host(notify=said.append))
    assert found.ratings.values.shape == (n_segments, 8)
    assert (found.ratings.onset_s + found.ratings.duration_s).max() == pytest.approx(735.0140183671996)
    assert "The last 8.62 s are unknown, not silent." in said[0]
    assert found.notes == tuple(said)

"""What the page of a decoding says on top, and its pictures of regions and networks: no more than the numbers hold."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import attrs
import numpy as np
import pytest

from emotopy.records import Node, Places, RegionAxis
from emotopy_plugins.reporters.answers import answer_of
from emotopy_plugins.reporters.html import HtmlReporter
from emotopy_plugins.reporters.limits import facts_of, limits_of
from emotopy_plugins.reporters.methods import bibtex_of, methods_of

HOSTILE = ["<script>alert(1)</script>", "</style><img src=x onerror=alert(3)>", "{{ 7 * 7 }}", "null\0 \x1b[31m"]
MOST_BYTES = 2_000_000


def planted(decoding, r, p, null_95=0.2):
    """Return the decoding with these scores and corrected p of its main feature set; all others at chance."""
    scores = decoding.scores.assign(r=0.0, null_mean=0.0, null_95=null_95, p=0.5, p_family=1.0)
    main = scores["features"] == scores["features"].iloc[0]
    scores.loc[main, "r"], scores.loc[main, "p_family"] = r, p
    return attrs.evolve(decoding, scores=scores, paired=decoding.paired.assign(p=0.5, p_family=1.0))


def axis_for(regions):
    """Return an axis with a node per region, in a row from left to right."""
    nodes = [Node(name, name, -40.0 + 80 * k / len(regions), 0.0, 10.0, 8.0) for k, name in enumerate(regions)]
    return RegionAxis("a-made-up-atlas", tuple(regions), tuple(nodes))


@pytest.fixture
def page(tmp_path):
    """Write the report with places of all regions; return its source, and the page as XML, its script left out."""

    def write(result, *, placed=True, **options):
        def axis_of(one):
            return axis_for(list(dict.fromkeys(one.tables["weights"]["region"])))

        places = Places(axis_of) if placed else None
        (path,) = HtmlReporter(places=places, **options).write(result, tmp_path)
        source = path.read_text("utf-8")
        bare = re.sub(r"<script>.*?</script>", "", source, flags=re.DOTALL).removeprefix("<!doctype html>\n")
        return source, ET.fromstring(re.sub(r"(<meta [^>]*)>", r"\1/>", bare))

    return write


def words(element):
    return re.sub(r"\s+", " ", " ".join(element.itertext())).strip().replace("−", "-")


# The answer -----------------------------------------------------------------------------------------------------------


def test_no_emotion_beyond_chance_is_an_answer(decoding):
    """It is said, with the nearest score, its null and its corrected p; nothing is claimed beside it."""
    (said,) = answer_of(planted(decoding, [0.1, 0.15, -0.3], [0.4, 0.0625, 1.0]))
    assert "2 listeners (7 regions)" in said
    assert "no emotion could be distinguished from chance after correction for 3 emotions" in said
    assert "joy (r = 0.15, 95\xa0% of surrogates below 0.20, corrected p = 0.062)" in said
    assert "fear (r" not in said


def test_an_emotion_beyond_chance_is_named_with_its_effect(decoding):
    """Count, r, null and corrected p; then how it stands against the other feature sets."""
    first, second = answer_of(planted(decoding, [0.5, 0.15, -0.3], [0.01, 0.0625, 1.0]))
    assert "1 of 3 emotions could be distinguished from chance" in first
    assert "fear (r = 0.50, 95\xa0% of surrogates below 0.20, corrected p = 0.010)" in first
    assert second.startswith("Of 3 comparisons of these emotions with other feature sets, none are in favour")
    assert "against" not in second


@pytest.mark.parametrize(("difference", "is_for"), [(0.5, True), (-0.5, False), (0.1, False)])
def test_a_sure_difference_counts_for_the_side_that_it_lies_on(decoding, difference, is_for):
    """p of a difference is two-sided: below the null's mean it speaks against the main feature set, even above zero."""
    made = planted(decoding, [0.5, 0.1, 0.0], [0.01, 1.0, 1.0])
    paired = made.paired.assign(difference=difference, null_mean=0.2)
    chosen = paired.index[paired["emotion"] == "fear"][0]
    paired.loc[chosen, "p_family"] = 0.01
    _, second = answer_of(attrs.evolve(made, paired=paired))
    assert ("1 is in favour" in second) == is_for
    assert ("none are in favour" in second) != is_for
    assert ("and 1 against it" in second) != is_for


def test_a_baseline_that_passes_is_named(decoding):
    """A baseline beyond chance stands in the answer beside the claim that it weakens."""
    made = planted(decoding, [0.5, 0.1, 0.0], [0.01, 1.0, 1.0])
    scores = made.scores.copy()
    scores.loc[(scores["features"] == "time") & (scores["emotion"] == "fear"), ["r", "p_family"]] = [0.75, 0.02]
    said = " ".join(answer_of(attrs.evolve(made, scores=scores)))
    assert "Baselines without brain activity also reach p below the threshold: time (fear, r = 0.75)." in said
    assert "Baselines" not in " ".join(answer_of(made))


def test_a_random_split_answers_nothing(make_decoding):
    """However high the scores: the answer says that none of them tests anything."""
    said = answer_of(planted(make_decoding(split="random"), [0.9, 0.9, 0.9], [0.01, 0.01, 0.01]))
    assert "none of these scores is a valid test" in said[-1]


def test_without_scores_there_is_nothing_to_say(decoding):
    """A decoding of no emotion has an answer, limits, facts and methods all the same."""
    empty = attrs.evolve(
        decoding,
        **{name: getattr(decoding, name).iloc[:0] for name in ("scores", "subjects", "paired", "predictions")},
    )
    assert "there are no results" in answer_of(empty)[0]
    assert limits_of(empty)
    assert facts_of(empty)
    assert methods_of(empty)


@pytest.mark.parametrize("n_below", [0, 2])
def test_small_p_of_baselines_are_weighed_against_what_chance_gives(page, decoding, n_below):
    """Of three scores of the baseline `time` two below 0.05: 0.15 are expected by chance; else nothing is said."""
    made = planted(decoding, [0.1, 0.1, 0.1], [1.0, 1.0, 1.0])
    scores = made.scores.copy()
    rows = scores.index[scores["features"] == "time"]
    scores.loc[rows[:n_below], "p"] = 0.04
    text = words(page(attrs.evolve(made, scores=scores))[1])
    assert ("Of 3 scores of baselines (time) 2 have p below 0.05." in text) == bool(n_below)
    assert ("expected of about 0.2 by chance alone" in text) == bool(n_below)


# Limits and methods ---------------------------------------------------------------------------------------------------


def test_limits_count_listeners_and_moments(decoding):
    """Two listeners are few; 20 windows of 44 s in 196 s hold four that share nothing; motion isn't ruled out."""
    text = " ".join(limits_of(decoding))
    assert "With only 2 listeners" in text
    assert "of 20 windows of 44 s, every 8 s, about 4 are independent, which is few" in text
    assert "motion can’t be ruled out" in text


def test_limits_name_what_is_not_there(make_decoding):
    """With many listeners and a baseline of motion neither is said; a null of single rows is called too weak."""
    provenance = {"config": {"null": {"kind": "rows", "n": 99}, "split": {"kind": "subject"}}}
    many = make_decoding(
        subjects=[f"s{i}" for i in range(12)], features=("sliding-window", "motion"), provenance=provenance
    )
    text = " ".join(limits_of(many))
    assert "With only" not in text
    assert "ruled out" not in text
    assert "its p-values are too small" in text


def test_the_methods_cite_what_the_references_hold(decoding):
    """Every work in the paragraph stands among the references, and each has its DOI."""
    paragraph, references = methods_of(decoding), bibtex_of(decoding)
    for name, key in (("Haufe", "haufe2014"), ("Theiler", "theiler1992"), ("Nichols", "nichols2002")):
        assert name in paragraph
        assert f"{{{key}," in references
    assert references.count("doi ") == 3
    assert "2 listeners (7 regions)" in paragraph
    assert "repeated 999 times" in paragraph


def test_segment_labels_are_not_said_to_be_under_a_response(decoding):
    """As published, targets are labels of segments: no haemodynamic response."""
    forward = {**decoding.provenance, "config": {**decoding.provenance["config"], "windowing": {"align": "forward"}}}
    assert "haemodynamic" in methods_of(decoding)
    assert "haemodynamic" not in methods_of(attrs.evolve(decoding, provenance=forward))


# Brains and networks --------------------------------------------------------------------------------------------------


def test_weights_lie_on_the_brain_relative_to_their_mean(page, decoding):
    """A brain per emotion, a marker per region and view: circles above the mean weight, diamonds below."""
    values = [1.0, 3.0, 2.0, 2.0, 2.0, 2.0, 2.0]
    weights = decoding.weights_table.assign(weight=values * 3, p_family=[1.0, 0.01] + [1.0] * 19)
    _, parsed = page(attrs.evolve(decoding, weights_table=weights))
    figures = parsed.findall(".//div[@id='weights-brains-cards']/figure")
    assert [one.get("data-panel") for one in figures] == ["fear", "joy", "anger"]
    brain = figures[0].find("svg")
    circles, diamonds = ({one.get("data-same") for one in brain.findall(tag)} for tag in ("circle", "path"))
    assert "insula" in circles
    assert diamonds == {"amygdala_left"}
    sure = {one.get("data-same") for one in brain.iter() if "sure" in one.get("class", "").split()}
    assert sure == {"insula"}
    tip = next(words(one) for one in brain.findall("circle/title") if "insula" in words(one))
    assert tip.startswith("insula: +0.50 of the mean; weight 3.00, 95 % of surrogates below 0.60, corrected p 0.010")
    assert "1 of 7 regions beyond chance" in words(figures[0].find("figcaption"))


def test_without_places_no_brain_is_drawn(page, decoding):
    """The page says so, and the table of weights is there."""
    _, parsed = page(decoding, placed=False)
    assert not parsed.findall(".//svg[@class='brain']")
    assert "No brain is drawn, because no installed atlas has these regions" in words(parsed)
    assert parsed.findall(".//div[@id='weights-panels']")


def test_no_brain_is_drawn_where_none_is_asked_for(page, decoding):
    """`max_groups = 0` leaves all brains out."""
    _, parsed = page(decoding, max_groups=0)
    assert not parsed.findall(".//svg[@class='brain']")


def test_networks_are_a_map_with_a_cell_per_pair(page, decoding):
    """Three cells for two networks; the one that is a single pair of regions shows no value, and says why."""
    networks = decoding.networks.assign(weight=[9.0, 2.0, 4.0] * 3, p_family=[0.01, 0.01, 0.5] * 3)
    _, parsed = page(attrs.evolve(decoding, networks=networks))
    cells = parsed.findall(".//svg[@class='network-map']")[0].findall(".//rect")
    assert len(cells) == 3
    assert [one.get("class") for one in cells if one.get("class") == "closed"] == ["closed"]
    titles = {words(one) for one in parsed.findall(".//svg[@class='network-map']")[0].iter("title")}
    assert "within limbic, 1 pair of regions: too few to show" in titles
    assert any(one.startswith("limbic – default, 3 pairs of regions: weight 2.00, ") for one in titles)
    assert sum("sure" in one.get("class").split() for one in cells) == 1


def test_hostile_names_stay_text(page, make_decoding):
    """Regions and networks come from outside; in brains, maps and answers they add no element and no attribute."""
    regions, networks = [*HOSTILE, "insula"], HOSTILE[:2]
    tame_regions, tame_networks = [*"abcd", "insula"], ["e", "f"]
    kept = {"split": {"kind": "subject"}}
    pages = [
        page(make_decoding(emotions=one, regions=where, networks=nets, provenance={"config": kept}))[1]
        for one, where, nets in (
            (HOSTILE[:3], regions, networks),
            (["g", "h", "i"], tame_regions, tame_networks),
        )
    ]
    skeletons = [[(element.tag, sorted(element.attrib)) for element in one.iter()] for one in pages]
    assert skeletons[0] == skeletons[1]
    for name in HOSTILE[:3]:
        assert name in "".join(pages[0].find("body").itertext())


def test_the_page_stays_small(page, make_decoding):
    """40 emotions, 120 regions, 17 networks, 18 feature sets: below 2 MB, and what is left out is said."""
    regions = [f"region_{i:03}" for i in range(120)]
    made = make_decoding(
        emotions=[f"emotion {i}" for i in range(40)],
        features=["sliding-window", *(f"feature set {i}" for i in range(17))],
        regions=regions,
        networks=[f"network {i}" for i in range(17)],
    )
    source, parsed = page(made)
    assert len(source.encode()) < MOST_BYTES
    text = words(parsed)
    assert "The regions with the largest weights are shown; weights.csv contains all 120." in text
    assert "These are the first 600 of 720 rows; scores.csv contains all." in text
    assert re.search(r"The \d+ of 40 emotions with the highest score are shown\.", text)


def test_an_emotion_whose_weights_are_nothing_has_no_marker(page, decoding):
    """Nothing to divide by: no marker, no error, and the other emotions keep theirs."""
    weights = decoding.weights_table.copy()
    weights.loc[weights["emotion"] == "fear", "weight"] = 0.0
    _, parsed = page(attrs.evolve(decoding, weights_table=weights))
    counts = [len(one.findall(".//title")) for one in parsed.findall(".//svg[@class='brain']")]
    assert counts[0] == 1
    assert np.all(np.array(counts[1:]) > 1)
    assert "failed" not in {one.get("class") for one in parsed.iter("section")}


def test_every_place_of_the_page_is_named_once(page, make_decoding):
    """With all sections on it, ids are unique and references have their targets."""
    _, parsed = page(make_decoding(stories=("pie", "sea")))
    ids = [one.get("id") for one in parsed.iter() if one.get("id")]
    assert len(ids) == len(set(ids))
    wanted = {one.get("href")[1:] for one in parsed.iter() if one.get("href")}
    wanted |= {part for one in parsed.iter() for part in (one.get("aria-labelledby") or "").split()}
    assert wanted <= set(ids)

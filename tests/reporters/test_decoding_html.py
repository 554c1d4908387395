"""The page that the reporter `html` writes of a decoding: safe, self-contained, honest, the same every time."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from xml.etree import ElementTree as ET

import attrs
import numpy as np
import pandas as pd
import pytest

from emotopy_plugins.reporters.charts import Axis, course_plots, strip_axis, strip_plot
from emotopy_plugins.reporters.html import HtmlReporter

HOSTILE = [
    "<script>alert(1)</script>",
    "</style><script>alert(2)</script>",
    "</title><img src=x onerror=alert(3)>",
    '" onmouseover="alert(4)" x=\'',
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt; &amp; <b>",
    "null\0 escape\x1b[31m",
]


def parse(source: str) -> ET.Element:
    """Read the page as XML, which forgives nothing: every element must nest and every attribute have its quotes.

    Its script, which is no XML, is left empty.
    """
    source = re.sub(r"<script>.*?</script>", "<script></script>", source, flags=re.DOTALL)
    source = re.sub(r"(<meta [^>]*)>", r"\1/>", source.removeprefix("<!doctype html>\n"))
    return ET.fromstring(source)


def attributes(page: ET.Element, *names: str) -> list[str]:
    return [value for element in page.iter() for name, value in element.attrib.items() if name in names]


def words(element: ET.Element) -> str:
    return re.sub(r"\s+", " ", " ".join(element.itertext())).strip()


def text_of(source: str) -> str:
    return words(parse(source).find("body")).replace("−", "-")


def card_of(source: str, heading: str) -> ET.Element:
    """Find the figure whose heading has an id."""
    return next(one for one in parse(source).iter("figure") if one.find(f".//h3[@id='{heading}']") is not None)


@pytest.fixture
def write(tmp_path):
    """Write the report and return its source."""
    number = itertools.count()

    def write(result, **options):
        directory = tmp_path / str(next(number))
        directory.mkdir()
        (path,) = HtmlReporter(**options).write(result, directory)
        assert path == directory / "report.html"
        return path.read_text("utf-8")

    return write


def test_the_same_decoding_gives_the_same_bytes(make_decoding, write):
    """Two decodings built alike give pages equal byte for byte."""
    assert write(make_decoding()) == write(make_decoding())


def test_no_string_of_a_decoding_becomes_markup(make_decoding, write):
    """Hostile emotions, feature sets, subjects, regions, notes, title and provenance add no element, no attribute."""

    def build(strings):
        return make_decoding(
            emotions=strings[:5],
            features=strings,
            subjects=strings[2:],
            regions=strings,
            networks=strings,
            notes=(*strings, "half of a surrogate pair: \ud800"),
            provenance={
                "config": {"split": {"kind": strings[0], "n_blocks": 4}, "null": {"kind": strings[1], "n": 19}},
                "stages": {"neural_decoder": {"use": strings[2]}},
                "versions": {"emotopy": strings[3]},
                "input": {"simulated": strings[0], strings[4]: strings[5]},
                "seed": strings[6],
            },
        )

    pages = {
        name: parse(write(build(strings), title=strings[1]))
        for name, strings in {"hostile": HOSTILE, "harmless": [f"word {i}" for i in range(len(HOSTILE))]}.items()
    }
    skeletons = {
        name: [(element.tag, sorted(element.attrib)) for element in page.iter()] for name, page in pages.items()
    }
    assert skeletons["hostile"] == skeletons["harmless"]
    text = "".join(pages["hostile"].find("body").itertext())
    for name in HOSTILE[:-1]:
        assert name in text


def test_the_page_loads_nothing(decoding, write):
    """No address, no import, no url(): references are to the page's own parts, labels point to ids that exist once."""
    source = write(decoding)
    assert not re.search(r"https?://|url\(|@import", source)
    page = parse(source)
    ids = attributes(page, "id")
    labels = [part for value in attributes(page, "aria-labelledby") for part in value.split()]
    references = attributes(page, "href", "src", "srcset", "data", "xlink:href")
    assert references
    assert all(value.startswith("#") for value in references)
    assert {value[1:] for value in references} | set(labels) <= set(ids)
    assert len(set(ids)) == len(ids)
    tags = {element.tag for element in page.iter()}
    assert not {"link", "img", "iframe", "object", "embed", "base", "form"} & tags
    assert [element.attrib for element in page.iter("script")] == [{}]


def test_the_policy_allows_our_stylesheet_and_script_alone(decoding, write):
    """The policy forbids everything but what has these hashes, and pictures in the page; no attribute is a script."""
    source = write(decoding)
    style = source.partition("<style>")[2].partition("</style>")[0]
    script = source.partition("<script>")[2].partition("</script>")[0]
    of_style, of_script = (
        base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in (style, script)
    )
    policy = parse(source).find(".//meta[@http-equiv]").get("content")
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{of_style}'; script-src 'sha256-{of_script}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    names = {name for element in parse(source).iter() for name in element.attrib}
    assert not [name for name in names if name == "style" or name.startswith("on")]


def test_the_page_says_what_was_decoded(decoding, write):
    """Listeners, regions, windows, split, null, number of surrogates, decoder and seed are there."""
    text = text_of(write(decoding))
    for fact in (
        "Fear, joy and anger during a story, decoded from the scans of 2 listeners (7 regions).",
        "2: sub-01, sub-02",
        "20 windows of 44 s, every 8 s",
        "subject-and-block, 4 blocks: tested on a new listener in a new part of the story",
        "phase, 999 surrogates",
        "kernel-ridge",
        "5 independent windows",
        "cd" * 32,
    ):
        assert fact in text


def test_the_page_says_what_a_score_means(decoding, write):
    """What r and p are, what the claim is about, whose feelings it isn't, and that no edge is claimed."""
    text = text_of(write(decoding))
    for phrase in (
        "Pearson’s r between rating and prediction, computed within each block of the story and averaged over blocks",
        "was repeated 999 times on ratings with the same power spectrum but random phases",
        "Conclusions apply only to this story.",
        "aren’t independent tests",
        "proxies of felt emotion",
        "not of single edges",
    ):
        assert phrase in text


@pytest.mark.parametrize(("told", "phrase"), [("coupling", "a simulation ( coupling )"), (True, "from a simulation.")])
def test_simulated_data_is_labelled(make_decoding, write, told, phrase):
    """The page says so before anything else; measured data has no such label."""
    assert phrase in text_of(write(make_decoding(provenance={"input": {"simulated": told}})))
    assert "Simulated data" not in text_of(write(make_decoding()))


def test_every_score_stands_in_the_table(decoding, write):
    """Each emotion and feature set has its r, null, p, family p and the p of the other null."""
    text = text_of(write(decoding))
    for row in decoding.scores.to_dict("records"):
        null = f"{row['null_mean']:+.2f} to {row['null_95']:+.2f}".replace("+0.00", "0.00").replace("-0.00", "0.00")
        assert f"{row['features']} {row['r']:+.2f} {null} {row['p']:.3f} {row['p_family']:.3f} 0.062" in text


def test_every_comparison_stands_in_the_table(decoding, write):
    """Each difference from the first feature set has its null and its p-values."""
    text = text_of(write(decoding)).partition("Comparisons of feature sets")[2]
    for row in decoding.paired.to_dict("records"):
        assert f"{row['features_b']} {row['difference']:+.2f}".replace("+0.00", "0.00") in text
    assert "sliding-window minus" in text


def test_tables_are_rectangular(decoding, write):
    """Every row of a table has as many columns as its head, spans counted."""
    for table in parse(write(decoding)).iter("table"):
        widths = {sum(int(cell.get("colspan", 1)) for cell in row) for row in table.iter("tr")}
        assert len(widths) == 1


def test_a_score_beyond_its_null_has_a_filled_dot(decoding, write):
    """As many dots are filled as scores and differences exceed the null's 95 % quantile."""
    beyond = (decoding.scores["r"] > decoding.scores["null_95"]).sum()
    beyond += (decoding.paired["difference"] > decoding.paired["null_95"]).sum()
    page = parse(write(decoding))
    assert len(page.findall(".//circle[@class='beyond']")) == beyond > 0
    assert len(page.findall(".//circle[@class='within']")) == len(decoding.scores) + len(decoding.paired) - beyond > 0


def test_the_finding_counts_emotions_below_five_percent(decoding, write):
    """Emotions whose family p is below 0.05 are named; none are said to be none."""
    scores = decoding.scores.copy()
    main = scores["features"] == "sliding-window"
    scores.loc[main, "p_family"] = [0.049, 0.05, np.nan]
    scores.loc[main, "r"] = [0.25, 0.5, np.nan]
    text = text_of(write(attrs.evolve(decoding, scores=scores)))
    null = float(scores.loc[main, "null_95"].iloc[0])
    named = f"fear (r = 0.25, 95 % of surrogates below {null:.2f}, corrected p = 0.049)."
    assert f"1 of 3 emotions could be distinguished from chance (corrected p below 0.05): {named}" in text
    scores["p_family"] = 1.0
    assert "no emotion could be distinguished from chance" in text_of(write(attrs.evolve(decoding, scores=scores)))


def test_too_few_surrogates_are_called_too_few(make_decoding, write):
    """19 surrogates can give no p below 0.05, and the page says so; 20 can."""
    texts = [
        text_of(write(make_decoding(provenance={"config": {"null": {"kind": "phase", "n": n}}}))) for n in (19, 20)
    ]
    assert "With 19 surrogates, no p can be below 0.050" in texts[0]
    assert "no p can be" not in texts[1]


def test_a_missing_number_is_a_dash(decoding, write):
    """A score that couldn't be computed has a dash and no dot."""
    scores = decoding.scores.copy()
    scores.loc[0, ["r", "null_mean", "null_95", "p", "p_family"]] = np.nan
    page, full = (parse(write(one)) for one in (attrs.evolve(decoding, scores=scores), decoding))
    assert len(full.findall(".//circle")) - len(page.findall(".//circle")) == 1
    assert len(full.findall(".//rect[@class='null']")) - len(page.findall(".//rect[@class='null']")) == 1


def test_courses_are_of_the_main_feature_set(decoding, write):
    """A picture per emotion with a rating, a prediction and the three borders between four blocks."""
    cards = parse(write(decoding)).find(".//div[@class='courses']")
    assert [words(card.find(".//h3")) for card in cards] == ["fear", "joy", "anger"]
    for card in cards:
        assert len(card.findall(".//path[@class='rating']")) == len(card.findall(".//path[@class='prediction']")) == 1
        assert len(card.findall(".//line[@class='border']")) == 3


def test_of_many_emotions_the_best_scored_are_drawn(make_decoding, write):
    """Of 11 emotions the eight with the highest r have a course, in the order of the scores."""
    made = make_decoding(emotions=[f"emotion {i:02}" for i in range(11)])
    source = write(made)
    main = made.scores[made.scores["features"] == "sliding-window"]
    wanted = sorted(main.nlargest(8, "r")["emotion"])
    assert [words(title) for title in parse(source).findall(".//div[@class='courses']//h3")] == wanted
    assert "The 8 of 11 emotions with the highest r are shown" in text_of(source)


def test_a_course_breaks_where_moments_are_missing(decoding):
    """Two windows taken out of the middle of a block leave two strokes of it."""
    main = decoding.predictions[decoding.predictions["features"] == "sliding-window"].assign(block=0)
    (whole,) = course_plots(main, ["fear"])
    (broken,) = course_plots(main[~main["onset_s"].isin([64.0, 72.0])], ["fear"])
    assert [one.rating.count("M") for one in (whole, broken)] == [1, 2]
    assert [one.n_moments for one in (whole, broken)] == [20, 18]


def test_a_course_breaks_between_blocks(decoding):
    """Four blocks of five windows: four strokes of five points, three borders, and every second block a band."""
    main = decoding.predictions[decoding.predictions["features"] == "sliding-window"]
    (course,) = course_plots(main, ["fear"])
    for line in (course.rating, course.prediction):
        assert [stroke.count("L") + 1 for stroke in line.split("M")[1:]] == [5] * 4
    first, second, third = course.borders
    assert course.bands == [(first, round(second - first, 1)), (third, pytest.approx(392 - third))]


def test_a_course_is_the_mean_over_subjects_in_deviations(decoding):
    """Heights along the path are, but for the axis, the z-scores of the mean prediction."""
    main = decoding.predictions[decoding.predictions["features"] == "sliding-window"]
    (course,) = course_plots(main, ["joy"])
    heights = np.array([float(point.split()[1]) for point in re.split("[ML]", course.prediction)[1:]])
    mean = main[main["emotion"] == "joy"].pivot_table(index="onset_s", values="prediction").to_numpy().ravel()
    assert np.corrcoef(-heights, mean)[0, 1] == pytest.approx(1, abs=1e-3)


def test_a_constant_prediction_is_a_flat_line(decoding):
    """No spread is no error: the line stays at zero."""
    main = decoding.predictions[decoding.predictions["features"] == "sliding-window"].assign(prediction=0.3)
    (course,) = course_plots(main, ["anger"])
    assert len({point.split()[1] for point in re.split("[ML]", course.prediction)[1:]}) == 1


def test_the_heaviest_regions_come_first(make_decoding, write):
    """All of 15 regions have their row, heaviest first, with p-values; twelve stand open at first."""
    made = make_decoding(regions=[f"region_{i:02}" for i in range(15)])
    card = card_of(write(made), "weights-2")
    mine = made.weights_table[made.weights_table["emotion"] == "joy"].nlargest(15, "weight")
    rows = card.findall(".//tbody/tr")
    assert [words(row.find("th")) for row in rows] == [name.replace("_", " ") for name in mine["region"]]
    assert [[words(cell) for cell in row[3:]] for row in rows] == [["0.250", "0.500"]] * 15
    assert card.find(".//table").get("data-first") == "12"


def test_weights_may_have_no_null(decoding, write):
    """Without surrogates of the weights, the columns of p and the lines across the bars are left out."""
    weights = decoding.weights_table[["emotion", "region", "weight"]]
    page = parse(write(attrs.evolve(decoding, weights_table=weights, networks=None)))
    assert {len(row) for row in page.findall(".//div[@id='weights-panels']//tbody/tr")} == {3}
    assert not page.findall(".//svg[@class='weight']/line")


def test_pairs_of_networks_stand_beside_their_null(decoding, write):
    """Heaviest first, with p-values; the heaviest of all is a single pair of regions, and isn't shown."""
    source = write(decoding)
    card = card_of(source, "networks-2")
    assert words(card.find("figcaption")) == "joy"
    rows = [[words(cell) for cell in row if cell.get("class") != "plot"] for row in card.findall(".//tbody/tr")]
    assert rows == [["limbic – default", "1.25", "0.375", "0.750"], ["within default", "1.00", "0.375", "0.750"]]
    text = text_of(source)
    assert "“family” corrects for 3 such groups of pairs" in text
    assert "networks.csv contains all" in text


@pytest.mark.parametrize("networks", [None, pd.DataFrame(columns=["emotion", "network_a", "network_b", "weight"])])
def test_an_atlas_may_have_no_networks(decoding, write, networks):
    """Nothing is said of networks then."""
    source = write(attrs.evolve(decoding, networks=networks))
    assert "networks.csv" not in source
    assert "networks-1" not in source


def test_no_single_edge_is_named(decoding, write):
    """However strong an edge is, its two regions and its number don't stand together; regions are counted instead."""
    edges = decoding.edges.copy()
    edges["pattern"] = 1.0
    edges.loc[0, "pattern"] = 123.4
    text = text_of(write(attrs.evolve(decoding, edges=edges)))
    assert "123" not in text
    assert "the strongest quarter, 6 of 21 pairs, contains 90 % of the total absolute pattern" in text
    assert "edges.csv" in text


def test_few_pairs_are_not_counted(make_decoding, write):
    """With three regions, counting pairs would name edges, so the page only says where they are."""
    text = text_of(write(make_decoding(regions=("a", "b", "c"))))
    assert "strongest quarter" not in text
    assert "edges.csv" in text


def test_graph_metrics_stand_beside_their_null(decoding, write):
    """Metric, graph, value, null mean, null quantile and p, per emotion."""
    text = text_of(write(decoding))
    assert text.count("global efficiency spanning-tree 0.25 1.00 2.00 0.125") == 3


def test_without_an_explanation_the_page_says_so(make_decoding, write):
    """A decoder without patterns has a sentence in place of weights, pairs and graph."""
    text = text_of(write(make_decoding(explained=False)))
    assert "There is no explanation" in text
    assert "edges.csv" not in text


def test_a_decoding_may_be_empty_of_everything_else(make_decoding, write):
    """One feature set, no predictions, no provenance, no notes: sentences stand in place of pictures."""
    made = make_decoding(features=("static",), explained=False, notes=(), provenance={"seed": 1})
    text = text_of(write(attrs.evolve(made, predictions=made.predictions.iloc[:0])))
    assert "there are no predictions" in text
    assert "nothing to compare it with" in text


def test_the_title_is_the_users(decoding, write):
    """A given title replaces ours."""
    assert parse(write(decoding, title="Alice")).findtext("head/title") == "Alice"


@pytest.mark.parametrize("values", [[-0.2, 0.7], [0.0, 0.0], [np.nan], [-3e-4, 2e-4], [0, 1234.0]])
def test_an_axis_holds_its_values_between_its_ticks(values):
    """Values lie inside the axis, ticks are in order with distinct labels, and there are neither too few nor many."""
    axis = Axis.over(values, 8, 172)
    ticks = axis.ticks
    assert all(8 <= axis.at(value) <= 172 for value in values if np.isfinite(value))
    assert 2 <= len(ticks) <= 6
    assert [x for x, _ in ticks] == sorted({x for x, _ in ticks})
    assert len({label for _, label in ticks}) == len(ticks)
    for x, label in ticks:
        assert axis.at(float(label.replace("−", "-"))) == pytest.approx(x, abs=0.1)


def test_a_strip_lies_where_its_numbers_are():
    """Dot, bar and origin are in the order of their numbers; a value at the quantile isn't beyond."""
    table = pd.DataFrame({"r": [0.4, -0.1], "null_mean": [0.01, 0.0], "null_95": [0.2, 0.3]})
    axis = strip_axis(table, "r")
    found = strip_plot(axis, 0.4, 0.01, 0.2)
    assert found.origin < found.bar[0] < found.bar[1] < found.dot
    assert found.beyond
    assert not strip_plot(axis, 0.2, 0.01, 0.2).beyond
    assert strip_plot(axis, -0.1, np.nan, np.nan).bar is None


# Several stories ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("split", ["subject-and-block", "subject-and-story"])
def test_several_stories_have_scores_and_courses_of_their_own(make_decoding, write, split):
    """A row per emotion and story, of the main feature set alone; a course of each story; what the claim is about."""
    source = write(make_decoding(stories=("pie", "sea"), split=split))
    page = parse(source)
    table = next(one for one in page.iter("table") if one.attrib.get("id") == "stories-table")
    rows = [words(row) for row in table.iter("tr") if row.find("td") is not None]
    assert len(rows) == 6
    assert all("0.375" in row and row.endswith(" 7") for row in rows)
    assert [row.split()[0] for row in rows] == ["pie", "sea"] * 3
    titles = [words(one) for one in page.iter("h3") if "," in words(one)]
    assert titles == [f"{emotion}, {story}" for story in ("pie", "sea") for emotion in ("fear", "joy", "anger")]
    captions = [words(one) for one in page.iter("figcaption") if "," in words(one)]
    assert all("r = +0.25" in one for one in captions[:6])
    claim = next(words(one) for one in page.iter("li") if "Conclusions apply" in words(one))
    assert ("outside the training set" in claim) == (split == "subject-and-story")
    assert ("Conclusions apply only to this story" in text_of(source)) is False


def test_one_story_has_no_section_of_stories(decoding, write):
    """The page of one story is as it was."""
    page = parse(write(decoding))
    assert not [one for one in page.iter("h3") if one.attrib.get("id") == "stories"]


def test_no_name_of_a_story_becomes_markup(make_decoding, write):
    """Hostile names add no element."""
    tame, hostile = (write(make_decoding(stories=names)) for names in (("a", "b"), HOSTILE[:2]))
    assert sum(1 for _ in parse(hostile).iter()) == sum(1 for _ in parse(tame).iter())

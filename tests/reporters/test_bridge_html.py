"""The page and the tables that reporters write of a bridge: safe, self-contained, the same every time."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import attrs
import numpy as np
import pandas as pd
import pytest

from emotopy.pathways.bridge.pathway import Bridge
from emotopy.records import Node, Places, RegionAxis, RegionWeights
from emotopy_plugins.reporters.answers import answer_of
from emotopy_plugins.reporters.html import HtmlReporter
from emotopy_plugins.reporters.limits import limits_of
from emotopy_plugins.reporters.methods import bibtex_of, methods_of
from emotopy_plugins.reporters.tables import TablesReporter

HOSTILE = [
    "<script>alert(1)</script>",
    "</title><img src=x onerror=alert(3)>",
    '" onmouseover="alert(4)" x=\'',
    "{{ 7 * 7 }}",
    "null\0 escape\x1b[31m",
]
REGIONS = ("amygdala", "insula", "raphe_nuclei", "temporal_pole")


def made(emotions=("fear", "joy"), regions=REGIONS, notes=("A note.",), *, p=0.01) -> Bridge:
    n_regions, rng = len(regions), np.random.default_rng(3)
    rows = [(emotion, kind) for kind in ("absolute", "signed") for emotion in ("all", *emotions)]
    table = pd.DataFrame(rows, columns=["emotion", "weights"])
    table["n_regions"], table["r"] = n_regions, np.linspace(-0.25, 0.75, len(table))
    table["null_mean"], table["null_95"], table["p"] = 0.0, 0.5, p
    table["p_family"] = np.where(table["emotion"] == "all", np.nan, 2 * p)
    maps = [RegionWeights(emotions, regions, rng.uniform(-1, 1, (len(emotions), n_regions))) for _ in range(3)]
    provenance = {"versions": {"emotopy": "0"}, "seed": 7, "n_segments": 70, "config": {"n_surrogates": 99}}
    return Bridge(table, maps[0], maps[1], maps[2], provenance, tuple(notes))


@pytest.fixture
def page(tmp_path):
    """Write the report; return its source, parsed as XML, which forgives nothing."""

    def write(result, **options):
        (path,) = HtmlReporter(**options).write(result, tmp_path)
        source = path.read_text("utf-8")
        bare = re.sub(r"<script>.*?</script>", "<script></script>", source, flags=re.DOTALL)  # ours, no XML
        return source, ET.fromstring(re.sub(r"(<meta [^>]*)>", r"\1/>", bare.removeprefix("<!doctype html>\n")))

    return write


def words(element):
    return re.sub(r"\s+", " ", " ".join(element.itertext())).strip().replace("−", "-")


def test_the_page_shows_agreement_and_both_maps(page):
    """A sentence, a row per emotion and kind, a drawing per emotion with a dot per region, and a table of weights."""
    source, parsed = page(made())
    text = words(parsed.find("body"))
    assert "correlate with r = -0.25" in text
    assert "more than surrogate maps, 95 % of which stay below 0.50 (p = 0.010)" in text
    assert "fear and joy stand out." in text
    assert len(parsed.findall(".//table[@class='scores']/tbody/tr")) == 2 * (1 + 3)
    drawings = parsed.findall(".//svg[@class='scatter']")
    assert [len(one.findall("circle")) for one in drawings] == [4, 4]
    assert words(drawings[0].find("circle/title")).startswith("amygdala: text")
    assert "raphe nuclei" in text
    assert source.count("<script") == 1
    assert "A note." in text


def test_without_p_the_page_says_so(page):
    """Too few regions: r stands alone, and no bar of a null is drawn."""
    result = made(p=np.nan)
    result = attrs.evolve(result, table=result.table.assign(null_mean=np.nan, null_95=np.nan))
    _, parsed = page(result)
    assert "too few regions for a p-value" in words(parsed.find("body"))
    assert not parsed.findall(".//rect")


def test_an_emotion_without_a_pattern_is_shown_as_such(page):
    """A constant map has no r, and its drawing still stands."""
    result = made()
    table = result.table.copy()
    table.loc[table["emotion"] != "all", ["r", "p", "p_family"]] = np.nan
    flat = attrs.evolve(result.brain_weights, values=np.zeros((2, 4)))
    _, parsed = page(attrs.evolve(result, table=table, brain_weights=flat))
    assert "r = –, p = –" in words(parsed.find("body"))


def test_simulated_scans_are_called_so(page):
    """What the decoding says of its input stands at the top of the page; measured scans have no such note."""
    told = {"input": {"brain": {"input": {"simulated": "<b>coupling</b> follows fear"}}}}
    _, parsed = page(attrs.evolve(made(), provenance={**made().provenance, **told}))
    assert "Simulated data. No brain was scanned" in words(parsed.find("body"))
    assert "<b>coupling</b> follows fear" in words(parsed.find("body"))
    assert "Simulated data" not in words(page(made())[1].find("body"))


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_text_and_nothing_else(page, name):
    """Emotions, regions and notes come from outside: whatever stands in them is shown, not obeyed."""
    emotions, regions = (name, "joy"), (*REGIONS[:3], f"{name} region")
    source, parsed = page(made(emotions, regions, notes=[name]), title=name)
    assert [one.attrib for one in parsed.findall(".//script")] == [{}]
    assert not parsed.findall(".//img")
    assert not [one for one in parsed.iter() for key in one.attrib if key.startswith("on")]
    assert "49" not in re.findall(r"<h1>(.*?)</h1>", source)[0]
    assert parsed.find("head/title").text


def test_the_same_result_gives_the_same_bytes(tmp_path):
    """Page and tables alike."""
    for reporter in (HtmlReporter(), TablesReporter()):
        written = []
        for name in ("a", "b"):
            (tmp_path / name).mkdir(exist_ok=True)
            written.append([path.read_bytes() for path in reporter.write(made(), tmp_path / name)])
        assert written[0] == written[1]


def test_cells_that_a_spreadsheet_would_compute_are_text(tmp_path):
    """An emotion that starts with = gets an apostrophe in every table."""
    paths = TablesReporter(digits=3).write(made(("=1+1", "joy")), tmp_path)
    assert [path.name for path in paths] == ["bridge.csv", "text_weights.csv", "brain_weights.csv"]
    for path in paths:
        assert "'=1+1" in path.read_text("utf-8")
        assert "\n=1+1" not in path.read_text("utf-8")


def places_for(regions):
    """Return places of these regions, a node each, in a row from left to right."""
    nodes = [Node(name, name, -40.0 + 80 * k / len(regions), 0.0, 10.0, 8.0) for k, name in enumerate(regions)]
    axis = RegionAxis("a-made-up-atlas", regions, tuple(nodes))
    return Places(lambda _: axis)


def test_both_maps_lie_side_by_side_on_the_brain(page):
    """Per emotion a brain of text weights and one of brain weights, a marker per region and view; ids are unique."""
    result = made()
    sizes = attrs.evolve(result.brain_weights, values=np.abs(result.brain_weights.values))
    _, parsed = page(attrs.evolve(result, brain_weights=sizes), places=places_for(REGIONS))
    pairs = parsed.findall(".//div[@id='bridge-pairs']/div")
    assert [one.get("data-panel") for one in pairs] == ["fear", "joy"]
    for pair in pairs:
        assert [words(one) for one in pair.iter("h4")] == ["text weights", "brain weights"]
        for brain in pair.iter("svg"):
            assert {mark.get("data-same") for mark in brain.iter() if mark.get("data-same")} == set(REGIONS)
    ids = [one.get("id") for one in parsed.iter() if one.get("id")]
    assert len(ids) == len(set(ids))


def test_without_places_the_brains_are_left_out(page):
    """The scatter plots hold the same values."""
    _, parsed = page(made())
    assert not parsed.findall(".//svg[@class='brain']")
    assert parsed.findall(".//svg[@class='scatter']")


def test_agreement_no_better_than_elsewhere_is_an_answer():
    """It says so, with r, the null and p; and that no emotion stands out."""
    (said,) = answer_of(made(p=0.5))
    assert "Fear and joy over 4 regions" in said
    assert "correlate with r = −0.25, no more than surrogate maps" in said
    assert "(p = 0.500)" in said
    assert "no emotion stands out" in said


def test_limits_and_methods_name_regions_and_references():
    """Four regions are few; 10 surrogates are too few; works that the paragraph names stand among the references."""
    result = made()
    few = attrs.evolve(result, provenance={**result.provenance, "config": {"n_surrogates": 10}})
    text = " ".join(limits_of(few))
    assert "With only 4 regions" in text
    assert "With 10 surrogates, no p can be below 0.091." in text
    assert "no p can be" not in " ".join(limits_of(result))
    for name, key in (("Haufe", "haufe2014"), ("Wagner", "wagner2015")):
        assert name in methods_of(result)
        assert f"{{{key}," in bibtex_of(result)


def test_the_page_stays_small(page):
    """40 emotions over 300 regions: below 2 MB, and what is left out is said."""
    regions = tuple(f"region_{i:03}" for i in range(300))
    source, parsed = page(made(tuple(f"emotion {i}" for i in range(40)), regions), places=places_for(regions))
    assert len(source.encode()) < 2_000_000
    text = words(parsed.find("body"))
    assert re.search(r"The \d+ of 40 emotions whose maps agree most are shown\.", text)
    assert "brain_weights.csv contain all" in text

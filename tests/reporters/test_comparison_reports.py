"""A comparison on paper: the files that programs read, and the page that people do."""

from __future__ import annotations

import csv
import itertools
import re
from xml.etree import ElementTree as ET

import attrs
import numpy as np
import pandas as pd
import pytest

from emotopy.pathways.comparison.result import Comparison
from emotopy_plugins.reporters.charts import forest_axis, forest_plot
from emotopy_plugins.reporters.html import HtmlReporter
from emotopy_plugins.reporters.tables import TablesReporter

REGIONS = ("amygdala", "medial_prefrontal", "raphe_nuclei")
HOSTILE = [
    "<script>alert(1)</script>",
    "</style><script>alert(2)</script>",
    "</title><img src=x onerror=alert(3)>",
    '" onmouseover="alert(4)" x=\'',
    "=HYPERLINK({{ 7 * 7 }})",
    "&lt;b&gt; &amp; <b>",
    "null\0 escape\x1b[31m",
]


def build_comparison(groups=("sad", "glad"), regions=REGIONS, *, notes=("A note.",), excluded=(), **more):
    """A comparison whose numbers depend on the seed 3 and the number of names alone."""
    rng = np.random.default_rng(3)
    keys = [(*pair, measure, region) for pair in itertools.combinations(groups, 2)
            for measure in ("relative", "intensity", "share") for region in regions]  # fmt: skip
    n, n_units = len(keys), {name: 12 - i for i, name in enumerate(groups)}
    table = pd.DataFrame(keys, columns=["group_a", "group_b", "measure", "region"])
    g = rng.normal(0, 0.6, n)
    p = rng.uniform(0.001, 0.2, n)
    table = table.assign(
        n_a=table["group_a"].map(n_units), n_b=table["group_b"].map(n_units),
        mean_a=g, mean_b=0.0, difference=g, t=2 * g, g=g, g_low=g - 0.9, g_high=g + 0.9,
        p=p, p_min=0.0001, p_family=np.minimum(1, 3 * p), q=np.minimum(1, 2 * p),
    )  # fmt: skip
    share = table["measure"] == "share"
    table.loc[share, ["t", "p", "p_min", "p_family", "q"]] = np.nan
    table.loc[0, "p_family"] = 0.0125
    table.loc[1, ["g", "g_low", "g_high"]] = np.nan
    omnibus = None
    if len(groups) > 2:
        omnibus = table.loc[~share].drop_duplicates(["measure", "region"])[["measure", "region"]]
        omnibus = omnibus.reset_index(drop=True).assign(f=1.5, p=0.25, p_min=0.001, p_family=0.5, q=0.75)
    values = {
        "table": table,
        "omnibus": omnibus,
        "excluded": pd.DataFrame(excluded, columns=["what", "name", "group", "n_texts", "why"]),
        "groups": tuple(groups),
        "n_units": n_units,
        "level": "region",
        "is_paired": False,
        "has_units": True,
        "notes": tuple(notes),
        "provenance": {
            "versions": {"emotopy": "0.1.0"},
            "config": {
                "groups": list(groups),
                "covariates": ["age"],
                "paired_by": "unit" if more.get("is_paired") else None,
            },
            "tests": [{"groups": list(groups[:2]), "n_permutations": 10_000, "exact": False}],
            "seed": 4,
            "n_units": n_units,
            "has_units": more.get("has_units", True),
            "input": {"file": "texts.parquet", "sha256": "ab" * 32},
            "mapped": {"reference": "GoEmotions train"},
        },
    }
    return Comparison(**{**values, **more})


def parse(source: str) -> ET.Element:
    """Read the page as XML, which forgives nothing."""
    source = re.sub(r"<script>.*?</script>", "", source, flags=re.DOTALL)  # ours, no XML
    source = re.sub(r"(<meta [^>]*)>", r"\1/>", source.removeprefix("<!doctype html>\n"))
    return ET.fromstring(source)


def words(element: ET.Element) -> str:
    return re.sub(r"[ \n]+", " ", " ".join(element.itertext())).strip().replace("−", "-").replace("\u2068", "")


def text_of(source: str) -> str:
    return words(parse(source).find("body"))


def table_of(page: ET.Element, name: str) -> ET.Element:
    return next(table for table in page.iter("table") if table.get("id") == name)


def cells_of(table: ET.Element) -> list[list[str]]:
    return [[words(cell) for cell in row] for row in table.findall("tbody/tr")]


@pytest.fixture
def write(tmp_path):
    """Write the report and return its source."""
    number = itertools.count()

    def write(result, **options):
        directory = tmp_path / str(next(number))
        directory.mkdir()
        (path,) = HtmlReporter(**options).write(result, directory)
        return path.read_text("utf-8")

    return write


# Tables -------------------------------------------------------------------------------------------------------------


def test_files_are_written_as_far_as_there_is_something_in_them(tmp_path):
    """Two groups give comparison.csv alone; more give omnibus.csv, exclusions excluded.csv; same bytes each time."""
    (tmp_path / "one").mkdir()
    assert [path.name for path in TablesReporter().write(build_comparison(), tmp_path / "one")] == ["comparison.csv"]
    more = build_comparison(("a", "b", "c"), excluded=[("row", "t3", "a", 1, "it holds no text")])
    for name in ("two", "three"):
        (tmp_path / name).mkdir()
        paths = TablesReporter(digits=4).write(more, tmp_path / name)
        assert [path.name for path in paths] == ["comparison.csv", "omnibus.csv", "excluded.csv"]
    for path in paths:
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
    read = pd.read_csv(tmp_path / "two" / "comparison.csv")
    pd.testing.assert_frame_equal(read, more.table, rtol=1e-3, check_dtype=False)
    assert pd.read_csv(tmp_path / "two" / "excluded.csv").iloc[0].tolist() == ["row", "t3", "a", 1, "it holds no text"]


def test_names_of_groups_are_no_formulas(tmp_path):
    """A group or a unit that a spreadsheet would run gets an apostrophe, in every file."""
    evil = ("=1+1", "@SUM(1)", "+3")
    TablesReporter().write(build_comparison(evil, excluded=[("unit", "-2", "=1+1", 1, "why")]), tmp_path)
    cells = set()
    for name in ("comparison.csv", "excluded.csv"):
        with (tmp_path / name).open(encoding="utf-8", newline="") as sheet:
            cells |= {cell for row in csv.reader(sheet) for cell in row}
    assert {"'=1+1", "'@SUM(1)", "'+3", "'-2"} <= cells
    assert not set(evil) & cells


# The page -----------------------------------------------------------------------------------------------------------


def test_no_name_becomes_markup(write):
    """Hostile groups, regions, notes, exclusions, title and provenance add no element and no attribute."""

    def build(strings):
        made = build_comparison(
            strings[:3],
            strings,
            notes=strings,
            excluded=[("row", name, strings[0], 1, name) for name in strings],
        )
        return attrs.evolve(
            made,
            provenance={
                "config": {"covariates": strings[:2], "paired_by": strings[2]},
                "mapped": {"reference": strings[3]},
                "versions": {"emotopy": strings[4]},
                strings[5]: strings[6],
            },
        )

    pages = {
        name: parse(write(build(strings), title=strings[1]))
        for name, strings in {"hostile": HOSTILE, "harmless": [f"word {i}" for i in range(len(HOSTILE))]}.items()
    }
    skeletons = {name: [(e.tag, sorted(e.attrib)) for e in page.iter()] for name, page in pages.items()}
    assert skeletons["hostile"] == skeletons["harmless"]
    text = "".join(pages["hostile"].find("body").itertext())
    for name in HOSTILE[:-1]:
        assert name in text


def test_the_page_loads_nothing_and_is_the_same_each_time(write):
    """No address, no script, no style attribute; labels point to ids that exist once; equal byte for byte."""
    more = build_comparison(("a", "b", "c"), excluded=[("row", "t3", "a", 1, "it holds no text")])
    source = write(more)
    assert source == write(more)
    assert not re.search(r"https?://|url\(|@import", source)
    page = parse(source)
    ids = [e.get("id") for e in page.iter() if e.get("id")]
    labels = [part for e in page.iter() for part in (e.get("aria-labelledby") or "").split()]
    references = [e.get(name) for e in page.iter() for name in ("href", "src") if e.get(name)]
    assert all(value.startswith("#") for value in references)
    assert {value[1:] for value in references} | set(labels) <= set(ids)
    assert len(set(ids)) == len(ids)
    assert not {"script", "link", "img", "iframe", "object"} & {e.tag for e in page.iter()}  # but those of the policy
    assert not [name for e in page.iter() for name in e.attrib if name == "style" or name.startswith("on")]


def test_the_page_says_what_was_compared_and_what_it_means(write):
    """Groups, units, covariates, permutations, seed, reference; reverse inference; and never an activation."""
    source = write(build_comparison())
    text = text_of(source)
    for phrase in (
        "between sad (12 units) and glad (11 units)",
        "region, 3 of them",
        "Held constant age",
        "Permutations 10,000",
        "Seed 4",
        "Reference GoEmotions train",
        "reverse inference (Poldrack 2006",
        "proxies of felt emotion",
        "permuting, over units, the residuals of the model without groups",
        "sad minus glad",
        "In profile, 1 of 3 regions differs",
        "after correction: amygdala, higher in sad (g = +1.22, 95\xa0% interval",
        "brainstem, nearest node raphe nuclei",
        "assigned share, not tested",
        "A note.",
        "ab" * 32,
    ):
        assert phrase in text, phrase
    assert "activ" not in text.lower()
    pairs = text_of(write(build_comparison(is_paired=True)))
    assert "flipping the sign of differences within pairs" in pairs
    assert "sad and glad (12 pairs)" in pairs
    assert "12, matched by the unit" in pairs
    free = build_comparison()
    free = attrs.evolve(free, provenance={**free.provenance, "config": {"covariates": [], "paired_by": None}})
    assert "permuting the group of units" in text_of(write(free))
    nobody = text_of(write(build_comparison(has_units=False)))
    assert "none given, so every text counts as a unit" in nobody


def test_every_effect_stands_in_the_table_and_in_the_plot(write):
    """A row per measure and region with g, interval and p; a dot per g, filled below 0.05, an interval each."""
    comparison = build_comparison()
    source = write(comparison)
    text, page = text_of(source), parse(source)
    for row in comparison.table.dropna(subset=["g"]).to_dict("records"):
        assert f"{row['g']:+.2f} {row['g_low']:+.2f} to {row['g_high']:+.2f}" in text
    beyond = int((comparison.table["p_family"] < 0.05).sum())
    known = int(comparison.table["g"].notna().sum())
    drawn = comparison.table["g"].notna() & (comparison.table["p_family"] < 0.05)
    assert len(page.findall(".//circle[@class='beyond']")) == drawn.sum() > 0
    assert len(page.findall(".//circle")) == len(page.findall(".//line[@class='interval']")) == known == 8
    assert len(page.findall(".//tr[@class='beyond']")) == beyond
    for table in page.iter("table"):
        assert len({sum(int(cell.get("colspan", 1)) for cell in row) for row in table.iter("tr")}) == 1


def test_many_groups_have_an_overview_and_every_pair(write):
    """Five groups: the omnibus test, the map, and all ten pairs in the table and each with its own effects."""
    comparison = build_comparison(tuple("abcde"))
    source = write(comparison)
    text, page = text_of(source), parse(source)
    assert "All groups at once" in text
    panels = [one.get("data-panel") for one in page.iter() if one.get("data-panel")]
    assert panels == [f"{a} minus {b}" for a, b in comparison.pairs]
    rows = {row[0]: row[1:] for row in cells_of(table_of(page, "pairs-table"))}
    assert list(rows) == [f"{a} – {b}" for a, b in comparison.pairs]
    assert all(len(row) == 8 for row in rows.values())
    heads = [words(one) for one in table_of(page, "map-table").find("thead/tr")][1:]
    assert [head.split(" n ")[0] for head in heads] == panels
    assert text.count("of all groups at once finds nothing") == 2  # map and table of pairs


def test_a_long_list_of_exclusions_is_whole(write):
    """The page holds all 203 and says how many there are; of 2,000 it holds the first thousand, and says that."""
    rows = [("row", f"t{i}", "sad", 1, "it holds no text") for i in range(203)]
    source = write(build_comparison(excluded=rows))
    assert "203 rows of the input." in text_of(source)
    assert [row[0] for row in cells_of(table_of(parse(source), "left-out-table"))] == [f"t{i}" for i in range(203)]
    many = write(build_comparison(excluded=[("row", f"t{i}", "sad", 1, "why") for i in range(2000)]))
    assert "2,000 rows of the input; shown are the first 1,000" in text_of(many)
    assert len(cells_of(table_of(parse(many), "left-out-table"))) == 1000


def test_intervals_end_with_the_axis():
    """The axis holds zero and every g; an interval beyond it is drawn to its end; nothing is drawn without a value."""
    table = pd.DataFrame({"g": [0.5, -4.25, np.nan], "g_low": [-80.0, -9.0, np.nan], "g_high": [70.0, 1.0, np.nan]})
    axis = forest_axis(table)
    assert axis.low <= -4.25
    assert axis.high < 10
    wide = forest_plot(axis, 0.5, -80.0, 70.0, beyond=True)
    assert wide.bar == (axis.at(axis.low), axis.at(axis.high))
    assert wide.bar[0] < wide.origin < wide.dot < wide.bar[1]
    nothing = forest_plot(axis, np.nan, np.nan, np.nan, beyond=False)
    assert (nothing.dot, nothing.bar) == (None, None)

"""What a comparison's page answers and shows, on planted differences; and how large it gets."""

from __future__ import annotations

import math
import re

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.reporters.conftest import ToyAtlas
from tests.reporters.test_comparison_reports import HOSTILE, build_comparison, cells_of, parse, table_of, words

from emotopy.records import Places, RegionAxis
from emotopy_plugins.reporters.answers import answer_of
from emotopy_plugins.reporters.html import HtmlReporter
from emotopy_plugins.reporters.limits import facts_of, limits_of
from emotopy_plugins.reporters.methods import CITED, REFERENCES, bibtex_of, methods_of

ATLAS = ToyAtlas()
AXIS = RegionAxis("toy", ATLAS.regions, ATLAS.nodes)


def planted(groups=("sad", "glad"), hits=(), *, omnibus=(), **more):
    """A comparison in the toy atlas; `hits` are (pair, measure, region, g, p_family), all else has g 0.1 and p 0.6."""
    made = build_comparison(groups, ATLAS.regions, **more)
    table = made.table.assign(g=0.1, g_low=-0.75, g_high=0.95, difference=0.1)
    table["p_family"] = table["p_family"].where(table["p_family"].isna(), 0.6)
    for (a, b), measure, region, g, p in hits:
        row = (table["group_a"] == a) & (table["group_b"] == b)
        row &= (table["measure"] == measure) & (table["region"] == region)
        assert row.sum() == 1
        table.loc[row, ["g", "g_low", "g_high", "difference", "p_family"]] = [g, g - 0.5, g + 0.5, g, p]
    found = made.omnibus
    for measure, region, f, p in omnibus:
        found.loc[(found["measure"] == measure) & (found["region"] == region), ["f", "p_family"]] = [f, p]
    return attrs.evolve(made, table=table, omnibus=found)


@pytest.fixture
def page(tmp_path):
    """Write the page with the toy atlas; return its source."""

    def write(result, axis=AXIS, **options):
        (path,) = HtmlReporter(places=Places(lambda _: axis), **options).write(result, tmp_path)
        return path.read_text("utf-8")

    return write


# The answer -----------------------------------------------------------------------------------------------------------


def test_no_region_beyond_chance_is_an_answer():
    """It is said, with the nearest regions and what the intervals leave open; no region is called different."""
    first, second = answer_of(planted())
    assert first.startswith("No region of 6 differs between sad (12 units) and glad (11 units) in profile or intensity")
    assert "corrected p = 0.600" in second
    assert "doesn’t prove that the groups are alike: intervals of g extend to 0.95" in second


def test_a_planted_difference_is_named_with_its_effect():
    """Region, direction, g, interval and corrected p; the smallest p first; that intensity shows none is said too."""
    pair = ("sad", "glad")
    hits = [(pair, "relative", "amygdala", 1.25, 0.04), (pair, "relative", "insula", -1.5, 0.01)]
    said, intensity = answer_of(planted(hits=hits))
    assert said.startswith("In profile, 2 of 6 regions differ between sad (12 units) and glad (11 units) after correc")
    insula = "insula, higher in glad (g = −1.50, 95\xa0% interval −2.00 to −1.00, corrected p = 0.010)"
    amygdala = "amygdala, higher in sad (g = +1.25, 95\xa0% interval +0.75 to +1.75, corrected p = 0.040)"
    assert said.index(insula) < said.index(amygdala)
    assert intensity.startswith("In intensity, none of 6 regions differ after correction.")
    assert intensity.endswith("intervals of g extend to 0.95.")
    hits.append((pair, "relative", "hippocampus", 0.5, 0.045))
    said, _ = answer_of(planted(hits=hits))
    assert said.startswith("In profile, 3 of 6 regions differ")
    assert "most clearly insula" in said
    assert "hippocampus" not in said


def test_uncorrected_findings_are_no_findings():
    """A p of 0.001 whose corrected p is 0.06 names nothing as different."""
    made = planted(hits=[(("sad", "glad"), "relative", "amygdala", 1.0, 0.06)])
    made = attrs.evolve(made, table=made.table.assign(p=0.001))
    assert answer_of(made)[0].startswith("No region of 6 differs")


def test_pairs_are_not_read_where_all_groups_together_show_nothing():
    """A pair with a corrected p of 0.01 is no finding if the omnibus test finds nothing."""
    hits = [(("a", "b"), "relative", "amygdala", 1.0, 0.01)]
    first, second = answer_of(planted(("a", "b", "c"), hits))
    assert first.startswith("No region of 6 differs among 3 groups in profile or intensity after correction")
    assert "shouldn’t be interpreted as findings" in second
    assert "amygdala (g" not in first + second


def test_pairs_count_in_measures_where_all_groups_differ():
    """The omnibus finds the insula in the profile: pairs differing there are counted, those in intensity aren't."""
    hits = [
        (("a", "b"), "relative", "insula", 1.0, 0.02),
        (("a", "c"), "relative", "insula", 1.5, 0.01),
        (("b", "c"), "intensity", "amygdala", 2.0, 0.001),
    ]
    first, second, third = answer_of(planted(("a", "b", "c"), hits, omnibus=[("relative", "insula", 7.25, 0.003)]))
    assert first.startswith("In profile, 1 of 6 regions differs among 3 groups after correction: insula (F = 7.2")
    assert second.startswith("In intensity, none of 6 regions differ")
    assert third.startswith("Of 3 pairs of groups, 2 differ in some region")
    assert "the clearest is a minus c, profile of insula (g = +1.50" in third


@given(p=arrays(float, 12, elements=st.floats(0.001, 1)), g=arrays(float, 12, elements=st.floats(-3, 3)))
@settings(max_examples=40, deadline=None)
def test_the_answer_claims_what_the_table_holds_and_no_more(p, g):
    """Whatever the numbers: counts by measure are those of corrected p below 0.05, and only such regions are named."""
    made = planted()
    tested = made.table["measure"] != "share"
    table = made.table.copy()
    table.loc[tested, "p_family"] = p
    table.loc[tested, ["g", "difference"]] = np.column_stack([g, g])
    table.loc[tested, ["g_low", "g_high"]] = np.column_stack([g - 0.5, g + 0.5])
    said = answer_of(attrs.evolve(made, table=table))
    sure = table[tested & (table["p_family"] < 0.05)]
    if not len(sure):
        assert said[0].startswith("No region of 6 differs")
        return
    for sentence, (measure, word) in zip(said, {"relative": "profile", "intensity": "intensity"}.items(), strict=True):
        own = sure[sure["measure"] == measure]
        assert sentence.startswith(f"In {word}, {len(own) or 'none'} of 6 regions")
        assert sentence.count("higher in") == min(len(own), 2)
        for row in table[table["measure"] == measure].to_dict("records"):
            named = f"{row['region'].replace('_', ' ')}, higher in {'sad' if row['g'] > 0 else 'glad'}"
            assert named not in sentence or row["p_family"] < 0.05


def test_an_omnibus_that_could_not_be_tested_forbids_nothing():
    """Without any p of all groups together, pairs are counted, and the answer forbids nothing."""
    made = planted(("a", "b", "c"), [(("a", "b"), "relative", "insula", 1.0, 0.02)])
    made = attrs.evolve(made, omnibus=made.omnibus.assign(f=math.nan, p=math.nan, p_family=math.nan))
    (said,) = answer_of(made)
    assert said.startswith("Of 3 pairs of groups, 1 differs in some region")


def test_too_few_permutations_are_said():
    """Where no p can fall below 0.05 the answer says that no difference could be detected."""
    made = planted()
    assert "no difference could be detected" not in " ".join(answer_of(made))
    made = attrs.evolve(made, table=made.table.assign(p_min=0.1))
    assert "no p can be below 0.100" in answer_of(made)[-1]


def test_what_was_not_tested_has_no_verdict():
    """Shares alone, or groups too small for any test: neither “differ” nor “don't”."""
    made = planted()
    shares = attrs.evolve(made, table=made.table[made.table["measure"] == "share"])
    assert "not tested" in answer_of(shares)[0]
    missing = dict.fromkeys(("g", "g_low", "g_high", "p", "p_min", "p_family", "q"), math.nan)
    small = attrs.evolve(made, table=made.table.assign(**missing))
    (said,) = answer_of(small)
    assert "could be tested" in said


# Limits, facts and methods --------------------------------------------------------------------------------------------


def test_limits_name_few_units_and_what_was_held():
    """Eight units are few, twelve aren't; nothing held constant is said, and so is what was."""
    text = " ".join(limits_of(planted(tuple("abcde"))))
    assert "Effects are uncertain because there are few units: d (9) and e (8)." in text
    assert "Held constant: age" in text
    assert "nor over pairs" in text
    made = planted()
    free = attrs.evolve(made, provenance={**made.provenance, "config": {"covariates": []}, "has_units": False})
    text = " ".join(limits_of(free))
    assert "Nothing was held constant" in text
    assert "every text counts as a unit" in text
    assert "Few" not in text


def test_the_methods_cite_what_the_references_hold():
    """Every work that a paragraph names is among its references, whatever the design; and no other."""
    made = planted()
    free = {**made.provenance, "config": {"covariates": [], "paired_by": None}}
    paired = {**made.provenance, "config": {"covariates": [], "paired_by": "unit"}}
    several = planted(tuple("abc"))
    designs = [
        made,
        attrs.evolve(made, provenance=free),
        attrs.evolve(made, provenance=paired),
        several,
        attrs.evolve(several, provenance=free),
    ]
    for one in designs:
        text, keys = methods_of(one), CITED["comparison"](one)
        named = {"welch1947": "Welch 1947", "welch1951": "Welch 1951", "freedman1983": "Freedman and Lane 1983"}
        named |= {"hedges1981": "Hedges 1981", "nichols2002": "Holmes 2002", "benjamini1995": "Hochberg 1995"}
        for key, words_of in named.items():
            assert (key in keys) == (words_of in text), key
            assert (REFERENCES[key] in bibtex_of(one)) == (key in keys)
    assert "10,000" in methods_of(made)
    assert dict(facts_of(made))["Held constant"] == "age"


# Pictures -------------------------------------------------------------------------------------------------------------


def test_every_difference_is_on_the_brain_and_the_sure_ones_are_ringed(page):
    """A marker per node and view, ringed where the corrected p is below 0.05; pointing says g, interval, p and n."""
    hits = [(("sad", "glad"), "relative", "amygdala", 1.25, 0.04), (("sad", "glad"), "intensity", "insula", 1, 0.01)]
    root = parse(page(planted(hits=hits)))
    marks = [one for one in root.iter() if one.get("data-same")]
    sure = {one.get("data-same") for one in marks if "sure" in one.get("class").split()}
    assert {one.get("data-same") for one in marks} == set(ATLAS.regions)
    assert sure == {"amygdala"}
    (tip,) = {one.find("title").text for one in marks if one.get("data-same") == "amygdala"}
    assert tip == "amygdala: g +1.25 (95\xa0% interval +0.75 to +1.75), corrected p 0.040, n 12 and 11"


def test_without_places_or_effects_no_brain_is_drawn_and_that_is_said(page):
    """An unknown atlas, groups too small for g, or none asked for: a sentence each, and the table all the same."""
    made = planted()
    small = attrs.evolve(made, table=made.table.assign(g=math.nan, g_low=math.nan, g_high=math.nan))
    for result, options in ((made, {"axis": None}), (small, {}), (made, {"max_groups": 0})):
        source = page(result, **options)
        assert "No brain is drawn" in source
        assert not [one for one in parse(source).iter() if one.get("data-same")]
        assert len(cells_of(table_of(parse(source), "differences-table-1"))) == 18 + 3


def test_nodes_get_markers_of_their_own(page):
    """A comparison by node is drawn by node, and names them in the table."""
    made = planted()
    owners = {node.name: node.region for node in ATLAS.nodes}
    table = made.table[made.table["measure"] == "relative"].iloc[: len(owners)]
    parts = made.table[made.table["measure"] == "relative"]
    table = parts.iloc[np.arange(len(owners)) % len(parts)].assign(region=list(owners.values()), node=list(owners))
    root = parse(page(attrs.evolve(made, table=table, level="node")))
    assert {one.get("data-same") for one in root.iter() if one.get("data-same")} == set(owners)
    assert len(cells_of(table_of(root, "differences-table-1"))) == len(owners) + 1


def test_the_map_frames_what_is_sure(page):
    """A cell per region and pair with its g; p stands there, in a frame, where it is below 0.05."""
    hits = [(("a", "c"), "relative", "insula", 1.5, 0.01)]
    made = planted(("a", "b", "c"), hits, omnibus=[("relative", "insula", 7.25, 0.003)])
    table = table_of(parse(page(made)), "map-table")
    found = {row[0]: row[1:] for row in cells_of(table)}
    assert found["insula"] == ["+0.10", "+1.50 p 0.010", "+0.10"]
    assert len(found) == len(ATLAS.regions)
    assert len([one for one in table.iter("td") if "sure" in one.get("class").split()]) == 1


# Sizes and hostile names ----------------------------------------------------------------------------------------------


def test_sixty_groups_make_a_page_of_less_than_two_megabytes(page):
    """1,770 pairs: those with the smallest p in detail, all of them in one table, and the page says which."""
    groups = tuple(f"school number {i}" for i in range(60))
    source = page(build_comparison(groups, ATLAS.regions))
    assert len(source.encode()) < 2_000_000
    root = parse(source)
    assert len(cells_of(table_of(root, "pairs-table"))) == 1770
    panels = [one for one in root.iter() if one.get("data-panel")]
    assert 2 * 15 <= len(panels) < 200
    text = words(root.find("body"))
    assert re.search(r"Shown are the \d+ of 1,770 pairs with the smallest p; comparison.csv holds all", text)
    assert re.search(r"The \d+ of 1,770 pairs with the smallest corrected p are shown", text)


def test_many_regions_are_cut_to_those_with_the_smallest_p_and_counted(page):
    """2,000 regions: 1,200 rows of the pair stand on the page, and the page names how many don't."""
    regions = tuple(f"region_{i}" for i in range(2000))
    made = build_comparison(regions=regions)
    source = page(made, axis=None)
    assert len(source.encode()) < 2_000_000
    assert "4800 more rows stand in" in source
    smallest = made.table.loc[made.table["measure"] == "relative"].nsmallest(1, "p_family")["region"].iloc[0]
    assert smallest.replace("_", " ") in words(table_of(parse(source), "differences-table-1"))


def test_hostile_groups_stay_text_in_every_section(page):
    """Names that are markup, with places known: no element is added, and all stand in the map."""
    hostile, harmless = (
        parse(page(planted(names, notes=(), excluded=[("row", names[0], names[1], 1, names[2])])))
        for names in (tuple(HOSTILE[:4]), tuple("abcd"))
    )
    assert [(one.tag, sorted(one.attrib)) for one in hostile.iter()] == [
        (one.tag, sorted(one.attrib)) for one in harmless.iter()
    ]
    heads = words(table_of(hostile, "map-table").find("thead"))
    for name in HOSTILE[:4]:
        assert name in heads

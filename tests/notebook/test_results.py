"""What a notebook shows of results: the answer, a short table, notes, and nothing that a text says."""

from __future__ import annotations

import math
import pickle

import attrs
import numpy as np
import pandas as pd
import pytest

from emotopy.experiments.experiment import Experiment
from emotopy.notebook.results import FIGURE, MOST_GROUPS, MOST_ROWS
from emotopy.notebook.view import STYLE, named
from emotopy.pathways.text.pathway import map_texts
from emotopy.pathways.text.tables import regions_table, relative_means
from emotopy.running.figures import FIGURES, Plots
from emotopy.running.writing import WritableResult

HOSTILE = "<script>alert(1)</script>\"'&`</table></div>"
RTL = "\u202eمرحبا"


def column(page, heading):
    """The cells under a heading of a view's table."""
    heads = [cell for cell, (_, attributes) in zip(page.cells, cells_of(page), strict=True)
             if attributes.get("scope") == "col"]  # fmt: skip
    body = page.cells[len(heads) :]
    return body[heads.index(heading) :: len(heads)]


def cells_of(page):
    return [one for one in page.tags if one[0] in ("td", "th")]


def test_texts_show_relative_by_region_and_group(page, mapped):
    """Every region and group, the values of the table, on a ground whose strength is the value's."""
    result = mapped()
    shown = page(result._repr_html_())
    regions = result.regions
    for group in ("all", "exams", "holidays"):
        wanted = regions[regions["group"] == group]["relative"]
        found = [float(cell.replace("−", "-")) for cell in column(shown, group)]
        np.testing.assert_allclose(found, wanted, atol=0.00501)
    assert "12 texts" in shown.text
    assert "4 units" in shown.text
    top = regions[regions["group"] == "exams"].nlargest(1, "relative")["region"].iloc[0].replace("_", " ")
    assert f"Group exams: highest in {top}" in shown.text


def test_means_are_those_of_the_table(mapped):
    """What is computed for a view alone equals `relative` of the whole table."""
    m = mapped(["a", "b", "c"]).mapped
    whole = regions_table(m)
    pd.testing.assert_frame_equal(relative_means(m), whole[["group", "region", "relative"]], rtol=1e-12)


def test_means_by_node(mapped, quick):
    """Nodes stand beside their regions."""
    m = mapped(config={**quick, "level": "node"}).mapped
    whole = regions_table(m)
    pd.testing.assert_frame_equal(relative_means(m), whole[["group", "region", "node", "relative"]], rtol=1e-12)


def test_no_table_is_made_for_a_view(mapped):
    """A result whose tables nobody has read has made none after it was shown."""
    result = mapped()
    before = dict(result._made)
    result._repr_html_()
    assert dict(result._made) == before == {}


def test_no_view_holds_a_text(mapped):
    """Neither input texts nor words of clusters, with `no_texts` or without."""
    for no_texts in (True, False):
        result = mapped(no_texts=no_texts)
        compared = result.compare("exams", "holidays", n_permutations=20)
        for one in (result, compared):
            shown = one._repr_html_()
            assert not any(word in shown for word in ("dread", "sorrow", "harvest"))


@pytest.mark.parametrize("name", [HOSTILE, RTL, "a" * 10_000, "\x00\x1b[31m"])
def test_names_are_text(page, mapped, name):
    """A group's name adds no element, turns no direction, fills no page, and can be sent as UTF-8."""
    plain, html = page(mapped(["x", "y"])._repr_html_()), mapped([name, "y"])._repr_html_()
    shown = page(html)
    assert {tag for tag, _ in shown.tags} == {tag for tag, _ in plain.tags}
    assert not set("\u202e\x00\x1b") & set(html)
    assert len(html) < 15_000
    html.encode("utf-8")
    assert name[:8].encode("utf-8", "replace").decode() in shown.text or not name.isprintable()


def test_many_groups_are_counted(page, mapped):
    """Sixty groups: the first columns, and how many there are."""
    result = mapped([f"g{i:02}" for i in range(60)])
    shown = page(result._repr_html_())
    heads = [cell for cell, (_, attributes) in zip(shown.cells, cells_of(shown), strict=True)
             if attributes.get("scope") == "col"]  # fmt: skip
    assert heads == ["region", "all", *(f"g{i:02}" for i in range(MOST_GROUPS - 1))]
    assert "8 of 61 groups" in shown.text


def test_one_group_and_one_text(page, mapped):
    """One group has nothing to be compared with; one text has values."""
    assert "compare(a, b)" not in page(mapped(["only"])._repr_html_()).text
    assert "compare(a, b)" in page(mapped()._repr_html_()).text
    alone = page(map_texts(["I am afraid of the river"])._repr_html_())
    assert "1 texts" in alone.text
    assert len(column(alone, "all")) == 18


def test_halves_of_surrogate_pairs_can_be_sent():
    """A name from a damaged file becomes UTF-8."""
    assert named("\ud800x").encode("utf-8") == "<bdi>\ufffdx</bdi>".encode()


def test_a_pickled_result_shows_the_same(mapped):
    """A copy from another process."""
    result = mapped()
    copy = pickle.loads(pickle.dumps(result))
    assert [*copy._at_hand().tables] == [*result._at_hand().tables]
    assert copy._at_hand().facts == result._at_hand().facts


def test_a_comparison_says_that_nothing_differs(page, mapped):
    """Groups drawn from the same words: none differs, and so few units couldn't show it."""
    shown = page(mapped().compare("exams", "holidays", n_permutations=50)._repr_html_())
    assert "relative: none of 18 regions differs between exams and holidays" in shown.text
    assert "which so few units can't fall below" in shown.text
    assert "share" not in shown.text


@pytest.mark.parametrize(("at_once", "is_read"), [(0.4, False), (0.04, True)])
def test_pairs_are_read_where_all_groups_at_once_differ(page, mapped, at_once, is_read):
    """As on the page: a pair's p isn't corrected over pairs, so it is no finding where the omnibus finds none."""
    compared = mapped(("a", "b", "c")).compare("a", "b", "c", n_permutations=50)
    table, omnibus = compared.table.copy(), compared.omnibus.copy()
    table["p_family"], omnibus["p_family"] = np.where(table["measure"] == "share", np.nan, 0.5), 0.5
    table.loc[(table["measure"] == "relative") & (table["region"] == "insula"), "p_family"] = 0.01
    omnibus.loc[(omnibus["measure"] == "relative") & (omnibus["region"] == "insula"), "p_family"] = at_once
    shown = page(attrs.evolve(compared, table=table, omnibus=omnibus)._repr_html_())
    assert ("insula (g" in shown.text) == is_read
    assert ("relative: none of 18 regions differs among all groups" in shown.text) != is_read


def test_a_comparison_names_what_differs(page, mapped):
    """Regions with a family-wise p below 0.05, the smallest first, in the sentence and in the rows."""
    compared = mapped().compare("exams", "holidays", n_permutations=50)
    table = compared.table.copy()
    table["p_family"], table["p_min"] = np.where(table["measure"] == "share", np.nan, 0.5), 0.001
    chosen = (table["measure"] == "relative") & table["region"].isin(["insula", "amygdala"])
    table.loc[chosen, ["p_family", "g"]] = [[0.04, -1.5], [0.01, 2.5]]
    names = table[chosen].sort_values("p_family")["region"].tolist()
    shown = page(attrs.evolve(compared, table=table)._repr_html_())
    n_regions = int((table["measure"] == "relative").sum())
    assert f"relative: 2 of {n_regions} regions differ between exams and holidays" in shown.text
    assert f"{names[0]} (g +2.50), {names[1]} (g −1.50)" in shown.text
    assert f"intensity: none of {n_regions} regions" in shown.text
    assert column(shown, "region")[:2] == names
    assert len(column(shown, "region")) == MOST_ROWS
    assert f"{MOST_ROWS} of {len(table)} rows" in shown.text
    assert shown.count("svg") >= 2


def test_pairs_are_named_where_there_are_several(page, mapped):
    """Three groups: a column of pairs."""
    shown = page(mapped(["a", "b", "c"]).compare("a", "b", "c", n_permutations=20)._repr_html_())
    assert set(column(shown, "pair")) <= {"a – b", "a – c", "b – c"}


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        ({}, "1 of 2 emotions were decoded better than their null"),
        ({"found": False}, "None of 2 emotions was decoded better than its null after correction"),
        ({"tested": False}, "2 emotions were decoded; no score could be tested"),
    ],
)
def test_a_decoding_says_which_emotions_beat_their_null(page, decoded, options, answer):
    """The first feature set, after correction over emotions; what isn't decoded is an answer, too."""
    shown = page(decoded(**options)._repr_html_())
    assert answer in shown.text
    assert column(shown, "emotion") == ["fear", "joy"]


def test_forty_emotions(page, decoded):
    """The first rows, and how many there are."""
    shown = page(decoded([f"emotion {i}" for i in range(40)])._repr_html_())
    assert len(column(shown, "emotion")) == MOST_ROWS
    assert f"{MOST_ROWS} of 40 emotions" in shown.text


def test_a_bridge_says_how_far_both_sides_agree(page, bridged):
    """Over all emotions, then how many agree after correction."""
    shown = page(bridged._repr_html_())
    assert "agree more than with surrogate maps (r +0.60, p 0.020)" in shown.text
    assert "1 of 2 emotions agree after correction" in shown.text


def test_an_experiment_shows_both_procedures(page, mapped):
    """What the published procedure finds, what the comparison finds, and the parts."""
    compared = mapped().compare("exams", "holidays", n_permutations=20)
    side = pd.DataFrame({"group_a": "exams", "group_b": "holidays", "published_significant": [True, False, True]})
    experiment = Experiment("x", HOSTILE, side, pd.DataFrame(), {}, {"both": compared}, pd.DataFrame(), {})
    shown = page(experiment._repr_html_())
    assert "2 of 3 nodes differ, uncorrected" in shown.text
    assert "parts['both']" in shown.text


@attrs.frozen(eq=False)
class Weather(WritableResult):
    """A result of another package's kind."""

    tables: dict
    kind: str = "weather"
    provenance: dict = attrs.field(factory=dict)
    notes: tuple = (HOSTILE,) * 9
    no_texts: bool = True
    reporters: tuple = ()


def test_a_kind_of_others_has_its_tables_and_notes(page):
    """Sizes, the first notes, no page that it has no reporter for."""
    shown = page(Weather({"clouds": pd.DataFrame({"x": range(3)})})._repr_html_())
    assert "clouds 3 rows" in shown.text
    assert shown.count("li") == 6
    assert shown.count("script") == 0
    assert "report(" not in shown.text
    assert "plot." not in shown.text


def test_a_view_that_fails_names_the_error(page, decoded):
    """A notebook shows `repr` and the error's type in place of a traceback."""
    broken = attrs.evolve(decoded(), scores=pd.DataFrame({"features": ["x"], "emotion": [HOSTILE]}))
    shown = page(broken._repr_html_())
    assert "KeyError" in shown.text
    assert HOSTILE[:30] in shown.text
    assert shown.count("pre") == 1


def test_rules_of_style_reach_nothing_else():
    """Every selector begins with the class of the view."""
    rules = str(STYLE).removeprefix("<style>").removesuffix("</style>").split("}")[:-1]
    selectors = [one for rule in rules for one in rule.split("{")[0].split(",")]
    assert len(selectors) > 10
    assert all(one.startswith(".emotopy-view") for one in selectors)


def test_every_figure_proposed_exists(decoded, bridged):
    """`result.plot` has a method of the name, and the result such a figure."""
    for kind, name in FIGURE.items():
        assert name in FIGURES, kind
        assert callable(getattr(Plots, name))


def test_an_unknown_value_has_no_colour(page, mapped):
    """NaN is a dash on the page's own ground."""
    result = mapped()
    hollow = result.mapped.mapping.profile.copy()
    hollow[:, 0] = math.nan
    mapping = attrs.evolve(result.mapped.mapping, profile=hollow)
    shown = page(attrs.evolve(result, mapped=attrs.evolve(result.mapped, mapping=mapping))._repr_html_())
    assert column(shown, "all")[0] == "–"

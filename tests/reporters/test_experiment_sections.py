"""What an experiment's page answers and shows, on planted verdicts; and how large it gets."""

from __future__ import annotations

import itertools

import attrs
import numpy as np
import pandas as pd
import pytest
from tests.reporters.test_comparison_reports import HOSTILE, cells_of, parse, table_of, words

from emotopy.records import Places, RegionAxis
from emotopy.testing.doubles import ToyAtlas
from emotopy.testing.example_results import example_results
from emotopy_plugins.reporters.answers import answer_of
from emotopy_plugins.reporters.html import HtmlReporter
from emotopy_plugins.reporters.limits import facts_of, limits_of
from emotopy_plugins.reporters.methods import CITED, bibtex_of, methods_of
from emotopy_plugins.reporters.reading import NO_UNIT

EXAMPLE = next(result for result in example_results() if result.kind == "experiment")
ATLAS = ToyAtlas()
AXIS = RegionAxis("toy", ATLAS.regions, ATLAS.nodes)


def verdicts(published, profile, intensity, rate=0.4):
    """What the three procedures find of 5 nodes and 3 regions; `rate` is the published one's in random splits."""
    return [
        {"procedure": "published", "found": published, "n_tests": 5, "false_rate": rate, "splits_with_any": None},
        *(
            {"procedure": name, "found": found, "n_tests": 3, "false_rate": 0.05, "splits_with_any": 1}
            for name, found in (("relative", profile), ("intensity", intensity))
        ),
    ]


def planted(pairs, *, n_splits=2, tables=None, **config):
    """The example with these pairs: (group, group, verdicts)."""
    rows = EXAMPLE.tables["side_by_side"]
    side_by_side = pd.concat([rows.assign(group_a=a, group_b=b) for a, b, _ in pairs], ignore_index=True)
    summary = [{"a": a, "b": b, "n_splits": n_splits, "verdicts": found} for a, b, found in pairs]
    provenance = {**EXAMPLE.provenance, "summary": summary, "parts": ["recommended", "vos2025"]}
    provenance["config"] = {**provenance["config"], **config}
    return attrs.evolve(EXAMPLE, tables={"side_by_side": side_by_side, **(tables or {})}, provenance=provenance)


def distances(names):
    """Squared distances between emotions that lie on a line, one apart."""
    pairs = list(itertools.combinations(range(len(names)), 2))
    away = np.array([(b - a) ** 2 for a, b in pairs], dtype=float)
    table = pd.DataFrame({"emotion_a": [names[a] for a, _ in pairs], "emotion_b": [names[b] for _, b in pairs]})
    return table.assign(distance=away, low=away - 0.5, high=away + 0.5, p_family=np.where(away > 1, 0.01, 0.5))


@pytest.fixture
def page(tmp_path):
    """Write the page with the toy atlas; return its source."""

    def write(result, axis=AXIS, **options):
        (path,) = HtmlReporter(places=Places(lambda _: axis), **options).write(result, tmp_path)
        return path.read_text("utf-8")

    return write


def test_what_the_published_procedure_finds_stands_beside_what_it_finds_in_nothing():
    """Findings, the rate in random splits, and what holds: here nothing, which is said."""
    first, second = answer_of(planted([("before", "after", verdicts(4, 0, 0))]))
    assert first.startswith("before against after: the published procedure finds 4 of 5 nodes significant, and 40")
    assert "no region differs in profile or intensity" in second


def test_what_holds_is_counted_by_measure():
    """One region in the profile and none in intensity; without random splits no rate is claimed."""
    first, second = answer_of(planted([("a", "b", verdicts(4, 1, 0, rate=None))], n_splits=0))
    assert "its error rate wasn’t measured" in first
    assert "40" not in first
    assert "1 of 3 regions in profile and none of 3 regions in intensity differs" in second


def test_many_pairs_are_added_up():
    """Three pairs: 12 of 15 nodes, 3 of 9 regions, and the mean rate."""
    groups = [(f"g{i}", "rest", verdicts(4, 1, 0, rate=0.25 * i)) for i in range(3)]
    first, second = answer_of(planted(groups))
    assert first.startswith("Over 3 pairs of groups, the published procedure finds 12 of 15 nodes significant, and 25")
    assert "3 of 9 regions in profile" in second


def test_without_pairs_there_is_nothing_to_say():
    """An experiment whose groups couldn't be compared has an answer, limits, facts and methods all the same."""
    empty = attrs.evolve(EXAMPLE, provenance={"config": {}})
    assert "there are no results" in answer_of(empty)[0]
    assert limits_of(empty)
    assert facts_of(empty)
    assert methods_of(empty)


def test_limits_name_few_splits_and_imbalance():
    """Two splits are few; quantities that differ by more than 0.1 SD are named, the others aren't."""
    balance = pd.DataFrame({"group_a": "a", "group_b": "b", "quantity": ["log words", "age"], "smd": [0.5, 0.05]})
    balance = balance.assign(mean_a=1.0, mean_b=0.5)
    made = planted([("a", "b", verdicts(1, 0, 0))], tables={"balance": balance})
    text = " ".join(limits_of(made))
    assert "With only 2 random splits" in text
    assert "differ in log words, " in text
    assert "Nothing was held constant" in text
    held = planted([("a", "b", verdicts(1, 0, 0))], n_splits=100, comparison={"covariates": ["age"]})
    text = " ".join(limits_of(held))
    assert "random splits, error rates" not in text
    assert "Nothing was held constant" not in text
    for one in (made, held):
        assert ("freedman1983" in CITED["experiment"](one)) == ("Freedman and Lane 1983" in methods_of(one))
        assert "hedges1981" in bibtex_of(one)


def test_differences_are_on_the_brain_and_ringed_where_sure(page):
    """Markers for every region; those whose corrected p is below 0.05 are ringed."""
    made = planted([("a", "b", verdicts(1, 1, 0))])
    table = made.tables["side_by_side"]
    table.loc[table["region"] == "insula", "relative_p_family"] = 0.01
    marks = [one for one in parse(page(made)).iter() if one.get("data-same")]
    assert {one.get("data-same") for one in marks} == set(ATLAS.regions)
    assert {one.get("data-same") for one in marks if "sure" in one.get("class")} == {"insula"}
    assert "No brain is drawn" in page(made, axis=None)


def test_forty_emotions_have_a_map_and_every_distance(page):
    """780 distances stand in the table, nearest first, and 1,560 cells on the map; the page stays small."""
    names = [f"emotion {i}" for i in range(40)]
    made = planted([("a", "b", verdicts(1, 0, 0))], tables={"distances": distances(names)})
    source = page(made)
    root = parse(source)
    rows = cells_of(table_of(root, "distances-table"))
    assert len(rows) == 780
    assert [float(row[1]) for row in rows] == sorted(float(row[1]) for row in rows)
    drawing = next(one for one in root.iter("svg") if (one.get("class") or "").startswith("distances"))
    assert len(drawing.findall("rect")) == 40 * 39
    assert "741 of 780 pairs can be separated" in words(root.find("body"))
    assert len(source.encode()) < 2_000_000


def test_hundreds_of_emotions_and_pairs_are_cut_and_counted(page):
    """200 emotions, 300 pairs of groups: no map, the nearest distances, some pairs; and what is missing is said."""
    names = [f"emotion {i}" for i in range(200)]
    groups = [(f"group {i}", "rest", verdicts(1, 0, 0)) for i in range(300)]
    source = page(planted(groups, tables={"distances": distances(names)}))
    text = words(parse(source).find("body"))
    assert "No map is drawn for 200 emotions" in text
    assert "19050 more rows are in distances.csv" in text
    assert "130 more pairs are in side_by_side.csv" in text
    assert len(source.encode()) < 2_000_000


def test_hostile_names_stay_text(page):
    """Groups, quantities, emotions and reasons that are markup add no element."""

    def build(strings):
        left_out = pd.DataFrame({"what": strings, "reason": strings[::-1]})
        balance = pd.DataFrame({"group_a": strings[0], "group_b": strings[1], "quantity": strings})
        balance = balance.assign(mean_a=1.0, mean_b=0.5, smd=0.5)
        tables = {"distances": distances(strings), "balance": balance, "left_out": left_out}
        return parse(page(planted([(strings[0], strings[1], verdicts(1, 0, 0))], tables=tables, title=strings[2])))

    hostile, harmless = build(HOSTILE[:-1]), build([f"word {i}" for i in range(len(HOSTILE) - 1)])
    assert [(one.tag, sorted(one.attrib)) for one in hostile.iter()] == [
        (one.tag, sorted(one.attrib)) for one in harmless.iter()
    ]
    text = "".join(hostile.find("body").itertext())
    assert all(name in text for name in HOSTILE[:-1])


@pytest.mark.parametrize(("columns", "is_said"), [({"unit": None}, True), ({"unit": "person"}, False), ({}, False)])
def test_that_every_text_is_its_own_unit_is_said(columns, is_said):
    """Where the experiment names no column of persons; an older page that doesn't record columns claims nothing."""
    made = planted([("a", "b", verdicts(1, 0, 0))], columns=columns)
    assert (NO_UNIT in limits_of(made)) == is_said

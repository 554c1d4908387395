"""Groups of mapped texts against each other: the units that are compared, what is tested, what is said."""

from __future__ import annotations

import json
from itertools import combinations

import attrs
import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind, ttest_rel
from tests.pathways.made_up_texts import MadeUpTexts

from emotopy.errors import ConfigError, InputError
from emotopy.pathways.comparison.pathway import compare
from emotopy.pathways.comparison.spec import ComparisonSpec

pytestmark = pytest.mark.usefixtures("flags")

REGIONS = ("amygdala", "insula", "hypothalamus")
NODES = {"amygdala_left": "amygdala", "insula": "insula", "amygdala_right": "amygdala", "hypothalamus": "hypothalamus"}
COLUMNS = [
    *("group_a", "group_b", "measure", "region", "n_a", "n_b", "mean_a", "mean_b", "difference", "t"),
    *("g", "g_low", "g_high", "p", "p_min", "p_family", "q"),
]


def make_mapped(rng, sizes=(("sad", 12), ("glad", 9)), *, targets=REGIONS, planted=0.0, kept=None, **recorded):
    """Texts of so many units per group, 2 to 5 each; `planted` shifts the first region's profile in the first group."""
    rows = [(group, f"{group} {i:02d}") for group, n in sizes for i in range(n) for _ in range(rng.integers(2, 6))]
    n, k = len(rows), len(targets)
    own = {unit: rng.normal(0, 0.5, k) for _, unit in rows}
    profile = np.array([own[unit] for _, unit in rows]) + rng.normal(0, 0.5, (n, k))
    profile[:, 0] += planted * np.array([group == sizes[0][0] for group, _ in rows])
    assignment = np.exp(profile) / np.exp(profile).sum(axis=1, keepdims=True)
    table = pd.DataFrame(
        {
            "id": [f"t{i}" for i in range(n)],
            "group": [group for group, _ in rows],
            "unit": [unit for _, unit in rows],
            "time": [None] * n,
            "status": "scored",
            "intensity": rng.uniform(0, 1, n).astype(np.float32),
            **{f"region_{name}": assignment[:, i].astype(np.float32) for i, name in enumerate(targets)},
            **{f"profile_{name}": profile[:, i].astype(np.float32) for i, name in enumerate(targets)},
            "n_words": pd.array(rng.integers(1, 60, n), dtype="Int64"),
            **{f"kept_{name}": values(rows, rng) for name, values in (kept or {}).items()},
        }
    )
    level = "node" if targets != REGIONS else "region"
    provenance = {"seed": 5, "config": {"level": level}, **recorded}
    return MadeUpTexts(table, tuple(targets), level, NODES if level == "node" else {}, provenance)


def ask(mapped, *groups, n_permutations=299, **more):
    spec = ComparisonSpec(groups or ("sad", "glad"), n_permutations=n_permutations, **more)
    return compare(mapped.record, spec)


def block(comparison, measure):
    table = comparison.table
    return table[table["measure"] == measure].set_index("region")


def unit_means(table, measure, region, by="unit"):
    """A unit's word-weighted value by the book, one unit's rows at a time, in float64; without its bias."""
    units = {key: part.astype({"intensity": np.float64}) for key, part in table.groupby(by)}

    def mean(key, values):
        words, values = units[key]["n_words"].to_numpy(np.float64), values.to_numpy(np.float64)
        p, ratio = words / words.sum(), np.average(values, weights=words)
        return ratio + (p**2 * (values - ratio)).sum()

    share = {key: part[f"region_{region}"].astype(np.float64) for key, part in units.items()}
    if measure != "intensity":
        column = f"{'profile' if measure == 'relative' else 'region'}_{region}"
        return pd.Series({key: mean(key, part[column]) for key, part in units.items()})
    usual = np.mean([mean(key, own) for key, own in share.items()])
    overall = np.mean([mean(key, share[key] * part["intensity"]) for key, part in units.items()]) / usual
    return pd.Series(
        {key: mean(key, overall + share[key] * (part["intensity"] - overall) / usual) for key, part in units.items()}
    )


@pytest.fixture
def mapped(rng):
    """Twelve sad and nine glad people, without a difference but by chance."""
    return make_mapped(rng)


# What is compared ---------------------------------------------------------------------------------------------------


def test_a_unit_is_the_mean_over_its_texts(mapped):
    """Means, difference and t are those of unit means worked out by hand; g has the sign of the difference."""
    comparison = ask(mapped)
    assert list(comparison.table.columns) == COLUMNS
    assert comparison.table["measure"].tolist() == ["relative"] * 3 + ["intensity"] * 3 + ["share"] * 3
    assert comparison.omnibus is None
    assert comparison.n_units == {"sad": 12, "glad": 9}
    for measure in ("relative", "intensity", "share"):
        rows = block(comparison, measure)
        for region in REGIONS:
            units = unit_means(mapped.table, measure, region)
            a, b = (units[units.index.str.startswith(group)] for group in ("sad", "glad"))
            row = rows.loc[region]
            np.testing.assert_allclose([row["mean_a"], row["mean_b"]], [a.mean(), b.mean()], rtol=1e-12)
            np.testing.assert_allclose(row["difference"], a.mean() - b.mean(), rtol=1e-9)
            assert (row["n_a"], row["n_b"]) == (12, 9)
            assert np.sign(row["g"]) == np.sign(row["difference"])
            if measure != "share":
                np.testing.assert_allclose(row["t"], ttest_ind(a, b, equal_var=False).statistic, rtol=1e-9)


def test_shares_are_shown_and_not_tested(mapped):
    """Share has means and an effect size but neither t nor any p; the notes say why; alone it says so too."""
    rows = block(ask(mapped), "share")
    assert rows[["t", "p", "p_min", "p_family", "q"]].isna().all(axis=None)
    assert rows[["mean_a", "mean_b", "g", "g_low", "g_high"]].notna().all(axis=None)
    alone = ask(mapped, measure="share")
    pd.testing.assert_frame_equal(block(alone, "share"), rows)
    assert any("Shares are shown but not tested" in note for note in alone.notes)
    assert not any("Shares" in note for note in ask(mapped, measure="relative").notes)


def test_a_planted_difference_is_found_where_it_was_planted(rng):
    """A shift of the amygdala's profile is family-wise significant there and nowhere else."""
    comparison = ask(make_mapped(rng, planted=1.2), n_permutations=2_000)
    p = block(comparison, "relative")["p_family"]
    assert p["amygdala"] < 0.01
    assert p[["insula", "hypothalamus"]].min() > 0.05


def test_neither_the_order_of_rows_nor_that_of_groups_changes_a_digit(mapped, rng):
    """Shuffled rows give the same table exactly; swapped groups the same p and the opposite difference."""
    one = ask(mapped)
    shuffled = mapped.take(rng.permutation(len(mapped)))
    pd.testing.assert_frame_equal(ask(shuffled).table, one.table, check_exact=True)
    other = ask(mapped, "glad", "sad")
    for name in ("p", "p_family", "q", "p_min"):
        np.testing.assert_array_equal(other.table[name], one.table[name])
    np.testing.assert_array_equal(other.table["difference"], -one.table["difference"])
    alone = mapped.change(unit=None), shuffled.change(unit=None)
    pd.testing.assert_frame_equal(ask(alone[0]).table, ask(alone[1]).table, check_exact=True)


def test_the_same_question_has_the_same_answer(mapped):
    """Tables and provenance of two runs are equal; the seed is the map's, another one gives other permutations."""
    one, other = ask(mapped), ask(mapped)
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)
    assert json.dumps(one.provenance, sort_keys=True) == json.dumps(other.provenance, sort_keys=True)
    assert one.provenance["seed"] == 5
    pd.testing.assert_frame_equal(ask(mapped, seed=5).table, one.table)
    assert not ask(mapped, seed=6).table["p"].equals(one.table["p"])


def test_several_groups_are_compared_at_once_and_pair_by_pair(rng):
    """Three groups give three blocks, each what the pair alone gives, and an omnibus test with a note on reading it."""
    mapped = make_mapped(rng, (("a", 6), ("b", 7), ("c", 8)), planted=1.5)
    comparison = ask(mapped, "c", "a", "b")
    pairs = list(combinations(("c", "a", "b"), 2))
    assert list(comparison.pairs) == pairs
    assert list(zip(comparison.table["group_a"], comparison.table["group_b"], strict=True)) == [
        pair for pair in pairs for _ in range(9)
    ]
    for pair in pairs:
        table = comparison.table
        mine = table[(table["group_a"] == pair[0]) & (table["group_b"] == pair[1])].reset_index(drop=True)
        pd.testing.assert_frame_equal(mine, ask(mapped, *pair).table, check_exact=True)
    assert list(comparison.omnibus.columns) == ["measure", "region", "f", "p", "p_min", "p_family", "q"]
    assert comparison.omnibus["measure"].tolist() == ["relative"] * 3 + ["intensity"] * 3
    assert comparison.omnibus.loc[0, "p_family"] < 0.05
    assert any("not over the 3 pairs" in note for note in comparison.notes)
    assert "Group 'a' has 6 units, fewer than 10; interpret effects with caution." in comparison.notes
    assert not any(note.startswith("The ") for note in comparison.notes)


def test_without_units_every_text_is_one(mapped):
    """Each text counts, and the notes warn; a missing unit everywhere is the same as no units."""
    comparison = ask(mapped.change(unit=None))
    assert sum(comparison.n_units.values()) == len(mapped)
    assert not comparison.has_units
    assert any("every text counts as a unit" in note for note in comparison.notes)
    assert not any("every text counts as a unit" in note for note in ask(mapped).notes)


def test_units_may_be_a_kept_column_or_given_per_row(rng):
    """Both count what they name, and agree with each other; numbers serve as names."""
    mapped = make_mapped(rng, kept={"family": lambda rows, _: [float(u.split()[1]) // 2 + 100 * (g == "sad")
                                                              for g, u in rows]})  # fmt: skip
    by_column = ask(mapped, unit="family")
    assert by_column.n_units == {"sad": 6, "glad": 5}
    by_row = ask(mapped, unit=mapped.table["kept_family"].tolist())
    pd.testing.assert_frame_equal(by_row.table, by_column.table)
    assert by_row.provenance["config"]["unit"] == "given per row"
    grouped = ask(mapped.change(group=None, kept_kind=mapped.table["group"]), group="kind")
    pd.testing.assert_frame_equal(grouped.table, ask(mapped).table)


def test_texts_mapped_by_node_are_compared_by_node_or_by_region(rng):
    """By node a column `node` says which; by region assignments are summed over nodes and profiles averaged."""
    mapped = make_mapped(rng, targets=tuple(NODES))
    nodes = ask(mapped)
    assert list(nodes.table.columns[:5]) == ["group_a", "group_b", "measure", "region", "node"]
    assert nodes.table["node"].tolist() == list(NODES) * 3
    assert nodes.table["region"].tolist() == list(NODES.values()) * 3
    regions = ask(mapped, level="region")
    assert regions.level == "region"
    assert any("sum over its nodes" in note for note in regions.notes)
    table = mapped.table.assign(
        **{
            f"{prefix}amygdala": mapped.table[[f"{prefix}amygdala_left", f"{prefix}amygdala_right"]]
            .astype(np.float64)
            .agg(how, axis=1)
            for prefix, how in (("region_", "sum"), ("profile_", "mean"))
        }
    )
    for measure in ("relative", "intensity", "share"):
        row = block(regions, measure).loc["amygdala"]
        units = unit_means(table, measure, "amygdala")
        np.testing.assert_allclose(row["mean_a"], units[units.index.str.startswith("sad")].mean(), rtol=1e-12)


def test_an_empty_cell_has_no_intensity(rng):
    """A unit without assignment in a region has no intensity there, and counts in the other measures."""
    mapped = make_mapped(rng)
    mine = mapped.table["unit"] == "sad 03"
    mapped = mapped.change(region_insula=mapped.table["region_insula"].where(~mine, 0.0))
    comparison = ask(mapped)
    assert block(comparison, "intensity")["n_a"].tolist() == [12, 11, 12]
    assert block(comparison, "relative")["n_a"].tolist() == [12, 12, 12]


# Covariates ---------------------------------------------------------------------------------------------------------


def test_a_covariate_takes_its_part_of_a_difference(rng):
    """A profile that follows age, and groups that differ in age alone: the difference goes, and the notes say how."""
    ages = {}

    def age(rows, rng):
        for group, unit in rows:
            ages.setdefault(unit, rng.normal(1.0 if group == "sad" else 0.0, 1.0))
        return [ages[unit] for _, unit in rows]

    mapped = make_mapped(rng, (("sad", 30), ("glad", 30)), kept={"age": age})
    mapped = mapped.change(profile_amygdala=mapped.table["profile_amygdala"] + 2 * mapped.table["kept_age"])
    raw, adjusted = ask(mapped), ask(mapped, covariates=("age",))
    assert block(raw, "relative").loc["amygdala", "p_family"] < 0.05
    assert block(adjusted, "relative").loc["amygdala", "p_family"] > 0.05
    assert abs(block(adjusted, "relative").loc["amygdala", "difference"]) < 0.5
    assert adjusted.provenance["config"]["covariates"] == ["age"]


def test_length_is_a_covariate_that_is_always_there(rng):
    """`log_words` is the logarithm of a unit's mean number of words: the same as a kept column of it."""
    mapped = make_mapped(rng, (("sad", 12), ("glad", 13)))
    means = mapped.table.groupby("unit")["n_words"].transform("mean").astype(np.float64)
    mapped = mapped.change(kept_length=np.log(means))
    built_in, own = ask(mapped, covariates=("log_words",)), ask(mapped, covariates=("length",))
    pd.testing.assert_frame_equal(built_in.table, own.table)
    assert not built_in.table["p"].equals(ask(mapped).table["p"])


def test_a_column_of_two_values_becomes_a_covariate(rng):
    """Two strings count as 0 and 1, in the order of the alphabet, and a note says so."""
    mapped = make_mapped(rng, kept={"sex": lambda rows, _: [("m", "f")[int(unit[-1]) % 2] for _, unit in rows]})
    coded = mapped.change(kept_code=(mapped.table["kept_sex"] == "m").astype(float))
    words = ask(mapped, covariates=("sex",))
    pd.testing.assert_frame_equal(words.table, ask(coded, covariates=("code",)).table)
    assert "Covariate sex: 'f' counts as 0, 'm' as 1." in words.notes


def test_a_unit_without_a_covariate_is_left_out_and_listed(rng):
    """A unit whose texts all lack the covariate goes; one that has it in some texts stays, with their mean."""
    mapped = make_mapped(rng, kept={"age": lambda rows, rng: rng.normal(40, 9, len(rows))})
    ages = mapped.table["kept_age"].where(mapped.table["unit"] != "sad 04")
    ages[mapped.table.index[mapped.table["unit"] == "glad 02"][0]] = np.nan
    comparison = ask(mapped.change(kept_age=ages), covariates=("age", "age"))
    assert comparison.n_units == {"sad": 11, "glad": 9}
    assert comparison.excluded[["what", "name", "group", "why"]].to_numpy().tolist() == [
        ["unit", "sad 04", "sad", "covariate age is missing"]
    ]
    assert comparison.excluded["n_texts"].tolist() == [(mapped.table["unit"] == "sad 04").sum()]
    assert any(note.startswith("1 unit was left out: covariate age is missing") for note in comparison.notes)


# Pairs --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def twice(rng):
    """The same eleven people before and after, with two who came only once."""
    mapped = make_mapped(rng, (("before", 12), ("after", 12)), planted=0.8)
    units = mapped.table["unit"].str.split().str[1]
    units = units.mask((mapped.table["group"] == "after") & (units == "11"), "99")
    return mapped.change(unit=units)


def test_pairs_are_compared_by_their_differences(twice):
    """The t is the paired one over the pairs that are complete; the others are listed, and the notes count them."""
    comparison = ask(twice, "before", "after", paired_by="unit")
    assert comparison.is_paired
    assert comparison.n_units == {"before": 11, "after": 11}
    complete = twice.table[~twice.table["unit"].isin(["11", "99"])]
    for measure in ("relative", "intensity"):
        for region in REGIONS:
            units = unit_means(complete, measure, region, by=["group", "unit"])
            pairs = pd.concat([units["before"], units["after"]], axis=1, join="inner")
            assert len(pairs) == 11
            wanted = ttest_rel(pairs[0], pairs[1]).statistic
            np.testing.assert_allclose(block(comparison, measure).loc[region, "t"], wanted, rtol=1e-9)
    assert comparison.excluded[["what", "name", "group"]].to_numpy().tolist() == [
        ["pair", "11", "before"],
        ["pair", "99", "after"],
    ]
    assert any(note.startswith("2 pairs were left out: the other group has no match") for note in comparison.notes)
    kept = twice.change(kept_couple=twice.table["unit"], unit=None)
    pd.testing.assert_frame_equal(ask(kept, "before", "after", paired_by="couple").table, comparison.table)
    swapped = ask(twice, "after", "before", paired_by="unit")
    np.testing.assert_array_equal(swapped.table["p"], comparison.table["p"])


# What is left out ---------------------------------------------------------------------------------------------------


def test_rows_that_cannot_be_counted_are_listed(mapped):
    """Rows without a unit among others that have one, and rows without text, are left out, listed and counted."""
    table = mapped.table.copy()
    table.loc[[0, 7], "unit"] = None
    table.loc[3, "status"] = "empty"
    table.loc[3, [name for name in table if name.startswith(("region_", "profile_")) or name == "intensity"]] = np.nan
    comparison = ask(attrs.evolve(mapped, table=table))
    assert comparison.excluded.to_numpy().tolist() == [
        ["row", "t0", "sad", 1, "its unit is missing while others have one"],
        ["row", "t3", "sad", 1, "it holds no text"],
        ["row", "t7", "sad", 1, "its unit is missing while others have one"],
    ]
    assert any(note.startswith("2 rows were left out: its unit is missing") for note in comparison.notes)
    assert block(comparison, "relative")[["mean_a", "mean_b"]].notna().all(axis=None)


def test_groups_that_were_fitted_apart_are_pointed_out(rng):
    """A per-group fit has no common space: the notes say so."""
    apart = ask(make_mapped(rng, config={"level": "region", "fit": "per-group"}))
    assert any("fitted separately" in note for note in apart.notes)


def test_power_is_said_by_measure_and_gathered_over_many_pairs(rng):
    """One line a measure for two groups; with many pairs, the range."""
    two = [note for note in ask(make_mapped(rng)).notes if note.startswith("Power")]
    assert [note.split(":")[0] for note in two] == ["Power, relative", "Power, intensity"]
    many = ask(make_mapped(rng, [(name, 7) for name in "abcd"]), "a", "b", "c", "d").notes
    ranges = [note for note in many if note.startswith("Power")]
    assert len(ranges) == 2
    assert all(" to " in note and "depending on the pair" in note for note in ranges)


def test_few_texts_against_many_are_pointed_out(rng):
    """Where one group's units have four times the texts of the other's, and intensity is tested."""
    mapped = make_mapped(rng)
    long = mapped.table[mapped.table["group"] == "sad"]
    ids = [f"more {i}" for i in range(4 * len(long))]
    table = pd.concat([mapped.table, pd.concat([long] * 4).assign(id=ids)], ignore_index=True)
    uneven = attrs.evolve(mapped, table=table)
    (note,) = [note for note in ask(uneven).notes if "skewed" in note]
    assert note.startswith("Units of 'glad' have")
    assert not any("skewed" in note for note in ask(mapped).notes)
    assert not any("skewed" in note for note in ask(uneven, measure="relative").notes)


@pytest.mark.parametrize(
    ("groups", "options", "message"),
    [
        (("sad", "gald"), {}, r"no group 'gald'\. Did you mean 'glad'\? Groups: glad, sad"),
        (("sad", "sad"), {}, "'sad' occurs twice"),
        (("sad", "all"), {}, "'all' contains every text"),
        (("sad",), {}, "wanted two groups or more, got 1"),
        (("sad", "glad"), {"covariates": ("agee",)}, r"no kept column 'agee'\. Did you mean 'age'\?.*--keep agee"),
        (("sad", "glad"), {"covariates": ("log_word",)}, "Did you mean 'log_words'"),
        (("sad", "glad"), {"covariates": ("town",)}, "wanted numbers, or strings of two values; got 4"),
        (("sad", "glad"), {"covariates": ("messy",)}, "'messy': 'NA' isn't a number; leave the cell empty"),
        (("sad", "glad"), {"covariates": ("same",)}, "'same' doesn't differ"),
        (("sad", "glad"), {"covariates": ("diagnosis",)}, "sad against glad: .*diagnosis"),
        (("sad", "glad"), {"covariates": ("age",), "paired_by": "unit"}, "leave out the covariates"),
        (("sad", "glad"), {"paired_by": "unit"}, "'unit' gives no pairs between 'sad' and 'glad'.*'sad 00'"),
        (("sad", "glad"), {"paired_by": "couple"}, "no kept column 'couple'"),
        (("sad", "glad"), {"paired_by": "time"}, "column 'time' is empty"),
        (("sad", "glad", "third"), {"paired_by": "unit"}, "pairs need exactly two groups, got 3"),
        (("sad", "glad"), {"unit": ["u"] * 3}, "unit: wanted a value per row of the input"),
        (("sad", "glad"), {"unit": "void"}, "unit: the column is empty"),
        (
            ("sad", "glad"),
            {"unit": "town"},
            r"4 units are in more than one group \('Ae', .*--paired-by",
        ),
        (("sad", "glad"), {"unit": "diagnosis"}, "unit: every group is a single unit"),
        (("sad", "glad"), {"unit": "half"}, "group 'glad' has no row that can be compared: .*its unit is missing"),
        (("sad", "glad"), {"level": "node"}, "mapped by region, which can't be divided into nodes"),
        (("sad", "glad"), {"group": "void"}, "no text has a group; map the texts with --group"),
    ],
)
def test_what_cannot_be_compared_is_said(rng, groups, options, message):
    """Groups, covariates, pairs, units and levels that don't do: an InputError that names the trouble."""
    towns = "Ae", "Be", "Ce", "De"
    mapped = make_mapped(
        rng,
        kept={
            "age": lambda rows, rng: rng.normal(size=len(rows)),
            "town": lambda rows, _: [towns[i % 4] for i in range(len(rows))],
            "messy": lambda rows, _: [("31", "NA", "27.5")[i % 3] for i in range(len(rows))],
            "same": lambda rows, _: [1.0] * len(rows),
            "diagnosis": lambda rows, _: [group for group, _ in rows],
            "void": lambda rows, _: [None] * len(rows),
            "half": lambda rows, _: [unit if group == "sad" else None for group, unit in rows],
        },
    )
    with pytest.raises(InputError, match=message):
        ask(mapped, *groups, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"measure": "relativ"}, r"compare\.measure: wanted one of all, relative, .* Did you mean 'relative'"),
        ({"level": "voxel"}, r"compare\.level: wanted one of region, node, got 'voxel'"),
        ({"n_permutations": 0}, r"compare\.n_permutations: wanted 1 or more, got 0"),
        ({"seed": -1}, r"compare\.seed: wanted a whole number from 0, got -1"),
    ],
)
def test_wrong_options_are_refused(mapped, options, message):
    """Options are checked before any work, with what may stand there."""
    with pytest.raises(ConfigError, match=message):
        ask(mapped, **{"n_permutations": 9, **options})


def test_the_design_is_checked_before_any_permutation(rng, monkeypatch):
    """A covariate that tells the third group is an error at once; `check_comparison` finds the same."""
    from emotopy.pathways.comparison import pathway as module
    from emotopy.pathways.comparison.design_summary import check_comparison

    kept = {"age": lambda rows, rng: [float(group == "calm") + rng.normal(0, 0.01) for group, _ in rows]}
    made = make_mapped(rng, (("sad", 8), ("glad", 8), ("calm", 8)), kept=kept)
    spec = ComparisonSpec(("sad", "glad", "calm"), covariates=("age",))
    monkeypatch.setattr(module, "compare_groups", lambda *a, **b: pytest.fail("computed"))
    for check in (compare, check_comparison):
        with pytest.raises(InputError, match="'age'"):
            check(made.record, spec)


def test_a_covariate_that_varies_within_units_is_told(rng):
    """In how many of how many; one that is the unit's own isn't."""
    kept = {
        "mood": lambda rows, rng: [float(i) if unit.startswith("sad") else len(unit) + ord(unit[-1]) * 1.0
                                   for i, (_, unit) in enumerate(rows)],
        "age": lambda rows, rng: [float(ord(unit[-1]) + ord(unit[-2])) for _, unit in rows],
    }  # fmt: skip
    made = make_mapped(rng, kept=kept)
    (note,) = [note for note in ask(made, covariates=("mood", "age")).notes if "varies" in note]
    assert "mood" in note
    assert "12 of 21" in note
    assert not [note for note in ask(made, covariates=("age", "log_words")).notes if "varies" in note]


def test_groups_of_other_length_or_size_are_told_with_their_medians(rng):
    """From one and a half times the words a text, four times the units."""
    made = make_mapped(rng, (("sad", 5), ("glad", 20)))
    is_sad = made.table["group"] == "sad"
    same = made.change(n_words=pd.array(np.full(len(made), 10), dtype="Int64"))
    longer = made.change(n_words=pd.array(np.where(is_sad, 12, 18), dtype="Int64"))
    notes = [note for note in ask(longer).notes if note not in ask(same).notes]
    assert any("12" in note and "18" in note for note in notes)
    assert any("'sad' 5" in note and "'glad' 20" in note for note in ask(same).notes)


def test_units_that_say_the_same_as_groups_cannot_be_compared(rng):
    """An error with the advice in it; where only one of the groups is a single unit, another."""
    made = make_mapped(rng)
    with pytest.raises(InputError) as caught:
        ask(made, unit=[f"x {group}" for group in made.table["group"]])
    assert caught.value.advice
    assert caught.value.got == "one unit in each group"


def test_the_design_of_a_comparison_is_json_ready(rng):
    """Counts of units, texts, words, and the notes."""
    from emotopy.pathways.comparison.design_summary import check_comparison

    made = make_mapped(rng)
    found = check_comparison(made.record, ComparisonSpec(("sad", "glad"), paired_by=None, measure="relative"))
    plain = json.loads(json.dumps(found.to_dict()))
    assert plain["n_units"] == {"sad": 12, "glad": 9}
    assert [one["n_texts"] for one in plain["groups"]] == made.table["group"].value_counts()[["sad", "glad"]].tolist()
    assert plain["measures"] == ["relative"]

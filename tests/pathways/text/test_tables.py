"""The tables of the text pathway against slow, literal ones."""

from __future__ import annotations

import attrs
import numpy as np
import pandas as pd
import pytest

from emotopy.inference.intervals import ratio_intervals
from emotopy.inference.unit_means import sum_by_unit
from emotopy.pathways.text.fit import unique_texts
from emotopy.pathways.text.tables import regions_table, texts_table
from emotopy.readers.segmentation import count_words
from emotopy.records import Clusters, Corpus, Intensities, Mapped, RegionAxis, RegionMapping
from emotopy.testing.doubles import ToyAtlas

AXIS = RegionAxis("toy", ToyAtlas.regions, ToyAtlas.nodes)
TARGETS = ToyAtlas.regions
NODES = tuple(node.name for node in ToyAtlas.nodes)


def make_mapped(rng, *, n=37, one_hot=False, targets=TARGETS, units=True, **more):
    """A corpus with empty rows, groups (one of them empty), units, and what stages made of its scored rows."""
    texts = ["" if i % 9 == 4 else f"{'word ' * (i % 30 % 4)}text{i % 30}" for i in range(n)]
    groups = [("a", "b", None, "hollow")[3 if not text else i % 3] for i, text in enumerate(texts)]
    names = [f"unit {i % 11}" if i % 5 else None for i in range(n)] if units else [None] * n
    corpus = Corpus(texts, [f"id {i}" for i in range(n)], groups, names, [str(i) for i in range(n)])
    rows = corpus.scored
    k, n_texts = len(targets), 30
    soft = rng.dirichlet(np.ones(k), n_texts)
    hard = np.eye(k)[rng.integers(0, k - 1, n_texts)]  # the last target is never chosen
    profile, evidence, emotions = (rng.standard_normal((n_texts, width)) for width in (k, k, 2))
    values, coverage = rng.random(n_texts), rng.random(n_texts)
    same = rows % n_texts  # equal texts have equal scores
    mapping = RegionMapping(
        targets, (hard if one_hot else soft)[same], profile[same], evidence[same], "r", np.full(k, 1 / k)
    )
    intensities = Intensities(("joy", "fear"), values[same], emotions[same], coverage[same])
    return record(corpus, mapping, intensities, level="node" if targets == NODES else "region", **more)


def record(corpus, mapping, intensities, **more):
    """What flows, around these records."""
    texts = [corpus.text[row] for row in corpus.scored]
    given = {"clusters": None, "axis": AXIS, "level": "region", "n_resamples": 100, "confidence_level": 0.95, "seed": 0}
    return Mapped(
        corpus=corpus,
        scored=corpus.scored,
        text_rank=unique_texts(texts)[1],
        n_words=count_words(texts),
        mapping=mapping,
        intensities=intensities,
        provenance={},
        source={},
        **{**given, **more},
    )


def literal(mapped, group):
    """The columns of one group, a text and a region at a time, as docs/science.md writes them."""
    mapping, intensities = mapped.mapping, mapped.intensities
    members = [i for i, own in enumerate(mapped.text_groups) if group in ("all", own)]
    words = [int(mapped.n_words[i]) for i in members]
    found = []
    for r in range(len(mapping.targets)):
        a = [mapping.assignment[i, r] for i in members]
        amount = [w * value for w, value in zip(words, a, strict=True)]
        weighted = [w * mapping.assignment[i, r] * intensities.values[i] for i, w in zip(members, words, strict=True)]
        found.append(
            {
                "relative": np.average(mapping.profile[members, r], weights=words) if members else np.nan,
                "evidence": np.average(mapping.evidence[members, r], weights=words) if members else np.nan,
                "share": np.average(a, weights=words) if members else 0.0,
                "intensity": sum(weighted) / sum(amount) if sum(amount) else np.nan,
                "n": len(members),
                "in_cell": sum(value == 1 for value in a),
            }
        )
    return pd.DataFrame(found)


@pytest.mark.parametrize("one_hot", [False, True])
def test_regions_equal_a_literal_table(rng, one_hot):
    """Every column of every group is what the definition gives, soft or one-hot, empty cells and groups too."""
    mapped = make_mapped(rng, one_hot=one_hot)
    table = regions_table(mapped)
    assert list(dict.fromkeys(table["group"])) == ["all", "a", "b", "hollow"]
    for group, part in table.groupby("group", sort=False):
        wanted = literal(mapped, group)
        assert part["region"].tolist() == list(TARGETS)
        for column in ("relative", "evidence", "share", "intensity"):
            np.testing.assert_allclose(part[column].to_numpy(), wanted[column], rtol=1e-12, err_msg=column)
        assert part["n_texts"].tolist() == wanted["in_cell" if one_hot else "n"].tolist()
        assert (part["reference_share"] == 1 / 3).all()


def test_an_empty_cell_has_no_texts_no_share_and_no_intensity(rng):
    """One-hot, a region that no text of the group is in: n 0, share 0, intensity and its ends NaN."""
    table = regions_table(make_mapped(rng, one_hot=True))
    empty = table[table["region"] == TARGETS[-1]]
    assert (empty["n_texts"] == 0).all()
    assert (empty["share"] == 0).all()
    assert empty[["intensity", "intensity_low", "intensity_high"]].isna().all(axis=None)
    hollow = table[table["group"] == "hollow"]
    assert hollow[["relative", "relative_low", "evidence"]].isna().all(axis=None)


def test_nodes_stand_with_their_region_and_sum_to_it(rng):
    """At node level a row is a node; one-hot counts and shares of a region's nodes add up to the region's."""
    mapped = make_mapped(rng, one_hot=True, targets=NODES)
    table = regions_table(mapped)
    assert table["node"].tolist()[:5] == list(NODES)
    assert table["region"].tolist()[:5] == [node.region for node in ToyAtlas.nodes]
    summed = np.zeros((mapped.n_texts, 3))
    for i, node in enumerate(ToyAtlas.nodes):
        summed[:, TARGETS.index(node.region)] += mapped.mapping.assignment[:, i]
    whole = RegionMapping(TARGETS, summed, np.zeros_like(summed), np.zeros_like(summed), "r", np.ones(3) / 3)
    product = summed * mapped.intensities.values[:, None]
    regions = regions_table(attrs.evolve(mapped, mapping=whole, weighted_intensity=product, level="region"))
    added = table.groupby(["group", "region"])[["n_texts", "share"]].sum()
    for _, row in regions.iterrows():
        node_sum = added.loc[(row["group"], row["region"])]
        assert node_sum["n_texts"] == row["n_texts"]
        assert node_sum["share"] == pytest.approx(row["share"])


def test_intervals_are_bootstraps_over_units(rng):
    """Ends of `relative` and `intensity` are the ratio intervals of the units' sums, with a seed per group."""
    import zlib

    mapped = make_mapped(rng, n_resamples=200, confidence_level=0.9, seed=4)
    corpus, rows, mapping, intensities = mapped.corpus, mapped.scored, mapped.mapping, mapped.intensities
    table = regions_table(mapped)
    members = [i for i, row in enumerate(rows) if corpus.group[row] == "b"]
    by_unit = {}
    for i in members:
        unit = corpus.unit[rows[i]]
        key = (0, unit, "") if unit is not None else (1, corpus.text[rows[i]], i)
        by_unit.setdefault(key, []).append(i)
    numerator, denominator = [], []
    for _, mine in sorted(by_unit.items()):
        w = mapped.n_words[mine][:, None]
        a, p, x = mapping.assignment[mine] * w, mapping.profile[mine] * w, intensities.values[mine]
        numerator.append(np.concatenate([p.sum(axis=0), a.T @ x]))
        denominator.append(np.concatenate([np.full(3, w.sum()), a.sum(axis=0)]))
    generator = np.random.default_rng([4, zlib.crc32(b"b")])
    low, high = ratio_intervals(np.array(numerator), np.array(denominator), n=200, confidence=0.9, rng=generator)
    part = table[table["group"] == "b"]
    np.testing.assert_allclose(part[["relative_low", "intensity_low"]].to_numpy().T.ravel(), low)
    np.testing.assert_allclose(part[["relative_high", "intensity_high"]].to_numpy().T.ravel(), high)


def test_the_order_of_rows_changes_no_number(rng):
    """Shuffled rows give the same table, intervals included, whether units are named or not."""
    for units in (True, False):
        mapped = make_mapped(rng, units=units)
        corpus, rows, mapping, intensities = mapped.corpus, mapped.scored, mapped.mapping, mapped.intensities
        table = regions_table(mapped)
        order = rng.permutation(len(corpus))
        columns = ("text", "id", "group", "unit", "time")
        shuffled = Corpus(*([getattr(corpus, name)[i] for i in order] for name in columns))
        place = {row: i for i, row in enumerate(rows)}
        pick = np.array([place[row] for row in order if row in place])
        moved = RegionMapping(
            TARGETS, mapping.assignment[pick], mapping.profile[pick], mapping.evidence[pick], "r", np.ones(3) / 3
        )
        scores = Intensities(
            ("joy", "fear"), intensities.values[pick], intensities.by_emotion[pick], intensities.coverage[pick]
        )
        again = regions_table(record(shuffled, moved, scores))
        pd.testing.assert_frame_equal(again, table, rtol=1e-9)


def plain(corpus):
    """A corpus mapped onto one region, all texts alike."""
    n = len(corpus.scored)
    mapping = RegionMapping(("insula",), np.ones((n, 1)), np.zeros((n, 1)), np.zeros((n, 1)), "r", np.ones(1))
    return record(corpus, mapping, Intensities((), np.zeros(n), np.empty((n, 0)), np.ones(n)))


def test_unit_codes_number_units_and_nameless_rows():
    """Rows of a unit share a number; a row without a unit has its own; the order of the rows doesn't matter."""
    corpus = Corpus(list("cabcd"), list("12345"), [None] * 5, ["u", None, "t", "u", None], [None] * 5)
    assert plain(corpus).unit_codes().tolist() == [1, 2, 0, 1, 3]
    assert plain(corpus).without_texts().unit_codes().tolist() == [1, 2, 0, 1, 3]
    assert plain(corpus).unit_codes(np.array([4, 0, 3])).tolist() == [1, 0, 0]
    twins = Corpus(["same", "same"], ["1", "2"], [None] * 2, [None] * 2, [None] * 2)
    assert sorted(plain(twins).unit_codes().tolist()) == [0, 1]


def test_sums_by_unit_equal_a_loop(rng):
    """Gaps in the codes are no units; no rows give no units."""
    codes, values = rng.choice([2, 5, 6, 9], size=23), rng.standard_normal((23, 4))
    wanted = np.array([values[codes == code].sum(axis=0) for code in np.unique(codes)])
    np.testing.assert_allclose(sum_by_unit(values, codes), wanted)
    assert sum_by_unit(np.zeros((0, 4)), np.zeros(0, dtype=int)).shape == (0, 4)


def test_texts_have_a_row_per_input_row_in_input_order(rng):
    """Rows without text have status `empty` and nothing else; the others what the stages gave, at float32."""
    mapped = make_mapped(rng)
    corpus, rows, mapping, intensities = mapped.corpus, mapped.scored, mapped.mapping, mapped.intensities
    clusters = Clusters(np.where(np.arange(len(rows)) % 4 == 3, -1, np.arange(len(rows)) % 4))
    table = texts_table(attrs.evolve(mapped, clusters=clusters))
    assert table["id"].tolist() == list(corpus.id)
    assert table["row"].tolist() == list(range(37))
    assert (table["status"] == "scored").to_numpy().nonzero()[0].tolist() == rows.tolist()
    empty = table[table["status"] == "empty"]
    numbers = [name for name in table if name.startswith(("intensity", "coverage", "emotion_", "region_", "profile_"))]
    assert len(numbers) == 2 + 2 + 3 + 3 + 3
    assert empty[[*numbers, "cluster", "top_region"]].isna().all(axis=None)
    for i, row in enumerate(rows):
        line = table.iloc[row]
        assert line["top_region"] == TARGETS[np.argmax(mapping.profile[i])]
        assert line["intensity"] == pytest.approx(intensities.values[i])
        assert line["intensity_insula"] == pytest.approx(intensities.values[i])
        assert line["n_segments"] == 1
        assert line["emotion_fear"] == pytest.approx(intensities.by_emotion[i, 1])
        assert line["region_insula"] == pytest.approx(mapping.assignment[i, 1])
        assert line["profile_hypothalamus"] == pytest.approx(mapping.profile[i, 2])
        assert pd.isna(line["cluster"]) == (clusters.labels[i] < 0)
        assert pd.isna(line["cluster"]) or line["cluster"] == clusters.labels[i]
    assert texts_table(mapped)["cluster"].isna().all()


def test_words_are_counted_and_kept_columns_come_last(rng):
    """Runs of letters and digits are words, apostrophes inside; kept columns are floats or strings in every row."""
    mapped = make_mapped(rng)
    corpus, rows = mapped.corpus, mapped.scored
    said = {rows[0]: "Don't 2 go-there, l’été!", rows[1]: "?!", rows[2]: "_ a_b"}
    texts = [said.get(row, text) for row, text in enumerate(corpus.text)]
    columns = {"age": tuple(float(i) for i in range(37)), "town": tuple([None, "Ulm"][i % 2] for i in range(37))}
    corpus = attrs.evolve(corpus, text=texts, columns=columns)
    table = texts_table(record(corpus, mapped.mapping, mapped.intensities))
    assert list(table.columns[-3:]) == ["language", "kept_age", "kept_town"]
    assert table["n_words"][rows[:3]].tolist() == [5, 0, 2]
    assert table["n_words"].isna().to_numpy().nonzero()[0].tolist() == sorted(set(range(37)) - set(rows.tolist()))
    assert table["kept_age"].tolist() == list(range(37))
    assert table["kept_age"].dtype == np.float64
    assert table["kept_town"].isna().tolist() == [True, False] * 18 + [True]

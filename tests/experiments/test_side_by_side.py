"""What the published procedure says beside what holds, and both on random splits."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from tests.experiments.conftest import quick, run

from emotopy.errors import InputError
from emotopy.experiments.published import _divisions, oversampled_mann_whitney
from emotopy.experiments.summary import summarise
from emotopy.pathways.comparison.result import Comparison

pytestmark = pytest.mark.slow

OURS = ("relative", "intensity")


def test_a_row_per_node_with_both_verdicts(depression):
    """29 nodes of 18 regions; the nodes of a region share what our comparison says of it."""
    table = depression.side_by_side
    assert (len(table), table["region"].nunique()) == (29, 18)
    ours = depression.parts["comparison"].table
    for measure in OURS:
        part = ours[ours["measure"] == measure].set_index("region")
        np.testing.assert_array_equal(table[f"{measure}_p_family"], part["p_family"][table["region"]])
        np.testing.assert_array_equal(table[f"{measure}_g"], part["g"][table["region"]])
    assert (table["published_significant"] == (table["published_p"] < 0.05)).all()


def test_the_published_side_is_the_published_test_of_the_published_fit(depression):
    """The cells are those of preset vos2025's texts, the smaller group's copied to as many as the larger has."""
    result = depression.parts["vos2025"]
    assert result.provenance["config"]["preset"] == "vos2025"
    assert result.level == "node"
    nodes = result.mapped.mapping.assignment.argmax(axis=1)
    groups = np.array(result.mapped.text_groups)
    larger = max(("depressed", "healthy"), key=lambda name: (groups == name).sum())
    side = "a" if larger == "depressed" else "b"
    cells = np.bincount(nodes[groups == larger], minlength=29)
    np.testing.assert_array_equal(depression.side_by_side[f"n_texts_{side}"], np.maximum(cells, 1))
    found = oversampled_mann_whitney(
        result.mapped.intensities.values, nodes, groups == larger, 29, np.random.default_rng(0)
    )
    full = cells > 0
    np.testing.assert_allclose(depression.side_by_side[f"published_mean_{side}"][full], found.mean_a[full], rtol=1e-12)


def test_both_presets_see_the_same_embeddings(depression):
    """The embedder of both is the same stage with the same options."""
    presets = depression.provenance["presets"]
    assert presets["recommended"]["stages"]["embedder"] == presets["vos2025"]["stages"]["embedder"]
    assert presets["recommended"]["input"]["texts_sha256"] == presets["vos2025"]["input"]["texts_sha256"]


def test_splits_count_what_is_found_where_there_is_nothing(depression):
    """A row per split; counts lie between 0 and the number of nodes or regions; the summary adds them up."""
    splits = depression.splits
    assert list(splits["split"]) == [1, 2]
    assert (splits["n_nodes"] == 29).all()
    assert (splits["n_regions"] == 18).all()
    assert splits["published_significant"].between(0, 29).all()
    (pair,) = summarise(depression)
    theirs, relative, intensity = pair.verdicts
    assert theirs.false_rate == pytest.approx(splits["published_significant"].sum() / 58)
    assert relative.false_rate == pytest.approx(splits["relative_below_005"].sum() / 36)
    assert (theirs.splits_with_any, intensity.n_tests) == (None, 18)


def test_units_are_divided_not_texts(rng):
    """Every unit is in one half with all its texts, and the halves have the groups' numbers of units."""
    from emotopy.experiments.analysis import GroupPairing

    codes = np.repeat(np.arange(9), [3, 1, 4, 1, 5, 9, 2, 6, 5])
    is_first = codes < 3
    pair = GroupPairing("a", "b", ())
    for first in _divisions(codes, is_first, pair, 20, seed=4):
        units = {code: set(first[codes == code]) for code in range(9)}
        assert all(len(sides) == 1 for sides in units.values())
        assert sum(True in sides for sides in units.values()) == 3


def test_pairs_swap_within_the_question(rng):
    """Of the two answers to a question one is in each half, whichever way it falls; both ways occur."""
    from emotopy.experiments.analysis import GroupPairing

    codes, is_first = np.tile(np.arange(6), 2), np.repeat([True, False], 6)
    pair = GroupPairing("a", "b", (), paired_by="question")
    divisions = list(_divisions(codes, is_first, pair, 20, seed=4))
    assert all((first[:6] != first[6:]).all() for first in divisions)
    assert len({tuple(first) for first in divisions}) > 10


def test_the_order_of_the_rows_changes_nothing(comments, tmp_path):
    """Comments in another order give the same tables."""
    lines = (comments / "train.tsv").read_text("utf-8").splitlines()
    (tmp_path / "train.tsv").write_text("\n".join(lines[::-1]) + "\n", "utf-8")
    definition = quick("emotions")
    definition = attrs.evolve(
        definition, comparison=attrs.evolve(definition.comparison, pairs=(("fear", "joy"), ("love", "sadness")))
    )
    one, other = (run(definition, folder) for folder in (comments, tmp_path))
    for name, table in one.tables.items():
        again = other.tables[name]
        assert list(table.columns) == list(again.columns)
        for column in table.columns:
            if table[column].dtype.kind == "f":
                np.testing.assert_allclose(
                    table[column], again[column], rtol=1e-6, atol=1e-9, err_msg=f"{name} {column}"
                )
            else:
                assert table[column].tolist() == again[column].tolist(), (name, column)


def test_groups_that_are_not_there_are_an_error(comments):
    """The message names the group and those that there are."""
    definition = quick("emotions")
    definition = attrs.evolve(definition, comparison=attrs.evolve(definition.comparison, pairs=(("fear", "rage"),)))
    with pytest.raises(InputError, match="no group 'rage'"):
        run(definition, comments)


def test_no_splits_are_none(comments):
    """With splits.n = 0 the table is empty and the summary has no rate."""
    definition = quick("emotions")
    definition = attrs.evolve(
        definition,
        comparison=attrs.evolve(definition.comparison, pairs=(("fear", "joy"),)),
        splits=attrs.evolve(definition.splits, n=0),
    )
    found = run(definition, comments)
    assert len(found.splits) == 0
    assert np.isnan(summarise(found)[0].verdicts[0].false_rate)
    assert [part.groups for part in found.parts.values() if isinstance(part, Comparison)] == [("fear", "joy")]

"""Records of the text pathway."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from emotopy.errors import ShapeError
from emotopy.records import Clusters, Corpus, Intensities, RegionMapping
from emotopy.roles import MappingInputs
from emotopy.testing.doubles import HashingEmbedder, ToyAtlas


def corpus(text, **columns):
    n = len(text)
    plain = {"id": [str(i) for i in range(n)], "group": [None] * n, "unit": [None] * n, "time": [None] * n}
    return Corpus(text=text, **{**plain, **columns})


@pytest.mark.parametrize("column", ["id", "group", "unit", "time"])
def test_every_column_of_a_corpus_has_an_entry_per_text(column):
    """A column of another length names itself and both lengths."""
    with pytest.raises(ShapeError, match=f"{column}: needs one entry per text, 3, got 2"):
        corpus(["a", "b", "c"], **{column: ["x", "y"]})


def test_a_kept_column_has_an_entry_per_text():
    """A further column of another length is named."""
    with pytest.raises(ShapeError, match=r"columns\['age'\]: needs one entry per text, 3, got 1"):
        corpus(["a", "b", "c"], columns={"age": (31.0,)})


def test_only_rows_that_hold_text_are_scored():
    """White space and invisible characters are no text; a digit, an emoji or a quote is."""
    texts = ["a", "", "  \n\t", "\u200b\ufeff", "\0", "1", "😀", '"', "\u00a0", "\u200bx"]
    assert corpus(texts).scored.tolist() == [0, 5, 6, 7, 9]
    assert corpus([]).scored.tolist() == []
    assert len(corpus(texts)) == 10


def test_groups_are_sorted_and_leave_out_rows_without_one():
    """`groups` names each group once."""
    assert corpus(list("abcd"), group=["z", None, "b", "z"]).groups == ("b", "z")


def test_clusters_count_without_noise():
    """−1 is no cluster; no texts, all noise and one cluster are defined."""
    for labels, n_clusters in (([], 0), ([-1, -1], 0), ([0, -1, 0], 1), ([2, 0, 1], 3)):
        assert Clusters(np.array(labels, dtype=np.int64)).n_clusters == n_clusters
    with pytest.raises(ShapeError):
        Clusters(np.zeros((3, 1), dtype=np.int64))


def test_intensities_agree_on_texts_and_emotions():
    """Values, emotions and coverage have a row per text; emotions a column per name."""
    good = {"emotions": ("joy", "fear"), "values": np.zeros(5), "by_emotion": np.zeros((5, 2)), "coverage": np.zeros(5)}
    assert Intensities(**good).by_emotion.shape == (5, 2)
    for field, wrong in (
        ("by_emotion", np.zeros((5, 3))),
        ("by_emotion", np.zeros((4, 2))),
        ("coverage", np.zeros(4)),
        ("values", np.full(5, np.nan)),
        ("emotions", ("joy", "joy")),
    ):
        with pytest.raises(ShapeError):
            Intensities(**{**good, field: wrong})


def test_mapping_inputs_name_the_columns_of_their_level():
    """`targets` are the atlas's regions, or its nodes."""
    inputs = MappingInputs(["a", "b"], np.zeros((2, 4)), None, None, ToyAtlas(), HashingEmbedder())
    assert inputs.targets == ("amygdala", "insula", "hypothalamus")
    assert attrs.evolve(inputs, level="node").targets[1] == "amygdala_right"


@pytest.mark.parametrize("field", ["assignment", "profile", "evidence"])
def test_a_mapping_has_a_row_per_text_and_a_column_per_target(field):
    """Each of the three arrays is held to the same shape."""
    good = dict.fromkeys(("assignment", "profile", "evidence"), np.zeros((5, 2)))
    share = np.zeros(2)
    assert RegionMapping(("a", "b"), **good, reference="r", reference_share=share).reference == "r"
    with pytest.raises(ShapeError):
        RegionMapping(("a", "b"), **{**good, field: np.zeros((5, 3))}, reference="r", reference_share=share)

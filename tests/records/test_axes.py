"""Named axes: what a record's door lets in."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from emotopy.errors import ConfigError, ShapeError
from emotopy.records import RegionSeries, RegionWeights, axes
from emotopy.records.axes import AXES, names_of
from emotopy.records.regions import Node, label


@attrs.frozen(eq=False)
class Weighed:
    emotions: tuple[str, ...] = attrs.field(converter=names_of)
    values: object = attrs.field(validator=axes("emotions", "regions"))
    shares: object = attrs.field(validator=axes("texts", "regions", finite=False))


def weighed(values=(3, 5), shares=(7, 5), emotions=("joy", "fear", "anger")):
    return Weighed(emotions, np.zeros(values), np.zeros(shares))


def test_arrays_that_agree_are_let_in():
    """Lengths come from labels and from siblings; an axis that nothing else names is free."""
    assert weighed().shares.shape == (7, 5)


@pytest.mark.parametrize(
    ("shapes", "reason"),
    [
        ({"values": (4, 5)}, r"values: axis 0 is 'emotions' and needs length 3, got shape \(4, 5\)$"),
        ({"values": (5, 3)}, r"values: axis 0 is 'emotions' and needs length 3, .*; transpose the array\?"),
        ({"shares": (7, 4)}, r"shares: axis 1 is 'regions' and needs length 5, got shape \(7, 4\)$"),
        ({"values": (3,)}, r"values: wanted axes \('emotions', 'regions'\), got an array of shape \(3,\)"),
        ({"values": (3, 5, 1)}, r"values: wanted axes"),
    ],
)
def test_arrays_that_disagree_are_turned_away(shapes, reason):
    """The error names field, axis, and both lengths, and suggests a transpose where that would do."""
    with pytest.raises(ShapeError, match=reason):
        weighed(**shapes)


@pytest.mark.parametrize("kind", [np.asarray, np.ndarray.tolist], ids=["array", "list"])
def test_only_finite_numbers_are_let_in_unless_missing_ones_are_meant(kind):
    """NaN is refused with its place, and let in with `finite=False`; infinity never is. Lists are looked at too."""
    values, shares = np.zeros((3, 5)), np.zeros((7, 5))
    values[2, 4] = np.nan
    with pytest.raises(ShapeError, match=r"values: wanted finite numbers, got nan at \(2, 4\)"):
        Weighed(("a", "b", "c"), kind(values), shares)
    shares[6, 1] = np.nan
    assert Weighed(("a", "b", "c"), np.zeros((3, 5)), kind(shares))
    shares[0, 1] = -np.inf
    with pytest.raises(ShapeError, match=r"shares: wanted finite numbers, got -inf at \(0, 1\)"):
        Weighed(("a", "b", "c"), np.zeros((3, 5)), kind(shares))


def test_labels_are_distinct_names():
    """A label that stands twice is refused, and so is one string, whose letters would pass for labels."""
    assert names_of(["joy", "fear"]) == ("joy", "fear")
    with pytest.raises(ShapeError, match="'joy' occurs twice"):
        names_of(["joy", "fear", "joy"])
    with pytest.raises(ShapeError, match=r"got the string 'joy'"):
        names_of("joy")
    with pytest.raises(ShapeError, match="transpose"):
        RegionWeights(("joy", "fear"), ("insula", "caudate", "putamen"), np.zeros((3, 2)))


def test_axis_words_are_the_vocabulary():
    """A word outside the vocabulary is a mistake of the record's author, found at import."""
    with pytest.raises(ValueError, match="text"):
        axes("text")
    assert len(set(AXES)) == len(AXES)


def test_records_are_frozen_and_compare_by_identity():
    """Arrays don't compare to one truth value, so records don't try; nobody can change one."""
    one = weighed()
    assert one != weighed()
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        one.values = np.zeros((3, 5))


def test_nodes_hold_numbers_and_labels_read_well():
    """Coordinates become floats; labels for people are made from names."""
    node = Node("insula_left", "insula", "-40", 8, 0)
    assert node.xyz_mm == (-40.0, 8.0, 0.0)
    assert node.radius_mm == 8.0
    assert [label(name) for name in ("insula_left", "left", "raphe_nuclei", "ventral_tegmental_area_right")] == [
        "insula (left)",
        "left",
        "raphe nuclei",
        "ventral tegmental area (right)",
    ]


def test_a_series_has_a_repetition_time_and_one_flag_per_volume():
    """Otherwise an error far from here would have named neither."""
    values = np.zeros((10, 2))
    assert RegionSeries("s", ["a", "b"], values, tr_s=2.0, keep=np.ones(10, dtype=bool)).n_volumes == 10
    with pytest.raises(ShapeError, match="keep"):
        RegionSeries("s", ["a", "b"], values, tr_s=2.0, keep=np.ones(9, dtype=bool))
    for tr_s in (0.0, -2.0, float("nan")):
        with pytest.raises(ConfigError, match="tr_s"):
            RegionSeries("s", ["a", "b"], values, tr_s=tr_s)

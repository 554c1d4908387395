"""What a stage gives to be saved: plain arrays and JSON pass, everything else is named."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from emotopy.errors import ContainerError
from emotopy.storage.container import read_container, write_container
from emotopy.storage.container_specs import ArraySpec, Kind
from emotopy.storage.saved_state import check_arrays, check_floats, check_indices, check_keys, fault_of_state

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=9)
PLAIN = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    PLAIN | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
ARRAYS = st.dictionaries(
    NAMES,
    st.sampled_from([np.float64, np.float32, np.int64, np.int32, np.bool_]).flatmap(
        lambda dtype: hnp.arrays(
            dtype,
            hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
            elements={"allow_nan": False, "allow_infinity": False} if np.issubdtype(dtype, np.floating) else None,
        )
    ),
    max_size=4,
)
KIND = Kind("toy", 1, {}, parts=("stage",))


@given(arrays=ARRAYS, values=st.dictionaries(NAMES, JSON, max_size=4))
def test_what_has_no_fault_comes_back_from_a_file(arrays, values, tmp_path_factory):
    """Any of it, bit by bit."""
    assert fault_of_state((arrays, values)) == ""
    place = tmp_path_factory.mktemp("saved") / "a"
    given_ = {f"stage.{name}": array for name, array in arrays.items()}
    found = read_container(write_container(place, KIND, {"state": values}, given_, provenance={}), KIND)
    assert found.state["state"] == json.loads(json.dumps(values))
    for name, array in given_.items():
        assert found.arrays[name].dtype == array.dtype
        assert found.arrays[name].shape == array.shape
        assert found.arrays[name].tobytes() == array.tobytes()


@pytest.mark.parametrize("value", [np.float64("nan"), {1}, b"x", 1j, np.int64(1), {"a": [np.nan]}, object(), {2: "a"}])
def test_what_is_no_json_has_a_fault(value):
    """NumPy's numbers too: what is a number and what an array is for whoever writes the state to say."""
    assert fault_of_state(({}, {"value": value}))


def test_depth_is_bounded():
    """A list within lists without end, too."""
    value: list = []
    value.append(value)
    assert fault_of_state(({}, {"value": value}))


@pytest.mark.parametrize(
    ("check", "member"),
    [
        (lambda a: check_arrays(a, {"points": ArraySpec("<f8", ("rows", "dims"))}), "'labels'"),
        (lambda a: check_arrays({"points": a["points"]}, {"points": ArraySpec("<f4", ("rows", "dims"))}), "points"),
        (lambda a: check_arrays({"points": a["points"]}, {"points": ArraySpec("<f8", ("rows",))}), "points"),
        (lambda a: check_floats(a, {"points": ("rows", "dims"), "labels": ("rows",)}), "labels"),
        (lambda a: check_floats({"points": a["points"][:, :0]}, {"points": ("rows", "rows")}), "points"),
        (lambda a: check_indices(a, "labels", 2), "labels"),
        (lambda a: check_indices(a, "labels", 3, least=1), "labels"),
        (lambda _: check_keys({"a": 1, "b": 2}, "a"), "'b'"),
        (lambda _: check_keys({}, "a"), "'a'"),
    ],
)
def test_what_a_stage_can_not_take_up_is_named(check, member):
    """By the array, or the key."""
    arrays = {"points": np.zeros((3, 2)), "labels": np.arange(3)}
    with pytest.raises(ContainerError) as caught:
        check(arrays)
    assert caught.value.member == member


def test_what_a_stage_can_take_up_passes():
    """Either precision, places among as many things, the keys there are."""
    for dtype in (np.float32, np.float64):
        check_floats({"points": np.zeros((3, 2), dtype)}, {"points": ("rows", "dims")})
    check_indices({"labels": np.arange(3)}, "labels", 3)
    check_indices({"labels": np.zeros(0, np.int64)}, "labels", 0)
    check_keys({"a": 1}, "a")

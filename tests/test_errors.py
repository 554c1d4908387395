"""Errors: what the message says stands in attributes too."""

from __future__ import annotations

import pickle

from emotopy.errors import InputError

PARTS = ("file", "row", "column", "wanted", "got", "advice")


def test_an_input_error_carries_its_parts_and_keeps_them_across_processes():
    """Named parts are attributes, the others None; pickled, as on its way from a worker, it is the same."""
    error = InputError("x.csv, line 3: wanted 2 cells", file="x.csv", row=3, wanted="2 cells")
    for one in (error, pickle.loads(pickle.dumps(error))):
        assert str(one) == "x.csv, line 3: wanted 2 cells"
        assert [getattr(one, part) for part in PARTS] == ["x.csv", 3, None, "2 cells", None, None]


def test_a_message_alone_is_enough():
    """Every part is optional."""
    assert [getattr(InputError("nothing there"), part) for part in PARTS] == [None] * 6

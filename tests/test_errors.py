"""Errors: what the message says stands in attributes too."""

from __future__ import annotations

import pickle

from emotopy.errors import InputError, ProviderError

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


def test_a_provider_error_carries_what_the_server_said_across_processes():
    """Status, code, words and wait; a kind of it that a plugin defines does, too."""
    from emotopy_plugins.shared.openai_client import TooLarge

    for kind in (ProviderError, TooLarge):
        error = kind("refused", server="a.example/v1", status=429, code="busy", server_message="later", wait_s=2.5)
        for one in (error, pickle.loads(pickle.dumps(error))):
            assert str(one) == "refused"
            assert (one.server, one.status, one.code) == ("a.example/v1", 429, "busy")
            assert (one.server_message, one.wait_s) == ("later", 2.5)
    assert (ProviderError("x").status, ProviderError("x").server_message) == (None, None)

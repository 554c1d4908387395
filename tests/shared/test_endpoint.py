"""The key is found in whatever a server says, and taken out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy_plugins.shared.endpoint import Endpoint, redact

keys = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S"]), min_size=8)


@given(keys, st.text(max_size=20), st.sampled_from(["", "Bearer ", "bearer  ", "Authorization: Bearer "]))
def test_a_key_is_taken_out_wherever_it_stands(key, around, before):
    """Whatever printable characters the key has, and whatever stands around it."""
    assert key not in redact(f"{around}{before}{key}{around}", key).replace("[key]", "")


@pytest.mark.parametrize("text", ["sk-proj-abc_DEF123", "sk-ab***yz", "Bearer abcdef", '{"h": "bearer abc.def"}'])
def test_other_keys_are_taken_out_too(text):
    """A server may know a key that isn't ours, or show ours in part."""
    assert "ab" not in redact(text, "another-key")


def test_what_is_no_key_stays():
    """Words that only look a little like one, and the dummy key, which is a common word."""
    assert redact("none of the task-list risk-free texts", "none") == "none of the task-list risk-free texts"


@pytest.mark.parametrize(
    ("url", "is_loopback"),
    [
        ("http://localhost:8000/v1", True),
        ("http://127.0.0.53/v1", True),
        ("http://[::1]:8000/v1", True),
        ("https://localhost.example.org/v1", False),
        ("https://127.0.0.1.example.org/v1", False),
        ("https://10.0.0.1/v1", False),
    ],
)
def test_this_machine_is_told_from_others(url, is_loopback):
    """Only loopback addresses and the name localhost are this machine, whatever a name begins with."""
    assert Endpoint.checked(url, "MY_KEY", role="embedder", offline="static").is_loopback is is_loopback


def test_the_name_is_host_port_and_path():
    """Spelling that doesn't change the server doesn't change the name."""
    for url in ("https://Example.org:8443/api/v1", "https://example.org:8443/api/v1/"):
        assert Endpoint.checked(url, "MY_KEY", role="embedder", offline="static").name == "example.org:8443/api/v1"

"""The key is found in whatever a server says, and taken out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy.errors import ConfigError
from emotopy_plugins.shared.endpoint import Endpoint, redact, without_texts

pytestmark = pytest.mark.usefixtures("flags")

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


@pytest.mark.parametrize(
    ("url", "right"),
    [
        ("https://r.openai.azure.com", "https://r.openai.azure.com/openai/v1"),
        ("https://r.openai.azure.com/openai/deployments/d", "https://r.openai.azure.com/openai/v1"),
        (
            "https://r.openai.azure.com/openai/deployments/d/embeddings?api-version=2024-02-01",
            "https://r.openai.azure.com",
        ),
        ("https://R.cognitiveservices.azure.com/", "https://r.cognitiveservices.azure.com/openai/v1"),
        ("https://r.services.ai.azure.com/models", "https://r.services.ai.azure.com/openai/v1"),
        ("https://a.example/v1/embeddings", "https://a.example/v1"),
        ("https://a.example/v1/chat/completions/", "https://a.example/v1"),
        ("http://localhost:8080/embeddings", "http://localhost:8080"),
    ],
)
def test_addresses_that_cannot_be_base_urls_are_refused_with_the_right_one(url, right):
    """Azure's deployments, and the addresses of operations; nothing is sent, and the error says what is right."""
    with pytest.raises(ConfigError) as caught:
        Endpoint.checked(url, "MY_KEY", role="embedder", offline="static")
    assert caught.value.path == "embedder.base_url"
    assert right in caught.value.wanted
    assert right in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["https://r.openai.azure.com/openai/v1/", "https://a.example/embeddings/v1", "https://openai.azure.com.example/v1"],
)
def test_other_addresses_are_taken(url):
    """Azure's own address of the protocol; words of operations elsewhere; a look-alike of Azure's name."""
    assert Endpoint.checked(url, "MY_KEY", role="embedder", offline="static").url == url.rstrip("/")


@pytest.mark.parametrize(
    ("url", "asked", "likely"),
    [
        ("http://localhost:11434", "/embeddings", "http://localhost:11434/v1 "),
        ("http://localhost:11434/api", "/api/embeddings", "http://localhost:11434/v1 "),
        ("http://localhost:8080/v1", "/v1/embeddings", "http://localhost:8080 "),
        ("https://generativelanguage.googleapis.com/v1beta", "/v1beta/embeddings", "googleapis.com/v1beta/openai "),
        ("https://a.example/api", "/api/embeddings", "https://a.example/api/v1 "),
    ],
)
def test_the_likely_address_is_named(url, asked, likely):
    """A version is added where there is none, and left out where there is one."""
    advice = Endpoint.checked(url, "MY_KEY", role="embedder", offline="static").address_advice(asked)
    assert likely in advice
    assert asked in advice


@given(st.text("ab c", min_size=12, max_size=40), st.text("xyz ", max_size=30), st.text("xyz ", max_size=30))
def test_no_run_of_twelve_characters_of_a_text_stays(text, before, after):
    """Whatever stands around it, and however it is cut."""
    for part in (text, text[:12], text[-13:]):
        shown = without_texts(before + part + after, [text])
        runs = {shown[i : i + 12].lower() for i in range(len(shown) - 11)}
        plain = " ".join(text.split())
        assert not any(plain[i : i + 12] in runs for i in range(len(plain) - 11)) or " ".join(part.split()) != part


def test_what_a_message_shares_with_no_text_stays():
    """Single words of texts are no secrets, and letters that are two in lower case shift nothing."""
    assert without_texts("the fear of İ", ["fear", "a fear of height"]) == "the fear of İ"
    assert without_texts("said: I HATE him.", ["i hate  him", "x"]) == "said: [text]."
    assert without_texts("nothing sent", []) == "nothing sent"

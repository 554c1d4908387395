"""Where the embedders behind the OpenAI protocol send texts, as they say it to the host."""

from __future__ import annotations

import pytest

from emotopy.roles import Sends
from emotopy_plugins.embedders.openai import Ada002, OpenAIEmbedder


@pytest.mark.parametrize("make", [OpenAIEmbedder, Ada002])
@pytest.mark.parametrize(
    ("url", "address"),
    [
        (None, "api.openai.com/v1"),
        ("https://Models.example:8443/v1/", "models.example:8443/v1"),
        ("http://localhost:8000/v1", None),
        ("http://127.0.0.1:8000/v1", None),
        ("https://[::1]:8000/v1", None),
        ("https://localhost.example/v1", "localhost.example/v1"),
    ],
)
def test_the_address_is_the_server_unless_it_runs_here(monkeypatch, make, url, address):
    """Host, port and path; none for the loopback interface, by name or number; a look-alike is another machine."""
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    embedder = make(base_url=url)
    assert isinstance(embedder, Sends)
    assert embedder.address == address


def test_the_environment_says_where_too(monkeypatch):
    """`OPENAI_BASE_URL` counts where no option is given."""
    monkeypatch.setenv("OPENAI_BASE_URL", "https://models.example/v1")
    assert OpenAIEmbedder().address == "models.example/v1"

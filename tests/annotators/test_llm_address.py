"""Where the LLM annotator sends segments, as it says it to the host."""

from __future__ import annotations

import pytest

from emotopy.roles import Sends
from emotopy_plugins.annotators.llm import LlmAnnotator


@pytest.mark.parametrize(
    ("url", "address"),
    [(None, "api.openai.com/v1"), ("http://localhost:8000/v1", None), ("https://a.example", "a.example")],
)
def test_the_address_is_the_server_unless_it_runs_here(monkeypatch, url, address):
    """Host, port and path; none for the loopback interface."""
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    annotator = LlmAnnotator(base_url=url)
    assert isinstance(annotator, Sends)
    assert annotator.address == address

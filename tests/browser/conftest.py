"""A browser for the tests of a file; they skip, saying so, where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.browser import axe, chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[chromium.Browser]:
    """Chromium. It stops with the file: while it runs, no other event loop can in this process."""
    pytest.importorskip("playwright", reason="playwright isn't installed: pip install 'emotopy[test]'")
    if chromium.executable() is None:
        pytest.skip("no Chromium here: apt-get install chromium, or set EMOTOPY_CHROMIUM")
    with chromium.started() as running:
        yield running


@pytest.fixture(scope="session")
def axe_script() -> Path:
    """The script of axe-core."""
    path = axe.script()
    if path is None:
        pytest.skip(f"axe-core {axe.VERSION} isn't here: npm pack it as .ci/run does, or set EMOTOPY_AXE")
    return path

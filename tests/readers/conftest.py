"""Small files in a folder of the test's own."""

from __future__ import annotations

import pytest


@pytest.fixture
def write(tmp_path):
    """Write a file below `tmp_path`, its folders too; return its path."""

    def put(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return put

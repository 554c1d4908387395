"""A real server of files."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest


@attrs.frozen
class FileServer:
    """A server of the files in `folder`; `log` is what it wrote about the requests."""

    url: str
    folder: Path
    log: Path

    @property
    def asked(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [line.split('"')[1].split()[1] for line in self.log.read_text("utf-8").splitlines() if '"GET ' in line]


@pytest.fixture
def file_server(tmp_path, monkeypatch) -> Iterator[FileServer]:
    """A process that serves a folder over HTTP on the loopback interface."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    folder, log = tmp_path / "served", tmp_path / "served.log"
    folder.mkdir()
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(folder)]
    with (
        log.open("w") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
        contextlib.ExitStack() as stack,
    ):
        stack.callback(process.terminate)
        port = process.stdout.readline().split(" port ")[1].split()[0]
        yield FileServer(f"http://127.0.0.1:{port}/", folder, log)

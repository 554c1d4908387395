"""Commands run in processes of their own, and what they came to."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import attrs


@attrs.frozen
class Run:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one line that says what went wrong."""
        lines = [line for line in self.err.splitlines() if line.startswith("error: ")]
        assert len(lines) == 1, self.err
        return lines[0].removeprefix("error: ")


def environment(cache: Path, **told: str) -> dict[str, str]:
    """Return this process's environment without keys and settings of ours, with a cache folder of its own."""
    foreign = ("EMOTOPY", "OPENAI", "PIP_", "PYTEST")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {**kept, "XDG_CACHE_HOME": str(cache), "OMP_NUM_THREADS": "1", **told}


def run(words: Sequence[object], *, cwd: Path, env: dict[str, str], **options: object) -> Run:
    """Run a command to its end; `options` go to `subprocess.run`."""
    words = list(map(str, words))
    done = subprocess.run(
        words, cwd=cwd, env=env, capture_output=True, text=True, encoding="utf-8", check=False, **options
    )
    return Run(done.returncode, done.stdout, done.stderr)

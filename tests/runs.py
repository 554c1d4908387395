"""Commands run in processes of their own, and what they came to."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import attrs

LIBRARIES = (
    *("numpy", "pandas", "pyarrow.parquet", "scipy.stats", "scipy.spatial.distance", "scipy.cluster.hierarchy"),
    *("sklearn.cluster", "sklearn.decomposition", "sklearn.linear_model", "sklearn.model_selection"),
    *("sklearn.pipeline", "nibabel", "nilearn.image", "nilearn.maskers", "typer.rich_utils", "rich.table"),
    *("jinja2", "tokenizers", "safetensors.numpy", "ruptures", "pydantic.fields", "emotopy.*"),
)
"""What commands spend their first seconds on. No plugins: how these are loaded is what some tests look at."""


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
    foreign = (
        "EMOTOPY",
        "OPENAI",
        "PIP_",
        "PYTEST",
        "PYTHONDONTWRITEBYTECODE",
    )  # the last makes each compile all of it
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {**kept, "XDG_CACHE_HOME": str(cache), "OMP_NUM_THREADS": "1", **told}


def run(words: Sequence[object], *, cwd: Path, env: dict[str, str], **options: object) -> Run:
    """Run a command to its end; `options` go to `subprocess.run`."""
    words = list(map(str, words))
    done = subprocess.run(
        words, cwd=cwd, env=env, capture_output=True, text=True, encoding="utf-8", check=False, **options
    )
    return Run(done.returncode, done.stdout, done.stderr)


class Forks:
    """A Python that has LIBRARIES loaded and forks a process per command: isolated as any, but for what's loaded.

    The children share its seed of hashes, too; where that or the start itself is tested, `run` starts a new Python.
    """

    def __init__(self, python: Path | str, folder: Path) -> None:
        ours, theirs = socket.socketpair()
        words = [python, "-P", Path(__file__).with_name("forks.py"), theirs.fileno(), *LIBRARIES]
        self._running = subprocess.Popen(
            list(map(str, words)),
            cwd=folder,
            env={name: value for name, value in environment(folder).items() if name != "PYTHONPATH"},
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            start_new_session=True,  # Ctrl-C is the tests' business
        )
        theirs.close()
        self._link, self._lines = ours, ours.makefile("rw", encoding="utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self._link.close()
        self._running.wait(60)

    def run(self, words: Sequence[object], *, cwd: Path, env: dict[str, str], module: str = "") -> Run:
        """Run `python -m MODULE WORDS`, or the script that comes first in WORDS."""
        with tempfile.NamedTemporaryFile() as out, tempfile.NamedTemporaryFile() as err:
            told = {"words": list(map(str, words)), "module": module, "cwd": str(cwd), "env": env}
            print(json.dumps({**told, "out": out.name, "err": err.name}), file=self._lines, flush=True)
            code = int(self._lines.readline())
            return Run(code, out.read().decode("utf-8"), err.read().decode("utf-8"))

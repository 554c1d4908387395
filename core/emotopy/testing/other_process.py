"""Our side of the other process: one child for all stages of a plugin's module, started when a check first needs it.

Python's own `hash` gives other numbers there, and temporary files and standard error are the child's alone. It ends
when a stage of another module is asked for, and with this process.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from emotopy.testing.suite import Candidate, Unavailable, require

PATIENCE_S = 900.0
"""How long the child may take for an answer."""
ENDING_S = 5.0
"""How long it may take to end when nothing more is asked."""


@attrs.frozen(eq=False)
class Answer:
    """What a stage gave in the other process, and what it left there."""

    arrays: dict[str, Any]
    facts: dict[str, Any]
    printed: str
    left: list[str]


class OtherProcess:
    """A child that has imported a plugin's module; `imported` says what that touched, None where it isn't found."""

    def __init__(self, module: str, owner: str, *, whole: bool) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._temporary = Path(self._folder.name) / "temporary"
        self._temporary.mkdir()
        self._err = (Path(self._folder.name) / "stderr").open("w+b")
        words = ("-m", "emotopy.testing.subprocess_entry", module, owner, "all" if whole else "alone")
        other_seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
        environment = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "PYTHONHASHSEED": other_seed}
        environment |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(self._temporary))
        self._process = subprocess.Popen(  # noqa: S603 (our own interpreter, our own words)
            [sys.executable, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._err,
            text=True,
            encoding="utf-8",
            env={**os.environ, **environment},
        )
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.imported: dict[str, Any] | None = self._line()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(ValueError, OSError):  # closed under our feet
            for line in self._process.stdout:
                self._lines.put(line)
        self._lines.put("")

    def _line(self) -> Any:
        try:
            line = self._lines.get(timeout=PATIENCE_S)
        except queue.Empty:
            self._process.kill()
            return {"failed": f"no answer within {PATIENCE_S:g} s"}
        return json.loads(line) if line else {"failed": self._printed_since(0)[-500:] or "the process ended"}

    def _printed_since(self, place: int) -> str:
        return Path(self._err.name).read_bytes()[place:].decode("utf-8", "replace")

    @property
    def has_ended(self) -> bool:
        """Whether the child is no more."""
        return self._process.poll() is not None

    def use(self, candidate: Candidate) -> Answer:
        """Make and use the stage there. Raises Unavailable, and ContractViolation where it fails."""
        from emotopy.config.serialise import to_plain

        offer, place = candidate.offer, Path(self._err.name).stat().st_size
        arrays = Path(self._folder.name) / "arrays.npz"
        options = to_plain(candidate.options)
        has_paths = any(isinstance(value, str) and Path(value).exists() for value in options.values())
        request = {
            "role": offer.role,
            "name": offer.full_name,
            "plugin": offer.plugin,
            "options": options,
            "arrays": str(arrays),
            "directory": str(Path.cwd()) if has_paths else None,
        }
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # then the answer says why
            print(json.dumps(request), file=self._process.stdin, flush=True)
        answer = self._line()
        if "unavailable" in answer:
            raise Unavailable(answer["unavailable"])
        failed = answer.get("failed")
        require(failed is None, f"{candidate}: failed in a new process: {failed}")
        with np.load(arrays, allow_pickle=False) as found:
            given = {name: found[name] for name in found.files}
        left = [*answer["left in the working directory"], *sorted(path.name for path in self._temporary.iterdir())]
        return Answer(given, answer["facts"], self._printed_since(place), left)

    def close(self) -> None:
        """End the child, and remove its files."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(ENDING_S)
        if not self.has_ended:
            self._process.kill()
            self._process.wait()
        self._reader.join(ENDING_S)
        if not self._reader.is_alive():  # a process that the child left behind may still hold the channel
            self._process.stdout.close()
        self._err.close()
        self._folder.cleanup()


_RUNNING: dict[tuple[str, str, bool], OtherProcess] = {}


def other_process(candidate: Candidate) -> OtherProcess:
    """Return the child that has the candidate's module imported, started where need be.

    Raises Unavailable where the plugin is no module, or can't be imported by its name.
    """
    module = candidate.registry.module_of(candidate.offer)
    if module is None:
        raise Unavailable(f"{candidate}: the plugin is an object, not a module, so that no other process can import it")
    whole = candidate.offer.role in ("region_mapper", "reporter") or bool(candidate.offer.signature.stages)
    for key in ((module, candidate.offer.owner, True), (module, candidate.offer.owner, whole)):
        if key in _RUNNING and (_RUNNING[key].imported is None or not _RUNNING[key].has_ended):
            return _RUNNING[key]
    close_all()
    atexit.unregister(close_all)
    atexit.register(close_all)
    child = _RUNNING[module, candidate.offer.owner, whole] = OtherProcess(module, candidate.offer.owner, whole=whole)
    return child


def close_all() -> None:
    """End the child that is running."""
    while _RUNNING:
        _RUNNING.popitem()[1].close()

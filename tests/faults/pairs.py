"""Two runs that start together at one place, or on one cache: what each says, what is there afterwards."""

from __future__ import annotations

import math
import secrets
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs
from tests.faults.kills import DELAY_S, LONGEST_S, copied, refer
from tests.faults.scene import MAP, PAID, SCENARIOS, TEXTS, files, hidden, new_files, start, torn
from tests.faults.server import Server

KINDS = ("one --out", "one cache", "input in --out")
OUT, OTHER = "out", "other"


@attrs.frozen
class Pair:
    """What came of two runs that started together."""

    kind: str
    codes: tuple[int, int]
    n_lost: int
    """Files that were there before and aren't, or results that no run has left though it ended well."""
    n_torn: int
    n_leftovers: int
    n_paid_twice: int
    said: str = ""

    @property
    def is_good(self) -> bool:
        return not (self.n_lost or self.n_torn or self.n_leftovers or self.n_paid_twice) and set(self.codes) <= {0, 1}


def measure(study: Path, *, n_starts: int, seed: int, n_workers: int = 1, until: float = math.inf) -> list[Pair]:
    """Start each kind of pair `n_starts` times; the second run follows within a tenth of a second."""
    with Server(delay_s=DELAY_S, most_requests=1000 * n_starts) as server:
        plain, paid = (next(one for one in SCENARIOS if one.name == name) for name in ("map", "paid map"))
        url = ("--set", f"embedder.base_url={server.url}")
        reference = {
            "one --out": refer(plain, study).made,
            "one cache": refer(paid.at(server.url), study).made,
        }
        lags = [((seed + 7 * i) % 20) / 200 for i in range(n_starts)]
        asked = [(kind, lag) for lag in lags for kind in KINDS]
        with ThreadPoolExecutor(n_workers) as pool:
            found = pool.map(
                lambda one: _pair(*one, study, server, url, reference) if time.monotonic() < until else None, asked
            )
            return [pair for pair in found if pair is not None]


def _pair(kind: str, lag_s: float, study: Path, server: Server, url: tuple[str, ...], references: dict) -> Pair:
    with tempfile.TemporaryDirectory() as folder:
        home = copied(study, Path(folder) / "home")
        key = secrets.token_hex(4)
        before = files(home)
        if kind == "one --out":
            commands, expected = [MAP, MAP], references[kind]
        elif kind == "one cache":
            made = references[kind]
            commands = [(*MAP, *PAID, *url), (*MAP, *PAID, *url, "--out", OTHER)]
            expected = made | {name.replace(OUT, OTHER, 1): content for name, content in made.items()}
        else:
            # older results hold the input of the first run; the second replaces them, from an input elsewhere
            commands = [("map", f"{OUT}/{TEXTS}", *MAP[2:], "--force"), (*MAP, "--force")]
            expected = references["one --out"] | {f"{OUT}/{TEXTS}": before[TEXTS]}
            for name, content in references["one --out"].items():
                (home / name).parent.mkdir(exist_ok=True)
                (home / name).write_bytes(content)
            (home / OUT / TEXTS).write_bytes(before[TEXTS])
        running = [start(commands[0], home, key)]
        time.sleep(lag_s)
        running.append(start(commands[1], home, key))
        errors = [one.communicate(timeout=LONGEST_S)[1] for one in running]
        made = new_files(home, before)
        codes = (running[0].returncode, running[1].returncode)
        lost = [name for name, content in expected.items() if made.get(name) != content]
        said = f"{lost} {[error[-200:] for error in errors]}" if lost else ""
        is_torn = torn(home) if kind != "input in --out" else []
        return Pair(kind, codes, len(lost), len(is_torn), len(hidden(home)), server.tally(key).n_twice, said)

"""Damaged files of the cache, tampered provenances and configurations: what the commands make of them."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import math
import os
import queue
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import attrs
from tests.faults.forked import Forked
from tests.faults.scene import CACHE, DECODE, KEEP, MAP, PAID, TEXTS, environment, files, new_files, write_texts
from tests.faults.server import Server

N_CACHE, N_EACH = 120, 100
LONGEST_S, MOST_MB = 10.0, 1024.0
EMOTIONS = ("--emotions", "fear,joy", "--segmentation", "given")
DEEP = 300
"""Levels of nesting: as much as some programs write, and far from what ends an interpreter."""


@attrs.frozen
class Met:
    """What a command made of a file."""

    kind: str
    what: str
    code: int
    is_foreign: bool
    is_wrong: bool
    """It ended well, with other tables than undamaged files give."""
    seconds: float
    """Of the processor; a call of a minute by the clock is ended and counts as foreign."""
    peak_mb: float
    said: str

    @property
    def is_good(self) -> bool:
        return not (self.is_foreign or self.is_wrong) and self.seconds <= LONGEST_S and self.peak_mb <= MOST_MB


def call(words: list[str], home: str, environ: dict[str, str]) -> dict[str, Any]:
    """Run the command line; runs in a process of its own."""
    from emotopy.cli import main

    os.environ.clear()
    os.environ.update(environ)
    os.chdir(home)
    out, err = io.StringIO(), io.StringIO()
    begun = time.process_time()  # others use the machine, too
    code: Any = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(words)
        except SystemExit as ended:
            code = ended.code or 0
        except BaseException as error:  # noqa: BLE001 (it is what is looked for)
            code = 99
            print(f"Traceback: {type(error).__name__}: {error}", file=sys.stderr)
    return {"code": code, "err": err.getvalue(), "seconds": time.process_time() - begun}


def load() -> None:
    """Load what all runs need."""
    import importlib

    for name in ("pandas", "pyarrow.parquet", "sklearn.cluster", "sklearn.decomposition", "nibabel", "scipy.stats"):
        importlib.import_module(name)
    importlib.import_module("emotopy.cli")


Job = Callable[[], Met]


@attrs.frozen(eq=False)
class Runner:
    """Runs commands in a copy of a folder, and says what came of it."""

    free: queue.SimpleQueue[Forked]
    home: Path
    before: Mapping[str, bytes]

    def __call__(
        self, kind: str, what: str, words: tuple[str, ...], damage: Callable[[Path], None], reference: Any = None
    ) -> Met:
        with tempfile.TemporaryDirectory() as folder:
            home = Path(shutil.copytree(self.home, Path(folder) / "home"))
            damage(home)
            before = files(home)
            said, peak_mb = _run(self.free, words, home)
            made = new_files(home, before) if reference is not None and said["code"] == 0 else None
        is_foreign = (
            said["code"] not in (0, 1, 2) or "this is a bug in emotopy" in said["err"] or "Traceback" in said["err"]
        )
        is_wrong = made is not None and _tables(made) != _tables(reference)
        return Met(kind, what, said["code"], is_foreign, is_wrong, said["seconds"], peak_mb, said["err"][-400:])


def _tables(made: Mapping[str, bytes]) -> dict[str, bytes]:
    """Leave out where notes stand: that something was damaged is told there."""
    return {name: content for name, content in made.items() if not name.endswith(".json")}


def measure(
    study: Path,
    *,
    seed: int,
    n_cache: int = N_CACHE,
    n_files: int = N_EACH,
    n_workers: int = 2,
    until: float = math.inf,
) -> list[Met]:
    """Damage `n_cache` files of the cache, `n_files` provenances and as many configurations."""
    random_state = random.Random(f"damage {seed}")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(Server(most_requests=100_000))
        free: queue.SimpleQueue[Forked] = queue.SimpleQueue()
        for _ in range(n_workers):
            free.put(stack.enter_context(Forked("tests.faults.damage:call", prepare="tests.faults.damage:load")))
        jobs = _caches(free, folder / "caches", server.url, random_state, n_cache)
        jobs += _provenances(free, folder / "provenances", study, random_state, n_files)
        jobs += _configurations(free, folder / "configurations", random_state, n_files)
        random_state.shuffle(jobs)
        pool = stack.enter_context(ThreadPoolExecutor(n_workers))
        found = pool.map(lambda job: job() if time.monotonic() < until else None, jobs)
        return sorted((met for met in found if met is not None), key=lambda met: met.kind)


def _run(free: queue.SimpleQueue[Forked], words: tuple[str, ...], home: Path) -> tuple[dict[str, Any], float]:
    forked = free.get()
    try:
        return forked.call(words=list(words), home=str(home), environ=environment(home))
    finally:
        free.put(forked)


# Caches -------------------------------------------------------------------------------------------------------------


def _caches(
    free: queue.SimpleQueue[Forked], home: Path, url: str, random_state: random.Random, n_cache: int
) -> list[Job]:
    home.mkdir()
    write_texts(home / TEXTS, 8)
    (home / "story.tsv").write_text("onset\tduration\ttext\n0\t4\tWe laughed\n4\t4\tI am afraid\n8\t4\tShe died\n")
    tables = ("--set", "reporter=tables")
    commands = {
        "stage cache": (*MAP, *tables),
        "cache of vectors": (*MAP, *tables, *PAID, "--set", f"embedder.base_url={url}"),
        "cache of ratings": (
            *("annotate", "story.tsv", "--out", "ratings.tsv", "--annotator", "llm", *EMOTIONS, *KEEP),
            *("--set", f"annotator.base_url={url}"),
        ),
    }
    before = files(home)
    references = {}
    for kind, words in commands.items():
        said, _ = _run(free, words, home)
        if said["code"]:
            raise RuntimeError(f"{kind}: {said['err']}")
        references[kind] = new_files(home, before)
        for name in references[kind]:
            (home / name).unlink()
        if (home / "out").is_dir():
            (home / "out").rmdir()
    runner = Runner(free, home, before)
    stages = sorted(path.relative_to(home).as_posix() for path in (home / CACHE / "stages").glob("*.npz"))
    targets = {
        "stage cache": stages,
        "cache of vectors": [f"{CACHE}/vectors.sqlite"],
        "cache of ratings": [f"{CACHE}/ratings.sqlite"],
    }
    found = []
    for i in range(n_cache):
        kind = list(commands)[i % len(commands)]
        ways = _WAYS if kind == "stage cache" else {**_WAYS, **_SQL_WAYS}
        what = list(ways)[i // len(commands) % len(ways)]
        name = random_state.choice(targets[kind])
        own = random.Random(random_state.random())

        def damage(copied: Path, what: str = what, ways: Any = ways, name: str = name, own: Any = own) -> None:
            ways[what](copied / name, own)

        found.append(partial(runner, kind, what, commands[kind], damage, references[kind]))
    return found


def _truncated(path: Path, random_state: random.Random) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: random_state.randrange(len(content))])


def _flipped(path: Path, random_state: random.Random) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(random_state.choice([1, 8, 64])):
        content[random_state.randrange(len(content))] ^= 1 << random_state.randrange(8)
    path.write_bytes(content)


def _zeroed(path: Path, random_state: random.Random) -> None:
    content = bytearray(path.read_bytes())
    at = random_state.randrange(len(content))
    content[at : at + 512] = bytes(len(content[at : at + 512]))
    path.write_bytes(content)


def _folder(path: Path, random_state: random.Random) -> None:
    path.unlink()
    path.mkdir()


def _dangling(path: Path, random_state: random.Random) -> None:
    path.unlink()
    path.symlink_to("nowhere/at/all")


def _foreign(path: Path, random_state: random.Random) -> None:
    path.unlink()
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript("CREATE TABLE recipes (name TEXT); INSERT INTO recipes VALUES ('soup');")


def _archive(path: Path, random_state: random.Random) -> None:
    import numpy as np

    with path.open("wb") as file:
        np.savez(file, recipes=np.arange(3))


_WAYS: dict[str, Callable[[Path, random.Random], Any]] = {
    "cut off": _truncated,
    "bits flipped": _flipped,
    "empty": lambda path, _: path.write_bytes(b""),
    "random bytes": lambda path, random_state: path.write_bytes(random_state.randbytes(4096)),
    "zeros inside": _zeroed,
    "a folder in its place": _folder,
    "a link to nowhere": _dangling,
    "a database of others": _foreign,
    "an archive of others": _archive,
    "text": lambda path, _: path.write_text("not a cache\n" * 20),
}


def _sql(*statements: str) -> Callable[[Path, random.Random], None]:
    def damage(path: Path, random_state: random.Random) -> None:
        with contextlib.closing(sqlite3.connect(path)) as db:
            for statement in statements:
                db.execute(statement)
            db.commit()

    return damage


_SQL_WAYS = {
    "vectors of another length": _sql("UPDATE vectors SET vector = substr(vector, 1, 5)"),
    "vectors that are words": _sql("UPDATE vectors SET vector = 'words'"),
    "vectors that are numbers": _sql("UPDATE vectors SET vector = 7"),
    "no checksums": _sql("UPDATE vectors SET checksum = NULL"),
    "wrong checksums": _sql("UPDATE vectors SET checksum = x'00'"),
    "other vectors": _sql("UPDATE vectors SET vector = zeroblob(16) WHERE rowid % 2 = 0"),
    "a newer version": _sql("PRAGMA user_version = 99"),
    "a table lost": _sql("DROP TABLE vectors"),
    "claims of nobody": _sql(
        "INSERT INTO claims SELECT space, text_sha256, 'x', 1e18 FROM vectors", "DELETE FROM vectors"
    ),
    "columns renamed": _sql("ALTER TABLE vectors RENAME COLUMN vector TO victor"),
}


# Provenances and configurations -------------------------------------------------------------------------------------

WEIRD: tuple[Any, ...] = (
    *(None, True, -1, 0, 1e308, 10**40, -(10**400), 0.5, "", "x" * 10_000, "\0", "\ud800", "../../etc", "$(id)"),
    *(
        [],
        {},
        [[]],
        {"": {}},
        [None],
        {"use": "x"},
        {"object": {"class": "os.system"}},
        "pca",
        "emotopy:pca",
        float("nan"),
    ),
)


def paths_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of everything in JSON."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, item in pairs for found in paths_in(item, (*path, key)))]


def tampered(value: Any, random_state: random.Random) -> tuple[str, str]:
    """Return JSON with one change, and what was changed."""
    changed = copy.deepcopy(value)
    path = random_state.choice([one for one in paths_in(changed) if one])
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    name = ".".join(map(str, path))[:60]
    how = random_state.choice(["replaced", "replaced", "replaced", "deleted", "renamed", "doubled", "deep", "broken"])
    if how == "replaced":
        holder[path[-1]] = random_state.choice(WEIRD)
    elif how == "deleted":
        del holder[path[-1]]
    elif how == "renamed" and isinstance(holder, dict):
        holder[random_state.choice(["", "seed", "use", "x" * 300, "__class__"])] = holder.pop(path[-1])
    elif how == "deep":
        holder[path[-1]] = json.loads("[" * DEEP + "]" * DEEP)
    text = json.dumps(changed, indent=1)
    if how == "doubled":
        key = json.dumps(path[-1]) if isinstance(path[-1], str) else '"seed"'
        text = text.replace(f"{key}:", f"{key}: {json.dumps(random_state.choice(['x', 1, None, {}]))}, {key}:", 1)
    if how == "broken":
        at = random_state.randrange(len(text))
        text = (
            text[:at]
            + random_state.choice(["", "}", '"', "\0", "NaN", "1e999"])
            + text[at + random_state.choice([0, 1, 40]) :]
        )
    return text, f"{name} {how}"


def _provenances(
    free: queue.SimpleQueue[Forked], home: Path, study: Path, random_state: random.Random, n_files: int
) -> list[Job]:
    home.mkdir()
    write_texts(home / TEXTS, 8)
    for name in ("series", "given.tsv"):
        (shutil.copytree if (study / name).is_dir() else shutil.copy)(study / name, home / name)
    tables = ("--set", "reporter=tables")
    commands = {"map": (*MAP, *tables, "--out", "first"), "decode": (*DECODE, *tables, *KEEP, "--out", "second")}
    provenances = {}
    for (kind, words), out in zip(commands.items(), ("first", "second"), strict=True):
        said, _ = _run(free, words, home)
        if said["code"]:
            raise RuntimeError(f"{kind}: {said['err']}")
        provenances[kind] = json.loads((home / out / "provenance.json").read_text("utf-8"))
    runner = Runner(free, home, files(home))
    again = {
        "map": ("map", TEXTS, "--from", "tampered.json", "--out", "again", *KEEP),
        "decode": (
            *("decode", "--series", "series", "--ratings", "given.tsv", "--from", "tampered.json", "--out", "again"),
            *KEEP,
        ),
    }
    found = []
    for i in range(n_files):
        kind = ("map", "decode")[i % 2]
        text, what = tampered(provenances[kind], random_state)
        found.append(partial(runner, f"provenance of {kind}", what, again[kind], _writing("tampered.json", text)))
    return found


def _writing(name: str, text: str) -> Callable[[Path], None]:
    return lambda home: (home / name).write_text(text, "utf-8", errors="surrogatepass") and None


CONFIGURATION: dict[str, Any] = {
    "seed": 3,
    "embedder": "static",
    "reducer": {"use": "pca", "n_components": 4},
    "clusterer": {"use": "kmeans", "n_clusters": 4},
    "intensity_scorer": {"use": "nrc"},
    "region_mapper": {"use": "evidence"},
    "atlas": "affect18",
    "reporter": ["tables", {"use": "html"}],
    "interval": {"n": 99, "coverage": 0.95},
}


def _toml(value: Any) -> str:
    """Return TOML for what JSON may hold, in inline tables; None becomes a word that TOML doesn't know."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)


def _configurations(
    free: queue.SimpleQueue[Forked], home: Path, random_state: random.Random, n_files: int
) -> list[Job]:
    home.mkdir()
    write_texts(home / TEXTS, 8)
    runner = Runner(free, home, files(home))
    found = []
    for i in range(n_files):
        kind = ("toml", "json")[i % 2]
        text, what = tampered(CONFIGURATION, random_state)
        if kind == "toml":
            with contextlib.suppress(ValueError):  # broken JSON is broken TOML as well
                text = "\n".join(f"{json.dumps(key)} = {_toml(item)}" for key, item in json.loads(text).items())
            if what.endswith("doubled"):
                text += "\n" + text.splitlines()[0]
        words = ("map", TEXTS, "--out", "out", "--config", f"tampered.{kind}", *KEEP)
        words += ("--dry-run",) if i % 4 < 2 else ()
        found.append(
            partial(runner, f"configuration in {kind.upper()}", what, words, _writing(f"tampered.{kind}", text))
        )
    return found

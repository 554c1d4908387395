"""A small study, and the commands that runs of it are disturbed with; what they wrote, compared byte by byte."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import attrs
import numpy as np
import pandas as pd
from tests import runs

from emotopy.datasets.sample import diaries_path
from emotopy.readers.ratings import read_ratings
from emotopy.records.regions import RegionWeights
from emotopy.registry import Registry
from emotopy.simulate import simulate_bold
from emotopy.storage.results import FILES, MANIFEST, PROVENANCE

N_SEGMENTS, N_VOLUMES, SEGMENT_S, TR_S = 60, 150, 5.2, 2.0
CACHE, TEMPORARY = "cache", "temporary"
"""Folders of a run's home that its results don't lie in."""
TEXTS = "texts.csv"
QUICK = ("--set", "reducer=pca", "--set", "clusterer=kmeans")
KEEP = ("--cache", CACHE)
MAP = ("map", TEXTS, "--text", "text", "--group", "group", "--out", "out", *QUICK, *KEEP)
PAID = ("--set", "embedder=openai", "--set", "embedder.max_inputs=16", "--set", "embedder.concurrency=2")
AT_ONCE = 32
"""Texts that a run with `PAID` has on their way at most."""


@attrs.frozen
class Scenario:
    """A command that is disturbed; `other` are words that make it write something else."""

    name: str
    words: tuple[str, ...]
    other: tuple[str, ...] = ("--seed", "1")
    is_paid: bool = False

    def at(self, url: str) -> Scenario:
        """Return it with the address of its server."""
        return attrs.evolve(self, words=(*self.words, "--set", f"embedder.base_url={url}")) if self.is_paid else self


DECODE = (
    *("decode", "--series", "series", "--tr", f"{TR_S:g}", "--ratings", "given.tsv", "--set", "null.n=19"),
    *("--set", "split=subject", "--set", "compare.remove_evoked=false", "--set", "windowing.step_s=4"),
)
SCENARIOS = (
    Scenario("map", MAP),
    Scenario(
        "annotate",
        (
            *("annotate", "story.tsv", "--out", "ratings.tsv", "--segments", "segments.csv"),
            *("--segmentation", "given", "--emotions", "fear,joy", *KEEP),
        ),
        ("--emotions", "anger,joy"),
    ),
    Scenario("decode", (*DECODE, "--out", "out", *KEEP)),
    Scenario("compare", ("compare", "mapped", "a", "b", "--out", "out")),
    Scenario("bridge", ("bridge", "texts", "brain", "--out", "out", "--surrogates", "99")),
    Scenario("paid map", (*MAP, *PAID), is_paid=True),
)


def environment(home: Path, key: str = "k") -> dict[str, str]:
    """Return the environment of a run in `home`; a server counts what its key asks for."""
    (home / TEMPORARY).mkdir(exist_ok=True)
    return runs.environment(home / CACHE, COLUMNS="200", TMPDIR=str(home / TEMPORARY), OPENAI_API_KEY=key)


def start(words: tuple[str, ...], home: Path, key: str = "k") -> subprocess.Popen[str]:
    """Start `python -m emotopy` with these words in `home`."""
    return subprocess.Popen(
        [sys.executable, "-m", "emotopy", *words],
        cwd=home,
        env=environment(home, key),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def run(words: tuple[str, ...], home: Path, key: str = "k") -> runs.Run:
    """Run it to its end."""
    return runs.run([sys.executable, "-m", "emotopy", *words], cwd=home, env=environment(home, key))


def needed(words: tuple[str, ...], home: Path) -> None:
    """Run it to its end, which has to be a good one."""
    done = run(words, home)
    if done.code:
        raise RuntimeError(f"{' '.join(words)}: {done.err}")


def write_texts(path: Path, n_texts: int = 24) -> None:
    """Write texts of two groups, taken from the sample that ships."""
    pd.DataFrame({"text": sample(n_texts), "group": ["a", "b"] * (n_texts // 2)}).to_csv(path, index=False)


def sample(n_texts: int) -> list[str]:
    """Return texts of the sample, all different."""
    with diaries_path().open(newline="", encoding="utf-8") as file:
        return list(dict.fromkeys(row["text"] for row in csv.DictReader(file)))[:n_texts]


def write_study(home: Path) -> None:
    """Write the inputs of all scenarios."""
    home.mkdir(parents=True, exist_ok=True)
    write_texts(home / TEXTS)
    rows = [f'{SEGMENT_S * i:.3f}\t{SEGMENT_S}\t"{text}"' for i, text in enumerate(sample(N_SEGMENTS))]
    (home / "story.tsv").write_text("\n".join(["onset\tduration\ttext", *rows]) + "\n", "utf-8")
    emotions = ("--emotions", "fear,joy", "--segmentation", "given")
    needed(("annotate", "story.tsv", "--out", "given.tsv", "--segments", "given.csv", *emotions, *KEEP), home)
    needed(("map", "given.csv", "--text", "text", "--id", "id", "--time", "onset", "--out", "texts", *QUICK), home)
    needed((*MAP, "--out", "mapped"), home)
    regions = tuple(Registry.load().make("atlas", "affect18").regions)
    loadings = RegionWeights(("fear",), regions, np.linspace(1, 0, len(regions))[None])
    study = simulate_bold(
        "coupling",
        n_subjects=3,
        n_volumes=N_VOLUMES,
        ratings=read_ratings(home / "given.tsv"),
        loadings=loadings,
    )
    (home / "series").mkdir()
    for one in study.series:
        pd.DataFrame(one.values, columns=list(one.regions)).to_csv(home / f"series/{one.subject}.csv", index=False)
    needed((*DECODE, "--out", "brain"), home)
    for name in ("given.csv", "given.json", "given.svg"):
        (home / name).unlink(missing_ok=True)
    shutil.rmtree(home / CACHE)


def files(home: Path) -> dict[str, bytes]:
    """Return the files of a home by their names, but for the cache and temporary ones."""
    found = {path.relative_to(home).as_posix(): path for path in home.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if name.split("/")[0] not in (CACHE, TEMPORARY)}


def new_files(home: Path, before: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files that are new or were changed."""
    return {name: content for name, content in files(home).items() if before.get(name) != content}


def hidden(home: Path) -> list[str]:
    """Return hidden names, wherever they are, and half-written files of the cache."""
    found = [path.relative_to(home).as_posix() for path in home.rglob("*")]
    return [
        name
        for name in found
        if name.rpartition("/")[2].startswith(".") or (name.startswith(CACHE) and "partial" in name)
    ]


def torn(home: Path) -> list[str]:
    """Return results directories in `home` whose files aren't those of their manifest."""
    return [path.parent.name for path in sorted(home.glob(f"*/{PROVENANCE}")) if not _fits(path.parent)]


def _fits(directory: Path) -> bool:
    import hashlib

    listed = json.loads((directory / PROVENANCE).read_text("utf-8"))[MANIFEST][FILES]
    found = {path.relative_to(directory).as_posix(): path for path in directory.rglob("*") if path.is_file()}
    found.pop(PROVENANCE)
    return listed == {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in found.items()}

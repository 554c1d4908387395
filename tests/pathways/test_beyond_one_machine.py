"""Both pathways on workers: the numbers of one process, also when a worker is killed on the way."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import attrs
import numpy as np
import pandas as pd
import pytest

from emotopy import Registry, TextPathway, decode, map_texts
from emotopy.errors import ConfigError, PluginError
from emotopy.pathways.text import large
from emotopy.readers.confidential import mark
from emotopy.readers.corpora import as_corpus
from emotopy.roles import Host
from emotopy.simulate import simulate_bold
from emotopy_plugins.embedders.static import StaticEmbedder

pytest.importorskip("distributed", reason="needs emotopy[dask]")
pytestmark = [pytest.mark.extra, pytest.mark.slow]

from emotopy.running.dask_engine import Dask  # noqa: E402

WORDS = ["happy", "sunny", "laugh", "love", "afraid", "dark", "scream", "terror", "river", "window", "table", "paper"]
TEXTS = {
    "embedder": "static",
    "reducer": {"use": "pca", "n_components": 3},
    "clusterer": {"use": "kmeans", "n_clusters": 4},
    "interval": {"n": 200},
    "fit_texts": 100,
    "reporter": ["tables"],
}
SCANS = {"reporter": [], "null": {"n": 60}, "compare": {"features": ["amplitude"]}}


@pytest.fixture(scope="module")
def dask():
    """Two workers on the loopback."""
    with Dask(n_workers=2) as engine:
        yield engine


@pytest.fixture(scope="module")
def registry():
    return Registry.load(plugins=False)


@pytest.fixture(scope="module")
def frame():
    """Texts of one to three sentences of three groups and nine units; some rows hold nothing."""
    rng = np.random.default_rng(3)
    texts = [
        " ".join(f"I thought about the {' '.join(rng.choice(WORDS, 4))} today." for _ in range(rng.integers(1, 4)))
        for _ in range(400)
    ]
    texts[7], texts[20] = "  ", "Die Liebe ist schön und macht mir große Angst in der Nacht."
    return pd.DataFrame(
        {
            "text": texts,
            "group": [("before", "after", "later")[i % 3] for i in range(400)],
            "unit": [f"writer {i % 9}" for i in range(400)],
        }
    )


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Seven blocks instead of one."""
    monkeypatch.setattr(large.map_in_blocks, "__kwdefaults__", {"block_rows": 64})


def map_with(frame, registry, engine=None, **more):
    config = {**TEXTS, **more.pop("config", {})}
    return map_texts(
        frame, text="text", group="group", unit="unit", config=config, registry=registry, engine=engine, **more
    )


class MortalEmbedder:
    """The static embedder; the first worker that meets a text of the second block dies of it."""

    name = "mortal"

    def __init__(self, been_here: Path, client: int) -> None:
        self.been_here, self.client, self.static = been_here, client, StaticEmbedder()

    def embed(self, texts):
        if os.getpid() != self.client and not self.been_here.exists():
            self.been_here.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return self.static.embed(texts)


def test_texts_have_the_numbers_of_one_process(dask, frame, registry):
    """All tables and the provenance; the engine is no part of a result."""
    here, there = map_with(frame, registry), map_with(frame, registry, dask)
    for name in ("regions", "texts", "clusters"):
        pd.testing.assert_frame_equal(getattr(there, name), getattr(here, name), rtol=1e-6, atol=1e-6)
    assert there.provenance == here.provenance


def test_a_worker_killed_on_the_way_changes_no_number(dask, frame, registry, tmp_path):
    """It dies in the middle of a block, by the system's signal."""
    lines = []
    embedder = MortalEmbedder(tmp_path / "been here", os.getpid())
    config = {"config": {"embedder": embedder}}
    here = map_with(frame, registry, **config)
    there = map_with(frame, registry, dask, host=Host(log=lines.append), **config)
    assert (tmp_path / "been here").exists()
    assert any("died" in line for line in lines)
    pd.testing.assert_frame_equal(there.regions, here.regions, rtol=1e-6, atol=1e-6)
    pd.testing.assert_frame_equal(there.texts, here.texts, rtol=1e-6, atol=1e-6)


def test_a_small_corpus_leaves_workers_nothing_to_do(dask, frame, registry):
    """Which is logged; the result is that of one process."""
    lines = []
    there = map_with(frame[:80], registry, dask, host=Host(log=lines.append))
    assert any("fit_texts" in line for line in lines)
    pd.testing.assert_frame_equal(there.regions, map_with(frame[:80], registry).regions)


def test_notes_are_those_of_one_process(dask, frame, registry):
    """What stages say on workers included, whoever of them says it first."""
    assert map_with(frame, registry, dask).notes == map_with(frame, registry).notes


def test_texts_stay_out_of_all_that_is_written(dask, frame, registry):
    """As in one process; workers of this machine need no permission."""
    there = map_with(frame, registry, dask, no_texts=True)
    assert "text" not in there.texts.columns
    pd.testing.assert_frame_equal(there.regions, map_with(frame, registry, no_texts=True).regions, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("how", ["marked", "no_texts"])
def test_confidential_texts_need_leave_to_go_to_a_cluster(frame, registry, how):
    """Asked before anybody is: nobody listens at that address."""
    frame = frame.copy()
    if how == "marked":
        mark(frame)
    with pytest.raises(ConfigError) as error:
        map_with(frame, registry, Dask("tcp://127.0.0.1:9"), no_texts=None if how == "marked" else True)
    assert error.value.path == "scheduler"


class Locked:
    """An embedder that holds a lock."""

    def __init__(self) -> None:
        self.lock, self.static = threading.Lock(), StaticEmbedder()

    def __deepcopy__(self, memo):
        return self

    def embed(self, texts):
        raise AssertionError("no work may begin")


def test_a_stage_that_cannot_travel_is_named_before_any_work(dask, frame, registry):
    """Nothing is embedded."""
    with pytest.raises(PluginError) as error:
        map_with(frame, registry, dask, config={"embedder": Locked()})
    assert error.value.stage == "embedder Locked"


def test_a_dry_run_finds_what_cannot_travel(dask, frame, registry):
    """As the run itself would, without any work; a corpus that stays here asks nothing of its stages."""
    pathway = TextPathway.from_config({**TEXTS, "embedder": Locked()}, registry=registry, engine=dask)
    with pytest.raises(PluginError):
        pathway.check(frame, text="text")
    assert pathway.check(frame[:50], text="text").n_rows == 50


def test_columns_of_a_corpus_travel(dask, registry, frame):
    """The fitted pathway works here afterwards as ever."""
    pathway = attrs.evolve(TextPathway.from_config(TEXTS, registry=registry), engine=dask)
    fitted = pathway.fit(as_corpus(frame, text="text", group="group"))
    assert fitted.transform(["I am afraid of the dark."]).texts["status"].tolist() == ["scored"]


# Scans ----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def study():
    """Four listeners, six regions."""
    return simulate_bold(
        "coupling", n_subjects=4, n_volumes=362, n_regions=6, n_carriers=3, coupling=0.45,
        emotions=("fear", "joy"), planted=("fear",), seed=1,
    )  # fmt: skip


TABLES = ("scores", "subjects", "paired", "predictions", "edges", "graph", "weights_table", "sensitivity")


def decode_with(study, registry, engine=None, **more):
    config = {**SCANS, **more.pop("config", {})}
    return decode(study.series, study.ratings, config=config, registry=registry, engine=engine, **more)


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"neural_decoder": {"use": "ridge", "alpha": 10.0}, "null": {"n": 30}, "split": "subject"},
        {"null": {"kind": "rows", "n": 30}},
    ],
    ids=["exact", "refitted", "rows"],
)
def test_a_decoding_has_the_numbers_of_one_process(dask, study, registry, config):
    """Subjects and surrogates in pieces: all tables, and the chosen penalties with them."""
    here, there = decode_with(study, registry, config=config), decode_with(study, registry, dask, config=config)
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(there, name), getattr(here, name), rtol=1e-6, atol=1e-6)
    assert there.provenance == here.provenance
    assert there.notes == here.notes


def test_what_workers_finished_is_reused_by_one_process(dask, study, registry, tmp_path):
    """The stage cache holds it, and an error afterwards doesn't take it away."""
    lines = []
    decode_with(study, registry, dask, cache=tmp_path)
    decode_with(study, registry, cache=tmp_path, host=Host(log=lines.append))
    assert sum("reused" in line for line in lines) == len(list((tmp_path / "stages").glob("*.npz")))


def test_a_decoding_is_counted_alike(dask, study, registry):
    """Folds × surrogates of each feature set, all of them done in the end."""

    def counted(engine):
        told, done = [], []

        class Progress:
            def __init__(self, what, total):
                self.place = len(told)
                told.append((what, total))
                done.append(0)

            def __enter__(self):
                return self.advance

            def __exit__(self, *exc):
                return None

            def advance(self, n):
                done[self.place] += n

        decode_with(study, registry, engine, host=Host(progress=Progress), config={"null": {"n": 30}})
        return [(what, total, n) for (what, total), n in zip(told, done, strict=True) if "folds" in what]

    assert counted(dask) == counted(None)

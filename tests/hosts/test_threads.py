"""Beside other threads: the library changes nothing of theirs, and threads that use it don't see each other."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

import emotopy
from emotopy.errors import Cancelled
from emotopy.pathways.brain.pathway import BrainPathway
from emotopy.pathways.brain.study import Study
from emotopy.pathways.text.pathway import TextPathway
from emotopy.registry import Registry
from emotopy.roles import Host
from emotopy.simulate import simulate_bold
from emotopy.testing import doubles

TEXTS = [f"{word} and {other} in the rain" for word in ("fear", "joy", "grief") for other in ("dogs", "I", "you", "we")]

PROGRAM = """
import io, json, logging, os, random, signal, sys, threading, time

NO_TEXTS = json.loads(sys.argv[1])
N = 2000

import numpy as np
from emotopy.pathways.text.pathway import TextPathway
from emotopy.registry import Registry
from emotopy.testing import doubles

class Foreign(doubles.HashingEmbedder):
    # somebody else's embedder, which does nothing of its own to the process
    pass

TEXTS = [f"number {i} is a text that nobody else may read" for i in range(40)]
pathway = TextPathway.from_config(
    {**doubles.CHOICES, "interval": {"n": 100}, "embedder": Foreign()}, registry=Registry([doubles])
)
pathway.fit(TEXTS, no_texts=NO_TEXTS)  # whatever is imported on first use is
out, err = sys.stdout, sys.stderr
counts = dict.fromkeys(["prints", "records", "handlers", "folders", "seeds", "levels"], 0)
done = threading.Event()

class Lines(io.StringIO):
    pass

class Heard(logging.Handler):
    heard = 0
    def emit(self, record):
        Heard.heard += record.name == "host.other"

def other():
    # Every step sets something, lets the main thread run, and looks whether it still stands.
    root, folders = logging.getLogger(), ("/", os.path.expanduser("~"))
    for step in range(N):
        lines = Lines()
        sys.stdout = lines
        print("a line of the other thread")
        time.sleep(0.0002)
        print("and another one")
        counts["prints"] += lines.getvalue() != "a line of the other thread\\nand another one\\n"
        sys.stdout = out
        handler = Heard()
        root.addHandler(handler)
        root.setLevel(logging.DEBUG if step % 2 else logging.INFO)
        before = Heard.heard
        logging.getLogger("host.other").warning("a record")
        os.chdir(folders[step % 2])
        random.seed(step)
        here = random.getstate()
        np.random.seed(step)
        time.sleep(0.0002)
        logging.getLogger("host.other").warning("another record")
        counts["records"] += Heard.heard != before + 2
        counts["handlers"] += handler not in root.handlers
        counts["levels"] += root.level != (logging.DEBUG if step % 2 else logging.INFO)
        counts["folders"] += os.getcwd() != os.path.realpath(folders[step % 2])
        counts["seeds"] += random.getstate() != here
        root.removeHandler(handler)
    done.set()

thread = threading.Thread(target=other)
thread.start()
n_fits = 0
sys.setswitchinterval(1e-4)
while not done.is_set():
    pathway.fit(TEXTS, no_texts=NO_TEXTS)
    n_fits += 1
thread.join()
sys.__stdout__.write(json.dumps({"disturbances": counts, "n_fits": n_fits, "stdout": sys.stdout is out}) + "\\n")
"""


@pytest.mark.parametrize("no_texts", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_another_thread_is_not_disturbed(no_texts):
    """It prints, logs by handlers of its own, changes folder and seeds 2,000 times while texts are mapped.

    Warning filters aren't among it: pandas and scikit-learn call `warnings.catch_warnings`, which is of the process.
    """
    command = [sys.executable, "-c", PROGRAM, json.dumps(no_texts)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert found["n_fits"] >= 5
    assert found["stdout"]
    assert not any(found["disturbances"].values()), found


def text_tables(seed):
    """The text pathway of built-in stages on texts of their own."""
    config = {"reducer": "pca", "clusterer": {"use": "kmeans", "n_clusters": 3}, "interval": {"n": 100}}
    frame = pd.DataFrame({"text": [f"{text} number {seed}" for text in TEXTS], "group": ["a", "b"] * 6})
    result = emotopy.map_texts(frame, text="text", group="group", config=config, seed=seed)
    return [result.regions, result.texts, result.compare("a", "b", n_permutations=99).table]


def brain_tables(seed):
    """The brain pathway of built-in stages on a study of its own."""
    simulated = simulate_bold(
        "coupling", n_subjects=3, n_regions=5, n_carriers=2, n_volumes=300, emotions=("fear", "joy"), seed=seed
    )
    config = {"windowing": {"width_s": 24.0}, "split": {"n_blocks": 3}, "null": {"n": 9}}
    found = BrainPathway.from_config(config, seed=seed).decode(Study.of(simulated.series, simulated.ratings))
    return [found.scores, found.weights_table, found.graph]


@pytest.mark.parametrize("work", [text_tables, brain_tables])
def test_four_threads_get_what_each_gets_alone(work):
    """Whatever is kept between calls, in modules or in caches of functions, is nobody's alone."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(4) as threads:
            together = list(threads.map(work, range(4)))
    finally:
        sys.setswitchinterval(interval)
    for seed, tables in enumerate(together):
        for one, other in zip(tables, work(seed), strict=True):
            pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_one_fitted_pathway_transforms_in_four_threads():
    """Each gets what it gets alone, texts kept out of all output or not."""
    config = {"reducer": "pca", "clusterer": {"use": "kmeans", "n_clusters": 3}, "interval": {"n": 100}}
    for no_texts in (False, True):
        fitted = TextPathway.from_config(config).fit(TEXTS, no_texts=no_texts)
        asked = [[f"{text} number {i}" for text in TEXTS[: 2 + i % 3]] for i in range(12)]
        alone = [fitted.transform(texts).texts for texts in asked]
        with ThreadPoolExecutor(4) as threads:
            together = list(threads.map(lambda texts, fitted=fitted: fitted.transform(texts).texts, asked))
        for one, other in zip(together, alone, strict=True):
            pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_registries_in_two_threads_do_not_see_each_other():
    """Each offers its own stage under one and the same name, while the other is at work."""

    def embedder_of(factor):
        class Scaled(doubles.HashingEmbedder):
            def embed(self, texts):
                both.wait(timeout=30)
                return factor * super().embed(texts)

        return Scaled

    def run(factor):
        registry = Registry([doubles, doubles.plugin(f"plugin_{factor}", embedder={"mine": embedder_of(factor)})])
        pathway = TextPathway.from_config({**doubles.CHOICES, "embedder": "mine", "segment": "none"}, registry=registry)
        return pathway.stage("embedder").call("embed", ["a text"]), len(registry.offers("embedder"))

    both = threading.Barrier(2)
    with ThreadPoolExecutor(2) as threads:
        (one, n_one), (other, n_other) = threads.map(run, (1, 3))
    assert n_one == n_other == 2
    assert (other == 3 * one).all()


def test_tasks_of_asyncio_have_calls_of_their_own():
    """Three at once in threads of an event loop, one of them cancelled: the others end as ever."""

    async def together():
        flags = [threading.Event() for _ in range(3)]
        flags[1].set()
        config = {**doubles.CHOICES, "interval": {"n": 100}}
        work = [
            asyncio.to_thread(
                emotopy.map_texts, TEXTS, config=config, registry=Registry([doubles]), host=Host(cancel=one)
            )
            for one in flags
        ]
        return await asyncio.gather(*work, return_exceptions=True)

    first, second, third = asyncio.run(together())
    assert isinstance(second, Cancelled)
    pd.testing.assert_frame_equal(first.regions, third.regions, check_exact=True)


@pytest.mark.parametrize("stages", [{"reducer": "pca"}, {"reducer": {"use": "umap", "n_epochs": 30}}])
def test_a_fit_that_came_from_the_cache_is_learnt_once_by_threads_that_transform_at_once(tmp_path, stages):
    """Stages that took their fit from the cache learn at the first transform; nobody sees them half fitted."""
    config = {**stages, "clusterer": "hdbscan", "interval": {"n": 100}}
    texts = [f"{text} on day {day}" for text in TEXTS for day in range(6)]
    asked = [[f"{text} number {i}" for text in TEXTS] for i in range(8)]
    pathway = TextPathway.from_config(config, cache=tmp_path)
    alone = pathway.fit(texts)
    wanted = [alone.transform(one).texts for one in asked]
    for _ in range(3):
        cached = pathway.fit(texts)
        assert not any(fit.is_fitted for fit in cached.fits.values())
        both = threading.Barrier(len(asked))

        def transform(one, cached=cached, both=both):
            both.wait(timeout=30)
            return cached.transform(one).texts

        with ThreadPoolExecutor(len(asked)) as threads:
            for found, table in zip(threads.map(transform, asked), wanted, strict=True):
                pd.testing.assert_frame_equal(found, table, check_exact=True)


class Chatty(doubles.HashingEmbedder):
    """Tells how many texts it was given."""

    def __init__(self, host: Host) -> None:
        super().__init__()
        self.host = host

    def embed(self, texts):
        for text in texts:
            time.sleep(0.001)
            if "number" in text:
                self.host.notify(f"said of {text.split()[-1]}")
        return super().embed(texts)


@pytest.mark.parametrize("no_texts", [False, True])
@pytest.mark.parametrize("with_cache", [False, True])
def test_notes_of_one_transform_are_no_other_ones(tmp_path, no_texts, with_cache):
    """What stages say, and what is told of a call's clusters, stands in that call's result: at once, and later."""
    registry = Registry([doubles, doubles.plugin("chatty", embedder={"chatty": Chatty})])
    choices = {**doubles.CHOICES, "embedder": "chatty", "segment": "none", "interval": {"n": 100}}

    def fitted(cache):
        pathway = TextPathway.from_config(choices, registry=registry, cache=cache if with_cache else None)
        return pathway.fit([f"{text} again" for text in TEXTS], no_texts=no_texts)

    asked = [[f"{text} number {i}" for text in TEXTS[i % 3 :]] for i in range(12)]
    model = fitted(tmp_path / "one")
    with ThreadPoolExecutor(12) as threads:
        together = list(threads.map(lambda texts: model.transform(texts).provenance["notes"], asked))
    later = [model.transform(texts).provenance["notes"] for texts in asked]  # from the cache, where there is one
    other = fitted(tmp_path / "other")
    for i, texts in enumerate(asked):
        alone = fitted(tmp_path / f"alone{i}").transform(texts).provenance["notes"]
        said = [note for note in alone if note.startswith("said of")]
        assert said == ([] if no_texts else [f"said of {i}"])
        assert together[i] == later[i] == alone == other.transform(texts).provenance["notes"]
    assert model.transform(["dogs and I"]).provenance["notes"] == other.transform(["dogs and I"]).provenance["notes"]
    assert len(model.runner.messages) == len(fitted(tmp_path / "third").runner.messages)  # nothing grows with calls

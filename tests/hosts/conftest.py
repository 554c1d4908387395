"""Everything that a host can call, small and quick, each with the host as its one argument."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import numpy as np
import pandas as pd
import pytest
from tests.annotators.conftest import ChatServer
from tests.evidence.conftest import NODES, _studies
from tests.experiments.conftest import comments as comments  # noqa: PLC0414 (a fixture)
from tests.experiments.conftest import quick, run

import emotopy
from emotopy.evidence.build import build_table
from emotopy.evidence.terms import Term
from emotopy.pathways.brain.study import Study
from emotopy.records import RegionWeights
from emotopy.records.brain import Narrative, Ratings, Word
from emotopy.registry import Registry
from emotopy.roles import Host
from emotopy.simulate import simulate_bold
from emotopy.testing import doubles

SERVER = Path(__file__).parents[1] / "annotators" / "chat_server.py"
WORDS = ("fear", "joy", "grief", "rain", "home", "dogs", "I", "you", "garden", "night")
STORY = ["she", "was", "afraid", "of", "the", "dark", "and", "then", "they", "laughed", "so", "happy", "and", "glad"]
QUICK_TEXT = {"reducer": "pca", "clusterer": {"use": "kmeans", "n_clusters": 3}, "interval": {"n": 100}}
QUICK_BRAIN = {
    "windowing": {"width_s": 24.0},
    "split": {"n_blocks": 3},
    "null": {"n": 9},
    "compare": {"features": [], "remove_evoked": False, "baselines": False},
}


def frame() -> pd.DataFrame:
    """Sixty texts of ten people in two groups."""
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(WORDS, 8)) + "." for _ in range(60)]
    return pd.DataFrame({"text": texts, "group": ["a", "b"] * 30, "unit": [f"p{i % 10}" for i in range(60)]})


@attrs.frozen(eq=False)
class Verb:
    """What a host calls: `run(host, cache)`, and what of its answer can be compared."""

    name: str
    run: Callable[..., object]
    uses_cache: bool = False

    def __str__(self) -> str:
        return self.name


def map_texts(host: Host, cache: Path | None = None) -> pd.DataFrame:
    found = emotopy.map_texts(
        frame(), text="text", group="group", unit="unit", config=QUICK_TEXT, host=host, cache=cache
    )
    return found.regions


class Prepared:
    """What verbs need that was made before, once."""

    def __init__(self) -> None:
        simulated = simulate_bold(
            "coupling", n_subjects=3, n_regions=5, n_carriers=2, n_volumes=300, emotions=("fear", "joy"), seed=1
        )
        self.study = Study.of(simulated.series, simulated.ratings)
        self.mapped = emotopy.map_texts(frame(), text="text", group="group", unit="unit", config=QUICK_TEXT)
        self.fitted = emotopy.TextPathway.from_config(QUICK_TEXT).fit(frame())
        self.regions = self.mapped.mapped.mapping.targets
        self.bridged = self._sides()
        rng = np.random.default_rng(2)
        said = (rng.random((60, 3)) < 0.4).astype(int)
        self.studies = _studies([rng.uniform(-60, 60, (4, 3)).tolist() for _ in said], said, ("dread", "glee", "x"))

    def _sides(self) -> tuple[object, object, Ratings]:
        onset = np.arange(60) * 8.0
        story = frame().assign(onset=onset)[["text", "onset"]]
        text = emotopy.map_texts(story, text="text", time="onset", config=QUICK_TEXT)
        rng = np.random.default_rng(3)
        values = np.clip(np.cumsum(rng.standard_normal((60, 2)), axis=0) / 20 + 0.5, 0.0, 1.0)
        ratings = Ratings(("fear", "joy"), onset, np.full(60, 8.0), values, 480.0)
        loadings = RegionWeights(("fear",), self.regions, rng.random((1, len(self.regions))))
        scans = simulate_bold("coupling", n_subjects=3, n_volumes=240, ratings=ratings, loadings=loadings)
        simple = {**QUICK_BRAIN, "split": {"kind": "subject"}}
        return text, emotopy.decode(scans.series, ratings, config=simple), ratings


@pytest.fixture(scope="session")
def prepared() -> Prepared:
    """Made once."""
    return Prepared()


@pytest.fixture(scope="session")
def chat() -> Iterator[ChatServer]:
    """A chat server in a process of its own."""
    with subprocess.Popen(
        [sys.executable, str(SERVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout
        yield ChatServer(int(running.stdout.readline()))
        running.communicate()  # closes its standard input, which ends it


def decode(host: Host, prepared: Prepared, cache: Path | None = None) -> pd.DataFrame:
    pathway = emotopy.BrainPathway.from_config(QUICK_BRAIN, host=host, cache=cache)
    return pathway.decode(prepared.study).scores


def narrative() -> Narrative:
    words = tuple(Word(word, 2.0 + i, 3.0 + i) for i, word in enumerate(STORY))
    return Narrative(words, end_s=20.0, declared_s=20.0, name="dark.TextGrid", notes=())


def annotate(host: Host, url: str, **options: object) -> object:
    annotator = {"use": "llm", "base_url": url, "model": "m", "first_wait_s": 0.001, "concurrency": 2, **options}
    return emotopy.annotate(narrative(), annotator, ("joy", "fear"), width_s=3.0, step_s=1.0,
                            host=host).ratings.values  # fmt: skip


@pytest.fixture
def verbs(prepared: Prepared, chat: ChatServer, comments: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Verb]:
    """All of them by name."""
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    chat.reset()

    def compare(host: Host, cache: Path | None = None) -> pd.DataFrame:
        return prepared.mapped.compare("a", "b", n_permutations=3000, host=host).table

    def transform(host: Host, cache: Path | None = None) -> pd.DataFrame:
        fitted = prepared.fitted
        pathway, runner = attrs.evolve(fitted.pathway, host=host), attrs.evolve(fitted.runner, user_host=host)
        return attrs.evolve(fitted, pathway=pathway, runner=runner).transform(["a new text", "another one"]).texts

    def bridge(host: Host, cache: Path | None = None) -> pd.DataFrame:
        text, brain, ratings = prepared.bridged
        return emotopy.bridge(text, brain, ratings=ratings, n_surrogates=9, host=host).table

    def evidence(host: Host, cache: Path | None = None) -> pd.DataFrame:
        terms = [Term("dread", ("dread",)), Term("glee", ("glee",))]
        return pd.DataFrame(build_table(prepared.studies, NODES, terms, n_splits=7, host=host).at_nodes)

    def experiment(host: Host, cache: Path | None = None) -> pd.DataFrame:
        asked = quick("emotions", comparison=attrs.evolve(quick("emotions").comparison, pairs=(("fear", "joy"),)))
        return run(asked, comments, host=host).tables["distances"]

    return {
        "map": Verb("map", map_texts, uses_cache=True),
        "transform": Verb("transform", transform),
        "compare": Verb("compare", compare),
        "decode": Verb("decode", lambda host, cache=None: decode(host, prepared, cache), uses_cache=True),
        "annotate": Verb("annotate", lambda host, cache=None: annotate(host, chat.url)),
        "bridge": Verb("bridge", bridge),
        "evidence": Verb("evidence", evidence),
        "experiment": Verb("experiment", experiment),
    }


@pytest.fixture
def doubled() -> Registry:
    """Quick stages alone."""
    return Registry([doubles])

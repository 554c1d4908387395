"""Made-up studies: few enough to read, with axes of different lengths."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from scipy import sparse

from emotopy.evidence.studies import Studies
from emotopy.records import Node

MakeStudies = Callable[..., Studies]

NODES = (
    Node("west_left", "west", -40, 0, 0, 8),
    Node("west_right", "west", 40, 0, 0, 8),
    Node("core", "core", 0, -60, 0, 5),
    Node("front", "front", 0, 60, 30, 8),
)


def _studies(
    peaks: Sequence[Sequence[Sequence[float]]], counts: Sequence[Sequence[int]], words: Sequence[str]
) -> Studies:
    rows = [study for study, of_study in enumerate(peaks) for _ in of_study]
    xyz = np.array([peak for of_study in peaks for peak in of_study], dtype=float).reshape(-1, 3)
    return Studies(
        ids=tuple(f"s{study}" for study in range(len(peaks))),
        peaks=xyz,
        study_of_peak=np.array(rows, dtype=np.int64),
        counts=sparse.csr_matrix(np.array(counts).reshape(len(peaks), len(words))),
        vocabulary=tuple(words),
    )


@pytest.fixture
def make_studies() -> MakeStudies:
    """Make studies from the peaks of each, the word counts of each, and the words."""
    return _studies


@pytest.fixture
def nodes() -> tuple[Node, ...]:
    """Four nodes of three regions, one region on both sides."""
    return NODES


@pytest.fixture
def planted(rng: np.random.Generator) -> Studies:
    """600 studies: those that say "dread" report peaks near `core`, "glee" near `west`, either side."""
    words = ("dread", "terror", "glee", "unrelated", "never said")
    said = rng.random((600, 5)) < (0.2, 0.1, 0.3, 0.3, 0.0)
    peaks = []
    for dread, terror, glee, *_ in said:
        of_study = list(rng.uniform((-70, -100, -50), (70, 70, 70), (rng.integers(1, 12), 3)))
        if (dread or terror) and rng.random() < 0.6:
            of_study.append(np.array([0, -60, 0]) + rng.normal(0, 2, 3))
        if glee and rng.random() < 0.6:
            of_study.append(np.array([rng.choice([-40, 40]), 0, 0]) + rng.normal(0, 3, 3))
        peaks.append(of_study)
    return _studies(peaks, said.astype(int), words)

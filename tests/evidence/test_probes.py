"""The probes: sentences of known emotion, halves that the seed drew, figures that mean what they say."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from emotopy_plugins.embedders.static import StaticEmbedder

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))
from probes import EMOTIONS, KINDS_IN_SETS, Measured, Probe, figures, halves, read_probes

PROBES = read_probes()


def test_the_halves_are_those_that_the_seed_drew():
    """The column says what the seed gives, so that no sentence has changed sides since."""
    assert halves(PROBES) == {probe.id: probe.half for probe in PROBES}


def test_the_halves_are_equal_in_every_kind_and_emotion():
    """Each kind and emotion has as many sentences in one half as in the other, and sets stay together."""
    counts = Counter((probe.kind, probe.emotion, probe.half) for probe in PROBES)
    for kind, emotion, half in list(counts):
        assert counts[kind, emotion, "tuning"] == counts[kind, emotion, "frozen"], (kind, emotion, half)
    sides = {(probe.emotion, probe.number, probe.half) for probe in PROBES if probe.kind in KINDS_IN_SETS}
    assert len(sides) == len({(emotion, number) for emotion, number, _ in sides})


def test_there_are_enough_sentences_of_every_kind():
    """Eight emotions in four ways, and the four kinds without or against an emotion; no sentence stands twice."""
    assert len(PROBES) >= 160
    assert {(probe.kind, probe.emotion) for probe in PROBES if probe.kind in KINDS_IN_SETS} == {
        (kind, emotion) for kind in KINDS_IN_SETS for emotion in EMOTIONS
    }
    assert {"neutral", "emoji", "nonsense", "irony"} <= {probe.kind for probe in PROBES}
    assert len({probe.text for probe in PROBES}) == len({probe.id for probe in PROBES}) == len(PROBES)


def measured(profiles: np.ndarray, emotions: list[str]) -> Measured:
    probes = [Probe(f"{emotion}-1-plain", "tuning", "plain", emotion, "") for emotion in emotions]
    return Measured(probes, profiles, np.zeros(len(probes)), np.eye(len(EMOTIONS), 11))


def test_figures_of_made_up_profiles():
    """A profile like its emotion's mean has r 1 and rank 1, the opposite r −1 and the last rank; flat says nothing."""
    mean = np.eye(len(EMOTIONS), 11)
    part = measured(np.array([3 * mean[0], -mean[1], 0 * mean[2]]), list(EMOTIONS[:3]))
    np.testing.assert_allclose(part.r_own, [1, -1, 0], atol=1e-12)
    assert part.rank.tolist() == [1, 8, 4.5]
    np.testing.assert_allclose(part.lean, [3, -1, 0])
    np.testing.assert_allclose(part.peak, [3, -1, 0])
    np.testing.assert_allclose(part.rms, [3 / np.sqrt(11), 1 / np.sqrt(11), 0])


@pytest.mark.real_data
def test_negation_takes_most_of_the_lean(shared_data):
    """On the tuning half, negated sentences lean less than half as far as plain ones; without the option, no less."""
    from agreement import read_goemotions

    from emotopy.roles import Host
    from emotopy_plugins.intensity_scorers.nrc import NrcIntensityScorer

    comments = read_goemotions(shared_data / "goemotions")
    probes = [probe for probe in PROBES if probe.half == "tuning"]
    with_option, without = (
        figures(Measured.of(probes, StaticEmbedder(negation=negation), NrcIntensityScorer(Host()), comments))
        for negation in (True, False)
    )
    assert with_option["negated against plain"]["kept lean"] < 0.5
    assert without["negated against plain"]["kept lean"] > 0.9
    assert abs(with_option["plain"]["r"] - without["plain"]["r"]) < 0.01

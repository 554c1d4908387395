"""What a decoding gives to its user, apart from how it came about."""

from __future__ import annotations

import attrs
import pandas as pd
import pytest

from emotopy import Registry
from emotopy.errors import InputError, OutputError, UnknownName
from emotopy.pathways.brain.result import Decoding
from emotopy.records.regions import RegionWeights
from emotopy.testing import doubles

REGIONS = ("amygdala", "insula", "caudate")


@attrs.frozen
class Counts:
    """A reporter that writes the number of scores."""

    def write(self, result, directory):
        path = directory / "count.txt"
        path.write_text(str(len(result.scores)))
        return [path]


@pytest.fixture
def decoding():
    """Two emotions, joy before fear, on three regions."""
    emotions = ["joy", "fear"]
    first, second = ("amygdala", "amygdala", "insula"), ("insula", "caudate", "caudate")
    return Decoding(
        scores=pd.DataFrame({"emotion": emotions * 2, "features": ["a", "a", "b", "b"], "r": [0.1, 0.2, 0.3, 0.4]}),
        subjects=pd.DataFrame(),
        paired=pd.DataFrame(),
        predictions=pd.DataFrame(),
        edges=pd.DataFrame(
            {
                "emotion": [e for e in emotions for _ in range(3)],
                "region_a": first * 2,
                "region_b": second * 2,
                "pattern": range(6),
                "sign_consistency": 1.0,
            }
        ),
        graph=pd.DataFrame({"emotion": emotions, "graph": "strength", "metric": "m", "value": [1.0, 2.0]}),
        weights=RegionWeights(emotions, REGIONS, [[1.0, 2, 3], [4, 5, 6]]),
        weights_table=pd.DataFrame(
            {"emotion": [e for e in emotions for _ in range(3)], "region": REGIONS * 2, "weight": range(1, 7)}
        ),
        sensitivity=pd.DataFrame(),
        provenance={},
        reporters=("counts",),
    )


def test_emotions_keep_the_order_of_the_ratings(decoding):
    """Each once."""
    assert decoding.emotions == ("joy", "fear")


def test_an_explanation_holds_the_rows_of_its_emotion(decoding):
    """Without the column that says so, numbered from 0."""
    fear = decoding.explain("fear")
    assert fear.emotion == "fear"
    assert fear.regions.to_dict("list") == {"region": list(REGIONS), "weight": [4, 5, 6]}
    assert fear.edges["pattern"].tolist() == [3, 4, 5]
    assert fear.graph["value"].tolist() == [2.0]
    assert [list(table.index) for table in (fear.regions, fear.edges)] == [[0, 1, 2]] * 2


def test_an_emotion_that_was_not_decoded_is_unknown(decoding):
    """With the choices."""
    with pytest.raises(UnknownName, match=r"no emotion 'anger'\. There are: fear, joy"):
        decoding.explain("anger")


def test_a_decoder_without_patterns_explains_nothing(decoding):
    """Said, with what to take instead."""
    with pytest.raises(InputError, match="decode with a linear kernel-ridge"):
        attrs.evolve(decoding, weights=None).explain("fear")


def test_results_are_written_by_the_reporters_and_not_over_others(decoding, tmp_path):
    """A second time only where forced."""
    registry = Registry([doubles.plugin("counts", reporter={"counts": Counts})])
    assert decoding.write(tmp_path / "out", registry) == tmp_path / "out"
    assert (tmp_path / "out/count.txt").read_text() == "4"
    with pytest.raises(OutputError, match="exists"):
        decoding.write(tmp_path / "out", registry)
    decoding.write(tmp_path / "out", registry, force=True)

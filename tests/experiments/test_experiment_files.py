"""What experiments write is what `emotopy.result_files` declares."""

from __future__ import annotations

import numpy as np
import pytest
from tests.result_files.written import Seen

from emotopy.experiments.decoding import run_decoding
from emotopy.experiments.definition import changed, read_definition
from emotopy.pathways.brain.study import Study
from emotopy.records.brain import Ratings
from emotopy.result_files import result_kind
from emotopy.simulate import simulate_noise

pytestmark = pytest.mark.slow


def test_experiments_on_texts_write_what_is_declared(depression, emotions, models, tmp_path):
    """Together the three experiments write every table and every folder, and nothing else."""
    seen = Seen(result_kind("experiment"))
    for name, found in (("depression", depression), ("emotions", emotions), ("models", models)):
        folder = found.write(tmp_path / name)
        seen.result(found, folder)
        for part in (path for path in folder.iterdir() if path.is_dir()):
            seen.file(f"{part.name}/")
    assert seen.wrong == []
    assert seen.unwritten() == []


def test_the_experiment_on_decoding_writes_what_is_declared(tmp_path):
    """Procedures and surrogates, of two emotions that nothing in the scans follows."""
    values = np.abs(np.cumsum(np.random.default_rng(2).standard_normal((76, 2)), axis=0))
    ratings = Ratings(("fear", "joy"), np.arange(76) * 8.0, np.full(76, 8.0), values / values.max())
    study = Study.of(simulate_noise(n_subjects=4, n_volumes=320, n_regions=8, rank=None, ar=0.3, seed=4), ratings)
    definition = changed(read_definition("decoding"), "decoding", n_surrogates=3, test_fraction=0.15)
    found, seen = run_decoding(definition, study), Seen(result_kind("decoding-experiment"))
    seen.result(found, found.write(tmp_path / "out"))
    assert seen.wrong == []
    assert seen.unwritten() == []

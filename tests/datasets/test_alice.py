"""Brennan's Alice: all that annotate and decode need, from its folder."""

from __future__ import annotations

import pytest

from emotopy.errors import InputError
from emotopy.roles import Host
from emotopy_plugins.datasets.alice import REGIONS, AliceDataset


@pytest.mark.real_data
def test_the_folder_gives_series_motion_and_regressors_in_one_order(shared_data):
    """27 listeners (33's recording is empty), 362 volumes, ten rows of motion skipped, word rate and sound power."""
    said = []
    alice = AliceDataset(host=Host(notify=said.append)).load(shared_data / "alice-brennan2016")
    assert len(alice.series) == len(alice.motion) == len(alice.regressors) == 27
    assert [one.subject for one in alice.excluded] == ["s33"]
    assert {one.subject for one in alice.series}.isdisjoint({"s33"})
    assert all(one.regions == REGIONS and one.values.shape == (362, 6) for one in alice.series)
    assert [one.subject for one in alice.regressors] == [one.subject for one in alice.series]
    assert {one.names for one in alice.regressors} == {("rate", "sndpwr")}
    assert all(len(one.parameters) == 362 for one in alice.motion)
    assert (alice.tr_s, alice.start_s) == (2.0, 20.0)
    assert any("s24-rate.txt, s35-rate.txt contain the same numbers" in message for message in said)
    assert alice.narrative().end_s == pytest.approx(735.01, abs=0.01)


def test_parts_that_lack_are_named(tmp_path):
    """Folders and the TextGrid, each by its name."""
    (tmp_path / "motion").mkdir()
    with pytest.raises(InputError, match=r"missing: timecourses/, regressors/, DownTheRabbitHole\.TextGrid"):
        AliceDataset().load(tmp_path)

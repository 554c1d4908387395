"""Where regions lie: reporters are given places as far as an atlas that is installed has the regions of a result."""

from __future__ import annotations

import pandas as pd
import pytest

from emotopy.records import Places, ResultWithPlaces
from emotopy.registry import Registry
from emotopy.running.places import places
from emotopy.running.writing import make_reporters
from emotopy.testing.example_results import ExampleResult, example_results

RESULTS = {result.kind: result for result in example_results()}


def decoding(regions, provenance):
    """Return a decoding of which nothing but the regions and the provenance is read."""
    return ExampleResult("decoding", {"weights": pd.DataFrame({"region": regions, "weight": 1.0})}, provenance)


@pytest.fixture(scope="module")
def known() -> Places:
    """Places of all installed atlases."""
    return places(Registry.load())


@pytest.mark.parametrize(
    "provenance",
    [
        {"stages": {"atlas": {"use": "affect18", "owner": "emotopy", "options": {}}}},
        {"config": {"atlas": "affect18"}},
        {"config": {"atlas": {"use": "affect18"}}},
        {"atlas": "affect18"},
    ],
)
def test_regions_of_an_installed_atlas_have_places(known, provenance):
    """Whichever part of the provenance names the atlas; every region comes, as the atlas holds it whole."""
    axis = known.axis_of(decoding(["insula", "amygdala"], provenance))
    assert axis.atlas == "affect18"
    assert len(axis.regions) == 18
    assert {node.region for node in axis.nodes} == set(axis.regions)


def test_a_region_that_no_atlas_has_leaves_all_without_places(known):
    """A picture of some regions would look like one of all."""
    provenance = {"config": {"atlas": "affect18"}}
    assert known.axis_of(decoding(["insula", "region_07"], provenance)) is None
    assert known.axis_of(decoding(["insula"], {"config": {"atlas": "unheard-of"}})) is None
    assert known.axis_of(decoding(["insula"], {})) is None
    assert known.axis_of(RESULTS["weather"]) is None


def test_a_result_keeps_its_own_places(known):
    """Its region axis is what comes back."""
    assert known.axis_of(RESULTS["texts"]) is RESULTS["texts"].axis


def test_the_host_fills_in_the_places():
    """A reporter whose factory asks for places is made with those of the registry."""
    ((_, reporter),) = make_reporters(["html"], Registry.load())
    axis = reporter.places.axis_of(decoding(["insula"], {"atlas": "affect18"}))
    assert "insula" in axis.regions


def test_a_result_with_places_is_else_the_result(known):
    """Every attribute of the result is there; one that it hasn't is missing."""
    result = decoding(["insula"], {"atlas": "affect18"})
    placed = ResultWithPlaces(result, known.axis_of(result))
    assert (placed.kind, placed.tables, placed.notes) == (result.kind, result.tables, result.notes)
    assert placed.axis.atlas == "affect18"
    assert getattr(placed, "level", None) is None

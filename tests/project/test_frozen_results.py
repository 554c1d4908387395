"""Numbers repeat: this version gives what releases of the same minor number gave, to the digits that are promised."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import emotopy

ROOT = Path(__file__).resolve().parents[2]


def minor(version: str) -> tuple[str, ...]:
    """Return what two versions with the same numbers have in common."""
    return tuple(version.split(".")[:2])


def neighbour(name: str) -> Any:
    """Import a module of this folder, which is no package."""
    spec = spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def frozen():
    """The module that writes frozen results."""
    return neighbour("frozen_results")


@pytest.fixture(scope="module")
def now(frozen):
    """The tables of this version."""
    return frozen.tables()


def releases(folder: Path) -> list[Path]:
    return [one for one in sorted(folder.iterdir()) if one.is_dir() and minor(one.name) == minor(emotopy.__version__)]


def test_this_version_has_a_frozen_result(frozen):
    """A new minor version comes with frozen tables of its own."""
    assert releases(frozen.FOLDER)
    for release in releases(frozen.FOLDER):
        assert {path.stem for path in release.glob("*.csv")} == {*frozen.KEYS, "predictions-of-decoder"}
        assert (release / "face.txt").is_file()


@pytest.mark.parametrize("table", ["regions", "texts", "comparison", "scores", "weights"])
def test_numbers_are_those_of_the_release(table, frozen, now):
    """Same rows, same words, and numbers that differ by at most one of the last promised decimal."""
    for release in releases(frozen.FOLDER):
        wanted = pd.read_csv(release / f"{table}.csv", keep_default_na=True)
        got = now[table]
        assert [one for one in wanted.columns if one not in got.columns] == []
        assert len(got) == len(wanted)
        for column in wanted.columns:
            if pd.api.types.is_numeric_dtype(wanted[column]):
                values = got[column].to_numpy(dtype=float, na_value=np.nan)
                tolerance = 1.01 * 10.0**-frozen.DIGITS
                np.testing.assert_allclose(values, wanted[column], rtol=0, atol=tolerance, err_msg=column)
            else:
                assert got[column].fillna("").astype(str).tolist() == wanted[column].fillna("").tolist(), column


def test_the_promises_state_the_digits(frozen):
    """The page says to how many decimals numbers repeat, and that is what is compared."""
    page = (ROOT / "docs" / "promises.md").read_text("utf-8")
    assert f"to {frozen.DIGITS} decimals" in page


def test_frozen_tables_are_small_and_hold_values(frozen):
    """A few kilobytes a release, and columns that say something: not all empty, not all equal."""
    for release in releases(frozen.FOLDER):
        assert sum(path.stat().st_size for path in release.iterdir() if path.is_file()) < 60_000
        for name, columns in frozen.COLUMNS.items():
            table = pd.read_csv(release / f"{name}.csv")
            assert [one for one in columns if table[one].isna().all()] == []
    regions = pd.read_csv(releases(frozen.FOLDER)[-1] / "regions.csv")
    assert regions["relative"].std() > 0.1


def test_nothing_that_was_released_is_gone(frozen):
    """Names, parameters in their order, stages, options, keys, commands, flags and columns of the release are there."""
    here = neighbour("frozen_face").face()
    for release in releases(frozen.FOLDER):
        lines = (release / "face.txt").read_text("utf-8").splitlines()
        assert len(lines) > 300
        gone = []
        for line in lines:
            thing, _, members = line.partition(":")
            kept = [one for one in here.get(thing, ()) if one in members.split()]
            is_ordered = thing.startswith("emotopy.")
            if thing not in here or (kept if is_ordered else sorted(kept)) != (
                members.split() if is_ordered else sorted(members.split())
            ):
                gone.append(f"{line} → {here.get(thing)}")
        assert gone == []


def test_saved_decoders_of_the_release_predict_as_before(frozen):
    """A decoder that the release saved is read, and gives the predictions that it gave there, to 1e-6."""
    for release in releases(frozen.FOLDER):
        decoder = emotopy.load(release / "decoder")
        wanted = pd.read_csv(release / "predictions-of-decoder.csv")
        got = frozen.predictions(decoder)
        np.testing.assert_allclose(got[["centre_s", "fear"]], wanted[["centre_s", "fear"]], rtol=0, atol=1e-6)

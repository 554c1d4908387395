"""Files in forms that users have, with the answers that were worked out beforehand: cases 18, 19 and 27."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.real_data


def test_lists_of_labels_are_no_groups(map_it, shared_data):
    """Case 18: GoEmotions' Parquet has lists of labels; as groups they are an error that says what to do."""
    run, *_ = map_it(shared_data / "cases" / "18-goemotions-hf-labels" / "train.parquet", "--group", "labels")
    assert run.code == 1
    assert "explode" in run.err


def test_repeated_texts_are_told(call, shared_data):
    """Case 19: three raters a comment; that the texts repeat is told before any work."""
    run = call("map", shared_data / "cases" / "19-goemotions-raw" / "goemotions_1.csv", "--dry-run", "--no-cache")
    assert run.code == 0, run.err
    assert "60 rows repeat a text" in run.err


@pytest.mark.parametrize("name", ["chinese.csv", "texts.csv"])
def test_a_language_that_no_stage_knows_is_refused(map_it, shared_data, name):
    """Case 27: Chinese, and a mixture that is mostly unreadable; nothing is scored in silence."""
    file = shared_data / "cases" / "27-unknown-script" / name
    run, *_ = map_it(file, "--group", "group")
    assert run.code == 1
    assert "zh" in run.err
    assert "--language any" in run.err
    run, _, texts = map_it(file, "--group", "group", "--language", "any", "--force")
    assert run.code == 0, run.err
    assert texts["language"].notna().any()

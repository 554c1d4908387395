"""`emotopy cache`: what is kept, and what is deleted on request alone."""

from __future__ import annotations

import json

import numpy as np

from emotopy_plugins.shared.vector_cache import VectorCache

FAST = ("--set", "reducer=pca", "--set", "clusterer=kmeans", "--set", "reporter=tables")


def test_paid_answers_stay_until_they_are_named(call, write, tmp_path):
    """`clean` deletes stages; `--paid` the rest; `show` says what there is."""
    texts = write("x.txt", "I am happy\nI am afraid\nWe laughed\n")
    assert call("map", texts, "--out", "out", "--cache", "cache", *FAST).code == 0
    VectorCache(tmp_path / "cache" / "vectors.sqlite").put("space", ["joy"], np.ones((1, 3)))
    shown = call("cache", "show", "--cache", "cache")
    assert shown.code == 0
    assert "vectors.sqlite" in shown.out
    stages = tmp_path / "cache" / "stages"
    assert list(stages.glob("*.npz"))
    cleaned = call("cache", "clean", "--cache", "cache")
    assert cleaned.code == 0
    assert not list(stages.glob("*.npz"))
    assert (tmp_path / "cache" / "vectors.sqlite").is_file()
    assert call("cache", "clean", "--cache", "cache", "--paid").code == 0
    assert not (tmp_path / "cache" / "vectors.sqlite").exists()


def test_the_claim_of_another_machine_is_dropped_on_request_alone(call, write, tmp_path):
    """--force doesn't break it; the message names the command, which does."""
    texts = write("x.txt", "I am happy\n")
    folder = tmp_path / ".out.lock"
    folder.mkdir()
    (folder / "owner.json").write_text(json.dumps({"host": "another", "pid": 1, "place": "out"}))
    for words in ((), ("--force",)):
        run = call("map", texts, "--out", "out", "--no-cache", *FAST, *words)
        assert (run.code, run.out) == (1, "")
        assert "emotopy cache clean --claim" in run.error
    assert call("cache", "clean", "--claim", "out", "--paid").code == 2
    assert call("cache", "clean", "--claim", "out").code == 0
    assert call("map", texts, "--out", "out", "--no-cache", *FAST).code == 0


def test_grace_may_stand_anywhere(call, write):
    """Before the command or behind it; a negative one is wrong usage."""
    texts = write("x.txt", "I am happy\n")
    for i, words in enumerate((("--grace-s", "3"), ("--grace-s=0.5",))):
        assert call("map", texts, "--out", f"a{i}", "--no-cache", *FAST, *words).code == 0
        assert call(*words, "map", texts, "--out", f"b{i}", "--no-cache", *FAST).code == 0
    assert call("map", texts, "--out", "c", "--no-cache", *FAST, "--grace-s", "-1").code == 2

"""Errors say what can be typed where they are read: arguments in Python, flags on the command line."""

from __future__ import annotations

import ast
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import emotopy
from emotopy.cli import main
from emotopy.config import build
from emotopy.config.layers import parse_sets
from emotopy.errors import ConfigError, InputError, OutputError
from emotopy.pathways.text.pathway import TextPathway
from emotopy.readers.corpora import as_corpus
from emotopy.readers.series import checked_tr
from emotopy.records.brain import Windowing
from emotopy.storage.results import check_free
from emotopy.wording import flag, interface, setting, speaking


@pytest.fixture(scope="module")
def fitted():
    """A pathway fitted to a dozen texts."""
    pathway = TextPathway.from_config({"reducer": "pca", "clusterer": {"use": "kmeans", "n_clusters": 2}})
    return pathway.fit([f"I am afraid of the river {i}" for i in range(12)])


def test_an_existing_folder_in_python(fitted, tmp_path):
    """`save` and `write` name their own argument."""
    for call in (fitted.save, fitted.result.write):
        with pytest.raises(OutputError) as caught:
            call(tmp_path)
        assert "--" not in str(caught.value)
        assert "force=True" in str(caught.value)


def test_an_existing_folder_on_the_command_line(tmp_path, capsys):
    """The same error, with the flags."""
    (tmp_path / "texts.csv").write_text("text\nI am afraid\nI am glad\n")
    with pytest.raises(SystemExit) as caught:
        main(["map", str(tmp_path / "texts.csv"), "--out", str(tmp_path), "--no-cache"])
    assert caught.value.code == 1
    said = capsys.readouterr().err
    assert "--force" in said
    assert "--out" in said
    assert "force=True" not in said


def test_python_speaks_again_after_the_command_line(tmp_path):
    """A command that ended, in whatever way, leaves no words behind."""
    with pytest.raises(SystemExit):
        main(["map", str(tmp_path / "none.csv"), "--out", str(tmp_path / "out")])
    assert interface() == "python"
    with pytest.raises(ValueError, match="x"), speaking("command line"):
        raise ValueError("x")
    assert interface() == "python"


def test_threads_speak_as_the_process_does():
    """Files are read in threads, whose errors the command line prints."""
    heard = []
    with speaking("command line"):
        thread = threading.Thread(target=lambda: heard.append(flag("--tr")))
        thread.start()
        thread.join()
    assert heard == ["--tr"]


def too_short():
    Windowing(width_s=100.0).spans(2.0, 5)


def no_free_place(tmp_path):
    check_free(tmp_path)


ERRORS = [
    (lambda: checked_tr(None), ConfigError, "--tr 2.0", "tr_s=2.0"),
    (too_short, ConfigError, "--set windowing.width_s=…", "config={'windowing': {'width_s': ...}}"),
    (lambda: as_corpus({"a": ["x y", "z"], "b": ["u v", "w"]}), InputError, "--text", "text="),
]


@pytest.mark.parametrize(("call", "kind", "flags", "arguments"), ERRORS, ids=["tr", "width", "text"])
def test_siblings(call, kind, flags, arguments):
    """One of each form: a flag with a value, a setting, a flag alone."""
    with pytest.raises(kind) as in_python:
        call()
    assert arguments in str(in_python.value)
    assert "--" not in str(in_python.value)
    with speaking("command line"), pytest.raises(kind) as on_the_command_line:
        call()
    assert flags in str(on_the_command_line.value)


def test_advice_is_of_the_same_words():
    """The attribute says what the message says."""
    for words, wanted in (("python", "text="), ("command line", "--text")):
        with speaking(words), pytest.raises(InputError) as caught:
            as_corpus({"a": ["x y", "z"], "b": ["u v", "w"]})
        assert wanted in caught.value.advice


SETTINGS = st.sampled_from(
    ["reducer=pca", "clusterer=kmeans", "split=block", "null=phase", "windowing.width_s=30", "interval.n=150", "seed=3",
     "compare.remove_evoked=false", "split.n_blocks=3", "embedder.negation=true"]
)  # fmt: skip


@given(st.lists(SETTINGS, min_size=1, max_size=4, unique_by=lambda one: one.partition("=")[0].partition(".")[0]))
def test_both_forms_make_the_same_configuration(assignments):
    """What is copied from a message in Python is what the flags make."""
    words = setting(*assignments)
    config = ast.literal_eval(words.removeprefix("config="))
    assert build(config).to_dict() == build(parse_sets(assignments)).to_dict()


@pytest.mark.parametrize("wrong", [None, 3, np.zeros(2), ["a"]], ids=["None", "int", "array", "list"])
def test_what_is_no_path_is_named(fitted, wrong, tmp_path):
    """Whatever takes a path says so, with attributes."""
    calls = [
        lambda: fitted.save(wrong),
        lambda: fitted.result.write(wrong),
        lambda: fitted.result.report(wrong),
        lambda: fitted.result.plot.save(wrong) if hasattr(fitted.result.plot, "save") else fitted.save(wrong),
        lambda: emotopy.load(wrong),
        lambda: emotopy.load_dataset("goemotions", wrong),
    ]
    for call in calls:
        with pytest.raises(InputError) as caught:
            call()
        assert caught.value.wanted == "a path"
        assert caught.value.got == ("None" if wrong is None else type(wrong).__name__)
    assert not list(tmp_path.iterdir())

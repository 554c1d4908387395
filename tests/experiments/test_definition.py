"""Experiments as TOML: what ships, what may be changed, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from emotopy.errors import ConfigError, UnknownName
from emotopy.experiments.definition import KINDS, changed, parse_definition, read_definition, shipped

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


@pytest.mark.parametrize("kind", KINDS)
def test_what_ships_is_what_the_docs_show(kind):
    """The example in docs is the file of the package, byte for byte, and says which experiment it is."""
    path = shipped()[kind]
    assert (EXAMPLES / path.name).read_bytes() == path.read_bytes()
    assert read_definition(kind).experiment == kind


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_the_users_own_is_read_like_one_that_ships(kind, tmp_path):
    """A changed copy gives what it says, everything else stays."""
    path = tmp_path / "mine.toml"
    text = shipped()[kind].read_text("utf-8").replace("n = 10\n", "n = 3\n").replace("= 20\n", "= 3\n")
    path.write_text(text, "utf-8")
    found, original = read_definition(str(path)), read_definition(kind)
    assert (found.decoding.n_surrogates if kind == "decoding" else found.splits.n) == 3
    assert (found.columns, found.stages, found.comparison) == (original.columns, original.stages, original.comparison)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, "x.toml: experiment: wanted one of"),
        ({"experiment": "emotion"}, "Did you mean 'emotions'"),
        ({"experiment": "emotions"}, "x.toml: comparison.pairs: wanted pairs of groups"),
        ({"experiment": "emotions", "comparison": {"pairs": [["a"]]}}, r"comparison.pairs\[0\]"),
        ({"experiment": "emotions", "comparison": {"pair": []}}, "Did you mean 'pairs'"),
        ({"experiment": "emotions", "splits": 3}, "x.toml: splits: wanted a table"),
        ({"experiment": "emotions", "splits": {"n": -1}}, "splits.n: wanted 0 or more"),
        ({"experiment": "human-vs-llm", "comparison": {"max_length_ratio": 0.5}}, "wanted 1 or more"),
        ({"experiment": "human-vs-llm", "stages": {"all": {}}}, "stages.all: no such key"),
        ({"experiment": "human-vs-llm", "stages": {"both": {"embeder": "static"}}}, "Did you mean 'embedder'"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_key(table, message):
    """The message names the file, the key, and what was wanted."""
    with pytest.raises(ConfigError, match=message):
        parse_definition(table, "x.toml")


def test_names_and_files_that_are_none_are_refused(tmp_path):
    """An unknown name lists those that there are; a file that is no TOML says so."""
    with pytest.raises(UnknownName, match="Did you mean 'depression'"):
        read_definition("depresion")
    with pytest.raises(ConfigError, match="can't be read"):
        read_definition(str(tmp_path / "absent.toml"))
    (tmp_path / "broken.toml").write_text("experiment = ", "utf-8")
    with pytest.raises(ConfigError, match=r"broken\.toml: no TOML"):
        read_definition(str(tmp_path / "broken.toml"))


def test_sets_change_what_both_presets_share_and_else_ours_alone():
    """An embedder goes to both; a clusterer doesn't touch the published preset."""
    definition = read_definition("emotions")
    sets = {"embedder": {"use": "openai"}, "clusterer": {"use": "hdbscan"}}
    assert definition.layers("recommended", sets)[-1] == sets
    assert definition.layers("vos2025", sets)[-1] == {"embedder": {"use": "openai"}}


def test_flags_are_checked_as_the_file_is():
    """What is given replaces, None leaves alone, a wrong value names its key."""
    definition = read_definition("human-vs-llm")
    found = changed(definition, "data", human="people", models=["a", "b"], topic=None)
    assert (found.data.human, found.data.models, found.data.topic) == ("people", ("a", "b"), None)
    with pytest.raises(ConfigError, match=r"comparison\.max_length_ratio: wanted 1 or more"):
        changed(definition, "comparison", max_length_ratio=0.2)

"""`emotopy config`: start one, check it, see what it comes to, and the schema for an editor."""

from __future__ import annotations

import json
import tomllib

import jsonschema
import pytest


@pytest.mark.parametrize("preset", ["recommended", "vos2025"])
def test_what_init_writes_is_fine_and_comes_to_the_preset(call, tmp_path, preset):
    """The file passes the check, shows as the preset does, and fits the schema."""
    assert call("config", "init", "my.toml", "--preset", preset).code == 0
    assert call("config", "check", "my.toml").out == "my.toml is valid\n"
    shown = call("config", "show", "--config", "my.toml").out
    assert shown == call("config", "show", "--preset", preset).out
    schema = json.loads(call("config", "schema").out)
    for text in (shown, (tmp_path / "my.toml").read_text("utf-8")):
        jsonschema.validate(tomllib.loads(text), schema)


def test_init_overwrites_nothing(call, write):
    """A file that exists is refused and left as it is; so is a folder that isn't there."""
    file = write("emotopy.toml", "seed = 7\n")
    run = call("config", "init")
    assert run.code == 1
    assert run.error == "emotopy.toml already exists; give another name"
    assert file.read_text("utf-8") == "seed = 7\n"
    assert call("config", "init", "no/such/folder.toml").error.endswith("can't be written: No such file or directory")


def test_layers_lie_over_each_other(call, write):
    """Preset under file under --set; naming a stage drops the options that lower layers gave."""
    write("c.toml", 'preset = "vos2025"\nseed = 3\nlevel = "node"\n[reducer]\nuse = "pca"\nn_components = 4\n')
    shown = tomllib.loads(call("config", "show", "--config", "c.toml", "--set", "seed=5").out)
    assert (shown["preset"], shown["seed"], shown["level"]) == ("vos2025", 5, "node")
    assert shown["reducer"] == {"use": "pca", "n_components": 4}
    shown = tomllib.loads(call("config", "show", "--config", "c.toml", "--set", "reducer=umap").out)
    assert shown["reducer"] == "umap"


def test_the_order_of_sets_does_not_matter(call):
    """An option may come before the stage it belongs to."""
    one = ("--set", "clusterer.n_clusters=5", "--set", "clusterer=kmeans")
    other = (*one[2:], *one[:2])
    assert call("config", "show", *one).out == call("config", "show", *other).out


def test_a_json_file_is_a_configuration_too(call, write):
    """By its ending."""
    write("c.json", '{"reducer": {"use": "pca", "n_components": 2}}')
    assert call("config", "check", "c.json").out == "c.json is valid\n"
    assert 'use = "pca", n_components = 2' in call("config", "show", "--config", "c.json").out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[clusterer]\nuse = 'kmeans'\nn_clustrs = 3\n", "clusterer.n_clustrs: no such option. Did you mean"),
        ("clusterer = 3\n", "clusterer: wanted a name"),
        ("clusterer = 'kmeens'\n", "clusterer: no clusterer is called 'kmeens'. Did you mean 'kmeans'?"),
        ("level = 'both'\n", "level: wanted one of 'region', 'node', got 'both'"),
        ("interval = 3\n", "interval: wanted a table"),
        ("seed = true\n", "seed: wanted"),
        ("preset = 'vos2024'\n", "preset: no preset is called 'vos2024'. Did you mean 'vos2025'?"),
        ("reporter = ['tables', 'htlm']\n", "reporter"),
    ],
)
def test_check_names_the_path_of_what_is_wrong(call, write, content, message):
    """Keys, stages, options and values, with what there is."""
    run = call("config", "check", write("c.toml", content))
    assert (run.code, run.out) == (1, "")
    assert run.error.startswith(message)

"""Presets of plugins: offered, checked at load, found by name, laid over each other."""

from __future__ import annotations

from types import ModuleType

import jsonschema
import pytest

from emotopy import Registry, hookimpl
from emotopy.config import SCALARS, SECTIONS, all_presets, build, find_preset, presets
from emotopy.config.schema import schema
from emotopy.errors import ConfigError, DuplicateName, PluginError, UnknownName
from emotopy.registry.presets import SCALAR_KEYS, SECTION_KEYS
from emotopy.running.base import Pathway
from emotopy.testing import doubles

LAB = {"preset": "recommended", "embedder": {"use": "hashing", "n_dims": 8}, "interval": {"n": 200}}


def offering(presets, name="lab_plugin"):
    """A plugin that offers presets."""
    module = ModuleType(name)

    @hookimpl
    def register_presets():
        return presets

    module.register_presets = register_presets
    return module


def registry_of(*mappings):
    return Registry([doubles, *(offering(one, f"plugin{i}") for i, one in enumerate(mappings))])


def test_a_preset_lies_over_the_one_that_it_names():
    """What it doesn't say comes from below; layers of the user lie over it."""
    registry = registry_of({"lab": LAB})
    assert registry.problems == []
    config = build({"interval": {"coverage": 0.9}}, preset="lab", registry=registry_checked(registry))
    assert config.stages["embedder"].options == {"n_dims": 8}
    assert (config.interval.n, config.interval.coverage) == (200, 0.9)
    assert config.preset == "local:lab"
    assert config.describe_preset() == {"preset": {"use": "lab", "owner": "local", "version": ""}}


def registry_checked(registry):
    """The registry with the built-in stages too, which `recommended` names."""
    return Both(registry, Registry.load(plugins=False))


class Both(Registry):
    """Two registries as one."""

    def __init__(self, *registries):
        super().__init__()
        self._offers = [offer for one in registries for offer in one.offers()]
        self._presets = [preset for one in registries for preset in one.presets]


def test_without_a_base_nothing_lies_below():
    """A preset that names no other has the stages that it names, and no others."""
    registry = registry_of({"bare": {"embedder": "hashing"}})
    config = build(preset="bare", registry=registry)
    assert dict(config.stages).keys() == {"embedder"}
    assert config.reporters == ()


def test_warnings_of_all_that_lie_below_are_told():
    """A preset over `vos2025` can't silence what is known of that one."""
    registry = registry_of({"ours": {"preset": "vos2025", "warning": "Ours is preliminary.", "seed": 4}})
    config = build(preset="ours", registry=registry_checked(registry))
    assert "fixes nothing" in config.warning
    assert "Ours is preliminary." in config.warning
    assert config.seed == 4


def test_files_of_a_package_are_read(tmp_path):
    """A path of a TOML file is as good as a mapping, with an enumeration's word or a path as a value of the latter."""
    file = tmp_path / "lab.toml"
    file.write_text('embedder = { use = "hashing", n_dims = 8 }\nseed = 3\n', "utf-8")
    registry = registry_of({"file": file, "mapping": {"embedder": {"use": "hashing", "n_dims": 8}, "seed": 3}})
    one, other = (build(preset=name, registry=registry).to_dict() for name in ("file", "mapping"))
    assert one | {"preset": ""} == other | {"preset": ""}


BROKEN = {
    "a list": [],
    "nothing": None,
    "a name in capitals": {"Lab": LAB},
    "a number for a preset": {"lab": 3},
    "a preset of nothing": {"lab": {}},
    "an unknown key": {"lab": {"embeder": "hashing"}},
    "a word for a warning": {"lab": {"seed": 1, "warning": 3}},
    "a number for the base": {"lab": {"preset": 3}},
    "an object": {"lab": {"embedder": doubles.HashingEmbedder()}},
    "an object within": {"lab": {"reducer": {"use": "directions", "x": [object()]}}},
}


@pytest.mark.parametrize("given", BROKEN.values(), ids=BROKEN)
def test_a_broken_preset_is_a_problem(given):
    """It is told at load, with the plugin; strict loading would raise it."""
    registry = registry_of(given)
    assert registry.presets == []
    (problem,) = registry.problems
    assert problem.plugin == "plugin0"
    assert problem.reason.startswith(PluginError.__name__)


@pytest.mark.parametrize("content", [None, b"embedder = \n", b"\xff\xfe", b"x = 1\n" * 200_000, b""])
def test_a_file_that_is_no_preset_is_a_problem(tmp_path, content):
    """Absent, broken, binary, enormous, empty: named by its file name alone."""
    file = tmp_path / "lab.toml"
    if content is not None:
        file.write_bytes(content)
    (problem,) = registry_of({"lab": file}).problems
    assert "preset local:lab" in problem.reason
    assert str(tmp_path) not in problem.reason


def test_a_relative_path_is_refused(tmp_path, monkeypatch):
    """It would mean another file in every working directory."""
    from pathlib import Path

    monkeypatch.chdir(tmp_path)
    (tmp_path / "lab.toml").write_text("seed = 1\n")
    assert registry_of({"lab": Path("lab.toml")}).problems


def test_names_that_two_offer_are_told_apart_by_owner():
    """The short name raises, naming both; full names work; without a name it is emotopy's own."""
    registry = registry_checked(registry_of({"recommended": {"seed": 7}, "vos2025": {"seed": 8}}))
    with pytest.raises(DuplicateName) as caught:
        build(preset="recommended", registry=registry)
    assert set(caught.value.owners) == {"emotopy", "local"}
    assert build(preset="local:recommended", registry=registry).seed == 7
    assert build(preset="emotopy:recommended", registry=registry).preset == "recommended"
    assert build(registry=registry).seed == 0
    names = schema(registry)["properties"]["preset"]["enum"]
    assert "recommended" not in names
    assert {"zhang2026", "local:recommended", "emotopy:vos2025"} <= set(names)


def test_unknown_presets_are_told_with_those_of_plugins():
    """The nearest, and all there are; a plugin that failed is named, too."""
    registry = registry_of({"labelled": {"seed": 1}}, {"lab": {"embeder": "x"}})
    with pytest.raises(UnknownName) as caught:
        build(preset="labeled", registry=registry)
    assert set(caught.value.choices) == {*presets(), "labelled"}
    assert "plugin1" in str(caught.value)
    assert find_preset("local:labelled", registry).layer == {"seed": 1}


@pytest.mark.parametrize(
    ("mapping", "path"),
    [
        ({"lab": {"preset": "lab"}}, "preset"),
        ({"lab": {"preset": "other"}, "other": {"preset": "lab"}}, "preset"),
        ({"lab": {"preset": "gone"}}, "preset"),
        ({"lab": {"embedder": "gone"}}, "embedder"),
        ({"lab": {"embedder": 3}}, "embedder"),
        ({"lab": {"interval": {"n": "many"}}}, "interval.n"),
        ({"lab": {"interval": 3}}, "interval"),
    ],
)
def test_what_only_shows_when_it_is_used_is_told_then(mapping, path):
    """A base that isn't there or goes in circles, stages that aren't installed, values that don't fit."""
    registry = registry_of(mapping)
    assert registry.problems == []
    with pytest.raises(ConfigError) as caught:
        build(preset="lab", registry=registry)
    assert caught.value.path == path


def test_a_pathway_finds_the_preset_of_its_registry():
    """In Python as on the command line: the registry's plugins are asked for the preset."""
    registry = registry_of({"mine": {"seed": 11}})
    for made in (
        Pathway.from_config(preset="mine", registry=registry),
        Pathway.from_layers([{"preset": "local:mine"}], registry=registry),
    ):
        assert (made.config.seed, made.config.preset) == (11, "local:mine")


def test_keys_that_presets_may_have_are_those_of_configurations():
    """The registry knows the keys, the configuration what they hold: both lists are one."""
    assert tuple(SECTIONS) == SECTION_KEYS
    assert SCALARS == SCALAR_KEYS


def test_every_preset_fits_the_schema():
    """A preset that ships and one of a plugin validate, by short and by full name."""
    registry = registry_checked(registry_of({"lab": LAB}))
    for preset in all_presets(registry):
        for name in (preset.name, preset.full_name):
            jsonschema.validate({"preset": name}, schema(registry))

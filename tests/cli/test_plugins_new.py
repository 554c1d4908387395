"""`emotopy plugins new`: a distribution that works, under the names that were asked for, or none at all."""

from __future__ import annotations

import sys
import tomllib
from importlib.util import module_from_spec, spec_from_file_location

import pytest

from emotopy import Registry
from emotopy.hookspecs import HOOKS
from emotopy.roles import ROLES
from emotopy.testing import conformance


@pytest.fixture
def module():
    """Import a file as a module; it is forgotten again after the test."""
    names = []

    def load(path):
        names.append(path.stem)
        made = module_from_spec(spec := spec_from_file_location(path.stem, path))
        sys.modules[path.stem] = made
        spec.loader.exec_module(made)
        return made

    yield load
    for name in names:
        del sys.modules[name]


def test_four_files_are_written_and_named(call, tmp_path):
    """A pyproject, a README, a module, a test; the paths are printed, and what to do next."""
    run = call("plugins", "new", "somewhere", "--role", "embedder", "--name", "my-words")
    assert (run.code, run.err) == (0, "")
    files = sorted(path.name for path in (tmp_path / "somewhere").iterdir())
    assert files == ["README.md", "my_words.py", "pyproject.toml", "test_my_words.py"]
    assert all(f"somewhere/{file}" in run.out for file in files)
    assert run.out.endswith("Next: pip install --editable somewhere\n      emotopy plugins check my-words\n")


@pytest.mark.parametrize("role", ROLES)
def test_every_role_has_its_stage_under_the_name_asked_for(call, tmp_path, module, role):
    """Entry point, module, class, hook and offer have the new name, and nothing has the template's."""
    assert call("plugins", "new", "here", "--role", role, "--name", "tidal-wave").code == 0
    for path in (tmp_path / "here").iterdir():
        assert "my-" not in path.read_text("utf-8").lower()
        assert "$" not in path.read_text("utf-8")
    project = tomllib.loads((tmp_path / "here" / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["name"] == "tidal-wave"
    assert project["project"]["entry-points"] == {"emotopy": {"tidal-wave": "tidal_wave"}}
    made = module(tmp_path / "here" / "tidal_wave.py")
    assert made.TidalWave
    assert hasattr(made, HOOKS[role])
    registry = Registry([made])
    assert not registry.problems
    assert [(offer.role, offer.name) for offer in registry.offers()] == [(role, "tidal-wave")]
    test = (tmp_path / "here" / "test_tidal_wave.py").read_text("utf-8")
    assert f'conformance("{role}", only_owner="tidal-wave")' in test


def test_what_is_written_keeps_the_contract(call, tmp_path, module):
    """The conformance suite is green over a new reducer as it stands, its seed and its options included."""
    assert call("plugins", "new", "here", "--role", "reducer", "--name", "tidal-wave").code == 0
    registry = Registry([module(tmp_path / "here" / "tidal_wave.py")])
    for candidate, check in conformance("reducer", registry):
        if str(check) not in ("promised_threads_are_safe", "importing_the_plugin_is_light"):
            check(candidate)


@pytest.mark.parametrize(
    ("given", "made"),
    [("My Words", "my-words"), ("my_words", "my-words"), ("my.Words2", "my-words2"), ("--my--words--", "my-words")],
)
def test_names_are_normalised(call, tmp_path, given, made):
    """As the packaging standard does: lower case, hyphens; the module has underscores."""
    assert call("plugins", "new", "here", "--role", "atlas", f"--name={given}").code == 0
    assert (tmp_path / "here" / f"{made.replace('-', '_')}.py").is_file()
    assert f'name = "{made}"' in (tmp_path / "here" / "pyproject.toml").read_text("utf-8")


def test_the_folder_s_name_is_the_name_unless_said_otherwise(call, tmp_path):
    """`plugins new my-atlas` is enough."""
    assert call("plugins", "new", "some/My_Atlas", "--role", "atlas").code == 0
    assert (tmp_path / "some" / "My_Atlas" / "my_atlas.py").is_file()


def test_a_class_that_the_module_imports_keeps_its_name(call, tmp_path, module):
    """A stage called `embedder` doesn't hide the protocol `Embedder`."""
    assert call("plugins", "new", "here", "--role", "embedder", "--name", "embedder").code == 0
    made = module(tmp_path / "here" / "embedder.py")
    assert made.Embedder is ROLES["embedder"]
    assert Registry([made]).make("embedder", "embedder").embed(["ab"]).shape == (1, 27)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("2fast", "wanted letters, digits and hyphens, first a letter, got '2fast'"),
        ("naïve", "wanted letters, digits and hyphens"),
        ("a/b", "wanted letters, digits and hyphens"),
        ("---", "wanted letters, digits and hyphens"),
        (
            "json",
            "'json' would be the module json, a name that is taken; say another, such as my-json",
        ),
        ("import", "a name that is taken"),
        ("numpy", "a name that is taken"),
        ("emotopy", "a name that is taken"),
        ("test-words", "a name that is taken"),
    ],
)
def test_names_that_no_plugin_can_have_are_refused(call, tmp_path, name, told):
    """What is no name, or would hide a module that is there, is refused before anything is written."""
    run = call("plugins", "new", "here", "--role", "embedder", f"--name={name}")
    assert run.code == 1
    assert run.error.startswith("--name: ")
    assert told in run.error
    assert not (tmp_path / "here").exists()


def test_an_unknown_role_is_told_with_the_nearest(call, tmp_path):
    """Nothing is written."""
    run = call("plugins", "new", "here", "--role", "embeder")
    assert run.error.startswith("--role: 'embeder' is no role. Did you mean 'embedder'? Roles: annotator, atlas, ")
    assert not (tmp_path / "here").exists()


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_is_there_stays_as_it_is(call, tmp_path, kind):
    """A folder, even an empty one, and a file are refused."""
    (tmp_path / "here").mkdir() if kind == "folder" else (tmp_path / "here").write_text("mine")
    run = call("plugins", "new", "here", "--role", "atlas", "--name", "my-atlas")
    assert run.code == 1
    assert run.error == "here exists; a new plugin goes into a new folder, give another name"
    assert list((tmp_path / "here").iterdir()) == [] if kind == "folder" else (tmp_path / "here").read_text() == "mine"


def test_several_stages_are_a_package(call, tmp_path, module):
    """A module per stage, an entry point and a name for each, one test for all of them."""
    run = call(
        "plugins", "new", "here", "--role", "embedder", "--role", "reducer", "--role", "atlas", "--name", "my-lab"
    )
    assert (run.code, run.err) == (0, "")
    files = sorted(str(path.relative_to(tmp_path / "here")) for path in (tmp_path / "here").rglob("*.*"))
    package = [f"my_lab/{name}.py" for name in ("__init__", "atlas", "embedder", "reducer")]
    assert files == ["README.md", *package, "pyproject.toml", "test_my_lab.py"]
    project = tomllib.loads((tmp_path / "here" / "pyproject.toml").read_text("utf-8"))["project"]
    names = {role: f"my-lab-{role}" for role in ("embedder", "reducer", "atlas")}
    assert project["entry-points"]["emotopy"] == {name: f"my_lab.{role}" for role, name in names.items()}
    made = [module(tmp_path / "here" / "my_lab" / f"{role}.py") for role in names]
    registry = Registry(made)
    assert not registry.problems
    assert {offer.role: offer.name for offer in registry.offers()} == names
    assert all(f"emotopy plugins check {name}" in run.out for name in names.values())
    for path in (tmp_path / "here").rglob("*.*"):
        assert "$" not in path.read_text("utf-8")


def test_several_stages_of_one_role_have_names_of_their_own(call, tmp_path, module):
    """`--role embedder=NAME`; the module is called after the stage then."""
    words = ("--role", "embedder=First Words", "--role", "embedder=other", "--role", "region_mapper")
    assert call("plugins", "new", "my-lab", *words).code == 0
    folder = tmp_path / "my-lab" / "my_lab"
    made = [module(folder / f"{name}.py") for name in ("first_words", "other", "region_mapper")]
    offers = {(offer.role, offer.name) for offer in Registry(made).offers()}
    assert offers == {("embedder", "first-words"), ("embedder", "other"), ("region_mapper", "my-lab-region-mapper")}


@pytest.mark.parametrize(
    "roles",
    [
        ("embedder", "embedder"),
        ("embedder=one", "reducer=One"),
        ("embedder=2fast", "reducer"),
        ("embedder=import", "reducer"),
        ("embedder", "reducr"),
        ("embedder=",),
    ],
)
def test_stages_that_cannot_stand_side_by_side_are_refused(call, tmp_path, roles):
    """Two of one name, names that no module can have, a role that isn't one: nothing is written."""
    run = call("plugins", "new", "my-lab", *(word for role in roles for word in ("--role", role)))
    assert run.code == 1
    assert run.error.startswith("--role: ")
    assert not (tmp_path / "my-lab").exists()

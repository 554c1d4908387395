"""The house is in order: roles, hooks, protocols, built-ins and versions agree."""

from __future__ import annotations

import inspect
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

import emotopy
from emotopy import Registry, hookspecs
from emotopy.hookspecs import HOOKS
from emotopy.registry import BUILT_IN, ENTRY_POINT_GROUP
from emotopy.roles import ROLES

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
POINTS = PYPROJECT["project"]["entry-points"][ENTRY_POINT_GROUP]


@pytest.fixture(scope="module")
def built_ins():
    """What ships, with whatever went wrong."""
    return Registry.load(plugins=False)


def test_every_role_has_its_hook_and_every_hook_its_role():
    """Roles, hooks and hook specifications are the same eleven."""
    specified = {name for name, member in vars(hookspecs).items() if name.startswith("register_") and callable(member)}
    assert set(HOOKS) == set(ROLES)
    assert {*HOOKS.values(), *hookspecs.WITHOUT_ROLE} == specified
    assert len(set(HOOKS.values())) == len(ROLES)
    for role, hook in HOOKS.items():
        assert hook.startswith(f"register_{role}"), "the hook is the role in the plural"


@pytest.mark.parametrize("hook", HOOKS.values())
def test_every_hook_says_what_it_offers(hook):
    """A hook's docstring is its contract: it names the method and shows the smallest plugin."""
    function = getattr(hookspecs, hook)
    text = inspect.getdoc(function)
    assert text.startswith("Offer ")
    assert "return {" in text
    assert "Mapping[str, Factory[" in inspect.signature(function).return_annotation


def test_every_hook_has_a_built_in(built_ins):
    """The host proves each of its hooks itself."""
    unproven = [role for role in ROLES if not built_ins.offers(role)]
    assert unproven == []


def test_every_built_in_loads(built_ins):
    """No entry point of ours is a problem, and each of them offers something."""
    assert built_ins.problems == []
    assert {offer.plugin for offer in built_ins.offers()} == set(POINTS)
    assert {offer.owner for offer in built_ins.offers()} == {BUILT_IN}


def test_built_ins_live_in_the_folder_of_their_role(built_ins):
    """Entry point `embedders.static` is the module `emotopy_plugins.embedders.static`, in the room of its hook."""
    for name, module in POINTS.items():
        assert module == f"emotopy_plugins.{name}"
    for offer in built_ins.offers():
        assert HOOKS[offer.role] == f"register_{offer.plugin.partition('.')[0]}", str(offer)


def test_names_of_built_ins_are_distinct(built_ins):
    """Nobody needs a full name for what ships."""
    names = [(offer.role, offer.name) for offer in built_ins.offers()]
    assert len(set(names)) == len(names)


def test_the_version_is_the_one_of_the_distribution():
    """One place says the version, and the metadata carries it."""
    assert emotopy.__version__ == metadata.version("emotopy") == PYPROJECT["project"]["version"]


def test_the_core_never_imports_plugins():
    """Not one line of the core names the package of the built-ins in an import."""
    sources = list((ROOT / "core").rglob("*.py"))
    assert len(sources) > 30
    for path in sources:
        lines = path.read_text("utf-8").splitlines()
        assert not [
            line for line in lines if line.strip().startswith(("import emotopy_plugins", "from emotopy_plugins"))
        ]

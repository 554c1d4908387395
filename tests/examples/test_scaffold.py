"""What `emotopy plugins new` writes: installed as it stands, all eleven roles at once, it is green."""

from __future__ import annotations

import pytest

from emotopy.roles import ROLES
from emotopy.scaffold.write import Scaffold, write_plugin

pytestmark = pytest.mark.slow

NAMES = {role: f"fresh-{role.replace('_', '-')}" for role in ROLES}


@pytest.fixture(scope="module")
def written(environment, tmp_path_factory):
    """A new plugin of every role, built and installed."""
    folder = tmp_path_factory.mktemp("scaffold")
    for role, name in NAMES.items():
        write_plugin(folder / name, Scaffold.of(role, name))
    environment.must("pip", "install", *[f"./{name}" for name in NAMES.values()], cwd=folder)
    yield folder
    environment.run("pip", "uninstall", "--yes", *NAMES.values(), cwd=folder)


def test_every_role_is_green_at_once(environment, written):
    """The test that each brings runs the whole suite over its stage, and no promise is broken."""
    report = environment.must("pytest", "-q", "-p", "no:cacheprovider", *NAMES.values(), cwd=written)
    assert " passed" in report
    for name in NAMES.values():
        assert (written / name / f"test_{name.replace('-', '_')}.py").is_file()


def test_every_role_is_offered(environment, written):
    """Each stage is listed with its role and its owner, which has the same name."""
    rows = {tuple(line.split()[:3]) for line in environment.must("emotopy", "plugins", cwd=written).splitlines()}
    assert {(role, name, name) for role, name in NAMES.items()} <= rows


def test_the_command_says_each_verdict(environment, written):
    """`plugins check` in a process of its own: a line per promise, the count, exit code 0."""
    said = environment.must("emotopy", "plugins", "check", NAMES["connectivity"], cwd=written)
    assert "  ok              windows are those of the run\n" in said
    assert said.splitlines()[-1].endswith("0 failed, 3 not applicable, 0 not checked")

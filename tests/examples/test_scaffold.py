"""What `emotopy plugins new` writes: installed as it stands, all eleven roles at once, it is green."""

from __future__ import annotations

import pytest

from emotopy.roles import ROLES
from emotopy.scaffold.write import PackageScaffold, Scaffold, write_plugin

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
    assert said.splitlines()[-1].endswith("0 failed, 5 not applicable, 0 not checked")


@pytest.fixture
def package(environment, tmp_path):
    """One distribution with a stage of every role, and a second embedder."""
    write_plugin(tmp_path / "fresh-lab", PackageScaffold.of([*ROLES, "embedder=fresh-words"], "fresh-lab"))
    environment.must("pip", "install", "./fresh-lab", cwd=tmp_path)
    yield tmp_path
    environment.run("pip", "uninstall", "--yes", "fresh-lab", cwd=tmp_path)


def test_a_package_of_every_role_is_green_at_once(environment, package):
    """All stages come from one owner, each under its name; the one test that it brings runs the suite over all."""
    report = environment.must("pytest", "-q", "-p", "no:cacheprovider", "fresh-lab", cwd=package)
    assert " passed" in report
    rows = {tuple(line.split()[:3]) for line in environment.must("emotopy", "plugins", cwd=package).splitlines()}
    names = {role: f"fresh-lab-{role.replace('_', '-')}" for role in ROLES}
    assert {(role, name, "fresh-lab") for role, name in names.items()} <= rows
    assert ("embedder", "fresh-words", "fresh-lab") in rows

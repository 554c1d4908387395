"""The workflows of continuous integration: what they run on, what they may do, and what they don't name."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PYTHONS = ["3.11", "3.12", "3.13"]
PERMISSIONS = {"contents": "read"}


def loaded(file: Path) -> dict:
    return yaml.safe_load(file.read_text("utf-8"))


def steps(workflow: dict) -> list[dict]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def test_there_is_a_workflow_for_tests_docs_and_release():
    """Three workflows, each under its name."""
    assert [file.stem for file in FILES] == ["docs", "release", "tests"]
    assert [loaded(file)["name"] for file in FILES] == ["docs", "release", "tests"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_secret_and_no_address_is_named(file):
    """Nothing is taken from the repository's secrets, and no index or other host is spelt out."""
    text = re.sub(r"^\s*#.*", "", file.read_text("utf-8"), flags=re.MULTILINE)
    assert not re.search(r"secrets\s*[.\[]|password|api[-_]token|GITHUB_TOKEN", text)
    assert not re.search(r"https?://|index-url|repository-url|\b[\w-]+\.(org|com|io|net)\b", text)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_actions_are_pinned_to_commits(file):
    """An action is named by the hash of a commit, which can't be moved, with its version beside it."""
    used = [step["uses"] for step in steps(loaded(file)) if "uses" in step]
    assert used
    assert [one for one in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", one)] == []
    lines = [line for line in file.read_text("utf-8").splitlines() if "uses:" in line]
    assert [line for line in lines if not re.search(r"# v\d+\.\d+\.\d+$", line)] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_workflows_may_read_and_no_more(file):
    """A workflow reads the repository; one job alone, the one that publishes, may ask for an identity."""
    workflow = loaded(file)
    assert workflow["permissions"] == PERMISSIONS
    more = {name: job["permissions"] for name, job in workflow["jobs"].items() if "permissions" in job}
    assert more == ({"publish": {"id-token": "write"}} if file.stem == "release" else {})
    kept = [step for step in steps(workflow) if step.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"] == {"persist-credentials": False} for step in kept)


def test_the_tests_run_on_every_python_that_is_claimed():
    """Matrix and classifiers are the same versions."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    claimed = [one.rpartition(" ")[2] for one in project["classifiers"] if re.search(r":: 3\.\d+$", one)]
    jobs = loaded(ROOT / ".github" / "workflows" / "tests.yml")["jobs"]
    assert jobs["tests"]["strategy"]["matrix"]["python"] == claimed == PYTHONS
    release = loaded(ROOT / ".github" / "workflows" / "release.yml")["jobs"]
    assert release["try"]["strategy"]["matrix"]["python"] == PYTHONS


def test_a_release_is_tried_before_it_is_published():
    """Build, then try, then publish: each needs the one before; publishing runs nothing but two pinned actions."""
    workflow = loaded(ROOT / ".github" / "workflows" / "release.yml")
    jobs = workflow["jobs"]
    assert workflow[True] == {"push": {"tags": ["v*"]}}, "YAML reads the key `on` as true"
    assert (jobs["try"]["needs"], jobs["publish"]["needs"]) == ("build", "try")
    assert not [step for step in jobs["publish"]["steps"] if "run" in step]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_is_run_exists(file):
    """Targets of make and paths of tests that a workflow runs are there."""
    targets = set(re.findall(r"^([\w./()$-]+):", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE))
    targets |= {".venv/.installed-test", ".venv/.installed"}
    for run in (step["run"] for step in steps(loaded(file)) if "run" in step):
        assert set(re.findall(r"\bmake ([\w./-]+)", run)) <= targets
        for path in re.findall(r"-m pytest (.*)", run):
            assert all((ROOT / word).exists() for word in path.split())

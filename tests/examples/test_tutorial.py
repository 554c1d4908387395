"""docs/write-a-plugin.md, followed to the letter: files pasted, commands run, what they print compared."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "write-a-plugin.md"
FILE = r"(?:^\*\*`(?P<file>[\w.]+)`\*\*\n\n)?"
BLOCK = re.compile(FILE + r"^```(?P<kind>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


def steps() -> list[tuple[str, str, str]]:
    """Return the page's code blocks in order: the file they belong into (or ""), their language, their text."""
    return [(m["file"] or "", m["kind"], m["body"]) for m in BLOCK.finditer(PAGE.read_text("utf-8"))]


@pytest.fixture
def cleaned(environment, tmp_path):
    """Take out again what the tutorial installs."""
    yield
    environment.run("pip", "uninstall", "--yes", "word-hashes", "my-mapper", "my-lab", cwd=tmp_path)


@pytest.mark.usefixtures("cleaned")
@pytest.mark.slow
def test_the_tutorial_does_what_it_says(environment, tmp_path):
    """Every file is pasted, every command succeeds, and every line of output that the page shows is printed."""
    folder, printed = tmp_path / "empty", ""
    folder.mkdir()
    for file, kind, body in steps():
        if file:
            (folder / file).write_text(body, "utf-8")
        elif kind == "sh":
            printed = "".join(environment.must(*shlex.split(line), cwd=folder) for line in body.splitlines())
        else:
            assert kind == "text", f"a block of {kind} that belongs into no file"
            missing = [line for line in body.splitlines() if line not in printed]
            assert not missing, printed
    assert (folder / "results" / "regions.csv").is_file()
    assert '"owner": "word-hashes"' in (folder / "results" / "provenance.json").read_text("utf-8")


def test_the_embedder_is_short():
    """From nothing to a stage in under 25 lines, blank ones counted."""
    module = next(body for file, _, body in steps() if file == "word_hashes.py")
    assert len(module.splitlines()) < 25

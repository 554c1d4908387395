"""Distributions that are really installed, processes that really run, and pages that hold what these say."""

from __future__ import annotations

import os
import re
import sys
import textwrap
from pathlib import Path

import attrs
import pytest
from tests import runs

DOCS = Path(__file__).resolve().parents[2] / "docs"
MARK, END = "<!-- made by tests/coexistence; WRITE_PAGES=1 writes it anew -->", "<!-- end -->"


@attrs.frozen
class Site:
    """A folder of installed distributions, and runs of the command line that see them."""

    folder: Path
    home: Path
    forks: runs.Forks

    def install(
        self, dist: str, source: str, *, module: str | None = None, version: str = "1.0", more: str = ""
    ) -> None:
        """Install a distribution of one module, as its dist-info says; `more` goes into METADATA."""
        module = module or dist.replace("-", "_")
        (self.folder / f"{module}.py").write_text(textwrap.dedent(source), "utf-8")
        self.describe(dist, f"it = {module}", version=version, more=more)

    def describe(self, dist: str, points: str, *, version: str = "1.0", more: str = "") -> None:
        """Write a distribution's metadata alone."""
        info = self.folder / f"{dist.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {dist}\nVersion: {version}\n{more}", "utf-8")
        (info / "entry_points.txt").write_text(f"[emotopy]\n{points}\n", "utf-8")

    def run(self, *words: str, code: str | None = None, **variables: str) -> runs.Run:
        """Run `emotopy` with these words (or a piece of code) in a process of its own, in the folder `home`."""
        path = os.pathsep.join([str(self.folder), *filter(None, [os.environ.get("PYTHONPATH")])])
        told = runs.environment(self.home / "cache", PYTHONPATH=path, **variables)
        if code:  # which looks at what a new process holds
            return runs.run([sys.executable, "-c", code, *words], cwd=self.home, env=told)
        return self.forks.run(words, cwd=self.home, env=told, module="emotopy")


@pytest.fixture(scope="session")
def site_at(forks):
    """Make an empty folder for PYTHONPATH, and an empty working directory."""

    def make(base: Path) -> Site:
        made = Site(base / "site", base / "home", forks)
        made.folder.mkdir()
        made.home.mkdir()
        return made

    return make


@pytest.fixture
def site(site_at, tmp_path):
    """A site of the test's own."""
    return site_at(tmp_path)


@pytest.fixture
def same_as_page():
    """Compare a table with the one that stands in a page of the docs; WRITE_PAGES=1 writes it there."""

    def compare(name: str, header: list[str], rows: list[list[str]]) -> None:
        lines = [header, ["---"] * len(header), *rows]
        table = "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)
        page = DOCS / name
        text = page.read_text("utf-8")
        found = re.search(rf"{re.escape(MARK)}\n(.*?)\n{re.escape(END)}", text, flags=re.DOTALL)
        assert found, f"{name} has no place for the table: {MARK}"
        if os.environ.get("WRITE_PAGES"):
            page.write_text(text[: found.start(1)] + table + text[found.end(1) :], "utf-8")
            return
        assert found[1] == table, f"{name} says something else; WRITE_PAGES=1 pytest tests/coexistence writes it anew"

    return compare


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>")

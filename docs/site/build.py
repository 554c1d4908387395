"""Builds the documentation site: `make docs`, or `python docs/site/build.py [--out DIR]`.

Pages stay as they are in docs/. They are copied to OUT/source, where the pages that code makes (API, command line,
configuration, stages, gallery, notebooks) are written beside them; Sphinx then builds OUT/html from there, and a
warning is an error. OUT/source goes in the end, unless --keep. Nothing else is written, and nothing is asked of a
network.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import time
from collections.abc import Iterable
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DOCS = ROOT / "docs"
sys.path[:0] = [str(HERE)]

import api_pages  # noqa: E402
import command_pages  # noqa: E402
import config_pages  # noqa: E402
import file_pages  # noqa: E402
import gallery  # noqa: E402
import notebooks  # noqa: E402
import sections  # noqa: E402

LINK = re.compile(r"(\]\()([^)\s#]+)((?:#[^)\s]*)?\))")
KEPT = {".md", ".svg", ".png", ".ipynb"}
PAGES_OF_FILES = "files"
"""Folder of the site with a page per file of the repository that a page links to."""
MADE_FROM = {ROOT / "core" / "emotopy" / "result_files" / "__init__.py": Path("reference", file_pages.PAGE)}
"""Files from which a page of the site is made: a link to the file leads to that page there."""


def main(arguments: list[str] | None = None) -> int:
    """Build the site and return Sphinx's exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=DOCS / "_build", help="where html/ is written")
    parser.add_argument("--keep", action="store_true", help="keep the pages that Sphinx read, in source/")
    given = parser.parse_args(arguments)
    out, began = given.out.resolve(), time.perf_counter()
    source, demo, trees = (out / name for name in ("source", "demo", "doctrees"))
    for folder in (source, demo, trees, out / "html"):
        shutil.rmtree(folder, ignore_errors=True)
    try:
        write_pages(source, demo)
        prepared = time.perf_counter()
        code = run_sphinx(source, trees, out / "html")
    finally:
        for folder in (demo, trees) if given.keep else (source, demo, trees):
            shutil.rmtree(folder, ignore_errors=True)
    pages = sum(1 for _ in (out / "html").rglob("*.html"))
    now = time.perf_counter()
    print(f"{pages} pages in {now - began:.0f} s, {prepared - began:.0f} s of them before Sphinx")
    print(out / "html" / "index.html")
    return code


def write_pages(source: Path, demo: Path) -> None:
    """Write all pages to a new folder; `demo` is where the gallery's scripts run."""
    source.mkdir(parents=True)
    copy_pages(source)
    api_pages.write(source / "reference" / "api")
    command_pages.write(source / "reference" / "commands")
    config_pages.write(source / "reference")
    file_pages.write(source / "reference")
    gallery.write(DOCS / "gallery", source / "gallery", demo)
    sections.write(source)


def run_sphinx(source: Path, trees: Path, html: Path) -> int:
    """Run Sphinx strictly and return its exit code."""
    from sphinx.cmd.build import main as sphinx

    os.environ.setdefault("MPLBACKEND", "Agg")
    return sphinx(["-W", "--keep-going", "-q", "-c", str(HERE), "-d", str(trees), str(source), str(html)])


def copy_pages(source: Path) -> None:
    """Copy the pages of docs/ and the changelog, and the files of the repository that they link to."""
    pages = {path: path.relative_to(DOCS) for path in written_pages()}
    pages |= {path: place.with_suffix(".md") for path, place in pages.items() if path.suffix == ".ipynb"}
    pages[ROOT / "CHANGELOG.md"] = Path("changelog.md")
    files: dict[Path, Path] = {}
    for path, place in pages.items():
        target = source / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix in (".md", ".ipynb"):
            text = path.read_text("utf-8") if path.suffix == ".md" else notebooks.page(path, target.parent)
            target.write_text(relinked(text, path, place, pages, files), "utf-8")
        else:
            shutil.copyfile(path, target)
    for path, place in files.items():
        target = source / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(page_of(path), "utf-8")


def written_pages() -> Iterable[Path]:
    """Yield the pages, notebooks and pictures of docs/, those that aren't part of the site left out."""
    apart = {DOCS / "_build", DOCS / "site", DOCS / "gallery"}
    for path in sorted(DOCS.rglob("*")):
        if path.suffix in KEPT and not apart.intersection(path.parents):
            yield path


def relinked(text: str, path: Path, place: Path, pages: dict[Path, Path], files: dict[Path, Path]) -> str:
    """Return the text of a page whose links lead to pages of the site; `files` collects files that need a page there.

    A link to a file that isn't there stays as it is, and Sphinx then says so.
    """

    def lead(found: re.Match[str]) -> str:
        before, address, after = found.groups()
        target = (path.parent / address).resolve()
        if re.match(r"[a-z]+:", address) or not target.is_file():
            return found.group()
        if target not in pages and target not in MADE_FROM:
            files[target] = Path(PAGES_OF_FILES, f"{'/'.join(target.relative_to(ROOT).parts)}.md")
        there = pages.get(target) or MADE_FROM.get(target) or files[target]
        return f"{before}{Path(os.path.relpath(there, place.parent)).as_posix()}{after}"

    return LINK.sub(lead, text)


def page_of(path: Path) -> str:
    """Return a page that shows a file of the repository."""
    name, text = path.relative_to(ROOT).as_posix(), path.read_text("utf-8")
    if path.suffix == ".md":
        return f"---\norphan: true\n---\n\n{text}"
    kind = {".py": "python", ".toml": "toml", ".sh": "bash", ".json": "json"}.get(path.suffix, "text")
    return f"---\norphan: true\n---\n\n# `{name}`\n\n`````{kind}\n{text}\n`````\n"


if __name__ == "__main__":
    sys.exit(main())

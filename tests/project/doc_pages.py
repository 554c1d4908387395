"""The pages of the documentation, for tests that read them."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
BUILT = "_build"
"""Folder of docs/ that a build of the site leaves; with --keep there are copies of pages in it."""


def doc_pages(folder: Path = DOCS) -> list[Path]:
    """Return every written page of docs/, sorted; what a build left isn't among them."""
    return sorted(path for path in folder.rglob("*.md") if BUILT not in path.relative_to(folder).parts)


def readme_and_pages() -> list[Path]:
    """Return the README and every written page."""
    return [ROOT / "README.md", *doc_pages()]

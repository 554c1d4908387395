"""Every page that a command writes is whole where no script runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.browser import made, rules

pytestmark = pytest.mark.slow

PAGES = [
    *made.ORDINARY,
    *made.HOSTILE_PAGES,
    *(pytest.param(name, marks=pytest.mark.real_data) for name in made.REAL),
]


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> made.Folders:
    """The folders, made when a test first asks for one of their pages."""
    return made.Folders(tmp_path_factory.mktemp("pages"))


@pytest.fixture
def page(request, folders) -> Path:
    """The page of a name; real data are looked for when a page needs them."""
    if request.param in made.REAL:
        folders.data = request.getfixturevalue("shared_data")
    return folders.page(request.param)


@pytest.mark.parametrize("page", PAGES, indirect=True)
def test_a_page_needs_no_script(browser, page):
    """All rows and panels are there; no control that does nothing."""
    assert rules.without_script(browser, page) == []

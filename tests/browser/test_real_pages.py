"""Pages of real data keep the rules, too: whole in windows and on paper, used, and read without the script."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.browser import made, rules

pytestmark = [pytest.mark.slow, pytest.mark.real_data]


@pytest.fixture(scope="module")
def folders(tmp_path_factory, shared_data) -> made.Folders:
    """The folders, made when a test first asks for one of their pages."""
    found = made.Folders(tmp_path_factory.mktemp("pages"))
    found.data = shared_data
    return found


@pytest.fixture(params=made.REAL)
def page(request, folders) -> Path:
    """The page of a name."""
    return folders.page(request.param)


@pytest.mark.parametrize(("viewport", "theme"), [("wide", "light"), ("wide", "dark"), ("phone", "light")])
def test_a_page_is_whole(browser, axe_script, page, viewport, theme):
    """Nothing is cut, hidden, overlapping or outside; axe-core finds nothing; no request, no error of the console."""
    script = axe_script if viewport == "wide" else None
    assert rules.layout(browser, page, viewport=viewport, theme=theme, script=script) == []


def test_every_control_works(browser, page):
    """By mouse and by keyboard."""
    assert rules.use(browser, page) == []


def test_no_script_is_needed(browser, page):
    """All rows and panels are there; no control that does nothing."""
    assert rules.without_script(browser, page) == []


def test_it_prints_whole_on_a4(browser, page, tmp_path):
    """Portrait, no row cut or lost, nothing in the margins."""
    assert rules.paper(browser, page, tmp_path / "page.pdf") == []

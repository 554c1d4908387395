"""Every page that a command writes keeps the rules: in windows of three widths, light and dark, in use, on paper."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.browser import made, printed, rules
from tests.browser.chromium import VIEWPORTS

pytestmark = pytest.mark.slow

PAGES = [*made.ORDINARY, *made.HOSTILE_PAGES]
USED = [name for name in PAGES if not name.startswith("sixty-groups")]
"""Pages whose controls are used: sixty groups have the same ones, and a minute's worth of options."""
WINDOWS = [*((viewport, "light") for viewport in VIEWPORTS), ("wide", "dark"), ("phone", "dark")]
"""Widths and themes: a theme changes colours, and no place of anything."""
MOST_SHEETS = 40
"""Pages of paper, whatever the result; an ordinary one has far fewer."""


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> made.Folders:
    """The folders, made when a test first asks for one of their pages."""
    return made.Folders(tmp_path_factory.mktemp("pages"))


@pytest.fixture
def page(request, folders) -> Path:
    """The page of a name."""
    return folders.page(request.param)


@pytest.mark.parametrize(("viewport", "theme"), WINDOWS)
@pytest.mark.parametrize("page", PAGES, indirect=True)
def test_a_page_is_whole_in_every_window(browser, axe_script, page, viewport, theme):
    """Nothing is cut, hidden, overlapping or outside; axe-core finds nothing; no request, no error of the console."""
    script = axe_script if viewport == "wide" else None  # its rules are about elements and colours, not about widths
    assert rules.layout(browser, page, viewport=viewport, theme=theme, script=script) == []


@pytest.mark.parametrize("page", USED, indirect=True)
def test_every_control_of_a_page_works(browser, page):
    """By mouse and by keyboard."""
    assert rules.use(browser, page) == []


@pytest.mark.parametrize("page", PAGES, indirect=True)
def test_a_page_needs_no_script(browser, page):
    """All rows and panels are there; no control that does nothing."""
    assert rules.without_script(browser, page) == []


@pytest.mark.parametrize("page", PAGES, indirect=True)
def test_a_page_prints_whole_on_a4(browser, page, tmp_path):
    """Portrait, no row cut or lost, nothing in the margins, on a number of sheets that one prints."""
    out = tmp_path / "page.pdf"
    assert rules.paper(browser, page, out) == []
    assert len(printed.sheets(out)) <= MOST_SHEETS

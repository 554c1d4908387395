"""The rules that every page keeps, as one function per way of looking; each returns what breaks them, by name."""

from __future__ import annotations

from pathlib import Path

from tests.browser import axe, controls, printed
from tests.browser.chromium import PAPER, VIEWPORTS, Browser, Shown

LEAST_LETTERS = 8.0
"""Pixels: letters lower than this can't be read on a screen."""


def quiet(shown: Shown) -> list[str]:
    """Return what a page asked for beside itself, and what went wrong in it."""
    return [f"asks for {url[:120]}" for url in shown.requests] + [f"console: {text}" for text in shown.errors]


def layout(
    browser: Browser, page: Path, *, viewport: str, theme: str = "light", script: Path | None = None
) -> list[str]:
    """Look at a page in a window of some width and in a theme; with the script of axe-core, by its rules too."""
    with browser.show(page, size=VIEWPORTS[viewport], theme=theme) as shown:
        found = [
            line for check in ("wide", "outside", "boxes", "cut", "overlap", "rows") for line in shown.measure(check)
        ]
        found += shown.measure("small", LEAST_LETTERS)
        found += quiet(shown)
        return found + (axe.violations(shown, script) if script else [])


def use(browser: Browser, page: Path) -> list[str]:
    """Use every control of a page."""
    with browser.show(page) as shown:
        return controls.faults(shown) + quiet(shown)


def without_script(browser: Browser, page: Path) -> list[str]:
    """Look at a page where no script runs: all is there, and no control that does nothing."""
    with browser.show(page, javascript=False) as shown:
        return shown.measure("folded", False) + shown.measure("controls", False) + quiet(shown)


def paper(browser: Browser, page: Path, out: Path) -> list[str]:
    """Look at a page in print: laid out as wide as paper, and as a PDF at `out`."""
    with browser.show(page, size=PAPER, media="print") as shown:
        shown.page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
        width, height = printed.room(shown)
        shown.page.set_viewport_size({"width": width, "height": height})
        found = [line for check in ("wide", "cut", "overlap") for line in shown.measure(check)]
        found += shown.measure("controls", True) + shown.measure("folded", True) + shown.measure("breaks", height)
        return found + printed.faults(shown, out) + quiet(shown)

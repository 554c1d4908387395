"""Chromium without a window and without a network: how it is found and started, and what a page did in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import attrs

ARGUMENTS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
VIEWPORTS = {"wide": (1280, 800), "tablet": (768, 1024), "phone": (390, 844)}
"""Width and height of the window in CSS pixels."""
THEMES = ("light", "dark")
PAPER = (688, 1009)
"""About what A4 portrait leaves inside its margins, in CSS pixels."""

MEASURES = Path(__file__).with_name("checks.js")
INSIDE = ("data:", "blob:", "about:")
"""Addresses that lead nowhere outside the page."""


def executable() -> str | None:
    """Return the path of a Chromium: the variable EMOTOPY_CHROMIUM, or the first of NAMES on the path."""
    return os.environ.get("EMOTOPY_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@cache
def measures() -> str:
    """Return the expression whose value holds the checks that run in a page."""
    return MEASURES.read_text("utf-8").strip().removesuffix(";")


@attrs.frozen
class Shown:
    """A page in a window, what it asked for beside itself, and what went wrong in it."""

    page: Any
    path: Path
    requests: Iterable[str]
    errors: list[str]

    def measure(self, check: str, *values: object) -> Any:
        """Return what a check of ``checks.js`` finds."""
        return self.page.evaluate(f"values => checksOfTests.{check}(...values)", list(values))

    def control(self) -> Any:
        """Return the next control that is shown and wasn't used yet; None where none is left."""
        return self.page.evaluate_handle("() => checksOfTests.next()").as_element()


@attrs.frozen
class Browser:
    """A browser that runs."""

    running: Any

    @contextmanager
    def show(
        self,
        path: Path,
        *,
        size: tuple[int, int] = VIEWPORTS["wide"],
        theme: str = "light",
        media: str = "screen",
        javascript: bool = True,
    ) -> Iterator[Shown]:
        """Open a file by ``file://`` in a window of its own, with the network cut."""
        context = self.running.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=theme,
            java_script_enabled=javascript,
            reduced_motion="reduce",
            offline=True,
        )
        try:
            page = context.new_page()
            page.emulate_media(media=media, color_scheme=theme)
            address, asked, errors = path.resolve().as_uri(), [], []
            context.on("request", lambda request: asked.append(request.url))
            page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.goto(address)
            page.evaluate(f"() => {{ window.checksOfTests = {measures()}; }}")
            yield Shown(page, path, Asked(asked, address), errors)
        finally:
            context.close()


class Asked:
    """The requests beside that for the page itself, as they stand when they are read."""

    def __init__(self, asked: list[str], own: str) -> None:
        self._asked, self._own = asked, own

    def __iter__(self) -> Iterator[str]:
        return (url for url in self._asked if url.partition("#")[0] != self._own and not url.startswith(INSIDE))


@contextmanager
def started() -> Iterator[Browser]:
    """Start the browser, with a folder of its own for what it keeps; stop it in the end."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable(), args=list(ARGUMENTS))
        try:
            yield Browser(running)
        finally:
            running.close()

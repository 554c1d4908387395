"""Takes the pictures of docs/pictures anew, from the report of the demo's comparison.

    python -m tests.browser.docs_pictures

Run it after a change of the report's look or wording. Colours are reduced to 256, which keeps each file below 150 kB.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.browser import chromium

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
OVERVIEW = ("answer", "comparison-brain", "comparison-differences")
"""Sections on the picture of the whole report; the others are hidden for it."""


def main() -> None:
    """Run the demo, and write the pictures."""
    with tempfile.TemporaryDirectory() as folder, chromium.started() as browser:
        command = [sys.executable, "-m", "emotopy", "demo", "--out", "demo", "--quiet"]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        page = Path(folder) / "demo" / "comparison" / "report.html"
        with browser.show(page, size=(1100, 682)) as shown:
            _save("report-top", shown.page.screenshot())
        with browser.show(page, size=(1100, 900)) as shown:
            section = shown.page.locator("section:has(> #comparison-brain)")
            section.scroll_into_view_if_needed()
            box = section.bounding_box()
            _save("report-brain", shown.page.screenshot(clip={**box, "x": 20, "y": box["y"] + 24, "width": 880}))
        with browser.show(page, size=(1280, 1460)) as shown:
            shown.page.evaluate(
                "kept => { for (const one of document.querySelectorAll('main > section, nav'))"
                " if (!kept.includes(one.getAttribute('aria-labelledby'))) one.hidden = true;"
                " const table = document.querySelector(`[aria-labelledby='${kept.at(-1)}']`);"
                " for (const one of table.querySelectorAll('h2, p, details, input')) one.hidden = true; }",
                list(OVERVIEW),
            )
            _save("report", shown.page.screenshot())


def _save(name: str, picture: Any) -> None:
    """Write a picture with 256 colours."""
    from PIL import Image

    path = FOLDER / f"{name}.png"
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(256).save(path, optimize=True)
    print(path.name, f"{path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()

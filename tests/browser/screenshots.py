"""Pictures of pages, to be looked at: whole pages at three widths, light and dark, and each sheet in print.

    python -m tests.browser.screenshots results/report.html --out pictures

Beside the pictures it writes ``NAME-contrast.txt``: the places whose contrast axe-core couldn't decide.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.browser import axe, chromium, printed

MOST_PIXELS = 16_000
"""Chromium draws no taller picture; a longer page comes in parts."""


def main() -> None:
    """Write the pictures and print their paths."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("pages", nargs="+", type=Path, metavar="PAGE")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR")
    parser.add_argument("--dpi", type=int, default=80, help="of the sheets in print (default: %(default)s)")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    with chromium.started() as browser:
        for path in asked.pages:
            for made in pictures(browser, path, asked.out, asked.dpi):
                print(made)


def pictures(browser: chromium.Browser, path: Path, out: Path, dpi: int) -> list[Path]:
    """Write all pictures of a page; return their paths."""
    name, made = path.resolve().parent.name, []
    for viewport, size in chromium.VIEWPORTS.items():
        for theme in chromium.THEMES:
            with browser.show(path, size=size, theme=theme) as shown:
                height = shown.page.evaluate("document.documentElement.scrollHeight")
                for k, top in enumerate(range(0, height, MOST_PIXELS)):
                    made.append(out / f"{name}-{viewport}-{theme}{f'-{k + 1}' if height > MOST_PIXELS else ''}.png")
                    part = {"x": 0, "y": top, "width": size[0], "height": min(MOST_PIXELS, height - top)}
                    shown.page.screenshot(path=made[-1], full_page=True, clip=part)
                if viewport == "wide" and (script := axe.script()):
                    open_ends = axe.run(shown, script)["incomplete"]
                    made.append(out / f"{name}-{theme}-contrast.txt")
                    made[-1].write_text("".join(f"{one['rule']}: {one['target']}: {one['why']}\n" for one in open_ends))
    with browser.show(path, media="print") as shown:
        made.append(printed.pdf(shown, out / f"{name}.pdf"))
    return made + sheets(made[-1], dpi)


def sheets(path: Path, dpi: int) -> list[Path]:
    """Draw each sheet of a PDF beside it."""
    import pypdfium2

    document, made = pypdfium2.PdfDocument(path), []
    for k, sheet in enumerate(document, 1):
        made.append(path.with_name(f"{path.stem}-sheet-{k:02}.png"))
        sheet.render(scale=dpi / 72).to_pil().save(made[-1])
    document.close()
    return made


if __name__ == "__main__":
    main()

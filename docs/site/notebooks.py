"""Pages of executed notebooks: their text, their code, and the outputs that the files hold; nothing is executed here.

Outputs of HTML are taken as they are, without the styles that pandas adds; pictures become files beside the page.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FENCE = "``````"
EMPTY_HEAD = re.compile(r"<th\b[^>]*></th>")
PANDAS_STYLE = re.compile(r"<style scoped>.*?</style>\n?", re.DOTALL)


def page(path: Path, folder: Path) -> str:
    """Return the page of a notebook as Markdown, and write its pictures, and the notebook itself, to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    content = path.read_text("utf-8")
    (folder / path.name).write_text(content, "utf-8")
    blocks, number = [], 0
    for cell in json.loads(content)["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            blocks.append(source)
            continue
        number += 1
        blocks.append(f"{FENCE}python\n{source}\n{FENCE}")
        alt = cell["metadata"].get("alt", "")
        blocks += _outputs(cell["outputs"], number, alt, folder / f"{path.stem}-{number}.png")
    title, _, rest = "\n\n".join(blocks).partition("\n")
    link = (
        f"{{download}}`Download this page as a notebook <{path.name}>`. Its outputs were made by the code above them."
    )
    return f"{title}\n\n{link}\n{rest}\n"


def _outputs(outputs: list[Mapping[str, Any]], number: int, alt: str, picture: Path) -> Iterator[str]:
    """Yield the outputs of a cell; ValueError for one that a page can't show, or a picture that has no description."""
    for output in outputs:
        data = output.get("data", {})
        if "text" in output:
            yield _text("".join(output["text"]))
        elif "image/png" in data:
            if not alt or picture.exists():
                raise ValueError(f"{picture.stem}: wanted one picture, and metadata `alt` that describes it")
            picture.write_bytes(base64.b64decode("".join(data["image/png"])))
            yield f"![{alt}]({picture.name})"
        elif "text/html" in data:
            yield _html("".join(data["text/html"]), f"Output of cell {number}")
        elif "text/plain" in data:
            yield _text("".join(data["text/plain"]))
        else:
            raise ValueError(f"{picture.stem}: wanted text, HTML or a picture, got {output['output_type']}")


def _text(text: str) -> str:
    return f"{FENCE}text\n{text.rstrip()}\n{FENCE}"


def _html(text: str, name: str) -> str:
    """Return HTML in an element that scrolls where it is wider than the page, for keyboards as well."""
    text = PANDAS_STYLE.sub("", text).replace('<table border="1" class="dataframe">', '<table class="dataframe">')
    text = EMPTY_HEAD.sub("<td></td>", text)
    begin = f'<div class="notebook-output" role="group" tabindex="0" aria-label="{html.escape(name)}">'
    return f"{FENCE}{{raw}} html\n{begin}\n{text}\n</div>\n{FENCE}"

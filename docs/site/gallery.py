"""The gallery: a page per script of docs/gallery, with the script and the picture that it just made.

A script begins with a docstring (a title, an empty line, what is to be seen) and ends with a `figure` of matplotlib's.
All run on the results of one `emotopy demo`, in the folder that holds them, `emotopy-demo`.
"""

from __future__ import annotations

import ast
import contextlib
import io
import os
import runpy
import shutil
from pathlib import Path

import attrs

DEMO = "emotopy-demo"


@attrs.frozen
class Example:
    """A script of the gallery; the number that its file's name begins with says its place."""

    path: Path
    name: str
    title: str
    text: str
    code: str


def write(scripts: Path, folder: Path, work: Path) -> None:
    """Run the scripts, and write their pages and pictures to `folder`; `work` holds the demo's results."""
    folder.mkdir(parents=True)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    examples = [read(path) for path in sorted(scripts.glob("*.py"))]
    with contextlib.chdir(work):
        _run_demo()
        for example in examples:
            _draw(example.path, folder / f"{example.name}.png")
            (folder / f"{example.name}.md").write_text(_page(example), "utf-8")
    cards = "".join(
        f"## [{one.title}]({one.name}.md)\n\n[![{one.title}]({one.name}.png)]({one.name}.md)\n\n" for one in examples
    )
    listed = "\n".join(one.name for one in examples)
    (folder / "index.md").write_text(
        "# Gallery\n\nEach picture was made by the code on its page, on the results of `emotopy demo`, when this site "
        "was built. The demo's texts are made up and its scans simulated: the pictures show how figures look, and "
        f"nothing about people.\n\n{cards}```{{toctree}}\n:hidden:\n\n{listed}\n```\n",
        "utf-8",
    )


def read(path: Path) -> Example:
    """Return a script, its docstring and its code apart."""
    source = path.read_text("utf-8")
    tree = ast.parse(source)
    title, _, text = (ast.get_docstring(tree) or path.stem).partition("\n\n")
    code = "\n".join(source.splitlines()[tree.body[0].end_lineno :]).strip()
    name = path.stem.lstrip("0123456789_")
    return Example(path, name, title.rstrip("."), text, code)


def _run_demo() -> None:
    from emotopy.cli import main

    with contextlib.redirect_stdout(io.StringIO()):
        try:
            main(["demo", "--out", DEMO, "--quiet"])
        except SystemExit as ended:
            if ended.code:
                raise


def _draw(script: Path, target: Path) -> None:
    """Run a script, and save its figure."""
    os.environ.setdefault("MPLBACKEND", "Agg")
    figure = runpy.run_path(str(script))["figure"]
    figure.savefig(target, dpi=200)


def _page(example: Example) -> str:
    return (
        f"# {example.title}\n\n{example.text}\n\n![{example.title}]({example.name}.png)\n\n"
        f"```console\n$ emotopy demo\n```\n\n```python\n{example.code}\n```\n"
    )

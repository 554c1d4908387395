"""The tutorials: executed anew, their cells show what their files hold, and the files hold nothing of a machine."""

from __future__ import annotations

import importlib.util
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TUTORIALS = ROOT / "docs" / "tutorials"
NOTEBOOKS = sorted(TUTORIALS.glob("*.ipynb"))
MOST_BYTES = 500_000
NUMBER = re.compile(r"(?<![\w.])[-+−]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")
VARIES = re.compile(r"\b\d+ (?=clusters\b)|(?<=\bclusters )\d+(?= rows)")
"""Clusters aren't promised to be the same on other machines (docs/promises.md)."""
OF_A_MACHINE = re.compile(r"/(?:home|root|tmp|Users)/|site-packages|\b0x[0-9a-f]{6,}|iopub|shell\.execute_reply")


def execute() -> ModuleType:
    """Return the module that executes the tutorials; it stands beside them, where nothing is imported from."""
    spec = importlib.util.spec_from_file_location("execute", TUTORIALS / "execute.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Text(HTMLParser):
    """The text of HTML, without its styles, a blank between elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self._skips, self.pieces = False, []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self._skips = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._skips = False

    def handle_data(self, data: str) -> None:
        if not self._skips:
            self.pieces.append(data)


def shown(output: Any) -> str:
    """Return the text that an output shows, blanks made one; of a picture only that it is one."""
    data = output.get("data", {})
    if "image/png" in data:
        return "picture"
    if "text/html" in data:
        text = " ".join(Text("".join(data["text/html"])).pieces)
    else:
        text = "".join(output.get("text") or data["text/plain"])
    return VARIES.sub("", " ".join(text.split()))


def differences(kept: str, new: str) -> list[str]:
    """Return where two texts differ: words exactly, numbers by more than a unit of the last place that is shown."""
    if NUMBER.sub("#", kept) != NUMBER.sub("#", new):
        return [f"{kept!r} became {new!r}"]
    pairs = zip(NUMBER.findall(kept), NUMBER.findall(new), strict=True)
    return [f"{a} became {b}" for a, b in pairs if abs(value(a) - value(b)) > unit(a) * 1.001]


def value(number: str) -> float:
    return float(number.replace("−", "-").replace(",", ""))


def unit(number: str) -> float:
    """Return one unit of the last decimal that a number shows, 1e-4 at least; whole numbers have none."""
    decimals = len(number.partition(".")[2])
    return max(10.0**-decimals, 1e-4) if decimals else 0.0


@pytest.mark.parametrize(
    ("new", "n_found"),
    [
        ("g +1.50, p 0.010, 12 units", 0),
        ("g +1.51, p 0.011, 12 units", 0),
        ("g +1.52, p 0.010, 12 units", 1),
        ("g −1.50, p 0.010, 12 units", 1),
        ("g +1.50, p 0.010, 13 units", 1),
        ("g +1.50, p 0.010, 12 texts", 1),
        ("g +1.50, p 0.010", 1),
    ],
)
def test_outputs_are_compared_by_words_and_numbers(new, n_found):
    """A unit of the last place is let pass; another sign, whole number or word is not."""
    assert len(differences("g +1.50, p 0.010, 12 units", new)) == n_found


def test_both_pathways_have_a_tutorial():
    assert [path.stem for path in NOTEBOOKS] == ["brain", "texts"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_holds_outputs_and_nothing_of_a_machine(path):
    """Executed in order, small, no error or warning, every picture described, no path, time or name of a kernel."""
    text = path.read_text("utf-8")
    notebook = json.loads(text)
    assert len(text.encode()) < MOST_BYTES
    assert OF_A_MACHINE.findall(text) == []
    assert notebook["metadata"] == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell["outputs"]]
    assert {output["output_type"] for output in outputs} <= {"execute_result", "display_data", "stream"}
    assert [output for output in outputs if output.get("name") == "stderr"] == []
    pictured = [cell for cell in code if any("image/png" in output.get("data", {}) for output in cell["outputs"])]
    assert len(pictured) >= 2
    assert [cell["source"] for cell in pictured if not cell["metadata"].get("alt")] == []
    assert any("emotopy-view" in "".join(output.get("data", {}).get("text/html", "")) for output in outputs)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_links_of_a_notebook_lead_to_files(path):
    """Links of its text are to files beside it, or to addresses."""
    cells = [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "markdown"]
    links = re.findall(r"\]\(([^)\s#]+)", "\n".join("".join(cell["source"]) for cell in cells).replace("](\n", "]("))
    assert links
    assert [link for link in links if "://" not in link and not (path.parent / link).is_file()] == []


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_shows_what_it_holds_when_it_is_executed(path):
    """Every cell runs in a new kernel, and shows the texts and numbers of the file, pictures where it has them."""
    for module in ("ipykernel", "nbclient", "nbformat"):
        pytest.importorskip(module)
    new = execute().executed(path)
    kept = json.loads(path.read_text("utf-8"))["cells"]
    assert [cell.source for cell in new.cells] == ["".join(cell["source"]) for cell in kept]
    found = []
    for before, after in zip(kept, new.cells, strict=True):
        ours, theirs = before.get("outputs", []), after.get("outputs", [])
        if [one["output_type"] for one in ours] != [one["output_type"] for one in theirs]:
            found.append(f"{before['id']}: other outputs")
            continue
        for a, b in zip(ours, theirs, strict=True):
            found += [f"{before['id']}: {line}" for line in differences(shown(a), shown(b))]
    assert found == []

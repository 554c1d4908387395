"""Files of figures: the same bytes each time, fonts embedded, the size on paper; the process stays as it was."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
import threading

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from emotopy.errors import InputError, OutputError
from emotopy.plotting.formats import FORMATS
from emotopy.plotting.paper_figure import figure_bytes, save
from emotopy.running.figures import Plots

DRAWN = ("brain", "heatmap", "forest", "course", "text_map")


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("form", FORMATS)
def test_the_same_bytes_twice(name, form, texts):
    """Of a figure that is saved twice, and of one that is drawn anew; saving changes nothing of it."""
    figure = getattr(Plots(texts()), name)()
    first = figure_bytes(figure, form, dpi=100)
    assert figure_bytes(figure, form, dpi=100) == first
    assert figure_bytes(getattr(Plots(texts()), name)(), form, dpi=100) == first


@pytest.mark.parametrize(("name", "form"), [("brain", "svg"), ("heatmap", "pdf"), ("course", "svg"), ("forest", "png")])
def test_settings_of_the_process_change_nothing(name, form, texts):
    """Another style, other letters and lines: our figures are what they are."""
    wanted = figure_bytes(getattr(Plots(texts()), name)(), form, dpi=60)
    settings = {
        "pdf.fonttype": 3, "svg.fonttype": "none", "svg.hashsalt": None, "font.family": "monospace", "font.size": 30,
        "axes.grid": True, "lines.linewidth": 9, "axes.spines.top": True, "savefig.dpi": 10, "savefig.bbox": "tight",
        "figure.dpi": 300, "axes.unicode_minus": False, "xtick.labelsize": 20, "patch.linewidth": 5,
        "hatch.linewidth": 4, "axes.labelsize": 20, "axes.linewidth": 3, "axes.titlepad": 20,
    }  # fmt: skip
    with mpl.rc_context(settings):
        assert figure_bytes(getattr(Plots(texts()), name)(), form, dpi=60) == wanted


def test_settings_are_untouched_meanwhile(texts):
    """Another thread that looks all the while sees its own settings, and the backends that it knows."""
    from matplotlib.backends import backend_pdf, backend_svg

    figure = Plots(texts()).brain()
    seen, done = set(), threading.Event()

    def look():
        while not done.is_set():
            seen.add((mpl.rcParams["pdf.fonttype"], mpl.rcParams["svg.hashsalt"], backend_pdf.mpl, backend_svg.mpl))

    watcher = threading.Thread(target=look)
    before = dict(mpl.rcParams)
    watcher.start()
    try:
        for form in FORMATS:
            figure_bytes(figure, form, dpi=60)
    finally:
        done.set()
        watcher.join(60)
    assert len(seen) == 1
    assert dict(mpl.rcParams) == before


def test_pyplot_stays_out():
    """Nothing of the process's figures or windows is touched: pyplot isn't even imported."""
    code = (
        "import sys; from emotopy.running.figures import Plots\n"
        "from emotopy.testing.example_results import example_results\n"
        "from emotopy.plotting.paper_figure import figure_bytes\n"
        "for result in example_results():\n"
        "    plots = Plots(result)\n"
        "    for name in set(plots.available) - {'brain'}:\n"
        "        [figure_bytes(getattr(plots, name)(), form) for form in ('svg', 'pdf')]\n"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]


@pytest.mark.parametrize("name", DRAWN)
def test_a_pdf_embeds_its_fonts(name, texts):
    content = figure_bytes(getattr(Plots(texts()), name)(), "pdf")
    assert b"/FontFile2" in content, "TrueType, which is type 42"
    assert not re.search(rb"/Subtype ?/Type3", content)
    assert b"CreationDate" not in content
    assert b"matplotlib" not in content.lower()


def test_sizes_of_files_are_those_on_paper(texts):
    figure = Plots(texts()).heatmap(width="one")
    width, height = figure.size_mm
    assert width == pytest.approx(89)
    png = figure_bytes(figure, "png", dpi=600)
    assert struct.unpack(">II", png[16:24]) == (int(width / 25.4 * 600), int(height / 25.4 * 600))
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", figure_bytes(figure, "pdf"))
    assert float(box[1]) / 72 * 25.4 == pytest.approx(width, abs=0.1)
    svg = re.search(
        rb'<svg [^>]*width="([\d.]+)pt" height="([\d.]+)pt"', figure_bytes(figure, "svg").replace(b"\n", b" ")
    )
    assert [float(one) / 72 * 25.4 for one in svg.groups()] == pytest.approx([width, height], abs=0.1)


def test_an_svg_needs_nothing_else(texts):
    """No font, no address, no date: letters are outlines, and the file is well-formed."""
    import xml.etree.ElementTree as ET

    content = figure_bytes(Plots(texts(("$a", "<b> & --", "]]>"))).heatmap(), "svg")
    root = ET.fromstring(content)
    assert root.tag.endswith("svg")
    assert not root.findall(".//{http://www.w3.org/2000/svg}text")
    assert b"<dc:date" not in content


def test_saving(texts, tmp_path):
    figure = Plots(texts()).heatmap()
    figure.savefig(tmp_path / "a.pdf")
    assert (tmp_path / "a.pdf").read_bytes() == figure_bytes(figure, "pdf")
    save(figure, tmp_path / "b.svg", tmp_path / "b.png", dpi=80)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pdf", "b.png", "b.svg"]
    with pytest.raises(OutputError):
        save(figure, tmp_path / "c.svg", tmp_path / "b.png")
    assert not (tmp_path / "c.svg").exists(), "all of them or none"
    with pytest.raises(InputError) as caught:
        save(figure, tmp_path / "a.bmp")
    assert caught.value.got == "'bmp'"
    save(Figure(), tmp_path / "theirs.pdf")
    Plots(texts()).save_all(tmp_path / "all" / "of them", formats=["svg"])
    assert sorted(path.stem for path in (tmp_path / "all" / "of them").iterdir()) == sorted(DRAWN)

"""Slices of the brain: nilearn's viewer taken apart, with an overlay per group."""

from __future__ import annotations

import base64
import io
import json
import re
import subprocess
import sys
from html.parser import HTMLParser

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from nilearn.datasets import load_mni152_template
from PIL import Image

from emotopy.records import PageLimits, RegionAxis
from emotopy_plugins.reporters.formatting import Scale, signed
from emotopy_plugins.reporters.html import HtmlReporter
from emotopy_plugins.reporters.page import asset
from emotopy_plugins.reporters.region_values import RegionTable
from emotopy_plugins.reporters.sections.slices import render_slices
from emotopy_plugins.reporters.slices import colour_bins, label_runs, region_slices, script_json, step_colours
from emotopy_plugins.reporters.tables import target_labels
from emotopy_plugins.reporters.view_img import ViewerError, read_viewer, template_parts, viewer_parts

SHAPE = (99, 117, 95)
HOSTILE = [
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "a\x07b",
    "עברית \u202e x",
    "&amp;",
]


class Tags(HTMLParser):
    """Start tags with their attributes, and what stands in options and data."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags, self.options, self.data, self._in = [], [], "", ""
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._in = tag
        if tag == "option":
            self.options.append("")

    def handle_endtag(self, tag):
        self._in = ""

    def handle_data(self, data):
        if self._in == "option":
            self.options[-1] += data
        if self._in == "script":
            self.data += data


def picture(address: str) -> np.ndarray:
    """Return the pixels of a picture, (height, width, 4)."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))).convert("RGBA"))


def volume(address: str) -> np.ndarray:
    """Return the voxels of a picture of sagittal slices, pasted row by row with z upwards: (x, y, z, 4)."""
    pixels, (n_x, n_y, n_z) = picture(address), SHAPE
    n_columns = pixels.shape[1] // n_y
    tiles = [
        pixels[(x // n_columns) * n_z : (x // n_columns + 1) * n_z, (x % n_columns) * n_y : (x % n_columns + 1) * n_y]
        for x in range(n_x)
    ]
    return np.stack(tiles)[:, ::-1].transpose(0, 2, 1, 3)


def test_each_voxel_has_the_colour_of_its_regions_step(result):
    """Read back voxel by voxel, each overlay has the step's colour in a region's voxels, and nothing elsewhere."""
    shown = RegionTable.of(result).plotted()
    slices = region_slices(result, [0, 1])
    labels, _ = target_labels(result, shown.targets)
    scale, colours = Scale.around(shown.values), [colour for _, colour in step_colours()]
    assert len(slices.context["overlays"]) == 2
    for address, values in zip(slices.context["overlays"], shown.values, strict=True):
        voxels = volume(address)
        assert (voxels[labels == 0][:, 3] == 0).all()
        for number, value in enumerate(values, start=1):
            wanted = [*bytes.fromhex(colours[scale.step(value) + 5][1:]), 255]
            assert (voxels[labels == number] == wanted).all()


def test_a_value_of_zero_is_coloured_and_a_missing_one_is_not(result):
    """Zero has the colour of the middle; a region without a value stays transparent, and its value is a dash."""
    table = result.regions
    table.loc[table["region"] == "amygdala", "relative"] = 0.0
    table.loc[table["region"] == "insula", "relative"] = np.nan
    slices = region_slices(result, [0])
    shown = RegionTable.of(result).plotted()
    labels, _ = target_labels(result, shown.targets)
    voxels = volume(slices.context["overlays"][0])
    zero, missing = (shown.targets.index(name) for name in ("amygdala", "insula"))
    assert (voxels[labels == zero + 1] == [0xF1, 0xEF, 0xE9, 255]).all()
    assert (voxels[labels == missing + 1][:, 3] == 0).all()
    assert json.loads(str(slices.context["data"]))["values"][0][missing] == "–"


def test_the_background_is_the_template(result):
    """The picture of the background, read back, follows the template; outside of the brain it is white."""
    template = np.asarray(load_mni152_template(resolution=2).dataobj)
    voxels = volume(region_slices(result, [0]).context["background"])[..., 0].astype(float)
    inside = template > 1e-6
    assert (voxels[~inside] == 255).all()
    assert np.corrcoef(voxels[inside], template[inside])[0, 1] > 0.999


def test_values_and_places_are_those_of_the_table(result):
    """The data hold each group's values as the tables show them; the list leads to voxels of the node's own region."""
    shown = RegionTable.of(result).plotted()
    data = json.loads(str(region_slices(result, [1]).context["data"]))
    assert data["values"] == [[signed(value) for value in shown.values[1]]]
    labels, affine = target_labels(result, shown.targets)
    for node, voxel in zip(result.axis.nodes, data["places"], strict=True):
        assert shown.targets[labels[tuple(voxel)] - 1] == node.region
        at_mm = affine[:3, :3] @ voxel + affine[:3, 3]
        np.testing.assert_allclose(np.array(data["origin_mm"]) + np.array(data["step_mm"]) * voxel, at_mm)
        assert np.abs(at_mm - node.xyz_mm).max() <= 1.0
    affine_shown = np.array(data["params"]["affine"])
    np.testing.assert_allclose((affine_shown @ [*(np.array(voxel) + 1), 1])[:3], at_mm)


def test_nodes_have_their_own_values(make_result):
    """On the level of nodes left and right have a colour each."""
    result = make_result(level="node")
    data = json.loads(str(region_slices(result, [0]).context["data"]))
    assert len(data["values"][0]) == len(result.axis.nodes)


@given(arrays(np.int32, st.tuples(*[st.integers(1, 5)] * 3), elements=st.integers(0, 3)))
def test_runs_hold_the_labels(labels):
    """The short form unfolds to the labels, the first axis fastest."""
    runs, unfolded, end = label_runs(labels), np.zeros(labels.size, np.int32), 0
    for skip, length, value in zip(runs[::3], runs[1::3], runs[2::3], strict=True):
        unfolded[end + skip : end + skip + length] = value
        end += skip + length
    np.testing.assert_array_equal(unfolded.reshape(labels.shape, order="F"), labels)


def test_colours_are_those_of_the_stylesheet():
    """The steps are the variables of report.css in its light theme; inner steps take twice the share of the ends."""
    light = dict(re.findall(r"(--\w+): (#[0-9a-f]{6})", asset("report.css").partition("@media")[0]))
    assert all(light[name] == colour for name, colour in step_colours())
    bins = colour_bins()
    assert [bins.count(colour) for _, colour in step_colours()] == [1, *[2] * 9, 1]


def test_the_same_result_gives_the_same_fragment(make_result):
    """nilearn's random identifiers aren't kept: two results built alike give the same fragment, and viewers alike."""
    one, other = (render_slices(make_result(), PageLimits()) for _ in range(2))
    assert one == other
    cube = np.zeros((4, 5, 6))
    cube[1, 2, 3] = 1.0
    first, second = (viewer_parts(cube, np.eye(4), ["#000000", "#ffffff"], None) for _ in range(2))
    assert first == second


def test_nothing_leads_to_the_network(result):
    """Pictures are data; there is no link, no other address, no style attribute, no script beside the data."""
    fragment = render_slices(result, PageLimits())
    for tag, of in Tags(str(fragment.body)).tags:
        assert tag not in {"link", "iframe", "object", "meta"}
        assert not {"style", "href", "onclick", "onload"} & set(of)
        assert of.get("src", "data:image/png;base64,").startswith("data:image/png;base64,")
        assert tag != "script" or of == {"type": "application/json", "class": "slices-data"}


def test_licences_stay(result):
    """The scripts of others begin with the comments that name them and their licences."""
    jquery, brainsprite, _ = render_slices(result, PageLimits()).scripts
    assert jquery.startswith("/*! jQuery")
    assert "license" in jquery.partition("*/")[0]
    assert brainsprite.startswith("/*! brainsprite")


@pytest.mark.parametrize("level", ["region", "node"])
def test_hostile_names_are_text(make_result, level):
    """Names of groups stand as text in the list; the data hold no character of markup."""
    result = make_result(texts_per_group={name: ["a", "b"] for name in HOSTILE}, level=level)
    page = Tags(str(render_slices(result, PageLimits()).body))
    cleaned = [name.encode("utf-8", "replace").decode().replace("\x07", "") for name in HOSTILE]
    assert page.options[: len(HOSTILE)] == sorted(cleaned)
    assert [of for tag, of in page.tags if tag == "script"] == [{"type": "application/json", "class": "slices-data"}]
    assert not set("<>&") & set(page.data)


def test_any_text_stands_in_a_script():
    """JSON within a script element says the same as it does elsewhere."""
    for text in [*HOSTILE, "<!--<script>", "\u2028"]:
        written = script_json([text])
        assert json.loads(written) == [text]
        assert not set("<>&") & set(written)


def test_groups_beyond_the_most_are_left_out(make_result):
    """The groups shown are those with a glass brain; with none of them there are no slices."""
    result = make_result(texts_per_group={f"g{i}": [f"text {i} {j}" for j in range(i + 1)] for i in range(5)})
    page = Tags(str(render_slices(result, PageLimits(groups=2)).body))
    assert sum(of.get("class") == "slices-values" for _, of in page.tags) == 2
    assert render_slices(result, PageLimits(groups=0)) is None


def test_without_coordinates_there_are_no_slices(result):
    """Regions without nodes have no place."""
    bare = attrs.evolve(result, mapped=attrs.evolve(result.mapped, axis=RegionAxis("bare", result.axis.regions, ())))
    assert render_slices(bare, PageLimits()) is None


def test_without_values_there_are_no_slices(result):
    """A result whose values are all missing has nothing to paint."""
    result.regions[["relative", "evidence"]] = np.nan
    assert render_slices(result, PageLimits()) is None


def test_without_the_viewer_the_page_says_so(result, tmp_path, monkeypatch):
    """Where nilearn's plotting can't be imported, the section says what failed, and the other sections stand."""
    monkeypatch.setitem(sys.modules, "nilearn.plotting", None)
    with pytest.raises(ViewerError):
        viewer_parts(np.zeros((2, 2, 2)), np.eye(4), ["#000000"], None)
    assert not Tags(str(render_slices(result, PageLimits()).body)).data
    (path,) = HtmlReporter().write(result, tmp_path)
    page = path.read_text("utf-8")
    assert 'id="slices"' in page
    assert 'id="brain"' in page
    assert "function brainsprite(" not in page


def known_document() -> str:
    """Return what view_img returns for a small volume."""
    from nibabel import Nifti1Image
    from nilearn.plotting import view_img

    cube = np.zeros((4, 5, 6), np.float32)
    cube[1, 2, 3] = 1.0
    return view_img(Nifti1Image(cube, np.eye(4)), bg_img=None, cut_coords=(1, 1, 1)).html


@pytest.mark.parametrize(
    ("pattern", "instead"),
    [
        (r"brain = brainsprite\(.*\);", "brain = other();"),
        (r'"nbSlice": \{"X": 4', '"nbSlice": {"X": 7'),
        (r'"affine": \[\[', '"affine": [[[['),
        (r'"overlay": \{', '"overlays": {'),
        (r"function brainsprite\(", "function sprite("),
        (r"image/png;base64,\w", "image/png;base64,!"),
        (r"image/png;base64,\w{8}", "image/png;base64,AAAAAAAA"),
        (r"<script>", '<script src="https://example.org/x.js">'),
        (r'src="data:', 'src="https://example.org/'),
    ],
)
def test_another_document_is_refused(pattern, instead):
    """A document that lacks a part, or loads one, isn't shown in part."""
    document = known_document()
    assert read_viewer(document, (4, 5, 6)).scripts
    changed, n_changes = re.subn(pattern, instead, document)
    assert n_changes
    with pytest.raises(ViewerError):
        read_viewer(changed, (4, 5, 6))


def test_matplotlibs_settings_stay():
    """In a new process the first call changes no setting of matplotlib, and leaves the choice of its backend open."""
    code = """
import matplotlib as mpl
before = {name: dict.__getitem__(mpl.rcParams, name) for name in mpl.rcParams}
from emotopy_plugins.reporters.view_img import template_parts
template_parts()
after = {name: dict.__getitem__(mpl.rcParams, name) for name in mpl.rcParams}
assert before == after, [name for name in before if before[name] != after[name]]
assert not isinstance(after["backend"], str)
"""
    subprocess.run([sys.executable, "-c", code], check=True, env=without_backend())


def without_backend() -> dict[str, str]:
    """Return the environment without matplotlib's variable."""
    import os

    return {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}


def test_pictures_are_small(make_result):
    """Six groups stay within 1.3 MB, scripts and background included."""
    result = make_result(texts_per_group={f"g{i}": ["a", "b"] for i in range(6)})
    fragment = render_slices(result, PageLimits())
    assert sum(len(one) for one in (str(fragment.body), *fragment.scripts, *fragment.styles)) < 1_300_000
    assert template_parts().background in str(fragment.body)

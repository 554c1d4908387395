"""nilearn's viewer of slices, `nilearn.plotting.view_img`, taken apart: its pictures, its parameters, its scripts.

`view_img` returns a document for one volume. Our page shows several on one background, so it takes the parts and leaves
the document's head, which links to a favicon on the network, its styles in attributes, which the page's policy forbids,
and its random identifiers, without which the same result gives the same bytes.
"""

from __future__ import annotations

import base64
import io
import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any

import attrs
import numpy as np

from emotopy.once import once
from emotopy.records import FloatArray
from emotopy_plugins.shared.quiet import NILEARN, silenced

CALL = re.compile(r"\bbrainsprite\(\s*(?=\{\s*\")")
"""Where the document's own script starts the viewer; behind it stand the parameters, as JSON."""
PNG = "data:image/png;base64,"
OPAQUE = 255

_BACKEND = threading.Lock()


class ViewerError(Exception):
    """nilearn's viewer can't be had, or isn't what we know how to read."""


@attrs.frozen
class ViewerParts:
    """What the page keeps of nilearn's document.

    Parameters
    ----------
    background : str
        Picture of all sagittal slices of the background, as ``data:`` address.
    overlay : str
        The same of the volume; transparent where it is zero.
    params : mapping
        Parameters of the viewer: number of slices, affine, first slices and so on.
    scripts : tuple of str
        jQuery and brainsprite, with the comments that hold their licences.
    """

    background: str = attrs.field(repr=False)
    overlay: str = attrs.field(repr=False)
    params: Mapping[str, Any]
    scripts: tuple[str, ...] = attrs.field(repr=False)


def view_img_function() -> Any:
    """Return `nilearn.plotting.view_img`.

    The first import of `nilearn.plotting` makes matplotlib choose a backend, which may load a toolkit of windows and
    is kept by the process. Here it finds Agg chosen, and the choice is open again afterwards if it was before.
    """
    with silenced(module=NILEARN), _backend_stays_open():
        from nilearn.plotting import view_img

    return view_img


@once
def template_parts() -> ViewerParts:
    """Return the parts that all viewers share; raises ViewerError.

    The background is the template that nilearn bundles (MNI152), at 2 mm: the grid of `regions.nii.gz`. nilearn
    resamples it at each call, so the parts are kept.
    """
    try:
        from nilearn.datasets import load_mni152_template

        with silenced(module=NILEARN):
            background = load_mni152_template(resolution=2)
        shape, affine = background.shape, np.asarray(background.affine, dtype=np.float64)
    except Exception as error:  # whatever another version of another package raises
        raise ViewerError(f"nilearn's template failed ({type(error).__name__})") from error
    anything = np.zeros(shape)
    anything[shape[0] // 2, shape[1] // 2, shape[2] // 2] = 1.0
    parts = viewer_parts(anything, affine, ("#000000", "#ffffff"), background)
    return attrs.evolve(parts, background=_in_grey(parts.background))


def viewer_parts(values: FloatArray, affine: FloatArray, colours: Sequence[str], background: Any) -> ViewerParts:
    """Call `view_img` with a volume and return the parts of its document.

    Parameters
    ----------
    values : array of float, three axes
        The volume, −1 to 1; zero is transparent.
    affine : array of float, shape (4, 4)
        Takes its voxels to MNI millimetres.
    colours : sequence of str
        Colours from −1 to 1, each for an equal share of the scale.
    background : image or None
        Image to show it on; without one the picture of the background is white.

    Returns
    -------
    ViewerParts

    Raises
    ------
    ViewerError
        nilearn fails, lacks its viewer, or returns another document than the one we know.
    """
    try:
        view_img = view_img_function()
        from matplotlib.colors import ListedColormap
        from nibabel import Nifti1Image

        with silenced(module=NILEARN):
            document = view_img(
                Nifti1Image(values.astype(np.float32), affine),
                bg_img=background,
                cut_coords=(0.0, 0.0, 0.0),
                colorbar=True,
                threshold=1e-6,
                black_bg=False,
                cmap=ListedColormap(list(colours)),
                symmetric_cmap=True,
                vmax=1.0,
                resampling_interpolation="nearest",
            )
    except Exception as error:  # whatever another version of another package raises
        raise ViewerError(f"nilearn's view_img failed ({type(error).__name__})") from error
    return read_viewer(str(document.html), values.shape)


def read_viewer(document: str, shape: Sequence[int]) -> ViewerParts:
    """Return the parts of a document of `view_img` for a volume of a shape; raises ViewerError."""
    reading = _Document()
    reading.feed(document)
    reading.close()
    starts = [(script, call.end()) for script in reading.scripts if (call := CALL.search(script))]
    if len(starts) != 1 or reading.has_sources:
        raise ViewerError("nilearn's view_img returned a document of another form")
    (own, start), *_ = starts
    try:
        params, _ = json.JSONDecoder().raw_decode(own, start)
        pictures = [reading.pictures[params["sprite"]], reading.pictures[params["overlay"]["sprite"]]]
        n_slices = tuple(int(params["nbSlice"][axis]) for axis in "XYZ")
        affine = np.array(params["affine"], dtype=np.float64)
        sizes = {_size(one) for one in pictures}
    except (ValueError, TypeError, KeyError, OSError) as error:  # OSError: not a picture
        raise ViewerError("nilearn's view_img returned a document of another form") from error
    scripts = tuple(script for script in reading.scripts if script != own)
    is_known = n_slices == tuple(shape) and affine.shape == (4, 4) and np.isfinite(affine).all()
    is_known &= len(sizes) == 1 and not any(
        length % n for size in sizes for length, n in zip(size, shape[1:], strict=True)
    )
    if not is_known or not any("function brainsprite(" in script for script in scripts):
        raise ViewerError("nilearn's view_img returned a document of another form")
    kept = {name: params[name] for name in ("nbSlice", "affine", "radiological", "showLR") if name in params}
    return ViewerParts(pictures[0], pictures[1], kept, scripts)


class _Document(HTMLParser):
    """The scripts of a document, and its pictures by identifier."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.scripts: list[str] = []
        self.pictures: dict[str, str] = {}
        self.has_sources = False
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = dict(attrs)
        if tag == "script":
            self._in_script = True
            self.scripts.append("")
            self.has_sources |= "src" in of
        elif tag == "img":
            self.pictures[of.get("id") or ""] = of.get("src") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "script" and self._in_script:
            self._in_script = False
            self.scripts[-1] = self.scripts[-1].replace("\r\n", "\n").strip()

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self.scripts[-1] += data


def _opened(address: str) -> Any:
    """Open a picture of a ``data:`` address; reads no pixel yet."""
    from PIL import Image

    return Image.open(io.BytesIO(base64.b64decode(address.removeprefix(PNG), validate=True)), formats=["PNG"])


def _size(address: str) -> tuple[int, int]:
    """Return a picture's width and height."""
    with _opened(address) as picture:
        width, height = picture.size
    return width, height


def _in_grey(address: str) -> str:
    """Return a picture of greys in one channel, which takes half the bytes; one with colours as it is."""
    from PIL import Image

    with _opened(address) as picture:
        pixels = np.asarray(picture.convert("RGBA"))
    if (pixels[..., 3] != OPAQUE).any() or (pixels[..., :1] != pixels[..., 1:3]).any():
        return address
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels[..., 0])).save(out, "PNG", optimize=True)
    return PNG + base64.b64encode(out.getvalue()).decode("ascii")


@contextmanager
def _backend_stays_open() -> Iterator[None]:
    """Let an import find matplotlib's backend chosen, and leave the choice as it was."""
    import sys

    import matplotlib as mpl

    if "nilearn.plotting" in sys.modules:
        yield
        return
    kept = ("backend", "backend_fallback")
    with _BACKEND:
        # The methods of `dict`: those of `rcParams`, `in` as well, make the choice.
        before = {name: dict.__getitem__(mpl.rcParams, name) for name in kept if dict.__contains__(mpl.rcParams, name)}
        if not isinstance(before.get("backend"), str):
            dict.__setitem__(mpl.rcParams, "backend", "agg")
        try:
            yield
        finally:
            for name, value in before.items():
                dict.__setitem__(mpl.rcParams, name, value)

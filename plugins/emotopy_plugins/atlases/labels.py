"""Atlas `labels`: any label image with a table of names; and the label atlases that nilearn fetches, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from emotopy.errors import ConfigError
from emotopy.hookspecs import hookimpl
from emotopy.roles import Atlas, Factory, Host

if TYPE_CHECKING:
    from emotopy_plugins.atlases.label_atlas import Labels

OnMissing = Literal["error", "nan"]


@hookimpl
def register_atlases() -> Mapping[str, Factory[Atlas]]:
    return {
        "labels": labels,
        "schaefer": schaefer,
        "aal": aal,
        "harvard-oxford": harvard_oxford,
        "yeo": yeo,
        "destrieux": destrieux,
    }


def labels(
    image: Path | None = None,
    table: Path | None = None,
    on_missing: OnMissing = "error",
    host: Host | None = None,
) -> Atlas:
    """Regions from a label image in MNI space (3-D NIfTI of whole numbers, 0 = none) and a table of their names.

    `table` is a TSV or CSV with the columns `index, name` (a BIDS `_dseg.tsv`), optionally `network`; by default the
    file beside the image that is called like it. Regions are the labels that the image holds, in the table's order;
    names become lower case with underscores. Labels are brought to the grid of whatever image is read (nearest
    neighbour); of a region that has no voxel there, "error" names it, "nan" gives a column of NaN in its place and
    says so, which `--drop regions` then leaves out of all subjects.

    Raises ConfigError where no image is named, InputError for files that don't fit each other.
    """
    if image is None:
        raise ConfigError(
            "atlas.image: the atlas `labels` is a label image of yours, and none is named; say --set atlas.image=FILE "
            "(or take one that is fetched: schaefer, aal, harvard-oxford, yeo, destrieux)"
        )
    from emotopy_plugins.atlases.label_table import read_labels

    return _atlas(image.name.partition(".")[0], lambda: read_labels(image, table), on_missing, host)


def schaefer(
    n_rois: Literal[100, 200, 300, 400, 500, 600, 700, 800, 900, 1000] = 400,
    yeo_networks: Literal[7, 17] = 7,
    resolution_mm: Literal[1, 2] = 2,
    on_missing: OnMissing = "error",
    host: Host | None = None,
) -> Atlas:
    """Schaefer et al. 2018 (doi:10.1093/cercor/bhx179): cortex in 100 to 1000 parcels, each in one of 7 or 17 networks.

    nilearn fetches it on first use, then finds it in its data folder.
    """
    from emotopy_plugins.atlases.label_fetchers import fetch_schaefer

    name = f"schaefer{n_rois}"
    return _atlas(name, lambda: fetch_schaefer(n_rois, yeo_networks, resolution_mm), on_missing, host)


def aal(
    version: Literal["3v2", "SPM12", "SPM8", "SPM5"] = "3v2", on_missing: OnMissing = "error", host: Host | None = None
) -> Atlas:
    """AAL (Tzourio-Mazoyer et al. 2002, doi:10.1006/nimg.2001.0978; 3v2: Rolls et al. 2020), subcortical too.

    nilearn fetches it on first use, then finds it in its data folder.
    """
    from emotopy_plugins.atlases.label_fetchers import fetch_aal

    return _atlas(f"aal-{version.lower()}", lambda: fetch_aal(version), on_missing, host)


def harvard_oxford(
    part: Literal["cort", "cortl", "sub"] = "cort",
    threshold: Literal[0, 25, 50] = 25,
    resolution_mm: Literal[1, 2] = 2,
    symmetric_split: bool = False,
    on_missing: OnMissing = "error",
    host: Host | None = None,
) -> Atlas:
    """Harvard–Oxford (FSL; Desikan et al. 2006, doi:10.1016/j.neuroimage.2006.01.021), most likely region per voxel.

    `part` is cortex, cortex by side, or what lies below; `threshold` in percent; `symmetric_split` cuts at the midline.
    nilearn fetches it on first use, then finds it in its data folder.
    """
    from emotopy_plugins.atlases.label_fetchers import fetch_harvard_oxford

    which = f"{part}-maxprob-thr{threshold}-{resolution_mm}mm"
    return _atlas(f"harvard-oxford-{part}", lambda: fetch_harvard_oxford(which, symmetric_split), on_missing, host)


def yeo(
    n_networks: Literal[7, 17] = 7,
    thickness: Literal["thin", "thick"] = "thick",
    on_missing: OnMissing = "error",
    host: Host | None = None,
) -> Atlas:
    """Yeo et al. 2011 (doi:10.1152/jn.00338.2011): cortex in 7 or 17 networks, each a region.

    nilearn fetches it on first use, then finds it in its data folder.
    """
    from emotopy_plugins.atlases.label_fetchers import fetch_yeo

    return _atlas(f"yeo{n_networks}", lambda: fetch_yeo(n_networks, thickness), on_missing, host)


def destrieux(lateralized: bool = True, on_missing: OnMissing = "error", host: Host | None = None) -> Atlas:
    """Destrieux et al. 2009 (doi:10.1016/S1053-8119(09)71561-7): gyri and sulci of the cortex, by side.

    nilearn fetches it on first use, then finds it in its data folder.
    """
    from emotopy_plugins.atlases.label_fetchers import fetch_destrieux

    return _atlas("destrieux", lambda: fetch_destrieux(lateralized), on_missing, host)


def _atlas(name: str, load: Callable[[], Labels], on_missing: OnMissing, host: Host | None) -> Atlas:
    from emotopy_plugins.atlases.label_atlas import LabelAtlas

    return LabelAtlas(name=name, load=load, on_missing=on_missing, host=host or Host())

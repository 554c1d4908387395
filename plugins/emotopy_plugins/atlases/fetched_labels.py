"""Atlases that nilearn fetches, by name: `schaefer`, `aal`, `harvard-oxford`, `yeo`, `destrieux`.

Each is downloaded once, into nilearn's own data folder.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any, Literal

from emotopy.errors import ProviderError
from emotopy.hookspecs import hookimpl
from emotopy.roles import Atlas, Factory, Host
from emotopy_plugins.atlases.labels import LabelAtlas, Labels, OnMissing, Row, labels_of


@hookimpl
def register_atlases() -> Mapping[str, Factory[Atlas]]:
    """Offer them all."""
    return {
        "schaefer": schaefer,
        "aal": aal,
        "harvard-oxford": harvard_oxford,
        "yeo": yeo,
        "destrieux": destrieux,
    }


def schaefer(
    n_rois: Literal[100, 200, 300, 400, 500, 600, 700, 800, 900, 1000] = 400,
    yeo_networks: Literal[7, 17] = 7,
    resolution_mm: Literal[1, 2] = 2,
    on_missing: OnMissing = "error",
    host: Host | None = None,
) -> LabelAtlas:
    """Schaefer et al. 2018 (doi:10.1093/cercor/bhx179): cortex in 100 to 1000 parcels, each in one of 7 or 17 networks.

    nilearn fetches it on first use, then finds it in its data folder.
    """
    name = f"schaefer{n_rois}"
    return _fetched(name, lambda: fetch_schaefer(n_rois, yeo_networks, resolution_mm), on_missing, host)


def aal(
    version: Literal["3v2", "SPM12", "SPM8", "SPM5"] = "3v2", on_missing: OnMissing = "error", host: Host | None = None
) -> LabelAtlas:
    """AAL (Tzourio-Mazoyer et al. 2002, doi:10.1006/nimg.2001.0978; 3v2: Rolls et al. 2020), subcortical too.

    nilearn fetches it on first use, then finds it in its data folder.
    """
    return _fetched(f"aal-{version.lower()}", lambda: fetch_aal(version), on_missing, host)


def harvard_oxford(
    part: Literal["cort", "cortl", "sub"] = "cort",
    threshold: Literal[0, 25, 50] = 25,
    resolution_mm: Literal[1, 2] = 2,
    symmetric_split: bool = False,
    on_missing: OnMissing = "error",
    host: Host | None = None,
) -> LabelAtlas:
    """Harvard–Oxford (FSL; Desikan et al. 2006, doi:10.1016/j.neuroimage.2006.01.021), most likely region per voxel.

    `part` is cortex, cortex by side, or what lies below; `threshold` in percent; `symmetric_split` cuts at the midline.
    nilearn fetches it on first use, then finds it in its data folder.
    """
    which = f"{part}-maxprob-thr{threshold}-{resolution_mm}mm"
    return _fetched(f"harvard-oxford-{part}", lambda: fetch_harvard_oxford(which, symmetric_split), on_missing, host)


def yeo(
    n_networks: Literal[7, 17] = 7,
    thickness: Literal["thin", "thick"] = "thick",
    on_missing: OnMissing = "error",
    host: Host | None = None,
) -> LabelAtlas:
    """Yeo et al. 2011 (doi:10.1152/jn.00338.2011): cortex in 7 or 17 networks, each a region.

    nilearn fetches it on first use, then finds it in its data folder.
    """
    return _fetched(f"yeo{n_networks}", lambda: fetch_yeo(n_networks, thickness), on_missing, host)


def destrieux(lateralized: bool = True, on_missing: OnMissing = "error", host: Host | None = None) -> LabelAtlas:
    """Destrieux et al. 2009 (doi:10.1016/S1053-8119(09)71561-7): gyri and sulci of the cortex, by side.

    nilearn fetches it on first use, then finds it in its data folder.
    """
    return _fetched("destrieux", lambda: fetch_destrieux(lateralized), on_missing, host)


def _fetched(name: str, load: Callable[[], Labels], on_missing: OnMissing, host: Host | None) -> LabelAtlas:
    return LabelAtlas(name, load, on_missing, host or Host())


def fetch_schaefer(n_rois: int, yeo_networks: int, resolution_mm: int) -> Labels:
    """Return Schaefer's parcels; the network stands in the name (`7networks_lh_vis_1`)."""
    from nilearn.datasets import fetch_atlas_schaefer_2018

    fetched = _fetch(
        "schaefer", fetch_atlas_schaefer_2018, n_rois=n_rois, yeo_networks=yeo_networks, resolution_mm=resolution_mm
    )
    return _labels(fetched, "schaefer", network=lambda name: name.split("_")[2].lower())


def fetch_aal(version: str) -> Labels:
    """Return the AAL regions."""
    from nilearn.datasets import fetch_atlas_aal

    return _labels(_fetch("aal", fetch_atlas_aal, version=version), "aal")


def fetch_harvard_oxford(which: str, symmetric_split: bool) -> Labels:
    """Return a maximum-probability map of Harvard–Oxford."""
    from nilearn.datasets import fetch_atlas_harvard_oxford

    fetched = _fetch("harvard-oxford", fetch_atlas_harvard_oxford, atlas_name=which, symmetric_split=symmetric_split)
    return _labels(fetched, "harvard-oxford")


def fetch_yeo(n_networks: int, thickness: str) -> Labels:
    """Return Yeo's networks as regions."""
    from nilearn.datasets import fetch_atlas_yeo_2011

    return _labels(_fetch("yeo", fetch_atlas_yeo_2011, n_networks=n_networks, thickness=thickness), "yeo")


def fetch_destrieux(lateralized: bool) -> Labels:
    """Return Destrieux' gyri and sulci."""
    from nilearn.datasets import fetch_atlas_destrieux_2009

    return _labels(_fetch("destrieux", fetch_atlas_destrieux_2009, lateralized=lateralized), "destrieux")


def _fetch(name: str, fetch: Callable[..., Any], **options: Any) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return fetch(**options, verbose=0)
    except (OSError, RuntimeError) as error:  # whatever requests and nilearn raise without a network
        said = " ".join(str(error).split())[:200]
        raise ProviderError(
            f"atlas {name}: wanted to fetch it once through nilearn, and that failed ({type(error).__name__}: {said}). "
            "Come again with a network, or copy nilearn's data folder from where it was fetched and name it in "
            "NILEARN_DATA, or give a label image of your own: --atlas labels --set atlas.image=FILE"
        ) from error


def _labels(fetched: Any, name: str, network: Callable[[str], str] | None = None) -> Labels:
    """Return the labels by the fetched look-up table (columns index, name)."""
    rows: list[Row] = []
    for number, label in zip(fetched.lut["index"], fetched.lut["name"], strict=True):
        if int(number) != 0:
            rows.append((int(number), str(label), network(str(label)) if network else None))
    return labels_of(fetched.maps, rows, f"the table of {name}")

"""The label atlases that nilearn fetches; each is downloaded once, into nilearn's own data folder."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from emotopy.errors import ProviderError
from emotopy_plugins.atlases.label_atlas import Labels
from emotopy_plugins.atlases.label_table import Row, labels_of


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

"""Atlases that nilearn fetches, by name: `schaefer`, `aal`, `harvard-oxford`, `yeo`, `destrieux`.

Each is downloaded once, into nilearn's own data folder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from emotopy.errors import ProviderError
from emotopy.hookspecs import hookimpl
from emotopy.roles import Atlas, Factory, Host
from emotopy.wording import setting
from emotopy_plugins.atlases.label_tables import LabelTable, Row
from emotopy_plugins.atlases.labels import LabelAtlas, Labels, OnMissing, labels_of
from emotopy_plugins.shared.quiet import NILEARN, silenced


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
    fetch, options = ("schaefer", "schaefer_2018"), {"yeo_networks": yeo_networks, "resolution_mm": resolution_mm}
    return _atlas(f"schaefer{n_rois}", on_missing, host, fetch, _network_of, n_rois=n_rois, **options)


def aal(
    version: Literal["3v2", "SPM12", "SPM8", "SPM5"] = "3v2", on_missing: OnMissing = "error", host: Host | None = None
) -> LabelAtlas:
    """AAL (Tzourio-Mazoyer et al. 2002, doi:10.1006/nimg.2001.0978; 3v2: Rolls et al. 2020), subcortical too.

    nilearn fetches it on first use, then finds it in its data folder.
    """
    return _atlas(f"aal-{version.lower()}", on_missing, host, ("aal", "aal"), version=version)


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
    fetch = ("harvard-oxford", "harvard_oxford")
    name = f"harvard-oxford-{part}"
    return _atlas(name, on_missing, host, fetch, atlas_name=which, symmetric_split=symmetric_split)


def yeo(
    n_networks: Literal[7, 17] = 7,
    thickness: Literal["thin", "thick"] = "thick",
    on_missing: OnMissing = "error",
    host: Host | None = None,
) -> LabelAtlas:
    """Yeo et al. 2011 (doi:10.1152/jn.00338.2011): cortex in 7 or 17 networks, each a region.

    nilearn fetches it on first use, then finds it in its data folder.
    """
    fetch = ("yeo", "yeo_2011")
    return _atlas(f"yeo{n_networks}", on_missing, host, fetch, n_networks=n_networks, thickness=thickness)


def destrieux(lateralized: bool = True, on_missing: OnMissing = "error", host: Host | None = None) -> LabelAtlas:
    """Destrieux et al. 2009 (doi:10.1016/S1053-8119(09)71561-7): gyri and sulci of the cortex, by side.

    nilearn fetches it on first use, then finds it in its data folder.
    """
    return _atlas("destrieux", on_missing, host, ("destrieux", "destrieux_2009"), lateralized=lateralized)


def _network_of(name: str) -> str:
    """Return the network that stands in the name of a Schaefer parcel, `7Networks_LH_Vis_1`."""
    return name.split("_")[2].lower()


def _atlas(
    name: str,
    on_missing: OnMissing,
    host: Host | None,
    fetch: tuple[str, str],
    network: Callable[[str], str] | None = None,
    **options: Any,
) -> LabelAtlas:
    """Return the atlas of this name; `fetch` is what messages call it, and the end of the name of nilearn's fetcher."""

    def load() -> Labels:
        fetched = _fetch(*fetch, options)
        rows: list[Row] = [
            (int(number), str(label), network(str(label)) if network else None)
            for number, label in zip(fetched.lut["index"], fetched.lut["name"], strict=True)
            if int(number) != 0
        ]
        return labels_of(fetched.maps, LabelTable(f"the table of {fetch[0]}", (("index", rows),)))

    return LabelAtlas(name, load, on_missing, host or Host())


def _fetch(name: str, fetcher: str, options: Mapping[str, Any]) -> Any:
    from nilearn import datasets

    try:
        with silenced(module=NILEARN):
            return getattr(datasets, f"fetch_atlas_{fetcher}")(**options, verbose=0)
    except (OSError, RuntimeError) as error:  # whatever requests and nilearn raise without a network
        said = " ".join(str(error).split())[:200]
        raise ProviderError(
            f"atlas {name}: downloading it with nilearn failed ({type(error).__name__}: {said}). Try "
            "again with a network connection, copy nilearn's data folder from a machine that has the "
            "atlas and set NILEARN_DATA to it, or give your own label image: "
            f"{setting('atlas=labels', 'atlas.image=FILE')}"
        ) from error

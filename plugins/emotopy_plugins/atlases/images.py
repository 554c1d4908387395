"""Images as an atlas takes them: opened, checked, and read where the atlas has its voxels."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from emotopy.errors import InputError
from emotopy.records.axes import FloatArray

if TYPE_CHECKING:
    from nibabel.spatialimages import SpatialImage


def open_image(image: SpatialImage | str | Path) -> SpatialImage:
    """Return the image (loaded lazily, where a path is given), checked: 3-D or 4-D, real numbers, placed in space.

    Raises InputError for what isn't.
    """
    import nibabel
    from nibabel.filebasedimages import ImageFileError

    if not isinstance(image, (str, Path)):
        return _checked(image)
    try:
        return _checked(nibabel.load(image))
    except (ImageFileError, OSError, EOFError, zlib.error) as error:
        raise InputError(f"{name_of(image)}: wanted an image that nibabel reads (NIfTI), got {error}") from error


def _checked(image: Any) -> SpatialImage:
    name = name_of(image)
    if not hasattr(image, "affine") or not hasattr(image, "dataobj"):
        raise InputError(f"{name}: wanted an image on a voxel grid or its path, got {type(image).__name__}")
    if len(image.shape) not in (3, 4) or 0 in image.shape:
        raise InputError(f"{name}: wanted x, y, z and volumes, got shape {image.shape}")
    if image.get_data_dtype().kind not in "iuf":
        raise InputError(f"{name}: wanted real numbers, got {image.get_data_dtype()}")
    header = image.header
    if "sform_code" in header and header["sform_code"] == 0 and header["qform_code"] == 0:
        raise InputError(
            f"{name}: wanted an image in MNI space, got one whose header has neither sform nor qform, "
            "so the positions of its voxels are unknown; set one of them (the code for MNI152 is 4)"
        )
    return cast("SpatialImage", image)


def name_of(image: Any) -> str:
    """Return the file name of an image, or of a path, for messages, without its folder."""
    filename = image if isinstance(image, (str, Path)) else getattr(image, "get_filename", lambda: None)()
    return Path(filename).name if filename else "the image"


def voxel_volume_mm3(image: SpatialImage) -> float:
    """Return the volume of a voxel."""
    return float(abs(np.linalg.det(image.affine[:3, :3])))


def read_voxels(image: SpatialImage, where: npt.NDArray[np.bool_]) -> FloatArray:
    """Return the series of the voxels in `where` (three axes), (n_voxels, n_volumes).

    Raises InputError for a file that breaks off.
    """
    try:
        data = np.asanyarray(image.dataobj)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise InputError(
            f"{name_of(image)}: wanted {image.shape} voxels, but the file can't be read: {error}"
        ) from error
    return np.asarray(data[where]).reshape(np.count_nonzero(where), -1)

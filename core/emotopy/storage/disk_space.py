"""Whether what a run will write fits on the disk, asked before its work; and large files that needn't be copied."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from emotopy.errors import InputError
from emotopy.wording import worded

RESERVE = 64 << 20
"""Bytes that are left free."""


def check_free_space(folder: Path, n_bytes: int, what: str) -> None:
    """Check that so many bytes are free where `folder` is, or will be.

    Raises InputError, which says how many are wanted and how many there are.
    """
    place = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    free = shutil.disk_usage(place).free
    if free < n_bytes + RESERVE:
        wanted, there = (f"{size / 1e9:.2f} GB" for size in (n_bytes + RESERVE, free))
        advice = (
            f"free some space, or choose another place: {worded('--out', 'another path')} for results, the variable "
            "TMPDIR for temporary files"
        )
        raise InputError(
            f"{what}: wanted about {wanted} of free disk space, got {there}; {advice}",
            wanted=wanted,
            got=there,
            advice=advice,
        )


def link_or_copy(source: Path, target: Path) -> Path:
    """Put a finished file at another place too: by a second name where the file system can, else as a copy.

    The file must not be changed afterwards. Returns the new path.
    """
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)
    return target

"""Readers of file formats: tables, series, images, narratives, ratings, motion, confounds.

The names below are public. They are imported on first use: importing this package loads nothing heavy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emotopy.lazily import importing

if TYPE_CHECKING:
    from emotopy.readers.motion import Motion as Motion
    from emotopy.readers.motion import read_motion_folder as read_motion_folder
    from emotopy.readers.narratives import read_narrative as read_narrative
    from emotopy.readers.own_files import load_chat as load_chat
    from emotopy.readers.own_files import load_transcript as load_transcript
    from emotopy.readers.ratings import read_ratings as read_ratings
    from emotopy.readers.series import read_series_folder as read_series_folder
    from emotopy.readers.tables import read_table as read_table
    from emotopy.readers.text_io import read_text as read_text

__all__ = [
    "Motion",
    "load_chat",
    "load_transcript",
    "read_motion_folder",
    "read_narrative",
    "read_ratings",
    "read_series_folder",
    "read_table",
    "read_text",
]

__getattr__ = importing(
    __name__,
    {
        "Motion": "emotopy.readers.motion",
        "load_chat": "emotopy.readers.own_files",
        "load_transcript": "emotopy.readers.own_files",
        "read_motion_folder": "emotopy.readers.motion",
        "read_narrative": "emotopy.readers.narratives",
        "read_ratings": "emotopy.readers.ratings",
        "read_series_folder": "emotopy.readers.series",
        "read_table": "emotopy.readers.tables",
        "read_text": "emotopy.readers.text_io",
    },
)

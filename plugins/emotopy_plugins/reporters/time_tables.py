"""Writes courses over time and their change points as files that programs read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from emotopy.storage.csv_safe import write_csv

if TYPE_CHECKING:
    from emotopy.pathways.over_time.pathway import TimeCourses


def write_time_tables(courses: TimeCourses | None, directory: Path, digits: int) -> list[Path]:
    """Write ``time_course.csv`` and ``change_points.csv``; nothing where there are no courses."""
    if courses is None:
        return []
    return [
        write_csv(courses.table, directory / "time_course.csv", digits=digits),
        write_csv(courses.changes, directory / "change_points.csv", digits=digits),
    ]

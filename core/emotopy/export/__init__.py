"""Results directories that were written before: read, shown anew, and as other people's formats want them."""

from __future__ import annotations

from emotopy.export.bids import export_bids as export_bids
from emotopy.export.read_result import read_result as read_result
from emotopy.export.report import remake_report as remake_report

__all__ = ["export_bids", "read_result", "remake_report"]

"""Results directories as other people's formats want them: BIDS derivatives."""

from __future__ import annotations

from emotopy.export.bids import export_bids as export_bids

__all__ = ["export_bids"]

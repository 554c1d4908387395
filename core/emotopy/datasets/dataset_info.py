"""Gone: stands in `emotopy.records.dataset_info`."""

from emotopy.datasets.moved import moved

HOME = "write from emotopy.records.dataset_info import"
__getattr__ = moved(__name__, {name: f"{HOME} {name}" for name in ("left_out_of", "notes_of")})

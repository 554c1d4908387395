"""The formats of files that figures have."""

FORMATS = ("png", "svg", "pdf")

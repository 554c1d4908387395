"""Mapped texts: the fit of the stages, the tables, and mapped texts read back."""

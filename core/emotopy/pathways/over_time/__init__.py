"""Mapped texts over time."""

"""Loaders of public data in their official layouts, and of the user's own tables."""

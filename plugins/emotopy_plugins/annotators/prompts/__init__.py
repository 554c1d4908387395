"""Prompts, by name and version; a published version is never changed, since ratings are kept under its hash."""

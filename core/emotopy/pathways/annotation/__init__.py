"""Annotation: stories cut into segments and rated."""

"""Scans of a story: what comes in, what is decoded from what, the analysis, its tables."""

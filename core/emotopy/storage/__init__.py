"""Stage cache, provenance, results directories."""

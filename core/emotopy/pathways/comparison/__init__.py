"""Groups of mapped texts compared."""

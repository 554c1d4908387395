"""Built-in atlases."""

"""Built-in intensity scorers."""

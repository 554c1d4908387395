"""Built-in connectivity."""

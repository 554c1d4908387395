"""Built-in region mappers."""

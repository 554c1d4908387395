"""The text pathway."""

"""The brain pathway."""

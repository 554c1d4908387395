"""The built-in plugins of emotopy: one folder per role, one entry point per file."""

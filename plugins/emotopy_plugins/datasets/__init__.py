"""Built-in data sets: named, public, in the layout their authors publish."""

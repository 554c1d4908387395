"""All eleven roles of emotopy, a small file each. Nothing happens on import."""

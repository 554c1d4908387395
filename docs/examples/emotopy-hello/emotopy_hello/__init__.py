"""All ten roles of emotopy, a small file each. Nothing happens on import."""

"""The pathways: text, brain, bridge; each reads from top to bottom."""

"""Statistics that the pathways share."""

"""The bridge between both pathways."""

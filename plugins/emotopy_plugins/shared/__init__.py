"""What several roles use."""

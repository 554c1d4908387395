"""A story: cut into segments, rated, and its ratings as a course over time."""

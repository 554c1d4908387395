"""Running stages: made from a configuration, called under guard, checked, cached, repeated."""

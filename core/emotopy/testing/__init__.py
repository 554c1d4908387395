"""The conformance suite and doubles, shipped for plugin authors."""

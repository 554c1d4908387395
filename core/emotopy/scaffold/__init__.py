"""The scaffolder: a new plugin, as a distribution that can be installed and passes the conformance suite at once."""

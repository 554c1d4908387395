"""The scaffolder: a new plugin, as a distribution that can be installed and passes the conformance suite at once."""

from emotopy.scaffold.write import Scaffold, write_plugin

__all__ = ["Scaffold", "write_plugin"]

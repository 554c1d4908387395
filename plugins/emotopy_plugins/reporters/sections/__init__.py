"""The sections of the report that ship, by kind of result; docs/report-sections.md lists them."""

from emotopy_plugins.reporters.sections.every import EVERY
from emotopy_plugins.reporters.sections.texts import TEXTS

SECTIONS = (*EVERY, *TEXTS)

"""The sections of the report that ship, by kind of result; docs/report-sections.md lists them."""

from emotopy_plugins.reporters.sections.bridge import BRIDGE
from emotopy_plugins.reporters.sections.comparison import COMPARISON
from emotopy_plugins.reporters.sections.decoding import DECODING
from emotopy_plugins.reporters.sections.every import EVERY
from emotopy_plugins.reporters.sections.experiment import EXPERIMENT
from emotopy_plugins.reporters.sections.slices import SLICES
from emotopy_plugins.reporters.sections.text_map import TEXT_MAP
from emotopy_plugins.reporters.sections.texts import TEXTS

SECTIONS = (*EVERY, *TEXTS, TEXT_MAP, SLICES, *DECODING, *BRIDGE, *COMPARISON, *EXPERIMENT)

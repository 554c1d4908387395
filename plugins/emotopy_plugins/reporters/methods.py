"""A methods paragraph ready to paste, and its references as BibTeX, from a result's provenance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from emotopy.records import RegionResult, Result
from emotopy_plugins.reporters import of_bridge, of_comparison, of_decoding, of_experiment
from emotopy_plugins.reporters.formatting import count
from emotopy_plugins.reporters.reading import lookup, stage_name

REFERENCES: Mapping[str, str] = {
    "emotopy": """@software{emotopy,
  title   = {emotopy: mapping emotion onto the brain, from text and from fMRI},
  author  = {{emotopy maintainers}},
  version = {VERSION}
}""",
    "vos2025": """@misc{vos2025,
  title  = {Emotion mapping from text to brain regions without a scanner},
  note   = {arXiv:2508.09337},
  eprint = {2508.09337},
  archiveprefix = {arXiv}
}""",
    "poldrack2006": """@article{poldrack2006,
  title   = {Can cognitive processes be inferred from neuroimaging data?},
  author  = {Poldrack, Russell A.},
  journal = {Trends in Cognitive Sciences},
  volume  = {10},
  number  = {2},
  pages   = {59--63},
  year    = {2006},
  doi     = {10.1016/j.tics.2005.12.004}
}""",
    **of_decoding.REFERENCES,
    **of_bridge.REFERENCES,
    **of_comparison.REFERENCES,
}


def methods_of(result: Result) -> str:
    """Return the paragraph; empty for kinds that have none."""
    return METHODS.get(result.kind, lambda _: "")(result)


def bibtex_of(result: Result) -> str:
    """Return the references of the paragraph."""
    cited = CITED.get(result.kind, ())
    keys = ["emotopy", *(cited(result) if callable(cited) else cited)]
    version = str(lookup(result.provenance, "versions", "emotopy") or "")
    return "\n\n".join(REFERENCES[key].replace("VERSION", version) for key in keys)


def _of_texts(result: RegionResult) -> str:
    from emotopy_plugins.reporters.sections.texts import atlas_name, confidence_level, scored_texts, sizes_of

    provenance = result.provenance
    stages = provenance.get("stages", {})
    named = {role: stage_name(stages[role]) for role in stages}
    scored, sizes = scored_texts(result), sizes_of(result)
    n_units = scored["unit"].nunique()
    groups = len(sizes) - 1
    said = [
        f"Texts ({sizes['all']:,}"
        + (f" by {count(n_units, 'unit')}" if n_units else "")
        + (f", in {count(groups, 'group')}" if groups > 1 else "")
        + f") were mapped onto the {count(len(result.axis.regions), 'region')} of the atlas {atlas_name(result)} with "
        f"emotopy {lookup(provenance, 'versions', 'emotopy') or ''}."
    ]
    if "embedder" in named and "region_mapper" in named:
        said.append(
            f"They were embedded with {named['embedder']} and assigned to regions by {named['region_mapper']}; "
            f"profiles are standardised per region against {provenance.get('reference', 'the reference texts')}."
        )
    if "reducer" in named and "clusterer" in named:
        said.append(
            f"For clusters, embeddings were reduced by {named['reducer']} and clustered by {named['clusterer']}."
        )
    if "intensity_scorer" in named:
        said.append(f"Emotional intensity was scored with {named['intensity_scorer']}.")
    said.append(f"Intervals are {100 * confidence_level(result):g} % intervals over {'units' if n_units else 'texts'}.")
    seed = provenance.get("seed", lookup(provenance, "config", "seed"))
    if seed is not None:
        said.append(f"The random seed was {seed}.")
    return " ".join(said)


METHODS: Mapping[str, Callable[[Any], str]] = {
    "texts": _of_texts,
    "decoding": of_decoding.methods,
    "bridge": of_bridge.methods,
    "comparison": of_comparison.methods,
    "experiment": of_experiment.methods,
}
CITED: Mapping[str, tuple[str, ...] | Callable[[Any], tuple[str, ...]]] = {
    "texts": ("vos2025", "poldrack2006"),
    "decoding": of_decoding.CITED,
    "bridge": of_bridge.CITED,
    "comparison": of_comparison.cited,
    "experiment": of_experiment.cited,
}

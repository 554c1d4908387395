"""A methods paragraph ready to paste, and its references as BibTeX, from a result's provenance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from emotopy.records import RegionResult, Result
from emotopy_plugins.reporters import of_bridge, of_comparison, of_decoding, of_experiment
from emotopy_plugins.reporters.formatting import count
from emotopy_plugins.reporters.reading import lookup, stage_name
from emotopy_plugins.reporters.sources import SOURCE_REFERENCES, SOURCES, how_mapped, how_scored, sources_of

REFERENCES: Mapping[str, str] = {
    "emotopy": """@software{emotopy,
  title   = {emotopy: mapping emotion onto the brain, from text and from fMRI},
  author  = {{emotopy maintainers}},
  version = {VERSION}
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
    **SOURCE_REFERENCES,
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
    cited = _cited_by_texts(result)
    sources = {key: name for key, name in SOURCES.items() if key in cited}
    of_atlas = f" ({sources['vos2025']})" if "vos2025" in sources else ""
    said = [
        f"Texts ({sizes['all']:,}"
        + (f" by {count(n_units, 'unit')}" if n_units else "")
        + (f", in {count(groups, 'group')}" if groups > 1 else "")
        + f") were mapped onto the {count(len(result.axis.regions), 'region')} of the atlas "
        f"{atlas_name(result)}{of_atlas} with emotopy {lookup(provenance, 'versions', 'emotopy') or ''}."
    ]
    said += how_mapped(stages, lookup(provenance, "reference") or "the reference texts", cited)
    segment, weights = (lookup(provenance, "config", key) for key in ("segment", "unit_weights"))
    if segment == "sentence":
        said.append(
            "Texts were divided into sentences, which were mapped one by one; values of a text are means "
            "over its sentences."
        )
    if weights == "words":
        said.append("Every word has equal weight in means over texts, groups and units.")
    if "reducer" in named and "clusterer" in named:
        reduced, clustered = (
            f"{named[role]}{f' ({sources[key]})' if key in sources else ''}"
            for role, key in (("reducer", "mcinnes2018"), ("clusterer", "mcinnes2017"))
        )
        said.append(f"For clusters, embeddings were reduced by {reduced} and clustered by {clustered}.")
    said += how_scored(stages, cited)
    over = "units" if n_units else "texts"
    said.append(
        f"Intervals are {100 * confidence_level(result):g} % confidence intervals from a bootstrap over {over}."
    )
    seed = provenance.get("seed", lookup(provenance, "config", "seed"))
    if seed is not None:
        said.append(f"The random seed was {seed}.")
    return " ".join(said)


def _cited_by_texts(result: RegionResult) -> tuple[str, ...]:
    provenance = result.provenance
    sources = sources_of(lookup(provenance, "stages"), lookup(provenance, "reference"))
    as_published = lookup(provenance, "config", "preset") == "vos2025" and "vos2025" not in sources
    return (*(["vos2025"] if as_published else []), *sources, "poldrack2006")


METHODS: Mapping[str, Callable[[Any], str]] = {
    "texts": _of_texts,
    "decoding": of_decoding.methods,
    "bridge": of_bridge.methods,
    "comparison": of_comparison.methods,
    "experiment": of_experiment.methods,
}
CITED: Mapping[str, tuple[str, ...] | Callable[[Any], tuple[str, ...]]] = {
    "texts": _cited_by_texts,
    "decoding": of_decoding.CITED,
    "bridge": of_bridge.CITED,
    "comparison": of_comparison.cited,
    "experiment": of_experiment.cited,
}

"""The papers and data that the stages for texts rest on, and what a methods paragraph says of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from emotopy_plugins.reporters.reading import is_evidence, lookup, stage_name

SOURCES: Mapping[str, str] = {
    "vos2025": "Vos et al. 2025",
    "dockes2020": "NeuroQuery; Dockès et al. 2020",
    "demszky2020": "Demszky et al. 2020",
    "mcinnes2018": "McInnes et al. 2018",
    "mcinnes2017": "McInnes et al. 2017",
    "mohammad2013": "the NRC word–emotion list; Mohammad and Turney 2013",
}
"""How a paragraph names its sources, by the key of the reference."""
SOURCE_REFERENCES: Mapping[str, str] = {
    "vos2025": """@misc{vos2025,
  title         = {Decoding Neural Emotion Patterns through Large Language Model Embeddings},
  author        = {Vos, Gideon and Ebrahimpour, Maryam and van Eijk, Liza and Sarnyai, Zoltan and
                   Rahimi Azghadi, Mostafa},
  year          = {2025},
  eprint        = {2508.09337},
  archiveprefix = {arXiv}
}""",
    "dockes2020": """@article{dockes2020,
  title   = {{NeuroQuery}, comprehensive meta-analysis of human brain mapping},
  author  = {Dock{\\`e}s, J{\\'e}r{\\^o}me and Poldrack, Russell A. and Primet, Romain and G{\\"o}z{\\"u}kan, Hande and
             Yarkoni, Tal and Suchanek, Fabian and Thirion, Bertrand and Varoquaux, Ga{\\"e}l},
  journal = {eLife},
  volume  = {9},
  pages   = {e53385},
  year    = {2020},
  doi     = {10.7554/eLife.53385}
}""",
    "demszky2020": """@inproceedings{demszky2020,
  title     = {{GoEmotions}: a dataset of fine-grained emotions},
  author    = {Demszky, Dorottya and Movshovitz-Attias, Dana and Ko, Jeongwoo and Cowen, Alan and Nemade, Gaurav and
               Ravi, Sujith},
  booktitle = {Proceedings of the 58th Annual Meeting of the Association for Computational Linguistics},
  pages     = {4040--4054},
  year      = {2020},
  doi       = {10.18653/v1/2020.acl-main.372}
}""",
    "mohammad2013": """@article{mohammad2013,
  title   = {Crowdsourcing a word-emotion association lexicon},
  author  = {Mohammad, Saif M. and Turney, Peter D.},
  journal = {Computational Intelligence},
  volume  = {29},
  number  = {3},
  pages   = {436--465},
  year    = {2013},
  doi     = {10.1111/j.1467-8640.2012.00460.x}
}""",
    "mcinnes2018": """@misc{mcinnes2018,
  title         = {{UMAP}: uniform manifold approximation and projection for dimension reduction},
  author        = {McInnes, Leland and Healy, John and Melville, James},
  year          = {2018},
  eprint        = {1802.03426},
  archiveprefix = {arXiv}
}""",
    "mcinnes2017": """@article{mcinnes2017,
  title   = {hdbscan: hierarchical density based clustering},
  author  = {McInnes, Leland and Healy, John and Astels, Steve},
  journal = {Journal of Open Source Software},
  volume  = {2},
  number  = {11},
  pages   = {205},
  year    = {2017},
  doi     = {10.21105/joss.00205}
}""",
}


def sources_of(stages: Any, reference: Any) -> tuple[str, ...]:
    """Return the references of stages that ship with emotopy, and of the data that they bring, by key."""
    stages = stages if isinstance(stages, Mapping) else {}
    used = {(role, stage_name(stage)) for role, stage in stages.items() if lookup(stage, "owner") == "emotopy"}
    own_words = lookup(stages, "intensity_scorer", "options", "lexicon") is not None
    cites = {
        "vos2025": ("atlas", "affect18") in used,
        "dockes2020": is_evidence(stages),
        "demszky2020": "GoEmotions" in str(reference),
        "mcinnes2018": ("reducer", "umap") in used,
        "mcinnes2017": ("clusterer", "hdbscan") in used,
        "mohammad2013": ("intensity_scorer", "nrc") in used and not own_words,
    }
    return tuple(key for key, is_cited in cites.items() if is_cited)


def how_mapped(stages: Any, reference: Any, cited: Iterable[str]) -> list[str]:
    """Say by what texts were embedded and mapped, and what their profiles are standardised against."""
    said = []
    embedder, mapper = lookup(stages, "embedder"), lookup(stages, "region_mapper")
    if embedder is not None and mapper is not None:
        evidence = f", a table of the evidence of imaging studies ({SOURCES['dockes2020']})"
        by = stage_name(mapper) + (evidence if "dockes2020" in cited else "")
        said.append(f"They were embedded with {stage_name(embedder)} and assigned to regions by {by}.")
    if reference:
        named = f"{reference} ({SOURCES['demszky2020']})" if "demszky2020" in cited else str(reference)
        said.append(f"Profiles are standardised per region against {named}.")
    return said


def how_scored(stages: Any, cited: Iterable[str]) -> list[str]:
    """Say by what intensity was scored."""
    scorer = lookup(stages, "intensity_scorer")
    if scorer is None:
        return []
    words = f" ({SOURCES['mohammad2013']})" if "mohammad2013" in cited else ""
    return [f"Emotional intensity was scored with {stage_name(scorer)}{words}."]

"""Region mapper `evidence`: text → affective terms → regions, as 13,459 studies report them. The default."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from emotopy.errors import ConfigError
from emotopy.evidence.profile import BETA
from emotopy.hookspecs import hookimpl
from emotopy.roles import Factory, Host, RegionMapper


@hookimpl
def register_region_mappers() -> Mapping[str, Factory[RegionMapper]]:
    return {"evidence": evidence}


def evidence(
    table: Path | None = None,
    reference: Literal["auto", "corpus", "shipped"] = "auto",
    beta: float = BETA,
    temperature: float = 1.0,
    host: Host | None = None,
) -> RegionMapper:
    """Weigh the literature's evidence on each region by how near a text is to each affective term.

    `table` is an evidence table for another atlas or other terms (`emotopy evidence build`); by default the one that
    ships for `affect18`. `reference` says what "standardised" refers to: "shipped" constants, the "corpus" of the fit,
    or "auto": shipped for the embedder, else the corpus if it has 200 distinct texts, else the shipped sample. `beta`
    is the sharpness of the softmax over terms, `temperature` that of the softmax over regions which makes the assigned
    shares.
    """
    from emotopy_plugins.region_mappers.evidence_mapper import EvidenceMapper

    for name, value in (("beta", beta), ("temperature", temperature)):
        if not value > 0:
            raise ConfigError(f"region_mapper.{name}: wanted a number above 0, got {value}")
    if table is not None and not table.is_file():
        raise ConfigError(f"region_mapper.table: there is no file {table}; `emotopy evidence build` makes one")
    return EvidenceMapper(table=table, reference=reference, beta=beta, temperature=temperature, host=host or Host())

"""Region mapper `evidence`: text → affective terms → regions, as 13,459 studies report them. The default.

Profiles are standardised against a named reference.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, cast, get_args

import attrs
import numpy as np
from annotated_types import Gt, Lt

from emotopy.errors import ConfigError, InputError
from emotopy.evidence.profile import (
    BETA,
    ReferenceConstants,
    anchors,
    constants_from,
    constants_to,
    profile,
    read_reference,
    reference_constants,
    softmax,
    standardise,
    term_similarity,
)
from emotopy.evidence.table import EvidenceTable, parse_table, read_table
from emotopy.hookspecs import hookimpl
from emotopy.host import checkpoint
from emotopy.readers.segmentation import Segment, segment_texts
from emotopy.records import FloatArray, Level
from emotopy.roles import Embedder, Factory, Fingerprinted, Host, MappingInputs, RegionMapper
from emotopy.storage.cache import hash_file, hash_texts
from emotopy.storage.container_specs import Array, ArraySpec
from emotopy.storage.saved_state import check_arrays
from emotopy.storage.state_fields import Fields
from emotopy.wording import setting
from emotopy_plugins.shared.validation import check_fitted

DATA = Path(__file__).parent / "data"
SHIPPED_TABLE = DATA / "affect18.csv"
FEWEST_TEXTS = 200
"""A corpus of fewer distinct texts (sentences, where texts are cut) is no standard for itself."""
PIECES = {"none": "texts", "sentence": "sentences", "words": "pieces of about 12 words"}
BLOCK = 4_096
"""Texts at a time, so that memory doesn't grow with the corpus times the number of terms; so few stay in the cache."""


@attrs.define(eq=False)
class EvidenceMapper:
    """Weigh the literature's evidence on each region by how near a text is to each affective term.

    `table` is an evidence table for another atlas or other terms (`emotopy evidence build`); by default the one that
    ships for `affect18`. `reference` says what "standardised" refers to: "shipped" constants, the "corpus" of the fit,
    or "auto": shipped for the embedder, else the corpus if it has 200 distinct texts, else the shipped sample. `beta`
    is the sharpness of the softmax over terms, `temperature` that of the softmax over regions which makes the assigned
    shares. docs/science.md has the method: cosine with each term, softmax over terms, times evidence.

    After `fit`: `constants` are the reference's means and deviations, `reference` says in words which reference that
    is, `reference_share` (n_regions,) is its mean assignment, `overlapping_nodes` names places that the studies can
    hardly tell apart.
    """

    table: Path | None = None
    reference_choice: Literal["auto", "corpus", "shipped"] = attrs.field(default="auto", alias="reference")
    beta: Annotated[float, Gt(0), Lt(math.inf)] = BETA
    temperature: Annotated[float, Gt(0), Lt(math.inf)] = 1.0
    host: Host = attrs.field(factory=Host)

    embeddings_only: ClassVar[bool] = True
    reference: str = attrs.field(default="", init=False)
    evidence_table: EvidenceTable = attrs.field(default=None, init=False)
    constants: ReferenceConstants = attrs.field(default=None, init=False)
    _anchors: FloatArray = attrs.field(default=None, init=False)
    _level: str = attrs.field(default="region", init=False)

    def __attrs_post_init__(self) -> None:
        if self.table is not None and not self.table.is_file():
            raise ConfigError(
                f"region_mapper.table: there is no file {self.table}; create one with `emotopy evidence build`",
                path="region_mapper.table",
                got=self.table,
            )

    @property
    def fingerprint(self) -> str:
        """The table's checksum, and the options that aren't the defaults."""
        fields = attrs.fields_dict(type(self))
        options = {name: getattr(self, name) for name in ("reference_choice", "beta", "temperature")}
        changed = [f"{name}={value}" for name, value in options.items() if value != fields[name].default]
        return ":".join(["evidence", hash_file(self._path)[:16], *changed])

    @property
    def overlapping_nodes(self) -> list[dict[str, Any]]:
        """Pairs of nodes so near that studies can hardly tell them apart: `one`, `other`, `jaccard`."""
        return list(self.evidence_table.provenance.get("overlapping_nodes", []))

    @property
    def reference_share(self) -> FloatArray:
        """The mean assignment over the reference, (n_regions,)."""
        return np.asarray(getattr(self.constants, f"{self._level}_share"))

    def fit(self, inputs: MappingInputs) -> EvidenceMapper:
        """Read the table, embed its terms, and choose the reference.

        Raises ConfigError where the table doesn't know the atlas, or `reference = "corpus"` has too few texts.
        """
        self._level = inputs.level
        self.evidence_table = read_table(self._path)
        self._check_atlas(inputs)
        words = [list(words) for words in self.evidence_table.words]
        flat = [word for group in words for word in group]
        self._anchors = anchors(inputs.embedder.embed(flat), [len(group) for group in words])
        if n_unknown := int((~self._anchors.any(axis=1)).sum()):  # of an embedder that learnt its words from the corpus
            self.host.notify(
                f"region_mapper evidence: the embedder doesn't know {n_unknown} of {len(words)} terms "
                "of the literature, so no text is similar to them."
            )
        self.constants, self.reference = self._choose_reference(inputs)
        self.host.notify(f"Profiles are standardised against {self.reference}.")
        return self

    def evidence(self, inputs: MappingInputs) -> FloatArray:
        """Return w·E in log-odds, (n_texts, n_regions)."""
        check_fitted(self.evidence_table, "region_mapper evidence")
        table = self.evidence_table.at_nodes if inputs.level == "node" else self.evidence_table.at_regions
        constants = self.constants
        found = np.empty((len(inputs.texts), table.shape[1]))
        for start in range(0, len(found), BLOCK):
            checkpoint()
            rows = slice(start, start + BLOCK)
            cosines = term_similarity(inputs.embeddings[rows], self._anchors)
            similarity = standardise(cosines, constants.term_mean, constants.term_sd)
            found[rows] = profile(similarity, table, self.beta)
        return found

    def profile(self, inputs: MappingInputs) -> FloatArray:
        """Return the evidence standardised per region against the reference, (n_texts, n_regions)."""
        return self.map(inputs)[1]

    def assign(self, inputs: MappingInputs) -> FloatArray:
        """Return the row-wise softmax of the profile, (n_texts, n_regions); rows sum to one."""
        return self.map(inputs)[0]

    def map(self, inputs: MappingInputs) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return assignment, profile and evidence, (n_texts, n_regions) each: every one is made from the next."""
        evidence = self.evidence(inputs)
        mean, deviation = (getattr(self.constants, f"{inputs.level}_{name}") for name in ("mean", "sd"))
        standardised = standardise(evidence, mean, deviation)
        return softmax(standardised, 1 / self.temperature), standardised, evidence

    def state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return the anchors of the terms, the evidence table, and the reference, so that no later table changes it."""
        table = self.evidence_table
        return {"anchors": self._anchors}, {
            "level": self._level,
            "table": table.to_csv(),
            "table_provenance": dict(table.provenance),
            "reference": self.reference,
            "constants": constants_to(self.constants),
        }

    def restore(self, arrays: Mapping[str, Array], values: Mapping[str, Any]) -> None:
        """Take up a fit."""
        fields = Fields(values)
        check_arrays(arrays, {"anchors": ArraySpec("<f8", ("terms", "dims"))})
        self._level = fields.text("level")
        if self._level not in get_args(Level):
            fields.refuse("level", " or ".join(get_args(Level)), ascii(self._level)[:60])
        if not isinstance(values.get("table"), str):
            fields.refuse("table", "an evidence table as CSV", type(values.get("table")).__name__)
        provenance = fields.table("table_provenance").values
        table = parse_table(values["table"], "the evidence table", lambda: provenance)
        constants = constants_from(values.get("constants"), "constants")
        fit = {
            "terms": (constants.terms, table.terms),
            "regions": (constants.regions, table.regions),
            "nodes": (constants.nodes, table.nodes),
            "anchors": (len(arrays["anchors"]), len(table.terms)),
        }
        for name, (one, other) in fit.items():
            if one != other:
                fields.refuse(name, "those of the evidence table", "others")
        self.evidence_table, self.constants, self._anchors = table, constants, arrays["anchors"]
        self.reference = fields.text("reference")

    @property
    def _path(self) -> Path:
        return self.table or SHIPPED_TABLE

    def _check_atlas(self, inputs: MappingInputs) -> None:
        """The table must be about these very places, not about others of the same name."""
        table, atlas = self.evidence_table, inputs.atlas
        name = getattr(atlas, "name", type(atlas).__name__)
        known = table.nodes if inputs.level == "node" else table.regions
        places = {node["name"]: node for node in table.provenance.get("nodes", [])}
        moved = [
            node.name
            for node in atlas.nodes
            if node.name in places and any(abs(places[node.name][axis] - getattr(node, axis)) > 0.5
                                           for axis in ("x_mm", "y_mm", "z_mm"))
        ]  # fmt: skip
        if tuple(inputs.targets) == tuple(known) and not moved:
            return
        other = table.provenance.get("atlas") or "other places"
        what = f"{moved[0]} has another position in it" if moved else f"it is about {other}"
        raise ConfigError(
            f"region_mapper.table: {self._path.name} has no evidence for atlas {name!r} ({what}); make "
            f"a table with `emotopy evidence build --from DIR --atlas {name} --out FILE` and give "
            f"{setting('region_mapper.table=FILE')}"
        )

    def _choose_reference(self, inputs: MappingInputs) -> tuple[ReferenceConstants, str]:
        embedder = _identity(inputs.embedder)
        wanted = (embedder, self.evidence_table.checksum, self.beta, inputs.segment)
        if self.reference_choice != "corpus":
            for path in sorted(DATA.glob("*.reference.json")):
                shipped = read_reference(path)
                if (shipped.embedder, shipped.table, shipped.beta, shipped.segment) == wanted:
                    what = PIECES[inputs.segment]
                    return shipped, f"built-in constants ({shipped.source}, {shipped.n_texts:,} {what})"
        distinct, first = np.unique(np.array(inputs.texts, dtype=object), return_index=True)
        if self.reference_choice == "corpus" or (self.reference_choice == "auto" and len(distinct) >= FEWEST_TEXTS):
            if len(distinct) < 2:
                raise ConfigError(
                    "region_mapper.reference: a corpus of one text can't be its own reference; set "
                    f"{setting('region_mapper.reference=auto')}"
                )
            source = f"the corpus itself ({len(distinct):,} distinct {PIECES[inputs.segment]} of the fit)"
            return self._constants(inputs, inputs.embeddings[first], source, list(distinct)), source
        entries = sample_texts()
        texts = sorted(set(segment_texts(entries, cast("Segment", inputs.segment)).segments))
        source = f"the built-in sample ({len(entries)} made-up diary entries)"
        return self._constants(inputs, inputs.embedder.embed(texts), source, texts), source

    def _constants(
        self, inputs: MappingInputs, embeddings: FloatArray, source: str, texts: list[str]
    ) -> ReferenceConstants:
        return reference_constants(
            embeddings,
            self._anchors,
            self.evidence_table,
            beta=self.beta,
            segment=inputs.segment,
            source=source,
            corpus_sha256=hash_texts(texts),
            embedder=_identity(inputs.embedder),
        )


@hookimpl
def register_region_mappers() -> Mapping[str, Factory[RegionMapper]]:
    """Offer `evidence`."""
    return {"evidence": EvidenceMapper}


def sample_texts() -> list[str]:
    """Return the distinct texts of the sample that ships, sorted.

    Raises InputError where the file is gone.
    """
    from emotopy.datasets.sample import diaries_path

    try:
        with diaries_path().open(encoding="utf-8", newline="") as file:
            return sorted({row["text"] for row in csv.DictReader(file)})
    except OSError as error:
        raise InputError(f"the built-in sample can't be read: {error.strerror}; reinstall emotopy") from error


def _identity(embedder: Embedder) -> str:
    return embedder.fingerprint if isinstance(embedder, Fingerprinted) else ""

"""The words that an exported dataset brings along."""

from __future__ import annotations

from collections.abc import Sequence

LICENCE = """No licence was chosen for this dataset by the program that wrote it: that is for those who own the texts,
ratings and scans which it was computed from. If a licence is named, it stands in dataset_description.json.

Values were computed with emotopy (BSD-3-Clause). The NRC word-emotion list, if it was used (provenance.json, stages,
intensity_scorer), is for research use only: cite Mohammad and Turney (2013), Crowdsourcing a Word-Emotion Association
Lexicon. The evidence table derives from NeuroQuery's data: cite Dockes et al. (2020), eLife 9:e53385.
"""
_KINDS = {
    "texts": "Texts were mapped onto brain regions by how strongly the literature associates their words with "
    "each region. No brain was measured.",
    "comparison": "Groups of mapped texts were compared region by region. No brain was measured.",
    "decoding": "Time courses of annotated emotion were decoded from fMRI of people who heard a story.",
    "bridge": "Region weights from texts were compared with region weights from decoding fMRI.",
}


def readme(kind: str, notes: Sequence[str], space: str) -> str:
    """Return the README of a dataset: what it holds, what the validator doesn't check, what a reader has to know."""
    layout = {
        "texts": f"""- `tpl-{space}/anat/*_dseg.nii.gz`: the regions; `*_dseg.tsv` has their numbers and names.
- `tpl-{space}/anat/*_stat-*_desc-<group>_statmap.nii.gz`: a map per group; `descriptions.tsv` says which group it is.
""",
        "decoding": """- `participants.tsv`: participants, and their labels in the results that were exported.
- `sub-<label>/beh/*_desc-scores_beh.tsv`: scores of each participant, descriptive.
- `sub-<label>/beh/*_desc-predictions_beh.tsv`: decoded beside annotated emotion. BIDS has no name for predictions; they
  stand where it puts tables of a participant without scans. Seconds count from the first volume of the run; runs of a
  story count from 1.
""",
    }.get(kind, "")
    told = "".join(f"- {' '.join(note.split())}\n" for note in notes)
    return f"""# Results of emotopy as BIDS derivatives

{_KINDS[kind]}

{layout}- `group/*.tsv`: tables of all groups or participants together.
- `provenance.json`: versions, options and seed of the run, and the SHA-256 of every file here.

Every table has a sidecar with a description of each column, and its unit. No text is part of this dataset: neither
texts nor words of them, and no values of single texts.

BIDS 1.11.1 has no names for group-level tables and statistical maps. They stand in `group` and under the suffix that is
proposed (`statmap`), and `.bidsignore` lists them, so that a validator leaves them alone.
{f"{chr(10)}What the run told:{chr(10)}{chr(10)}{told}" if told else ""}"""

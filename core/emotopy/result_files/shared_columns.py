"""Units and columns that several tables share."""

from __future__ import annotations

from emotopy.result_files.records import Column, ResultFile

SD_REFERENCE = "standard deviations of single reference segments"
SD_UNITS = "standard deviations of units"
OF_SCORER = "unit of the intensity scorer"
OF_RATINGS = "unit of the ratings"
OF_REDUCER = "unit of the reducer"
NODE_LEVEL = 'only with `level = "node"`'
FEW_UNITS = "fewer than 5 units"

GROUP = Column("group", "text", "Group of texts; `all` stands for all texts together.")
REGION = Column("region", "text", "Region of the atlas.")
NODE = Column("node", "text", "Node of the atlas: one side of a region, or all of it.", when=NODE_LEVEL)
EMOTION = Column("emotion", "text", "Emotion, as the ratings call it.")
FEATURES = Column(
    "features",
    "text",
    "Feature set from which the emotion is decoded: a measure of connectivity, the same with `+remove-evoked`, a "
    "regressor, or a baseline (`motion`, `time`, `mean`).",
)
SUBJECT = Column("subject", "text", "Participant who was scanned.")
R = Column("r", "number", "Pearson correlation.", low=-1, high=1)
NO_R = "no score: prediction or rating is constant within every block, as always for `mean`"


def measure(
    name: str,
    meaning: str,
    unit: str = "",
    *,
    low: float | None = None,
    high: float | None = None,
    empty: str = "",
    when: str = "",
) -> Column:
    """Return a column of numbers."""
    return Column(name, "number", meaning, unit=unit, low=low, high=high, empty=empty, when=when)


def count(name: str, meaning: str, *, low: float = 0, empty: str = "", when: str = "") -> Column:
    """Return a column of counts."""
    return Column(name, "integer", meaning, unit="count", low=low, empty=empty, when=when)


def probability(name: str, meaning: str, *, empty: str = "") -> Column:
    """Return a column of p-values."""
    return Column(name, "number", meaning, low=0, high=1, empty=empty)


def interval(of: str, unit: str, *, empty: str, name: str = "", kind: str = "95 % interval") -> tuple[Column, Column]:
    """Return the columns of an interval's two ends; `name` is what their names begin with, `of` by default."""
    begin = name or f"{of}_"
    return (
        Column(f"{begin}low", "number", f"Lower end of the {kind} of `{of}`.", unit=unit, empty=empty),
        Column(f"{begin}high", "number", f"Upper end of the {kind} of `{of}`.", unit=unit, empty=empty),
    )


def null_columns(
    of: str, unit: str, p: str, family: str = "", *, surrogates: str = "surrogate ratings", empty: str = ""
) -> tuple[Column, ...]:
    """Return the columns of a null distribution and of the p-values beside it."""
    found = (
        measure("null_mean", f"Mean of `{of}` under {surrogates}.", unit, empty=empty),
        measure("null_95", f"95 % quantile of `{of}` under {surrogates}.", unit, empty=empty),
        probability("p", p, empty=empty),
    )
    return (*found, probability("p_family", family, empty=empty)) if family else found


PROVENANCE = ResultFile(
    "provenance.json",
    "Versions, seed, configuration, plugins, SHA-256 of the input, notes, and the list of the files with their "
    "SHA-256. It makes a directory a results directory.",
)
REPORT = ResultFile(
    "report.html", "The report: one page with figures and tables, to be read in a browser.", when="reporter `html`"
)
COMMON = (REPORT, PROVENANCE)

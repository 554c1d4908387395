"""Reporter `postcard`: writes the result in a few lines of text, without any input text."""

from emotopy import hookimpl
from emotopy.records import label


class Postcard:
    """Lists the highest region of each group, or the score of each emotion, or the size of each table."""

    def write(self, result, directory):
        """Write `postcard.txt` into `directory`, which exists; return its path."""
        lines = LINES.get(result.kind, sizes)(result.tables)
        path = directory / "postcard.txt"
        path.write_text("\n".join(["Greetings from the brain!", "", *lines, ""]), "utf-8", errors="backslashreplace")
        return [path]


def regions(tables):
    """Return one line per group."""
    table = tables["regions"]
    highest = table.loc[table.groupby("group")["share"].idxmax()]
    return [f"{row.group}: {label(row.region)}, {row.share:.1%} of it" for row in highest.itertuples()]


def scores(tables):
    """Return one line per emotion and feature set."""
    return [f"{row.emotion} from {row.features}: r = {row.r:.3f}" for row in tables["scores"].itertuples()]


def sizes(tables):
    """Return one line per table."""
    return [f"{name}: {len(table)} rows" for name, table in tables.items()]


LINES = {"texts": regions, "decoding": scores}
"""Kind of result → the function that returns its lines."""


@hookimpl
def register_reporters():
    """Offer `postcard`."""
    return {"postcard": Postcard}

"""Reporter `postcard`: the result in a few lines of text, without any input text."""

from emotopy import hookimpl
from emotopy.pathways.brain.result import Decoding
from emotopy.pathways.text.result import TextResult
from emotopy.records import label


class Postcard:
    """Of texts each group's highest region, of a decoding each emotion's score."""

    def write(self, result, directory):
        """Write `postcard.txt` into `directory`, which exists; return its path."""
        if isinstance(result, TextResult):
            lines = self._regions(result)
        elif isinstance(result, Decoding):
            lines = self._scores(result)
        else:
            return []  # a kind of result that has no postcard yet
        path = directory / "postcard.txt"
        path.write_text("\n".join(["Greetings from the brain!", "", *lines, ""]), "utf-8", errors="backslashreplace")
        return [path]

    def _regions(self, result):
        highest = result.regions.loc[result.regions.groupby("group")["share"].idxmax()]
        return [f"{row.group}: {label(row.region)}, {row.share:.1%} of it" for row in highest.itertuples()]

    def _scores(self, decoding):
        return [f"{row.emotion} from {row.features}: r = {row.r:.3f}" for row in decoding.scores.itertuples()]


@hookimpl
def register_reporters():
    """Offer `postcard`."""
    return {"postcard": Postcard}

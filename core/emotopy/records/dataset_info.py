"""Information about a data set beside its table: its card, what was left out, and notes.

`load` of a data set returns a DataFrame, and stores what was left out and the notes in `DataFrame.attrs` under
`left_out` and `notes`. pandas keeps them in most operations, but not in all (a merge drops them), so read them right
after loading. `emotopy data` writes them to the JSON file next to the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal

import attrs

if TYPE_CHECKING:
    import pandas as pd

LEFT_OUT, NOTES = "left_out", "notes"
HUMAN = "human"
"""The group of people's answers in a table of answers of people and models, whatever their column is called."""


@attrs.frozen(kw_only=True)
class DatasetCard:
    """Description of a data set, available before any file is read.

    Parameters
    ----------
    name : str
        Name of the data set, also on the command line.
    title : str
        Full name, for use in sentences.
    cite : str
        Citation.
    licence : str
        Licence or agreement under which it is distributed.
    home : str
        Web address of the source, for information only; nothing is downloaded from there.
    language : str
        Languages of the texts as ISO codes, separated by commas; ``any`` if they depend on the user's file, empty if
        there are no texts.
    rows : str
        What the rows of the table are, in the plural, such as ``comments``. For a data set without a table: what it
        contains.
    columns : tuple of str
        Columns that the table has with any options, in order; empty if `load` returns no table.
    map_columns : mapping of str to str or tuple of str
        Columns to use with `emotopy map`, by flag without dashes: ``{"group": "label", "id": "id"}``. Empty columns are
        left out of the command that `emotopy data` prints.
    confidential : bool
        Whether the texts are confidential; the host then marks the table as such.
    source : {"folder", "file"}
        Whether `load` reads a folder or a file.

    Examples
    --------
    >>> card = DatasetCard(name="letters", title="Letters", cite="", licence="", home="", columns=("text",))
    >>> card.confidential
    False
    """

    name: str
    title: str
    cite: str
    licence: str
    home: str
    language: str = ""
    rows: str = "rows"
    columns: tuple[str, ...] = ()
    map_columns: Mapping[str, str | tuple[str, ...]] = attrs.field(factory=dict)
    confidential: bool = False
    source: Literal["folder", "file"] = "folder"


@attrs.frozen
class LeftOut:
    """Something of a data set that isn't in its table, and why: a participant, an answer, some turns.

    Parameters
    ----------
    what : str
        What was left out.
    reason : str
        Why.

    Examples
    --------
    >>> print(LeftOut("participant 7", "no text"))
    participant 7: no text
    """

    what: str
    reason: str

    def __str__(self) -> str:
        return f"{self.what}: {self.reason}"


def with_remarks(frame: pd.DataFrame, left_out: Iterable[LeftOut], notes: Iterable[str] = ()) -> pd.DataFrame:
    """Note on a table what was left out of it, and what its readers should know.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table; its ``attrs`` change.
    left_out : iterable of LeftOut
        What was left out.
    notes : iterable of str, optional
        What readers of the table should know.

    Returns
    -------
    pandas.DataFrame
        The same table.

    Examples
    --------
    >>> import pandas as pd
    >>> table = with_remarks(pd.DataFrame({"text": ["I was afraid."]}), [LeftOut("2 rows", "no text")], ["Made up."])
    >>> notes_of(table), [str(one) for one in left_out_of(table)]
    (['Made up.'], ['2 rows: no text'])
    """
    frame.attrs[LEFT_OUT] = [attrs.asdict(one) for one in left_out]
    frame.attrs[NOTES] = list(notes)
    return frame


def left_out_of(frame: pd.DataFrame) -> list[LeftOut]:
    """Return what the loader of a table left out of it.

    Parameters
    ----------
    frame : pandas.DataFrame
        A table as it was loaded.

    Returns
    -------
    list of LeftOut
        Empty for a table that notes nothing.

    Examples
    --------
    >>> import pandas as pd
    >>> left_out_of(pd.DataFrame())
    []
    """
    return [LeftOut(**one) for one in frame.attrs.get(LEFT_OUT, ())]


def notes_of(frame: pd.DataFrame) -> list[str]:
    """Return what the loader of a table notes about it.

    Parameters
    ----------
    frame : pandas.DataFrame
        A table as it was loaded.

    Returns
    -------
    list of str
        Empty for a table that notes nothing.

    Examples
    --------
    >>> import pandas as pd
    >>> notes_of(pd.DataFrame())
    []
    """
    return list(frame.attrs.get(NOTES, ()))


def n_words(texts: Iterable[str]) -> list[int]:
    """Return the number of words in each text, separated by white space.

    >>> n_words(["well, no", ""])
    [2, 0]
    """
    return [len(text.split()) for text in texts]

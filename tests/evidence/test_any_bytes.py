"""Whatever stands in a table of terms or evidence, or in reference constants: an error is one of ours."""

from __future__ import annotations

import contextlib

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emotopy.errors import EmotopyError
from emotopy.evidence.profile import read_reference
from emotopy.evidence.table import HEAD, read_table
from emotopy.evidence.terms import read_terms

PIECES = st.lists(
    st.sampled_from(
        ["term", "synonyms", ",", "\n", "1", "9" * 400, '"', "é", "\x00", "{", "}", "[", ":", '"a"', "region:a"]
    ),
    max_size=30,
).map("".join)
CONTENT = st.one_of(
    st.binary(max_size=100),
    PIECES.map(str.encode),
    PIECES.map(lambda text: text.encode("latin-1")),
    PIECES.map(lambda text: ("term,synonyms\n" + text).encode()),
    PIECES.map(lambda text: (",".join(HEAD) + ",region:a\n" + text).encode()),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=CONTENT)
def test_errors_are_ours(tmp_path, content):
    """No other exception than one of ours."""
    for name in ("a.csv", "a.tsv", "b.json"):
        (tmp_path / name).write_bytes(content)
        for read in (read_table, read_terms, read_reference):
            with contextlib.suppress(EmotopyError):
                read(tmp_path / name)

"""The mark of confidential texts, and the guard before stages that send."""

from __future__ import annotations

import pandas as pd
import pyarrow.parquet as pq
import pytest

from emotopy.errors import ConfigError, PluginError
from emotopy.readers.confidential import is_confidential, mark, schema_marks
from emotopy.roles import Estimate
from emotopy.running.uploads import check_upload, destinations
from emotopy.storage.parquet import parquet_bytes

FRAME = {"text": ["a", "b"], "n": [1, 2]}


class Sender:
    """A stage that says where it sends."""

    def __init__(self, address):
        self.address = address


class Paid:
    """A stage that sends, as its price shows, but doesn't say where."""

    def estimate(self, texts):
        return Estimate(len(texts), 0, 0, 0, None)


class Broken:
    """A stage that fails when it is asked."""

    @property
    def address(self):
        raise RuntimeError("no idea")


def test_the_mark_goes_through_a_file(tmp_path):
    """In the schema of the file, and back into the attributes when pandas reads it; an unmarked table has none."""
    path = tmp_path / "x.parquet"
    path.write_bytes(parquet_bytes(mark(pd.DataFrame(FRAME)), schema_marks(mark(pd.DataFrame(FRAME)))))
    assert pq.read_schema(path).metadata[b"emotopy.confidential"] == b"1"
    assert is_confidential(path)
    again = pd.read_parquet(path)
    assert is_confidential(again)
    pd.testing.assert_frame_equal(again, pd.DataFrame(FRAME), check_dtype=False)
    path.write_bytes(parquet_bytes(pd.DataFrame(FRAME), schema_marks(pd.DataFrame(FRAME))))
    assert not is_confidential(path)
    assert not is_confidential(pd.read_parquet(path))


def test_a_table_that_pandas_writes_anew_keeps_the_mark(tmp_path):
    """Rows may be chosen and written by pandas itself: the file still carries it."""
    frame = mark(pd.DataFrame(FRAME))
    frame[frame["n"] > 1].to_parquet(tmp_path / "x.parquet")
    assert is_confidential(tmp_path / "x.parquet")


def test_the_same_table_gives_the_same_bytes_whatever_else_was_noted():
    """Remarks of a loader don't get into the file."""
    noted = pd.DataFrame(FRAME)
    noted.attrs["left_out"] = [{"what": "300", "reason": "no score"}]
    assert parquet_bytes(noted, schema_marks(noted)) == parquet_bytes(
        pd.DataFrame(FRAME), schema_marks(pd.DataFrame(FRAME))
    )
    assert b"no score" not in parquet_bytes(noted, schema_marks(noted))
    assert noted.attrs["left_out"]


@pytest.mark.parametrize("content", [b"", b"text\nhello\n", b"PAR1 but no more", None])
def test_files_of_other_forms_carry_no_mark(tmp_path, content):
    """CSV, damaged Parquet, no file at all: whoever reads it says what is wrong."""
    path = tmp_path / "x.parquet"
    if content is not None:
        path.write_bytes(content)
    assert not is_confidential(path)


def test_a_stage_that_sends_elsewhere_is_refused_with_its_address():
    """Stages of this machine pass, loopback servers too; one that hides its address counts as sending."""
    here = {"embedder static": object(), "annotator llm": Sender(None)}
    assert destinations(here) == {}
    check_upload(here)
    with pytest.raises(
        ConfigError, match=r"embedder openai would send these texts to api\.openai\.com/v1, but they are"
    ):
        check_upload({**here, "embedder openai": Sender("api.openai.com/v1")})
    with pytest.raises(ConfigError, match="embedder paid would send these texts to an address it doesn't name"):
        check_upload({"embedder paid": Paid()})
    check_upload({"embedder openai": Sender("api.openai.com/v1")}, allow_upload=True)


def test_a_stage_that_fails_when_asked_is_no_leave_to_send():
    """The stage is named, and nothing passes."""
    with pytest.raises(PluginError, match=r"embedder mine failed in address: RuntimeError: no idea"):
        check_upload({"embedder mine": Broken()})

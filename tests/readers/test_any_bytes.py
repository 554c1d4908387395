"""Whatever stands in a table, a data set or a chat: an error is one of ours, and no warning or crash of a library's."""

from __future__ import annotations

import contextlib
import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emotopy.errors import EmotopyError
from emotopy.readers.chats import read_chat
from emotopy.readers.corpora import corpus_from
from emotopy.readers.tables import read_table
from emotopy_plugins.datasets.daic import read_labels
from emotopy_plugins.datasets.daic_woz import DaicWozDataset
from emotopy_plugins.datasets.e_daic import EDaicDataset
from emotopy_plugins.datasets.goemotions import GoEmotionsDataset
from emotopy_plugins.datasets.paired_answers import PairedAnswersDataset
from emotopy_plugins.datasets.schema_guided import SchemaGuidedDataset

QUIET = settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
LONG = "9" * 400
PIECES = st.lists(
    st.sampled_from(
        [
            "id",
            "text",
            "group",
            ",",
            "\t",
            ";",
            "\n",
            "\r\n",
            '"',
            "1",
            "1e400",
            LONG,
            "é",
            "\x00",
            "n/a",
            "so it is",
            "[",
            "{",
        ]
    ),
    max_size=40,
).map("".join)
KEYS = (
    "text", "messages", "from", "from_id", "date", "date_unixtime", "type", "ts", "user", "chats", "list",
    "dialogue_id", "services", "turns", "speaker", "utterance",
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(int(LONG)) | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
CONTENT = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=120).map(lambda text: text.encode("utf-8", "replace")),
    PIECES.map(str.encode),
    PIECES.map(lambda text: text.encode("latin-1")),
    PIECES.map(lambda text: text.encode("utf-16")),
    PIECES.map(lambda text: ("id,text,group\n" + text).encode()),
    JSON.map(lambda value: json.dumps(value).encode()),
)
ENDINGS = st.sampled_from(["csv", "tsv", "txt", "jsonl", "json", "parquet", "xlsx", ""])


@QUIET
@given(content=CONTENT, ending=ENDINGS)
def test_tables_and_corpora(tmp_path, content, ending):
    """A table of texts, and the corpus that is made of it by what columns it has."""
    path = tmp_path / f"table.{ending}"
    path.write_bytes(content)
    with contextlib.suppress(EmotopyError):
        frame = read_table(path)
        names = [str(name) for name in frame.columns]
        with contextlib.suppress(EmotopyError):
            corpus_from(frame)
        for name in names[:3]:
            for options in ({"text": name}, {"group": name}, {"id": name}, {"time": name}, {"keep": [name]}):
                with contextlib.suppress(EmotopyError):
                    corpus_from(frame, **options)


@QUIET
@given(content=CONTENT)
def test_data_sets(tmp_path, content):
    """Labels, transcripts, comments, answers and dialogues in the places where the data sets have them."""
    (tmp_path / "300_P").mkdir(exist_ok=True)
    (tmp_path / "train").mkdir(exist_ok=True)
    (tmp_path / "good").mkdir(exist_ok=True)
    (tmp_path / "good" / "300_P").mkdir(exist_ok=True)
    for name in ("train_split_Depression_AVEC2017.csv", "train_split.csv"):
        (tmp_path / name).write_bytes(b"Participant_ID,PHQ8_Score\n" + content)
        (tmp_path / "good" / name).write_text("Participant_ID,PHQ8_Score\n300,5\n")
    (tmp_path / "300_P" / "300_TRANSCRIPT.csv").write_bytes(content)
    (tmp_path / "good" / "300_P" / "300_TRANSCRIPT.csv").write_bytes(
        b"start_time\tstop_time\tspeaker\tvalue\n" + content
    )
    (tmp_path / "train.tsv").write_bytes(content)
    (tmp_path / "answers.csv").write_bytes(b"human,model\n" + content)
    (tmp_path / "train" / "dialogues_001.json").write_bytes(content)
    for load in (
        lambda: read_labels(tmp_path, [("train", "train_split.csv")]),
        lambda: DaicWozDataset().load(tmp_path),
        lambda: DaicWozDataset().load(tmp_path / "good"),
        lambda: EDaicDataset().load(tmp_path),
        lambda: GoEmotionsDataset().load(tmp_path),
        lambda: PairedAnswersDataset(human="human", models=["model"]).load(tmp_path / "answers.csv"),
        lambda: SchemaGuidedDataset().load(tmp_path),
    ):
        with contextlib.suppress(EmotopyError):
            load()


@QUIET
@given(content=CONTENT, ending=st.sampled_from(["txt", "json"]))
def test_chats(tmp_path, content, ending):
    """Exports of chats, a file or a folder of days."""
    (tmp_path / "days").mkdir(exist_ok=True)
    (tmp_path / "days" / "2024-01-01.json").write_bytes(content)
    (tmp_path / f"chat.{ending}").write_bytes(content)
    for path in (tmp_path / f"chat.{ending}", tmp_path / "days"):
        with contextlib.suppress(EmotopyError):
            read_chat(path)

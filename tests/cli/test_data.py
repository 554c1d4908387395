"""`emotopy data` and `emotopy evidence build`."""

from __future__ import annotations

import json
import shlex
import shutil
import socket
import subprocess
import sys

import pandas as pd
import pytest

pytestmark = pytest.mark.slow

PAIRED = "question,human,gpt\nWhy?,Because.,Since it is so.\nHow?,Well.,\n"


@pytest.mark.real_data
def test_goemotions_becomes_a_table_that_map_takes(call, shared_data, tmp_path):
    """43,410 comments with `labels` and `label`; the same bytes again; --force needed to replace it."""
    words = ("data", "goemotions", "--from", shared_data / "goemotions", "--out")
    run = call(*words, "train.parquet")
    told = "Wrote 43,410 comments to train.parquet\n"
    assert (run.code, run.err) == (0, "")
    assert run.out == f"{told}Next: emotopy map train.parquet --group label --id id --out results\n"
    frame = pd.read_parquet(tmp_path / "train.parquet")
    assert list(frame.columns) == ["id", "text", "split", "labels", "label"]
    single = frame["labels"].map(len) == 1
    assert (single == frame["label"].notna()).all()
    assert call(*words, "again.parquet").code == 0
    assert (tmp_path / "again.parquet").read_bytes() == (tmp_path / "train.parquet").read_bytes()
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "train.json").read_bytes()
    refused = call(*words, "train.parquet")
    assert (refused.code, refused.error) == (1, "train.parquet exists; give another --out, or --force to replace it")
    assert call(*words, "train.parquet", "--force", "--split", "dev").out.startswith("Wrote 5,426 comments")
    told = call("map", "train.parquet", "--group", "label", "--id", "id", "--out", "out", "--dry-run")
    assert {"rows", "5,426"} in [set(line.split()) for line in told.out.splitlines()]


def test_bad_files_of_goemotions_write_nothing(call, write, tmp_path):
    """A line of another form is named; an absent folder or split too."""
    write("train.tsv", "fine\t3\tid1\nnot fine\n")
    run = call("data", "goemotions", "--from", tmp_path, "--out", "new/train.parquet")
    assert (run.code, run.out) == (1, "")
    assert run.error.startswith("train.tsv, line 2: wanted text, label numbers 0 to 27 and id")
    run = call("data", "goemotions", "--from", "gone", "--out", "train.parquet")
    assert run.error.startswith("gone isn't a folder; wanted the folder that holds train.tsv")
    run = call("data", "goemotions", "--from", tmp_path, "--out", "train.parquet", "--split", "dev")
    assert "has no dev.tsv" in run.error
    assert [path.name for path in tmp_path.iterdir()] == ["train.tsv"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "wanted --from DIR or --fetch, got neither"),
        (("--from", ".", "--fetch"), "wanted --from DIR or --fetch, got both"),
        (("--from", ".", "--mirror", "https://m.example"), "this flag needs --fetch"),
        (("--from", ".", "--split", "tran"), "'tran' is not one of"),
        (("--from", ".", "--out", "x.csv"), "wanted a file name that ends in .parquet, got x.csv"),
    ],
)
def test_wrong_usage_is_told_as_such(call, tmp_path, words, message):
    """Where originals come from has to be said, once; nothing is fetched or written."""
    out = () if "--out" in words else ("--out", "x.parquet")
    run = call("data", "goemotions", *words, *out)
    assert run.code == 2
    assert message in " ".join(run.err.replace("│", " ").split())
    assert list(tmp_path.iterdir()) == []


def test_a_file_beside_the_table_is_not_replaced_unasked(call, write):
    """The file with what to know of the table counts as much as the table."""
    file = write("x.json", "mine")
    run = call("data", "goemotions", "--from", "gone", "--out", "x.parquet")
    assert run.error == "x.json exists; give another --out, or --force to replace it"
    assert file.read_text("utf-8") == "mine"


def test_fetching_without_a_network_says_how_to_do_it_by_hand(process, tmp_path):
    """A process of its own, whose server isn't there: exit 1, one message, and no table."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        mirror = f"http://127.0.0.1:{taken.getsockname()[1]}/"
    words = ("data", "goemotions", "--fetch", "--mirror", mirror, "--split", "all", "--out", "x.parquet")
    run = process(*words, env={"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"})
    assert (run.code, run.out) == (1, "")
    assert run.error == (
        f"{mirror}train.tsv can't be downloaded: no connection (127.0.0.1); by hand: download train.tsv, dev.tsv, "
        "test.tsv from https://github.com/google-research/google-research/tree/master/goemotions/data "
        "to a folder, and use --from FOLDER"
    )
    assert not (tmp_path / "x.parquet").exists()


@pytest.mark.real_data
def test_what_is_fetched_once_is_there_for_the_next_time(process, shared_data, tmp_path):
    """The real dev split from a server on this machine; without the server it comes from the cache folder."""
    (tmp_path / "served").mkdir()
    shutil.copy(shared_data / "goemotions" / "dev.tsv", tmp_path / "served")
    serve = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", "served"]
    environment = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    with subprocess.Popen(serve, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            port = server.stdout.readline().split(" port ")[1].split()[0]
            words = ("data", "goemotions", "--fetch", "--mirror", f"http://127.0.0.1:{port}", "--split", "dev", "--out")
            run = process(*words, "one.parquet", env=environment)
        finally:
            server.terminate()
    assert (run.code, run.err) == (0, f"fetching http://127.0.0.1:{port}/dev.tsv\n")
    assert run.out.startswith("Wrote 5,426 comments to one.parquet\n")
    again = process(*words, "two.parquet", env=environment)
    assert (again.code, again.err) == (0, "")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


@pytest.fixture
def interviews(tmp_path):
    """A folder of DAIC-WOZ with a participant who lacks a transcript, and one who lacks a label."""
    header = "start_time\tstop_time\tspeaker\tvalue\n"
    base = tmp_path / "daic"
    for who, words in ((300, "i was so scared"), (301, "all is well"), (304, "nobody knows me")):
        (base / f"{who}_P").mkdir(parents=True)
        turns = f"1\t2\tEllie\thow are you\n3\t4\tParticipant\t{words}\n5\t6\tParticipant\tand {words} again\n"
        (base / f"{who}_P" / f"{who}_TRANSCRIPT.csv").write_text(header + turns, "utf-8")
    labels = "Participant_ID,PHQ8_Binary,PHQ8_Score,Gender\n300,1,15,0\n301,0,3,1\n302,0,1,1\n"
    (base / "train_split_Depression_AVEC2017.csv").write_text(labels, "utf-8")
    return base


def test_daic_woz_is_written_with_its_exclusions_and_its_mark(call, interviews, tmp_path):
    """Exclusions stand on stderr and in the file beside the table, which holds no texts; the table is confidential."""
    run = call("data", "daic-woz", "--from", interviews, "--out", "new/daic.parquet")
    assert (run.code, run.out.splitlines()[0]) == (0, "Wrote 4 turns to new/daic.parquet")
    assert "left out: 302: no transcript\n" in run.err
    assert "left out: 304: not in the label files (train_split_Depression_AVEC2017.csv)\n" in run.err
    assert "by agreement with the University of Southern California" in run.err
    about = json.loads((tmp_path / "new" / "daic.json").read_text("utf-8"))
    assert about["confidential"] is True
    assert [one["what"] for one in about["left_out"]] == ["302", "304"]
    assert about["options"] == {"speakers": "participant", "unit_text": "turn"}
    assert "scared" not in (tmp_path / "new" / "daic.json").read_text("utf-8") + run.out + run.err
    frame = pd.read_parquet(tmp_path / "new" / "daic.parquet")
    assert frame.groupby("group")["participant"].unique().map(list).to_dict() == {
        "depressed": ["300"],
        "healthy": ["301"],
    }
    assert frame.attrs == {"confidential": True}


def test_daic_woz_takes_other_units_and_speakers_but_is_never_fetched(call, interviews, tmp_path):
    """Interviews of both speakers; there is no --fetch."""
    words = ("data", "daic-woz", "--from", interviews, "--out", "x.parquet")
    assert call(*words, "--unit-text", "interview", "--speakers", "both").code == 0
    frame = pd.read_parquet(tmp_path / "x.parquet")
    assert frame.loc[frame["participant"] == "300", "text"].tolist() == [
        "how are you",
        "i was so scared and i was so scared again",
    ]
    assert call("data", "daic-woz", "--fetch", "--out", "y.parquet").code == 2


def test_many_exclusions_are_counted_on_the_screen_and_listed_in_the_file(call, interviews, tmp_path):
    """The screen names twenty."""
    with (interviews / "train_split_Depression_AVEC2017.csv").open("a") as file:
        file.writelines(f"{who},0,1,1\n" for who in range(400, 430))
    run = call("data", "daic-woz", "--from", interviews, "--out", "x.parquet")
    assert run.err.count("left out: ") == 20
    assert "... and 12 more, in x.json\n" in run.err
    assert len(json.loads((tmp_path / "x.json").read_text("utf-8"))["left_out"]) == 32


def test_e_daic_is_written(call, tmp_path):
    """Its own labels and transcripts, in the folder that holds data/ and labels/."""
    for path, content in {
        "e/data/600_P/600_Transcript.csv": "Start_Time,End_Time,Text,Confidence\n1,2,i can't sleep,0.9\n",
        "e/labels/dev_split.csv": "Participant_ID,Gender,PHQ_Binary,PHQ_Score\n600,female,1,12\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text(content, "utf-8")
    run = call("data", "e-daic", "--from", "e", "--out", "e.parquet", "--unit-text", "chunk")
    assert run.out.startswith("Wrote 1 chunks to e.parquet\n")
    assert "name no speaker" in run.err


def test_schema_guided_goes_through_map_and_compare(call, tmp_path):
    """The printed command runs as it stands, and users are compared with systems in the pairs of their dialogues."""
    folder = tmp_path / "sgd" / "test"
    folder.mkdir(parents=True)
    dialogues = [
        {
            "dialogue_id": f"1_{i:05d}",
            "services": ["Hotels_1"],
            "turns": [
                {"speaker": "USER", "utterance": f"I am so {word} about my trip!", "frames": []},
                {"speaker": "SYSTEM", "utterance": f"Room {i} is booked for {word} days.", "frames": []},
            ],
        }
        for i, word in enumerate(["happy", "scared", "sad", "angry", "glad", "calm", "tired", "proud"])
    ]
    (folder / "dialogues_001.json").write_text(json.dumps(dialogues), "utf-8")
    run = call("data", "schema-guided", "--from", "sgd", "--split", "test", "--out", "sgd.parquet")
    wrote, following = run.out.splitlines()
    assert wrote == "Wrote 16 turns to sgd.parquet"
    words = shlex.split(following.removeprefix("Next: emotopy "))
    quick = ("--set", "reducer=pca", "--set", "clusterer=kmeans", "--set", "clusterer.n_clusters=3", "--no-cache")
    mapped = call(*words, *quick)
    assert mapped.code == 0, mapped.err
    compared = call("compare", "results", "user", "system", "--paired-by", "dialogue", "--out", "compared")
    assert compared.code == 0, compared.err
    table = pd.read_csv(tmp_path / "compared" / "comparison.csv")
    assert set(table["n_a"]) == set(table["n_b"]) == {8}


def test_paired_answers_are_written_with_what_has_no_pair(call, write, tmp_path):
    """The long table, the empty answer, the unmatched question; a column that isn't there is named."""
    write("answers.csv", PAIRED)
    words = ("data", "paired-answers", "--from", "answers.csv", "--question", "question", "--out", "long.parquet")
    run = call(*words, "--human", "human", "--model", "gpt")
    assert run.out.splitlines()[0] == "Wrote 2 answers to long.parquet"
    assert "left out: gpt, question 'How?': row 2 holds no answer\n" in run.err
    assert "left out: question 'How?': no model answered it\n" in run.err
    assert pd.read_parquet(tmp_path / "long.parquet")["group"].tolist() == ["human", "gpt"]
    run = call(*words, "--force", "--human", "human", "--model", "gtp")
    assert run.error.startswith("models: answers.csv has no column 'gtp'. Did you mean 'gpt'?")


# Chats and transcripts -----------------------------------------------------------------------------------------------

CHAT = (
    "31/12/2024, 23:58 - Messages and calls are end-to-end encrypted.\n"
    "31/12/2024, 23:58 - Anna: I am so happy today\n31/12/2024, 23:59 - Bob: <Media omitted>\n"
    "01/01/2025, 00:01 - Bob: I was terrified\nof the fireworks\n"
)


def test_a_chat_becomes_a_confidential_table_that_map_takes(call, write, tmp_path):
    """What was left out and assumed is said; `map` with the flags that are printed keeps the texts to itself."""
    run = call("data", "chat", write("chat.txt", CHAT), "--out", "chat.parquet")
    assert run.code == 0, run.err
    flags = "--unit speaker --time time --id id"
    assert run.out == f"Wrote 2 messages to chat.parquet\nNext: emotopy map chat.parquet {flags} --out results\n"
    assert "marked as confidential" in run.err
    assert "left out: 1 media without text" in run.err
    assert "note: chat.txt: dates were read day first" in run.err
    about = json.loads((tmp_path / "chat.json").read_text("utf-8"))
    assert about["confidential"] is True
    assert "terrified" not in json.dumps(about) + run.err + run.out
    frame = pd.read_parquet(tmp_path / "chat.parquet")
    assert frame["speaker"].tolist() == ["Anna", "Bob"]
    fast = ("--set", "reducer=pca", "--set", "clusterer=kmeans")
    run = call("map", "chat.parquet", *flags.split(), "--out", "results", *fast)
    assert run.code == 0, run.err
    assert not any(b"fireworks" in path.read_bytes() for path in (tmp_path / "results").rglob("*") if path.is_file())
    times = pd.read_parquet(tmp_path / "results" / "texts.parquet")["time"]
    assert times.tolist() == ["2024-12-31 23:58:00", "2025-01-01 00:01:00"]


def test_a_chat_whose_dates_leave_a_doubt_asks_for_their_format(call, write, tmp_path):
    """Nothing is written; with --date-format it is read."""
    file = write("chat.txt", "01/02/2024, 10:00 - Anna: so happy\n")
    run = call("data", "chat", file, "--out", "chat.parquet")
    assert (run.code, run.out) == (1, "")
    assert "--date-format" in run.error
    assert not (tmp_path / "chat.parquet").exists()
    assert call("data", "chat", file, "--out", "chat.parquet", "--date-format", "month-first").code == 0
    assert pd.read_parquet(tmp_path / "chat.parquet")["time"][0] == pd.Timestamp("2024-01-02 10:00")
    about = json.loads((tmp_path / "chat.json").read_text("utf-8"))
    assert about["options"] == {"file": "chat.txt", "date_format": "month-first"}


@pytest.mark.parametrize(
    ("name", "content", "flags"),
    [
        ("x.srt", "1\n00:00:01,000 --> 00:00:02,000\nAnna: so happy\n", "--unit speaker --time time --id id"),
        ("x.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nso happy\n", "--time time --id id"),
        ("x.txt", "Anna: so happy\nBob: me too\n", "--unit speaker --id id"),
    ],
)
def test_a_transcript_becomes_a_confidential_table(call, write, tmp_path, name, content, flags):
    """The next command names the columns that hold something."""
    run = call("data", "transcript", write(name, content), "--out", "talk.parquet")
    assert run.code == 0, run.err
    assert run.out.splitlines()[1] == f"Next: emotopy map talk.parquet {flags} --out results"
    assert "marked as confidential" in run.err
    assert pd.read_parquet(tmp_path / "talk.parquet")["text"][0] == "so happy"


@pytest.mark.real_data
def test_alice_prints_commands_that_run(call, shared_data, tmp_path):
    """Who is left out and why, and what to do next, with the paths and constants of this folder."""
    folder = shared_data / "alice-brennan2016"
    run = call("data", "alice", "--from", folder)
    assert run.code == 0
    first, _, names, annotate, decode = run.out.splitlines()
    assert first == "27 listeners, 362 volumes of 2 s, 6 regions"
    assert "left out: s33-timecourses.txt: an empty recording" in run.err
    assert names == rf"printf '%s\n' LATL RATL LPTL LIPL LPreM LIFG > {folder}/timecourses/regions.txt"
    assert call(*shlex.split(annotate)[1:]).code == 0
    assert (tmp_path / "ratings.tsv").is_file()
    flags = shlex.split(decode)
    assert flags[:2] == ["emotopy", "decode"]
    given = dict(zip(flags[2::2], flags[3::2], strict=True))
    assert (given["--tr"], given["--start"], given["--motion-skip"]) == ("2", "20", "10")
    assert call("data", "alice", "--from", tmp_path).error.startswith(f"{tmp_path}: wanted timecourses/")


@pytest.mark.real_data
def test_neuroquery_is_checked_and_leads_to_evidence(call, shared_data):
    """What the folder holds, and the command that uses it."""
    run = call("data", "neuroquery", "--from", shared_data / "neuroquery")
    folder = shared_data / "neuroquery"
    assert run.out == (
        f"13,459 studies, 418,200 peaks, 156,521 words in {folder}\n"
        f"Next: emotopy evidence build --from {folder} --out evidence.csv\n"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--from", "gone"), "gone isn't a folder; wanted the NeuroQuery data"),
        (("--from", "."), ". lacks "),
        (("--from", ".", "--atlas", "afect18"), "atlas: no atlas is called 'afect18'. Did you mean 'affect18'?"),
        (("--from", ".", "--atlas", "my.csv"), "atlas.table: wanted dosenbach160, seitzman300 or the path of a CSV"),
        (("--from", ".", "--terms", "gone.csv"), "gone.csv"),
    ],
)
def test_what_evidence_build_lacks_is_named(call, tmp_path, words, message):
    """Data, atlas, terms: each error says which, and nothing is written."""
    run = call("evidence", "build", *words, "--out", "new/table.csv")
    assert (run.code, run.out) == (1, "")
    assert run.error.startswith(message)
    assert list(tmp_path.iterdir()) == []


def test_evidence_build_overwrites_nothing(call, write, tmp_path):
    """A table that exists, or its provenance beside it, is refused without --force, before any work."""
    for name in ("table.csv", "table.json"):
        file = write(name, "mine")
        run = call("evidence", "build", "--from", "gone", "--out", "table.csv")
        assert run.error == f"{name} exists; give another --out, or --force to replace it"
        assert file.read_text("utf-8") == "mine"
        file.unlink()

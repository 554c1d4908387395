"""`emotopy annotate`."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SERVER = Path(__file__).parents[1] / "annotators" / "chat_server.py"
SPOKEN = "she was afraid of the dark then they laughed and sang of old tables"
EVENTS = "onset\tduration\tword\n" + "".join(f"{2 + i}\t1\t{word}\n" for i, word in enumerate(SPOKEN.split()))
HUMAN = "onset\tduration\trater\tjoy\n" + "".join(
    f"{4 * i}\t4\t{rater}\t{level + shift}\n"
    for i, level in enumerate([1, 2, 5, 4])
    for rater, shift in (("a", 0.0), ("b", 0.1 * i))
)


@pytest.fixture
def story(write):
    return write("events.tsv", EVENTS)


@pytest.fixture
def server():
    """A chat server in a process of its own; returns its port."""
    with subprocess.Popen(
        [sys.executable, str(SERVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        yield int(running.stdout.readline())
        running.communicate()


def reset(port, *faults):
    """Let the server forget, and fail so."""
    body = json.dumps({"settings": {}, "faults": faults}).encode()
    urllib.request.urlopen(f"http://127.0.0.1:{port}/control", data=body).close()


def n_requests(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/control") as answer:
        return len(json.load(answer)["requests"])


def test_it_writes_table_sidecar_and_plot(call, story, tmp_path):
    """Three files of one name; the answer on stdout names them."""
    run = call("annotate", story, "--out", "ratings.tsv")
    assert run.code == 0, run.err
    assert "Wrote ratings.tsv, ratings.json, ratings.svg" in run.out
    lines = (tmp_path / "ratings.tsv").read_text().splitlines()
    assert lines[0].split("\t")[:4] == ["onset", "duration", "joy", "trust"]
    assert len(lines[0].split("\t")) == 10
    provenance = json.loads((tmp_path / "ratings.json").read_text())["Provenance"]
    assert provenance["input"]["file"] == "events.tsv"
    assert str(tmp_path) not in (tmp_path / "ratings.json").read_text()
    assert (tmp_path / "ratings.svg").read_text().startswith("<?xml")


def test_options_reach_segmentation_and_annotator(call, story, tmp_path):
    """Width, step, emotions of one's own and `--set` are in the provenance."""
    words = ("--emotions", "joy,awe", "--width", "6", "--step", "3", "--set", "annotator.steepness=2", "--seed", "7")
    assert call("annotate", story, "--out", "r.tsv", *words).code == 0
    said = json.loads((tmp_path / "r.json").read_text())["Provenance"]
    assert said["config"]["emotions"] == ["joy", "awe"]
    assert (said["config"]["width_s"], said["config"]["step_s"], said["config"]["seed"]) == (6.0, 3.0, 7)
    assert said["stages"]["annotator"]["options"]["steepness"] == 2.0


def test_files_that_exist_are_kept_without_force(call, story, tmp_path):
    """The plot's name counts too; nothing is rated before that is known."""
    (tmp_path / "r.svg").write_text("mine")
    run = call("annotate", story, "--out", "r.tsv")
    assert run.code == 1
    assert "r.svg exists; give another --out, or --force" in run.error
    assert (tmp_path / "r.svg").read_text() == "mine"
    assert not (tmp_path / "r.tsv").exists()
    assert call("annotate", story, "--out", "r.tsv", "--force").code == 0


def test_human_ratings_are_compared(call, story, write, tmp_path):
    """r, the raters' own agreement and the ceiling, on the screen and in the sidecar; what they lack is said."""
    run = call("annotate", story, "--out", "r.tsv", "--emotions", "joy,fear", "--against", write("human.tsv", HUMAN))
    assert run.code == 0, run.err
    joy = next(line.split() for line in run.out.splitlines() if line.startswith("joy"))
    assert joy[-3] == "16"
    assert "not rated" in run.out
    said = json.loads((tmp_path / "r.json").read_text())["Agreement"]
    assert set(said) == {"joy"}
    assert said["joy"]["Raters"] == 2
    assert 0.9 < said["joy"]["RaterToRest"] <= 1
    assert -1 <= said["joy"]["PearsonR"] <= 1


def test_segments_are_written_beside_the_ratings(call, story, tmp_path):
    """A table of texts with the onsets of the ratings; what exists is kept without --force."""
    run = call("annotate", story, "--out", "r.tsv", "--segments", "s.csv")
    assert run.code == 0, run.err
    assert "r.svg, s.csv" in run.out
    segments, ratings = (
        [line.split(mark)[place] for line in (tmp_path / name).read_text().splitlines()[1:]]
        for name, mark, place in (("s.csv", ",", 1), ("r.tsv", "\t", 0))
    )
    assert [float(onset) for onset in segments] == [float(onset) for onset in ratings]
    assert "s.csv exists" in call("annotate", story, "--out", "other.tsv", "--segments", "s.csv").error
    assert not (tmp_path / "other.tsv").exists()


def test_the_unit_of_times_can_be_told(call, write, tmp_path):
    """The error asks for it, the option answers, and the provenance keeps the answer."""
    rows = "".join(f"{i * 2000}\t{i * 2000 + 1500}\tshe was afraid\n" for i in range(5))
    path = write("story.tsv", f"onset\toffset\ttext\n{rows}")
    refused = call("annotate", path, "--out", "r.tsv")
    assert refused.code == 1
    assert "--time-unit ms" in refused.error
    assert call("annotate", path, "--out", "r.tsv", "--time-unit", "ms").code == 0
    last = (tmp_path / "r.tsv").read_text().splitlines()[-1].split("\t")
    assert float(last[0]) + float(last[1]) == pytest.approx(9.5)
    assert json.loads((tmp_path / "r.json").read_text())["Provenance"]["input"]["time_unit"] == "ms"


def test_segments_name_who_speaks(call, write, tmp_path):
    """Where the story does; who speaks is no text."""
    captions = "1\n00:00:01,000 --> 00:00:02,000\nANNA: I was so happy\n\n2\n00:00:02,000 --> 00:00:03,000\nthen not\n"
    path = write("story.srt", captions)
    run = call("annotate", path, "--out", "r.tsv", "--segments", "s.csv", "--segmentation", "given")
    assert run.code == 0, run.err
    assert [line.split(",")[3:] for line in (tmp_path / "s.csv").read_text().splitlines()] == [
        ["speaker", "text"],
        ["ANNA", "I was so happy"],
        ["", "then not"],
    ]


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (("--out", "r.tsv", "--segments", "s.txt"), 2, "wanted a file name that ends in .csv"),
        (("--out", "r.csv"), 2, "wanted a file name that ends in .tsv"),
        (("--out", "r.tsv", "--cache", "c", "--no-cache"), 2, "--no-cache turns the cache off"),
        (("--out", "absent/r.tsv"), 1, "absent isn't a folder"),
        (("--out", "r.tsv", "--annotator", "lm"), 1, "no annotator is called 'lm'. Did you mean 'llm'?"),
        (("--out", "r.tsv", "--emotions", "joy,joy"), 1, "'joy' occurs twice"),
        (("--out", "r.tsv", "--set", "annotator=llm"), 1, "--annotator NAME"),
        (("--out", "r.tsv", "--set", "clusterer=kmeans"), 1, "only the stages annotator and embedder"),
        (("--out", "r.tsv", "--segmentation", "sentence"), 1, "neither a sentence tier nor punctuation"),
        (("--out", "r.tsv", "--step", "9"), 1, "step: wanted at most the width"),
        (("--out", "r.tsv", "--against", "absent.tsv"), 1, "absent.tsv can't be read"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_message(call, story, tmp_path, words, code, error):
    """Exit code 1 or 2, no traceback, nothing written."""
    run = call("annotate", story, *words)
    assert run.code == code
    assert error in " ".join(run.err.replace("│", " ").split())
    assert "Traceback" not in run.err
    assert [path.name for path in tmp_path.iterdir() if path.name != "cache-home"] == ["events.tsv"]


def test_human_ratings_of_another_time_are_refused_before_anything_is_sent(call, story, write, server):
    """What can't be compared isn't paid for."""
    human = write("human.tsv", "onset\tduration\tjoy\n100\t4\t1\n")
    url = f"annotator.base_url=http://127.0.0.1:{server}/v1"
    run = call("annotate", story, "--out", "r.tsv", "--annotator", "llm", "--set", url, "--against", human)
    assert run.code == 1
    assert "both must use story time" in run.error
    assert n_requests(server) == 0


def test_a_dry_run_sends_and_writes_nothing(call, story, tmp_path, server):
    """It says how many segments there are, and what they would cost; offline annotators cost nothing."""
    run = call("annotate", story, "--out", "r.tsv", "--dry-run")
    assert run.code == 0
    assert "annotator emotopy:anchors sends nothing" in run.out
    url = f"annotator.base_url=http://127.0.0.1:{server}/v1"
    run = call("annotate", story, "--out", "r.tsv", "--annotator", "llm", "--set", url, "--dry-run")
    assert run.code == 0
    assert ["requests", "3"] in [line.split() for line in run.out.splitlines()]
    assert n_requests(server) == 0
    assert not (tmp_path / "r.tsv").exists()


def test_a_run_that_failed_goes_on_where_it_stopped(call, story, tmp_path, server):
    """A server that breaks down costs what was under way; the results appear only when all is there."""
    words = ("annotate", story, "--out", "r.tsv", "--annotator", "llm", "--cache", "kept", "--emotions", "ekman6")
    sets = (f"base_url=http://127.0.0.1:{server}/v1", "concurrency=1", "max_attempts=1", "repeats=2")
    sets = [word for one in sets for word in ("--set", f"annotator.{one}")]
    reset(server, {}, {}, {"status": 500})
    run = call(*words, *sets)
    assert run.code == 1
    assert "segment 3 of 3, repeat 1) failed: HTTP 500" in run.error
    assert not (tmp_path / "r.tsv").exists()
    reset(server)
    run = call(*words, *sets)
    assert run.code == 0, run.err
    assert n_requests(server) == 4
    assert "ICC(2,k)" in run.out
    assert json.loads((tmp_path / "r.json").read_text())["Reliability"]["ICC(2,1)"]["joy"] == 1.0


def test_the_same_run_writes_the_same_files(call, story, files_in, tmp_path):
    """Byte for byte, whatever was reused."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        assert call("annotate", story, "--out", f"{name}/r.tsv").code == 0
    assert files_in(tmp_path / "a") == files_in(tmp_path / "b")


def test_quiet_says_nothing_on_stderr(call, write):
    """Notes go to the sidecar alone then."""
    path = write("a.tsv", "onset\tduration\ttext\n0\t8\tone two\n4\t8\ttwo three\n")
    words = ("annotate", path, "--out", "r.tsv", "--segmentation", "given")
    assert call(*words, "--quiet").err == ""
    assert "note: a.tsv: segments overlap" in call(*words, "--force").err

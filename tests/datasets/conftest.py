"""Small folders in the official layouts, and a real server of files."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

HEADER = "start_time\tstop_time\tspeaker\tvalue"
TRAIN = "train_split_Depression_AVEC2017.csv"
DEV = "dev_split_Depression_AVEC2017.csv"
ITEMS = "PHQ8_NoInterest,PHQ8_Depressed"


def transcript(*turns: tuple[object, ...]) -> str:
    """Lines of a DAIC-WOZ transcript: (start, stop, speaker, value)."""
    return "\n".join([HEADER, *("\t".join(map(str, turn)) for turn in turns)]) + "\n"


@pytest.fixture
def woz(tmp_path, write):
    """A folder of DAIC-WOZ: sessions 300, 302, 303, 409 with labels in train, dev and full_test."""
    write(
        "300_P/300_TRANSCRIPT.csv",
        transcript(
            (36.5, 39.6, "Ellie", "hi i'm ellie thanks for coming in today"),
            (39.8, 41.2, "Participant", "<synch>"),
            (62.3, 63.1, "Participant", "good <laughter>"),
            (68.9, 69.4, "Ellie", "where are you from originally"),
            (70.0, 72.5, "Participant", "atlanta georgia people <peop> say xxx its nice"),
            (73.0, 74.0, "Participant", ""),
        ),
    )
    write("302_P/302_TRANSCRIPT.csv", transcript((4.1, 5.2, "Participant", "i feel fine")))
    write("303_P/303_TRANSCRIPT.csv", transcript((1.0, 2.0, "Participant", "i was so scared [scrubbed_entry]")))
    write(
        "409_P/409_TRANSCRIPT.csv",
        transcript(
            (1.0, 2.0, "Ellie", "how_doingV (so how are you doing today)"),
            (2.5, 4.0, "Participant", "not so well"),
        ),
    )
    write(TRAIN, f"Participant_ID,PHQ8_Binary,PHQ8_Score,Gender,{ITEMS}\n303,0,0,0,0,0\n409,0,10,1,2,1\n")
    write(DEV, f"Participant_ID,PHQ8_Binary,PHQ8_Score,Gender,{ITEMS}\n302,0,4,1,0,1\n")
    write("full_test_split.csv", "Participant_ID,PHQ_Binary,PHQ_Score,Gender\n300,1,20,1\n")
    write("test_split_Depression_AVEC2017.csv", "participant_ID,Gender\n300,1\n")
    return tmp_path


@attrs.frozen
class FileServer:
    """A server of the files in `folder`; `log` is what it wrote about the requests."""

    url: str
    folder: Path
    log: Path

    @property
    def asked(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [line.split('"')[1].split()[1] for line in self.log.read_text("utf-8").splitlines() if '"GET ' in line]


@pytest.fixture
def file_server(tmp_path, monkeypatch) -> Iterator[FileServer]:
    """A process that serves a folder over HTTP on the loopback interface."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    folder, log = tmp_path / "served", tmp_path / "served.log"
    folder.mkdir()
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(folder)]
    with (
        log.open("w") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
        contextlib.ExitStack() as stack,
    ):
        stack.callback(process.terminate)
        port = process.stdout.readline().split(" port ")[1].split()[0]
        yield FileServer(f"http://127.0.0.1:{port}/", folder, log)

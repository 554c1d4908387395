"""Exit codes, and one message where something went wrong."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import emotopy.readers.tables
from emotopy.cli import main


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("map", "x.csv"), "Invalid value for '--out'"),
        (("decode", "--series", "s", "--ratings", "r.tsv"), "Invalid value for '--out'"),
        (("map", "--out", "o"), "Missing argument 'FILE'"),
        (("map", "x.csv", "--out", "o", "--grop", "g"), "No such option: --grop"),
        (("map", "x.csv", "--out", "o", "--level", "nod"), "'nod' is not one of 'region', 'node'"),
        (("map", "x.csv", "--out", "o", "--seed", "x"), "Invalid value for '--seed'"),
        (("map", "x.csv", "--out", "o", "--cache", "c", "--no-cache"), "Invalid value for '--cache': --no-cache turns"),
        (
            ("data", "goemotions", "--from", ".", "--out", "x.csv"),
            "wanted a file name that ends in .parquet, got x.csv",
        ),
        (("mpa",), "No such command 'mpa'"),
        (("plugins", "shw"), "No such command 'shw'"),
    ],
)
def test_wrong_usage_is_exit_code_2(call, tmp_path, words, message):
    """The words that were wrong, how to get help, no traceback; nothing is made."""
    run = call(*words)
    assert (run.code, run.out) == (2, "")
    assert message in run.err
    assert "for help" in run.err
    assert list(tmp_path.iterdir()) == []


def test_without_a_command_the_help_is_shown(call):
    """It names every command; asked for, it is exit code 0."""
    commands = ("demo", "map", "evidence", "data", "plugins", "config")
    bare, asked = call(), call("--help")
    assert (bare.code, asked.code) == (2, 0)
    assert all(command in asked.out for command in commands)
    assert "130 interrupted" in asked.out


def test_every_flag_of_map_is_in_its_help(process):
    """The contract's flags, by name, as a process prints them."""
    run = process("map", "--help", fresh=True)
    flags = "text group unit time id preset config set level seed cache no-cache no-texts dry-run out force quiet"
    assert [flag for flag in flags.split() if f"--{flag} " not in run.out] == []
    assert (run.code, run.err) == (0, "")


@pytest.mark.parametrize("module", ["emotopy", "emotopy.cli"])
def test_python_m_runs_the_command_line(tmp_path, environment, module):
    """`python -m emotopy` is `emotopy`; the version is printed."""
    words = [sys.executable, "-m", module, "--version"]
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("emotopy 0.")


@pytest.mark.parametrize("words", [("--debug", "map", "gone.csv"), ("map", "gone.csv", "--debug")])
def test_debug_shows_where_wherever_it_stands(call, words):
    """The traceback comes before the message; the exit code is the same."""
    run = call(*words, "--out", "o")
    assert run.code == 1
    assert "Traceback" in run.err
    assert run.error.startswith("gone.csv can't be read")


def test_an_error_that_nobody_foresaw_is_one_line_too(call, monkeypatch, write):
    """A bug of ours is called one, and says how to see more."""

    def broken(path, **options):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(emotopy.readers.tables, "read_table", broken)
    run = call("map", write("x.txt", "a b\n"), "--out", "o")
    assert run.code == 1
    assert run.error.startswith("this is a bug in emotopy: ZeroDivisionError: division by zero; please report")
    assert "Traceback" not in run.err


@pytest.mark.parametrize(
    ("raised", "message"),
    [
        (MemoryError(), "not enough memory; map fewer texts at a time"),
        (PermissionError(13, "Permission denied", "/some/file"), "/some/file: Permission denied"),
    ],
)
def test_what_the_system_refuses_is_said_in_its_words(call, monkeypatch, write, raised, message):
    """Out of memory, and a file that nothing of ours guards."""

    def broken(path, **options):
        raise raised

    monkeypatch.setattr(emotopy.readers.tables, "read_table", broken)
    run = call("map", write("x.txt", "a b\n"), "--out", "o")
    assert run.code == 1
    assert run.error.startswith(message)


@pytest.mark.parametrize("words", [["plugins"], ["config", "schema"], ["--help"]])
def test_a_reader_that_goes_away_is_no_error(tmp_path, environment, words):
    """`emotopy plugins | head -1`: no traceback, no complaint at exit, exit code 0."""
    reading, writing = os.pipe()
    os.close(reading)
    environment["PYTHONUNBUFFERED"] = ""
    done = subprocess.run(
        [sys.executable, "-m", "emotopy", *words],
        cwd=tmp_path,
        env=environment,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_listener_that_goes_away_does_not_stop_the_work(tmp_path, environment, write):
    """With nobody reading notes and log, the answer is given all the same."""
    reading, writing = os.pipe()
    os.close(reading)
    words = ["map", write("x.txt", "I am happy\n"), "--out", "o", "--no-cache", "--set", "embedder=openai", "--dry-run"]
    done = subprocess.run(
        [sys.executable, "-m", "emotopy", *words],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=writing,
        text=True,
        check=False,
    )
    os.close(writing)
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1].startswith("cost")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
def test_an_answer_that_can_not_be_written_is_an_error(tmp_path, environment):
    """A full disk behind stdout is exit code 1 with a message, not silence."""
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = subprocess.run(
            [sys.executable, "-m", "emotopy", "plugins"],
            cwd=tmp_path,
            env=environment,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "error: No space left on device\n"


def test_a_terminal_of_another_encoding_gets_escapes(process, write):
    """A group's name that the terminal's encoding lacks doesn't end a run that has done its work."""
    file = write("x.csv", "text,g\nI am happy,стих\nI am sad,b\n")
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    run = process("map", file, "--group", "стих", "--out", "o", "--dry-run", env=ascii_only, fresh=True)
    assert run.code == 1
    assert run.error == r"group: there is no column '\u0441\u0442\u0438\u0445'. Columns: text, g"


def test_main_takes_its_words_from_the_process_by_default(monkeypatch, capsys):
    """Without arguments `main` reads `sys.argv`, as an installed script calls it."""
    monkeypatch.setattr(sys, "argv", ["emotopy", "--version"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith("emotopy ")

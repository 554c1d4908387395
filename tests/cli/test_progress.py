"""Progress on stderr: bars on a terminal, lines in a log, nothing for short work."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
import threading
import time

import pytest

from emotopy.cli.console import console_host
from emotopy.cli.progress import BETWEEN_S, FIRST_S, ProgressBars, ProgressLines, progress_on

SCRIPT = """
import sys, time
from emotopy.cli.console import console_host

host = console_host()
with host.progress("short", 2) as advance:
    advance(2)
with host.progress("outer", 3) as outer:
    outer(1)
    with host.progress("inner", 400) as advance:
        end = time.monotonic() + float(sys.argv[1])
        while time.monotonic() < end:
            advance(1)
            time.sleep(0.02)
        host.notify("in between")
    with host.progress("silent", None):
        time.sleep(0.1)
print("answer")
"""


class Clock:
    """A clock that stands where it is put."""

    def __init__(self):
        self.now_s = 1000.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def log():
    """Lines, their stream and their clock; no thread."""
    clock, stream = Clock(), io.StringIO()
    return ProgressLines(stream, clock=clock, looks=False), stream, clock


def test_short_work_is_never_shown(log):
    """Nothing before the first line is due, and nothing at the end."""
    lines, stream, clock = log
    with lines.open("embedding", 10) as advance:
        for _ in range(10):
            clock.now_s += FIRST_S / 11
            advance(1)
    assert stream.getvalue() == ""


def test_a_log_gets_a_line_every_few_seconds(log):
    """A hundred steps of a second: the first line after two seconds, the others five apart."""
    lines, stream, clock = log
    with lines.open("embedding", 100) as advance:
        for _ in range(100):
            clock.now_s += 1.0
            advance(1)
    found = [int(n) for n in re.findall(r"(\d+) of 100", stream.getvalue())]
    assert found == list(range(2, 101, 5))


def test_long_work_fills_no_log(log):
    """A day of steps of ten seconds: lines grow rarer."""
    lines, stream, clock = log
    with lines.open("rating", 8640) as advance:
        for _ in range(8640):
            clock.now_s += 10.0
            advance(1)
    assert 20 < len(stream.getvalue().splitlines()) < 200


def test_work_inside_of_work_shares_a_line(log):
    """The outermost first; work inside that isn't two seconds old isn't named."""
    lines, stream, clock = log
    with lines.open("procedures", 4) as outer:
        outer(1)
        clock.now_s += 3
        with lines.open("embedding", 100) as inner:
            inner(10)
            clock.now_s += BETWEEN_S + 3
            inner(10)
        clock.now_s += BETWEEN_S
        outer(1)
    first, second, third = stream.getvalue().splitlines()
    assert "procedures" in first
    assert "embedding" not in first
    assert second.index("procedures") < second.index("embedding: 20 of 100")
    assert "2 of 4" in third
    assert "embedding" not in third


def test_work_without_a_count_tells_its_time(log):
    """A clustering says nothing while it goes on; the look at the clock does."""
    lines, stream, clock = log
    with lines.open("clustering"):
        clock.now_s += 42
        lines.show()
    assert "clustering" in stream.getvalue()
    assert "42 s" in stream.getvalue()


def test_names_do_not_steer_the_terminal(log):
    """Names of groups, files and plugins stand in notes and titles; an escape sequence in one is shown, not obeyed."""
    lines, stream, clock = log
    lines.say("note: the group \x1b[31mred\nhas one unit")
    with lines.open("reading \x1b]0;x\x07.csv"):
        clock.now_s += 42
        lines.show()
    assert "\x1b" not in stream.getvalue()
    assert "\x07" not in stream.getvalue()
    assert "\\x1b[31mred\nhas" in stream.getvalue()


def test_an_error_takes_its_work_down(log):
    """What failed is no longer under way."""
    lines, stream, clock = log
    with pytest.raises(ZeroDivisionError), lines.open("dividing"):
        1 / 0  # noqa: B018
    clock.now_s += 100
    lines.show()
    assert stream.getvalue() == ""


def test_a_closed_stream_stops_no_work():
    """Nobody listens any more: the work goes on."""
    clock, stream = Clock(), io.StringIO()
    lines = ProgressLines(stream, clock=clock, looks=False)
    stream.close()
    with lines.open("embedding", 2) as advance:
        clock.now_s += 10
        advance(1)
    lines.say("done")


def test_the_thread_ends_with_the_work():
    """No thread of ours stays behind, and none is there before there is work."""

    def ours():
        return [one for one in threading.enumerate() if one.name == "emotopy-progress"]

    lines = ProgressLines(io.StringIO())
    assert not ours()
    with lines.open("a", 1), lines.open("b", None):
        assert len(ours()) == 1
    for one in ours():
        one.join(5)
    assert not ours()


def test_a_stream_that_is_no_terminal_gets_lines(monkeypatch):
    """Bars are for terminals that can redraw a line."""
    assert isinstance(progress_on(io.StringIO()), ProgressLines)
    monkeypatch.setenv("TERM", "dumb")
    main, terminal = pty.openpty()
    with os.fdopen(terminal, "w") as stream:
        assert isinstance(progress_on(stream), ProgressLines)
        monkeypatch.setenv("TERM", "xterm")
        assert isinstance(progress_on(stream), ProgressBars)
    os.close(main)


def test_what_is_called_like_markup_is_shown_as_it_is():
    """A file's name may hold brackets."""
    clock, stream = Clock(), io.StringIO()
    bars = ProgressBars(stream, clock=clock, looks=False)
    with bars.open("reading [bold]a[/bold].csv", 4) as advance:
        clock.now_s += 10
        advance(1)
        bars.say("note: [red]x[/red]")
    assert "note: [red]x[/red]" in stream.getvalue()


def test_a_quiet_host_shows_nothing(capsys):
    """Neither bars nor lines."""
    with console_host(quiet=True).progress("z", 10) as advance:
        advance(10)
    assert capsys.readouterr() == ("", "")


@pytest.mark.slow
def test_a_pipe_gets_plain_lines(environment, tmp_path):
    """A real process whose stderr is a pipe: whole lines, no escape sequences, count, rate and rest."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, "8"], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "answer\n"
    assert "\x1b" not in done.stderr
    assert "\r" not in done.stderr
    *lines, note = done.stderr.splitlines()
    assert note == "note: in between"
    assert 1 <= len(lines) <= 3
    assert "short" not in done.stderr
    assert "silent" not in done.stderr
    assert re.search(r"outer: 1 of 3.*; inner: \d+ of 400, .+ per s, about .+ left", lines[-1])


@pytest.mark.slow
def test_a_terminal_gets_bars_that_vanish(environment, tmp_path):
    """A real process on a pseudo-terminal: bars are drawn, redrawn and erased; messages stay whole above them."""
    main, terminal = pty.openpty()
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, "4"],
        env={**environment, "TERM": "xterm", "COLUMNS": "120"},
        cwd=tmp_path,
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=terminal,
    )
    os.close(terminal)
    seen, drawn_after_s = b"", None
    while True:
        try:
            some = os.read(main, 65536)
        except OSError:  # Linux: the other end is closed
            break
        if not some:
            break
        seen += some
        if drawn_after_s is None and b"inner" in seen:
            drawn_after_s = time.monotonic() - begun
    out = process.communicate()[0]
    os.close(main)
    text = seen.decode()
    assert process.returncode == 0
    assert out == b"answer\n"
    assert text.count("of 400") > 3, "redrawn while it goes on"
    assert "note: in between" in text
    assert "short" not in text
    assert drawn_after_s is not None
    assert drawn_after_s > FIRST_S
    assert text.endswith("\x1b[2K"), "erased at the end"

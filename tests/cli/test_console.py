"""What the command line says, and how."""

from __future__ import annotations

from emotopy.cli.console import console_host, format_table
from emotopy.cli.escapes import escape_controls


def test_columns_are_as_wide_as_their_longest_cell():
    """Two spaces between columns, none at the end of a line."""
    assert format_table([["a", "b"], ["long", "c"]]) == "a     b\nlong  c"
    assert format_table([], indent="  ") == ""


def test_what_steers_a_terminal_is_shown_as_an_escape():
    """Escape sequences, bells, line breaks of any kind; letters of any script stay."""
    assert escape_controls("a\x1b]0;x\x07\u2028b") == "a\\x1b]0;x\\x07\\u2028b"
    assert escape_controls("שלום 😀 é") == "שלום 😀 é"
    assert format_table([["a\nb", "c"]]) == "a\\nb  c"


def test_a_quiet_host_says_nothing(capsys):
    """Neither notes nor log nor progress."""
    host = console_host(quiet=True)
    host.notify("x")
    host.log("y")
    with host.progress("z", 10) as advance:
        advance(10)
    assert capsys.readouterr() == ("", "")

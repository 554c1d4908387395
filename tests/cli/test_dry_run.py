"""`--dry-run`: what a run would take, without taking it."""

from __future__ import annotations

OFFLINE = """
import socket

def refuse(*arguments, **options):
    with open("connections.txt", "a") as log:
        log.write(repr(arguments))
    raise OSError("no connection in this test")

socket.socket.connect = socket.socket.connect_ex = refuse
socket.create_connection = socket.getaddrinfo = socket.gethostbyname = refuse
"""


def test_the_cost_of_a_remote_stage_is_told_without_key_and_connection(process, write, tmp_path):
    """Rows, distinct texts, tokens, requests, dollars; no key is needed, nothing sent, no file made."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(OFFLINE, "utf-8")
    text = "x" * 1000
    file = write("x.csv", f"text,g\n{text},a\n{text},b\n,a\nI am happy,b\n")
    words = ("--set", "embedder=openai", "--dry-run", "--cache", "cache")
    run = process(
        "map", file, "--out", "new/out", *words, env={"PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"}
    )
    assert run.code == 0, run.err
    told = dict(line.rsplit("  ", 1) for line in run.out.splitlines())
    assert {key.strip(): value for key, value in told.items()} == {
        "rows": "4",
        "with text": "3",
        "distinct texts": "2",
        "already in the cache": "0",
        "estimated tokens": "at most 1,010",
        "requests": "1",
        "cost": "less than 0.0001 USD",
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["site", "x.csv"]


def test_a_price_of_ones_own_is_used(call, write):
    """`usd_per_million_tokens` times the upper bound of tokens."""
    file = write("x.txt", "x" * 2_000 + "\n")
    words = ("--set", "embedder=openai", "--set", "embedder.usd_per_million_tokens=1000")
    run = call("map", file, "--out", "out", "--no-cache", "--dry-run", *words)
    assert run.out.splitlines()[-1].endswith("at most 2.0000 USD")


def test_a_local_stage_costs_nothing(call, write, tmp_path):
    """The dry run of the default preset says so, and writes nothing, not even the parent of --out."""
    run = call("map", write("x.txt", "I am happy\n"), "--out", "new/out", "--dry-run")
    assert run.code == 0, run.err
    assert run.out.splitlines()[-1] == "cost            none, embedder emotopy:static sends nothing"
    assert [path.name for path in tmp_path.iterdir()] == ["x.txt"]


def test_without_a_key_a_real_run_says_what_to_do(call, write, tmp_path):
    """The variable's name and the offline way are in the message; nothing is written."""
    run = call("map", write("x.txt", "I am happy\n"), "--out", "out", "--no-cache", "--set", "embedder=openai")
    assert run.code == 1
    assert "OPENAI_API_KEY" in run.error
    assert "--set embedder=static" in run.error
    assert not (tmp_path / "out").exists()

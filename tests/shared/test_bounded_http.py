"""Answers are read up to a limit, compressed or not: over real HTTP, with small limits and harmless answers."""

from __future__ import annotations

import asyncio
import gzip
import http.server
import threading
import zlib

import pytest

from emotopy.errors import ProviderError
from emotopy_plugins.shared.endpoint import Endpoint, redact
from emotopy_plugins.shared.openai_client import OpenAIClient, TooLarge
from emotopy_plugins.shared.retrying import Retrying

BODY = b'{"data": "' + b"x" * 5000 + b'"}'
DEFLATED = zlib.compress(BODY)


def pieces(handler, data, n=7):
    """Send a body in pieces without saying how long it is."""
    handler.send_header("transfer-encoding", "chunked")
    handler.end_headers()
    for start in range(0, len(data), max(1, len(data) // n)):
        part = data[start : start + max(1, len(data) // n)]
        handler.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
    handler.wfile.write(b"0\r\n\r\n")


def whole(handler, data):
    handler.send_header("content-length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


ANSWERS = {
    "plain": (None, BODY, whole),
    "in pieces": (None, BODY, pieces),
    "gzip": ("gzip", gzip.compress(BODY), whole),
    "gzip in pieces": ("gzip", gzip.compress(BODY), pieces),
    "deflate": ("deflate", DEFLATED, pieces),
}

DAMAGED = {
    "not compressed": ("gzip", BODY, whole),
    "cut off": ("gzip", gzip.compress(BODY)[:-12], whole),
    "cut off in its checksum": ("gzip", gzip.compress(BODY)[:-2], pieces),
    "a wrong checksum": ("deflate", DEFLATED[:-4] + b"abcd", whole),
}


# FastAPI's words, which repeat what was sent.
SAID = b'{"detail": [{"type": "string_too_long", "loc": ["body"], "msg": "at most 9 characters", "input": "'
TOO_LONG = SAID + b"diary " * 2000 + b'"}]}'
REFUSALS = {
    "refusal": (None, TOO_LONG, whole),
    "refusal in pieces": (None, TOO_LONG, pieces),
    "refusal, gzip": ("gzip", gzip.compress(TOO_LONG), whole),
    "refusal, gzip in pieces": ("gzip", gzip.compress(TOO_LONG), pieces),
}


@pytest.fixture
def server():
    """A server that answers as the path says; yields its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"]))
            name = self.path.split("/")[1].replace("%20", " ")
            encoding, data, send = {**ANSWERS, **DAMAGED, **REFUSALS}.get(name, ("br", b"abc", whole))
            self.send_response(422 if name in REFUSALS else 200)
            self.send_header("content-type", "application/json")
            if encoding:
                self.send_header("content-encoding", encoding)
            send(self, data)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.daemon_threads = True
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def ask(url, limit, **options):
    """Ask the server once; return the body of its answer."""
    client = OpenAIClient(Endpoint(url, "KEY", "embedder", "static"), Retrying(1, 0.0, 0.0), **options)

    async def work(session, job):
        answer = await session.send(
            lambda api: api.embeddings.with_raw_response.create(model="m", input="x", encoding_format="float"),
            "1 text",
            limit=limit,
        )
        return answer.content

    return next(iter(client.each([0], work)))[1]


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_within_the_limit_is_read_whole(server, name):
    """To the last byte; uncompressed, whatever it came as."""
    url = f"{server}/{name.replace(' ', '%20')}/v1"
    assert ask(url, len(BODY)) == BODY


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_above_the_limit_is_refused(server, name):
    """By a byte; it isn't asked for again, since it would be as long."""
    url = f"{server}/{name.replace(' ', '%20')}/v1"
    with pytest.raises(ProviderError) as caught:
        ask(url, len(BODY) - 1)
    assert caught.value.status is None


@pytest.mark.parametrize("limit", [200, 5000, len(TOO_LONG) - 1, len(TOO_LONG), 20_000])
@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_above_the_limit_is_a_refusal_all_the_same(server, name, limit):
    """Its status and its first words count; what it repeats of the texts is neither shown nor in the way."""
    with pytest.raises(TooLarge) as caught:
        ask(f"{server}/{name.replace(' ', '%20')}/v1", limit)
    assert caught.value.status == 422
    assert "at most 9 characters" in caught.value.server_message
    assert "diary" not in str(caught.value)


@pytest.mark.parametrize("name", DAMAGED)
def test_what_cannot_be_uncompressed_is_a_failure_of_the_server(server, name):
    """A named one, never that of the library that uncompresses."""
    with pytest.raises(ProviderError) as caught:
        ask(f"{server}/{name.replace(' ', '%20')}/v1", 2 * len(BODY))
    assert caught.value.status is None
    assert caught.value.server


def test_a_compression_that_was_not_offered_is_refused(server):
    """It couldn't be bounded."""
    with pytest.raises(ProviderError):
        ask(f"{server}/other/v1", 10_000)


def test_a_whole_attempt_has_a_deadline():
    """A server that sends a byte now and then keeps each wait short; the attempt ends all the same."""

    async def main():
        async def drip(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n")
            for _ in range(200):
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.05)
            writer.close()

        async with await asyncio.start_server(drip, "127.0.0.1", 0) as running:
            port = running.sockets[0].getsockname()[1]
            with pytest.raises(ProviderError, match="1 s"):
                await asyncio.to_thread(ask, f"http://127.0.0.1:{port}/v1", 10_000, timeout_s=0.2)

    asyncio.run(main())


@pytest.mark.parametrize(
    "written",
    [
        "Hunter2+Secret/Key",
        "HUNTER2+SECRET/KEY",
        "Hunter2%2BSecret%2FKey",
        "SHVudGVyMitTZWNyZXQvS2V5",
        "48756e746572322b5365637265742f4b6579",
    ],
)
def test_a_key_is_redacted_whatever_its_case_or_coding(written):
    """As headers, addresses, JSON and dumps write it."""
    key = "Hunter2+Secret/Key"
    assert redact(f"Incorrect key {written}, try again", key) == "Incorrect key [key], try again"

"""Ways for a server to fail, and what the embedder and the annotator make of each of them."""

from __future__ import annotations

import base64
import gzip
import json
import statistics
import struct
import time
import zlib
from collections.abc import Callable
from typing import Any

import attrs
from tests.faults.forked import Forked
from tests.faults.server import Answer, Exchange, Server, behaves, rating_of, vector_of

ROLES = ("embedder", "annotator")
TEXTS = tuple(f"text number {i}, which is made up" for i in range(4))
EMOTIONS = ("joy", "fear")
TIMEOUT_S, MAX_ATTEMPTS, MAX_WAIT_S = 0.5, 2, 0.2
DEADLINE_S = 5 * TIMEOUT_S
"""Of one attempt, as documented."""
SLACK_S = 1.5
"""For all else that a run does, on a machine that others use, too."""
MOST_MORE_MB = 150
LIMIT = 200_000
"""Bytes of an answer, lowered for the tests: what is sent just exceeds it."""


# What is sent -------------------------------------------------------------------------------------------------------


def refuses(status: int, content: Any = None, **headers: str) -> Answer:
    """Refuse every request."""
    body = {"error": {"message": "not now", "type": "fault", "code": None}} if content is None else content
    return lambda exchange: exchange.send(body, status, **headers)


def first(answer: Answer) -> Answer:
    """Fail the first request of all, answer the others."""
    return lambda exchange: answer(exchange) if exchange.number == 0 else behaves(exchange)


def changed(change: Callable[[dict[str, Any]], Any]) -> Answer:
    """Send the right answer with a change: `change` alters it, or returns another."""

    def answer(exchange: Exchange) -> None:
        good = exchange.good()
        other = change(good)
        exchange.send(good if other is None else other)

    return answer


def says(embedding: Callable[[list[Any]], Any], rating: Callable[[Exchange, dict[str, float]], Any]) -> Answer:
    """Change the items of an answer of vectors; of an answer of ratings send what `rating` says."""

    def answer(exchange: Exchange) -> None:
        if exchange.is_chat:
            said = rating(exchange, exchange.ratings())
            exchange.send(exchange.completion(said if isinstance(said, str) else json.dumps(said)))
        else:
            good = exchange.vectors()
            embedding(good["data"])
            exchange.send(good)

    return answer


def each(key: str, value: Any) -> Callable[[list[Any]], Any]:
    return lambda items: [item.update({key: value}) for item in items]


def drips(piece: bytes, every_s: float, n_pieces: int = 400) -> Answer:
    """Send a body bit by bit, longer than anybody waits."""

    def answer(exchange: Exchange) -> None:
        exchange.raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 50000\r\n\r\n")
        for _ in range(n_pieces):
            exchange.raw(piece)
            if not exchange.wait(every_s):
                return

    return answer


def drips_headers(exchange: Exchange) -> None:
    exchange.raw(b"HTTP/1.1 200 OK\r\n")
    for i in range(200):
        exchange.raw(f"X-{i}: y\r\n".encode())
        if not exchange.wait(0.1):
            return


def many_headers(exchange: Exchange) -> None:
    lines = "".join(f"X-Header-{i}: {'y' * 100}\r\n" for i in range(300))
    exchange.raw(b"HTTP/1.1 200 OK\r\n" + lines.encode())
    exchange.raw(b"Content-Length: 2\r\n\r\n{}")


def chunked(n_pieces: int, piece: bytes, *, ends: bool = True) -> Answer:
    def answer(exchange: Exchange) -> None:
        exchange.raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(n_pieces):
            exchange.raw(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        if ends:
            exchange.raw(b"0\r\n\r\n")

    return answer


def good_chunked(exchange: Exchange) -> None:
    body = json.dumps(exchange.good()).encode()
    chunked(1, body)(exchange)


def resets(stage: str) -> Answer:
    """Reset the connection at a stage of the answer."""

    def answer(exchange: Exchange) -> None:
        body = json.dumps(exchange.good()).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        sent = {"at once": b"", "in the status": head[:7], "in the headers": head[:40], "before the body": head}
        exchange.raw(sent.get(stage, head + body[: len(body) // 2]))
        exchange.wait(0.02)
        exchange.reset()

    return answer


def hangs_up(exchange: Exchange) -> None:
    exchange.connection.close()


def silent(exchange: Exchange) -> None:
    exchange.wait(4 * TIMEOUT_S)


def length(more: int) -> Answer:
    """State another length than is sent."""

    def answer(exchange: Exchange) -> None:
        body = json.dumps(exchange.good()).encode()
        exchange.send(body, Content_Length=str(max(len(body) + more, 0)))

    return answer


def compressed(how: str, *, n_zeros: int = 0, cut: int = 0, named: str | None = None) -> Answer:
    """Send a compressed body: the right one, or one that expands to `n_zeros` zeros, or one that is cut off."""

    def answer(exchange: Exchange) -> None:
        plain = b" " * n_zeros if n_zeros else json.dumps(exchange.good()).encode()
        packed = {"gzip": gzip.compress, "deflate": zlib.compress, "none": bytes}[how](plain)
        exchange.send(packed[: len(packed) - cut] if cut else packed, Content_Encoding=named or how)

    return answer


def encoded(encoding: str, *, mark: bytes = b"") -> Answer:
    return lambda exchange: exchange.send(mark + json.dumps(exchange.good(), ensure_ascii=False).encode(encoding))


def redirects(exchange: Exchange) -> None:
    exchange.send(b"", 307, Location="/v1/elsewhere")


def large(exchange: Exchange) -> None:
    """Send an answer just above the limit, in a key that nobody reads."""
    exchange.send({**exchange.good(), "padding": "x" * (LIMIT * 2)})


def base64_of(n_bytes: int) -> Callable[[list[Any]], Any]:
    packed = base64.b64encode(struct.pack("<f", 0.5) * 8)[: n_bytes * 4 // 3].decode()
    return each("embedding", packed)


JSON_OF_OTHERS: dict[str, Any] = {
    "a list": [1, 2],
    "a number": 7,
    "null": None,
    "a string": "fine",
    "an empty object": {},
    "no items": {"data": [], "choices": []},
    "items of null": {"data": [None, None], "choices": [None]},
    "an object for items": {"data": {"0": 1}, "choices": {"0": 1}},
    "numbers for items": {"data": [1, 2], "choices": [1]},
}
MODES: dict[str, Answer] = {
    "behaves": behaves,
    # refusals
    **{f"HTTP {status}": refuses(status) for status in (400, 401, 402, 403, 404, 405, 409, 413, 422, 451)},
    **{f"HTTP {status}": refuses(status) for status in (500, 501, 502, 503, 504, 529, 599)},
    "HTTP 500, then well": first(refuses(500)),
    "HTTP 204, empty": refuses(204, b""),
    "HTTP 299": lambda exchange: exchange.send(exchange.good(), 299),
    "HTTP 600": refuses(600),
    "HTTP status that is no number": lambda exchange: exchange.raw(b"HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n"),
    "HTTP/0.9": lambda exchange: exchange.raw(json.dumps(exchange.good()).encode()),
    "a refusal in plain text": refuses(400, b"model not loaded", Content_Type="text/plain"),
    "a refusal in HTML": refuses(502, b"<html><h1>Bad gateway</h1></html>", Content_Type="text/html"),
    "a refusal without words": refuses(500, b""),
    "a refusal that is a list": refuses(400, [{"error": {"code": 400, "message": "no"}}]),
    "a refusal in a string in JSON": refuses(400, {"error": json.dumps({"error": {"message": "no"}})}),
    "a refusal in JSON 60 deep": refuses(400, json.loads('{"error":' * 60 + "1" + "}" * 60)),
    "a refusal in JSON 3,000 deep": refuses(400, b'{"error":' * 3000 + b"1" + b"}" * 3000),
    "a refusal of 100 KB": refuses(400, {"error": {"message": "no " * 33_000}}),
    "a refusal above the limit": refuses(400, {"error": {"message": "no " * LIMIT}}),
    "a refusal with bytes that are no text": refuses(400, bytes(range(128, 256))),
    # waits
    "429 without a wait": refuses(429),
    "429, then well": first(refuses(429, Retry_After="0")),
    **{
        f"429 Retry-After {value}": refuses(429, Retry_After=value)
        for value in (
            "-5",
            "1e9",
            "99999999999999999999",
            "soon",
            "nan",
            "inf",
            "0.05",
            "Thu, 01 Jan 1970 00:00:00 GMT",
        )
    },
    "429 Retry-After in the year 9999": refuses(429, Retry_After="Fri, 31 Dec 9999 23:59:59 GMT"),
    "503 with retry-after-ms of words": refuses(503, **{"retry-after-ms": "abc"}),
    "429 without credit": refuses(429, {"error": {"message": "x", "code": "insufficient_quota"}}),
    # slowness
    "silence": silent,
    "silence, then well": first(silent),
    "a byte every 0.1 s": drips(b" ", 0.1),
    "headers that don't end": drips_headers,
    "300 headers": many_headers,
    # connections
    **{f"reset {stage}": resets(stage) for stage in ("at once", "in the status", "in the headers", "before the body")},
    "reset in the body": resets("in the body"),
    "reset in the body, then well": first(resets("in the body")),
    "hangs up": hangs_up,
    # lengths
    "stated length too long": length(+10),
    "stated length too short": length(-10),
    "stated length 0": length(-(10**9)),
    "stated length of 60 digits": lambda exchange: exchange.send(exchange.good(), Content_Length="9" * 60),
    "stated length negative": lambda exchange: exchange.send(exchange.good(), Content_Length="-1"),
    "stated length in words": lambda exchange: exchange.send(exchange.good(), Content_Length="many"),
    "no stated length": lambda exchange: exchange.send(exchange.good(), Content_Length=""),
    "chunks": good_chunked,
    "chunks above the limit": chunked(40, b" " * (LIMIT // 20)),
    "chunks that don't end": chunked(2, b"{", ends=False),
    "chunks of a wrong length": lambda exchange: exchange.raw(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"
    ),
    "an answer above the limit": large,
    # compression
    "gzip": compressed("gzip"),
    "deflate": compressed("deflate"),
    "gzip above the limit": compressed("gzip", n_zeros=LIMIT * 4),
    "gzip cut off": compressed("gzip", cut=12),
    "gzip that isn't": compressed("none", named="gzip"),
    "br, which wasn't offered": compressed("none", named="br"),
    "gzip twice": compressed("gzip", named="gzip, gzip"),
    # bodies
    "empty": lambda exchange: exchange.send(b""),
    "half of the JSON": lambda exchange: exchange.send(json.dumps(exchange.good()).encode()[:-20]),
    "HTML": lambda exchange: exchange.send(b"<html>log in</html>", Content_Type="text/html"),
    "two answers in one": lambda exchange: exchange.send(json.dumps(exchange.good()).encode() * 2),
    "JSON 3,000 deep": lambda exchange: exchange.send(b"[" * 3000 + b"]" * 3000),
    "doubled keys": lambda exchange: exchange.send(
        json.dumps(exchange.good())
        .replace('"data"', '"data": 1, "data"')
        .replace('"choices"', '"choices": 1, "choices"')
        .encode()
    ),
    **{f"JSON: {name}": changed(lambda good, other=other: other) for name, other in JSON_OF_OTHERS.items() if other},
    "JSON: null": lambda exchange: exchange.send(b"null"),
    "JSON: an empty object": lambda exchange: exchange.send(b"{}"),
    "error at 200": changed(lambda good: {"error": {"message": "overloaded", "code": 503}}),
    "error at 200 beside data": changed(lambda good: good.update(error={"message": "overloaded"})),
    "error at 200, a string": changed(lambda good: {"error": "model not found"}),
    "content type text/plain": lambda exchange: exchange.send(exchange.good(), Content_Type="text/plain"),
    "no content type": lambda exchange: exchange.send(exchange.good(), Content_Type=""),
    "UTF-8 with a byte order mark": encoded("utf-8", mark=b"\xef\xbb\xbf"),
    "UTF-16": encoded("utf-16"),
    "UTF-32": encoded("utf-32-le"),
    "zero bytes around": lambda exchange: exchange.send(b"\0" + json.dumps(exchange.good()).encode() + b"\0"),
    "redirect": redirects,
    "another model": changed(lambda good: good.update(model="another")),
    # what was asked for
    "a number missing": says(lambda items: items.pop(), lambda _, found: dict(list(found.items())[1:])),
    "a number too many": says(
        lambda items: items.append({**items[0], "index": len(items)}), lambda _, found: {**found, "hope": 0.5}
    ),
    "a doubled index": says(each("index", 0), lambda _, found: json.dumps(found) + json.dumps(found)),
    "a foreign index": says(each("index", 99), lambda _, found: {f"{key}2": 0.1 for key in found}),
    "an index of words": says(each("index", "first"), lambda _, found: dict.fromkeys(found, "high")),
    "an index of 1e300": says(each("index", 1e300), lambda _, found: dict.fromkeys(found, 1e300)),
    "an index that is true": says(each("index", True), lambda _, found: dict.fromkeys(found, True)),
    "NaN": says(each("embedding", [float("nan")] * 4), lambda _, found: dict.fromkeys(found, float("nan"))),
    "infinity": says(each("embedding", [float("inf")] * 4), lambda _, found: dict.fromkeys(found, float("inf"))),
    "numbers beyond single precision": says(
        each("embedding", [1e300] * 4), lambda _, found: dict.fromkeys(found, -1e300)
    ),
    "integers of 400 digits": says(each("embedding", [10**400] * 4), lambda _, found: dict.fromkeys(found, 10**400)),
    "numbers as strings": says(each("embedding", ["0.5"] * 4), lambda _, found: dict.fromkeys(found, "0.5x")),
    "vectors of other lengths": says(lambda items: items[-1].update(embedding=[0.5]), lambda _, found: {}),
    "vectors of no numbers": says(each("embedding", []), lambda _, found: []),
    "vectors of vectors": says(each("embedding", [[0.5] * 4]), lambda _, found: {"a": found}),
    "null for vectors": says(each("embedding", None), lambda _, found: dict.fromkeys(found)),
    "base64 cut off": says(base64_of(7), lambda _, found: json.dumps(found)[:-4]),
    "base64 that isn't": says(each("embedding", "AAA*=="), lambda _, found: "I feel joy."),
    "a vector of zeros": says(each("embedding", [0.0] * 4), lambda _, found: dict.fromkeys(found, 0)),
}
RIGHT_AS_SENT = {"a vector of zeros", "numbers as strings"}
"""What a server says here counts, or not, but it can't be told from the truth."""


# What comes of it ---------------------------------------------------------------------------------------------------


@attrs.frozen
class Met:
    """What a role made of a mode."""

    role: str
    mode: str
    kind: str
    """right, named, wrong or foreign."""
    seconds: float
    allowed_s: float
    more_mb: float
    said: str

    @property
    def is_late(self) -> bool:
        return self.seconds > self.allowed_s

    @property
    def is_good(self) -> bool:
        return self.kind in ("right", "named") and not self.is_late and self.more_mb <= MOST_MORE_MB


def call(role: str, url: str) -> dict[str, Any]:
    """Ask a server for all texts; runs in a process of its own."""
    from emotopy.errors import ConfigError, InputError, ProviderError
    from emotopy_plugins.annotators.llm import LlmAnnotator
    from emotopy_plugins.embedders.openai import OpenAIEmbedder

    common = {"base_url": url, "concurrency": 2, "max_attempts": MAX_ATTEMPTS, "timeout_s": TIMEOUT_S}
    common |= {"first_wait_s": 0.01, "max_wait_s": MAX_WAIT_S}
    begun = time.perf_counter()
    try:
        if role == "embedder":
            values = OpenAIEmbedder(**common, max_inputs=2).embed(TEXTS)
        else:
            values = LlmAnnotator(**common, retries=1, context=0).annotate(TEXTS, EMOTIONS)
    except (ProviderError, InputError, ConfigError) as error:
        has_attributes = not isinstance(error, ProviderError) or bool(error.server)
        kind = "named" if has_attributes else "foreign"
        said = f"{type(error).__name__}: {error}"
    except Exception as error:  # noqa: BLE001 (it is what is looked for)
        kind, said = "foreign", f"{type(error).__name__}: {error}"
    else:
        kind, said = "values", ""
    seconds = time.perf_counter() - begun
    return {"kind": kind, "said": said, "seconds": seconds, "values": values.tolist() if kind == "values" else None}


def lower_limits() -> None:
    """Let answers be short, so that what is sent above the limit is small."""
    import emotopy_plugins.embedders.openai as embedder
    from emotopy_plugins.shared import openai_client

    embedder.FEWEST_DIMS = embedder.MOST_DIMS = 256
    openai_client.Session.send.__kwdefaults__["limit"] = LIMIT


def truth(role: str) -> list[list[float]]:
    """Return what a server that behaves says."""
    if role == "embedder":
        return [vector_of(text) for text in TEXTS]
    return [[rating_of(text, emotion) for emotion in EMOTIONS] for text in TEXTS]


def measure(modes: dict[str, Answer] | None = None) -> list[Met]:
    """Let both roles meet each mode."""
    found = []
    with Forked("tests.faults.servers:call", prepare="tests.faults.servers:lower_limits") as forked:
        for role in ROLES:
            usual_mb = statistics.median(_meet(forked, role, behaves)[1] for _ in range(3))
            for name, answer in (modes or MODES).items():
                said, peak_mb, n_requests = _meet(forked, role, answer)
                kind = said["kind"]
                if kind == "values":
                    close = _is_close(said["values"], truth(role))
                    kind = "right" if close or name in RIGHT_AS_SENT else "wrong"
                allowed_s = SLACK_S + max(n_requests, 1) / 2 * (DEADLINE_S + MAX_WAIT_S)
                found.append(Met(role, name, kind, said["seconds"], allowed_s, peak_mb - usual_mb, said["said"][:400]))
    return found


def _meet(forked: Forked, role: str, answer: Answer) -> tuple[dict[str, Any], float, int]:
    with Server(answer) as server:
        said, peak_mb = forked.call(role=role, url=server.url)
        return said, peak_mb, sum(tally.n_requests for tally in server.tallies())


def _is_close(values: list[list[float]], wanted: list[list[float]]) -> bool:
    import numpy as np

    return np.shape(values) == np.shape(wanted) and bool(np.allclose(values, wanted, atol=1e-6))

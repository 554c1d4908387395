"""The server of requests and its key: checked before any work; the key never stands in a message or a file."""

from __future__ import annotations

import base64
import csv
import ipaddress
import json
import os
import re
from collections.abc import Sequence
from importlib import resources
from urllib.parse import SplitResult, quote, quote_plus, urlsplit

import attrs

from emotopy.errors import ConfigError
from emotopy.wording import setting

OPENAI_URL = "https://api.openai.com/v1"
URL_VARIABLE = "OPENAI_BASE_URL"
"""The openai client's own variable for the base URL; the option goes before it."""

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_SECRETS = re.compile(r"(?i:bearer)\s+[^\s\"',{}\[\]]+|\bsk-[\w*.-]{4,}")
_HIDDEN = "[key]"


@attrs.frozen
class Endpoint:
    """An OpenAI-compatible server and the name of the environment variable that holds its key.

    `url` is the base URL without a slash at the end. `role` and `offline` serve messages: the configuration key of the
    stage that asks, and the stage of that role which needs no network. The key itself is never an attribute.
    """

    url: str
    key_variable: str
    role: str
    offline: str

    @classmethod
    def checked(cls, base_url: str | None, key_variable: str, *, role: str, offline: str) -> Endpoint:
        """Return the endpoint for two options; no `base_url` means `OPENAI_BASE_URL`, and without that OpenAI.

        Raises ConfigError for a URL that isn't one, that carries credentials, or that would send texts unencrypted
        over a network, and for a `key_variable` that isn't a variable's name (people paste the key itself there).
        """
        if not _VARIABLE.fullmatch(key_variable):
            raise ConfigError(
                f"{role}.key_variable: wanted the name of an environment variable (capitals, digits, underscores), "
                "such as OPENAI_API_KEY; got something else, not shown in case it is the key itself"
            )
        path = f"{role}.base_url"
        if base_url is None and os.environ.get(URL_VARIABLE, "").strip():
            base_url, path = os.environ[URL_VARIABLE].strip(), f"{role}.base_url (from {URL_VARIABLE})"
        url = (base_url or OPENAI_URL).rstrip("/")
        parts = _split(url, path)
        _check_path(parts, path)
        if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
            raise ConfigError(
                f"{path}: http:// would send texts and key unencrypted to {parts.hostname}; use https://, or a tunnel "
                f"(ssh -L 8000:localhost:8000 {parts.hostname}) and http://localhost:8000/v1"
            )
        return cls(url, key_variable, role, offline)

    @property
    def name(self) -> str:
        """Host, port and path: how messages, caches and provenance call the server."""
        parts = urlsplit(self.url)
        return parts.netloc.lower() + parts.path

    @property
    def is_loopback(self) -> bool:
        """Whether the server runs on this machine: it needs no key, and no proxy lies between."""
        return _is_loopback(urlsplit(self.url).hostname or "")

    def address_advice(self, asked: str) -> str:
        """Say which base URL is likely the right one, where a server has nothing at the path that was asked for.

        A base URL mostly ends in a version (`/v1`); where this one does, the server's may not.
        """
        parts = urlsplit(self.url)
        if parts.hostname == "generativelanguage.googleapis.com":
            path = "/v1beta/openai"
        elif _VERSION.search(parts.path):
            path = _VERSION.sub("", parts.path)
        elif parts.path == "/api" and self.is_loopback:  # Ollama's own protocol
            path = "/v1"
        else:
            path = parts.path + "/v1"
        likely = parts._replace(path=path).geturl()
        option = setting(f"{self.role}.base_url={likely}")
        return f"The request went to {parts.netloc}{asked}; check {option} and the model."

    @property
    def is_openai(self) -> bool:
        """Whether the server is OpenAI's own, whose prices are known."""
        return urlsplit(self.url).hostname == urlsplit(OPENAI_URL).hostname

    def key(self) -> str:
        """Read the key from the environment; a server on this machine gets a dummy where there is none.

        Raises ConfigError where the key is missing, or can't stand in a header.
        """
        key = os.environ.get(self.key_variable, "").strip()
        if not key and self.is_loopback:
            return "none"
        if not key:
            raise ConfigError(
                f"{self.role}.key_variable: {self.name} needs an API key in the environment variable "
                f"{self.key_variable}, which isn't set. Set it (export {self.key_variable}=...), or "
                f"work offline with {setting(f'{self.role}={self.offline}')}"
            )
        if not re.fullmatch(r"[!-~]+", key):
            raise ConfigError(
                f"{self.role}.key_variable: the key in {self.key_variable} contains a space, a line "
                "break or a non-ASCII character; copy it again"
            )
        return key


def redact(text: str, key: str) -> str:
    """Return `text` without the key, and without whatever else looks like one.

    >>> redact("Incorrect API key provided: sk-abc***xyz, not 'hunter2hunter2'", "hunter2hunter2")
    "Incorrect API key provided: [key], not '[key]'"
    """
    if len(key) > len("none"):  # the dummy is a common word
        text = re.sub("|".join(map(re.escape, _written(key))), _HIDDEN, text, flags=re.IGNORECASE)
    return _SECRETS.sub(_HIDDEN, text)


def _written(key: str) -> list[str]:
    """Return the key as headers, addresses, JSON and logs write it, the longest first."""
    data = key.encode()
    encoded = [base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode(), data.hex()]
    forms = {key, quote(key, safe=""), quote_plus(key), json.dumps(key)[1:-1], *encoded}
    forms |= {form.rstrip("=") for form in encoded}
    return sorted(forms, key=lambda form: (-len(form), form))


FEWEST_SHARED = 12
"""Characters in a row that a message and a text have in common from which the message repeats the text."""


def without_texts(message: str, texts: Sequence[str]) -> str:
    """Return `message` without what it repeats of `texts`: twelve characters in a row or more, or some words whole.

    >>> without_texts("can't read 'I was afraid of him, al'", ["I WAS  afraid of him, always", "a"])
    "can't read '[text]'"
    """
    plain = message.lower()
    if not texts or len(plain) != len(message):  # a letter that is two in lower case: rare, and places would shift
        plain = message
    runs = {plain[i : i + FEWEST_SHARED] for i in range(len(plain) - FEWEST_SHARED + 1)}
    repeated: set[str] = set()
    for text in dict.fromkeys(" ".join(text.lower().split()) for text in texts):
        if len(text) >= FEWEST_SHARED:
            starts = range(len(text) - FEWEST_SHARED + 1)
            repeated.update(runs.intersection(text[i : i + FEWEST_SHARED] for i in starts))
        elif " " in text and text in plain:
            repeated.add(text)
    hidden = bytearray(len(message))
    for run in repeated:
        at = plain.find(run)
        while at >= 0:
            hidden[at : at + len(run)] = b"\x01" * len(run)
            at = plain.find(run, at + 1)
    pieces = re.finditer(rb"\x00+|\x01+", hidden)
    return "".join("[text]" if hidden[one.start()] else message[one.start() : one.end()] for one in pieces)


_VERSION = re.compile(r"/v[0-9]+(?:(?:alpha|beta)[0-9]*)?$")
_OPERATIONS = re.compile(r"/+(?:embeddings?|chat/completions|completions|responses|models|rerank)$")
_AZURE = (".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com")


def _check_path(parts: SplitResult, path: str) -> None:
    """Raise ConfigError for the address of one operation: the client puts that behind the base URL by itself."""
    operation = _OPERATIONS.search(parts.path)
    if operation:
        base = parts._replace(path=parts.path[: operation.start()]).geturl()
        raise ConfigError(
            f"{path}: wanted a base URL, got the address of one operation ({operation[0]}); give {base}",
            path=path.partition(" ")[0],
            wanted=f"a base URL such as {base}",
            got=parts.geturl(),
        )


def _check_azure(parts: SplitResult, path: str) -> None:
    """Raise ConfigError for Azure's addresses of deployments: they want a query and a header that are not OpenAI's."""
    host = (parts.hostname or "").lower()
    if host.endswith(_AZURE) and not re.fullmatch(r"/openai/v1/*", parts.path):
        right = f"https://{host}/openai/v1"
        raise ConfigError(
            f"{path}: Azure supports OpenAI's protocol only at {right}, without deployments and "
            "api-version; give this URL, and the name of the deployment as the model",
            path=path.partition(" ")[0],
            wanted=right,
        )


def _split(url: str, path: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        valid = False
    if not valid or re.search(r"\s", url):
        raise ConfigError(f"{path}: wanted a URL such as {OPENAI_URL} or http://localhost:8000/v1, got something else")
    _check_azure(parts, path)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ConfigError(
            f"{path}: contains a user name, a password or a query (not shown, because it may be "
            "secret); give only the URL, and the key through the environment variable"
        )
    return parts


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def usd_per_million_input_tokens(model: str) -> float | None:
    """Return OpenAI's list price for a million tokens sent to `model`, in US dollars; None for an unknown model."""
    return _prices("openai_prices.csv", model, "input")[0]


def usd_per_million_chat_tokens(model: str) -> tuple[float | None, float | None]:
    """Return OpenAI's list prices for a million tokens sent to and written by a chat model; None where unknown."""
    into, out = _prices("openai_chat_prices.csv", model, "input", "output")
    return into, out


def _prices(table: str, model: str, *kinds: str) -> list[float | None]:
    text = resources.files("emotopy_plugins.shared").joinpath("data", table).read_text(encoding="utf-8")
    row = {row["model"]: row for row in csv.DictReader(text.splitlines())}.get(model)
    return [None if row is None else float(row[f"usd_per_million_{kind}_tokens"]) for kind in kinds]

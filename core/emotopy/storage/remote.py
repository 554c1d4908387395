"""Fetching a public data set from where its authors keep it: only when asked, over https, checksum verified."""

from __future__ import annotations

import ipaddress
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import attrs

from emotopy.errors import ConfigError, ProviderError
from emotopy.host import checkpoint
from emotopy.storage.cache import default_directory, hash_file, make_private
from emotopy.wording import worded

TIMEOUT_S = 30.0


def _folder_url(url: str) -> str:
    return url.rstrip("/") + "/"


@attrs.frozen
class File:
    """A published file: its name below the data set's URL, and the SHA-256 of its bytes."""

    remote: str
    sha256: str


@attrs.frozen
class RemoteSource:
    """Where a data set is published: `url` is the folder, `files` maps the name here to the file there.

    `name` is the data set's name, and the folder's below the cache; `home` is the page for people.
    """

    name: str
    home: str
    url: str = attrs.field(converter=_folder_url)
    files: Mapping[str, File]


def fetch(
    original: RemoteSource,
    names: Iterable[str] | None = None,
    *,
    folder: Path | None = None,
    mirror: str | None = None,
    notify: Callable[[str], None] = lambda message: None,
) -> Path:
    """Fetch files (all by default) that aren't here yet, or aren't as published; return the folder that holds them.

    Parameters
    ----------
    original
        Where they are published.
    names
        Their names here.
    folder
        Where they go: by default `datasets/NAME` in the user's cache folder.
    mirror
        Another folder URL that holds the same files; checksums are verified all the same.
    notify
        Called with a message for each download.

    Raises ConfigError for a mirror that is neither https nor on this machine, ProviderError where the server can't be
    reached, refuses, or sends other bytes than those published: it says how to do it by hand.
    """
    import pooch
    from requests.exceptions import RequestException

    base = _folder_url(_checked(mirror)) if mirror is not None else original.url
    folder = folder or default_directory() / "datasets" / original.name
    make_private(folder)
    wanted = list(original.files if names is None else names)
    store = pooch.create(
        path=folder,
        base_url=base,
        registry={name: f"sha256:{original.files[name].sha256}" for name in wanted},
        urls={name: base + original.files[name].remote for name in wanted},
    )
    with _quiet(pooch.get_logger()):
        for name in wanted:
            url = store.get_url(name)
            if (folder / name).is_file() and hash_file(folder / name) == original.files[name].sha256:
                continue
            notify(f"fetching {url}")
            try:
                store.fetch(name, downloader=pooch.HTTPDownloader(timeout=TIMEOUT_S, progressbar=_Checkpoints()))
            except RequestException as error:
                raise ProviderError(f"{_failure(url, error)}; {_by_hand(original, wanted)}") from error
            except ValueError as error:
                raise ProviderError(
                    f"{url}: the downloaded file isn't the published file (its SHA-256 isn't "
                    f"{original.files[name].sha256}), so it wasn't kept; {_by_hand(original, wanted)}"
                ) from error
    return folder


class _Checkpoints:
    """What pooch tells of the bytes that came: between them the host may end its call."""

    total = 0

    def update(self, n_bytes: int) -> None:  # noqa: ARG002 (as pooch calls it)
        checkpoint()

    def reset(self) -> None:
        """Begin anew, which changes nothing here."""

    def close(self) -> None:
        """End."""


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, scheme = parts.hostname or "", parts.scheme
    except ValueError:
        host, scheme = "", ""
    if not host or not (scheme == "https" or (scheme == "http" and _is_loopback(host))):
        raise ConfigError(f"mirror: wanted https://HOST/FOLDER/ (or http:// on this machine), got {url!r}")
    return url


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _failure(url: str, error: Exception) -> str:
    """Return in a few words why a request failed."""
    from requests.exceptions import Timeout

    response = getattr(error, "response", None)
    if response is not None:
        return f"{url}: the server answered {response.status_code} {response.reason}"
    what = "no answer in time" if isinstance(error, Timeout) else "no connection"
    return f"{url} can't be downloaded: {what} ({urlsplit(url).hostname})"


def _by_hand(original: RemoteSource, names: list[str]) -> str:
    files = ", ".join(
        file.remote if file.remote == name else f"{file.remote} (as {name})"
        for name, file in ((name, original.files[name]) for name in names)
    )
    then = worded("say --from FOLDER", "give it as source")
    return f"by hand: download {files} from {original.home} to a folder, and {then}"


@contextmanager
def _quiet(logger: logging.Logger) -> Iterator[None]:
    """Keep pooch's own messages, which go to stderr, from repeating what goes to `notify`; those of this thread."""
    mine = threading.get_ident()

    def passes(record: logging.LogRecord) -> bool:
        return record.thread != mine or record.levelno >= logging.ERROR

    logger.addFilter(passes)  # the level would be every thread's
    try:
        yield
    finally:
        logger.removeFilter(passes)

"""Reading what was saved: one function, which looks at the kind."""

from __future__ import annotations

from pathlib import Path

from emotopy.pathways.brain.decoder import DECODER, Decoder
from emotopy.registry import Registry
from emotopy.roles import Host
from emotopy.storage.container import MOST_BYTES, read_container


def load(
    directory: str | Path,
    *,
    registry: Registry | None = None,
    host: Host | None = None,
    most_bytes: int = MOST_BYTES,
) -> Decoder:
    """Read a model that was saved to a folder: the decoder of `Decoder.save`.

    Parameters
    ----------
    directory
        The folder.
    registry
        Where its stages come from; all installed plugins by default.
    host
        Messages; silent by default.
    most_bytes
        How much memory its arrays may take together.

    Raises ContainerError (an InputError), which names the file and the member, for a folder that isn't one, is damaged,
    was tampered with or written by a newer version; ConfigError for a stage that isn't installed.
    """
    container = read_container(Path(directory), DECODER, most_bytes=most_bytes)
    return Decoder.from_container(container, registry or Registry.load(), host or Host())

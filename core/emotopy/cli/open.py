"""`emotopy open`: a report in the browser."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from emotopy.cli.console import console_host

REPORT = "report.html"
MOST_BYTES = 256 << 20


def open_report(
    context: typer.Context,
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Results folder of any command.")],
    *,
    print_only: Annotated[bool, typer.Option("--print", help="Print the address instead of opening it.")] = False,
) -> None:
    """Open the report of a results folder in your browser, or print its address where no browser is available."""
    from emotopy.errors import listed
    from emotopy.export.results_folder import listed_files, read_listed

    host = console_host(context)
    manifest = listed_files(directory)
    if REPORT not in manifest:
        inside = [name for name in manifest if name.endswith(f"/{REPORT}")]
        if inside:
            from emotopy.errors import InputError

            folders = listed([str(directory / Path(name).parent) for name in inside[:8]])
            raise InputError.at(
                directory.name or str(directory),
                wanted=f"a {REPORT}",
                got="none here",
                advice=f"open one of {folders}",
            )
    content = read_listed(directory, REPORT, manifest, MOST_BYTES)
    if hashlib.sha256(content).hexdigest() != manifest[REPORT]:
        host.notify(f"{REPORT} has changed since emotopy wrote it.")
    address = (directory.resolve() / REPORT).as_uri()
    if print_only:
        print(address)
    elif _opened(address):
        print(f"Opened {address}")
    else:
        print(f"No browser could be opened here. The report is {address}")


def _opened(address: str) -> bool:
    """Whether a browser took the address. One that would fill this terminal isn't asked, unless BROWSER names it."""
    import webbrowser

    shows_windows = sys.platform in ("darwin", "win32") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    )
    try:
        return shows_windows and webbrowser.open(address)
    except (webbrowser.Error, OSError):
        return False

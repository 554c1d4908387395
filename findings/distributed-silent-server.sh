#!/bin/sh
# distributed 2026.8.0, `Client(address, timeout=1)`.
#
# Behaviour: where a server accepts the connection and says nothing (a wrong port, a hung scheduler), the call waits without
# end, whatever `timeout` says; nobody listening at all ends it after that time.
#
# Why it surprises: the parameter is documented as the "timeout duration for initial connection to the scheduler". It bounds
# opening the socket alone, not the handshake, which is read without a limit.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check dask==2026.8.0 distributed==2026.8.0
cd "$folder"
venv/bin/python - <<'END'
import os
import socket
import threading
import time
from importlib.metadata import version

from distributed import Client

print("distributed", version("distributed"))


def outcome(address):
    """What a client that waits one second came to within twenty."""
    found = []

    def connect():
        try:
            Client(address, timeout=1, set_as_default=False)
            found.append("connected")
        except Exception as error:
            found.append(type(error).__name__)

    begin = time.monotonic()
    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(20)
    return found[0] if found else "still waiting", time.monotonic() - begin


with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    nobody = f"tcp://127.0.0.1:{free.getsockname()[1]}"
with socket.create_server(("127.0.0.1", 0)) as server:
    silent = f"tcp://127.0.0.1:{server.getsockname()[1]}"
    for name, address in (("nobody listens", nobody), ("a server that says nothing", silent)):
        what, seconds = outcome(address)
        print(f"{name}: {what} after {seconds:.1f} s")
    code = 0 if what == "still waiting" else 1
os._exit(code)  # the thread still waits
END

#!/bin/sh
# distributed 2026.8.0, `LocalCluster(dashboard_address=None)`.
#
# Behaviour: the scheduler listens for HTTP at port 8787 all the same, and a second cluster warns that the port is taken.
#
# Why it surprises: the documentation says of `dashboard_address`: "Set to None to disable the dashboard." The pages are gone,
# but the server with its port, its JSON and its warning stays; `scheduler_kwargs={"dashboard_address": ":0"}` moves it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check dask==2026.8.0 distributed==2026.8.0
cd "$folder"
venv/bin/python - <<'END'
import urllib.request
import warnings
from importlib.metadata import version

from distributed import LocalCluster

print("distributed", version("distributed"))
options = {"n_workers": 0, "host": "127.0.0.1", "dashboard_address": None}
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    with LocalCluster(**options) as first, LocalCluster(**options):
        port = first.scheduler.http_server.port
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health") as answer:
            print(f"port {port} answers {answer.status}: {answer.read().decode()!r}")
taken = [str(one.message).splitlines()[0] for one in caught if "already in use" in str(one.message)]
print(*taken, sep="\n")
assert taken, "no second cluster is warned any more"
END

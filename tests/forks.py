"""A Python that has loaded libraries once, and forks a process of its own for every command that it is asked to run.

Run as `python -P forks.py FD MODULE...`: it imports the modules, of `package.*` all of them, then answers requests, a
line of JSON each, on the socket FD. It needs nothing but the standard library: any environment's Python may run it.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import runpy
import site
import socket
import sys
import sysconfig


def main(descriptor: str, *modules: str) -> None:
    """Import the modules, then serve; in a child, run what was asked for as if Python had been started for it."""
    for module in modules:
        try:
            package = importlib.import_module(module.removesuffix(".*"))
        except ModuleNotFoundError:  # loaded beforehand for speed alone: who needs it says what is missing
            continue
        if module.endswith(".*"):
            for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
                if not found.name.endswith("__main__"):
                    importlib.import_module(found.name)
    gc.freeze()  # what is loaded is no garbage: children needn't look at it, and so not copy it
    asked = serve(socket.socket(fileno=int(descriptor)))
    if asked is not None:
        become(asked)
        if asked["module"]:
            runpy.run_module(asked["module"], run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(asked["words"][0], run_name="__main__")


def serve(link: socket.socket) -> dict | None:
    """Fork a child per request and answer with its exit code; return the request in the child, None at the end."""
    with link, link.makefile("rw", encoding="utf-8") as lines:
        for line in lines:
            child = os.fork()
            if not child:
                return json.loads(line)
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), file=lines, flush=True)
    return None


def become(asked: dict) -> None:
    """Take on the folder, environment, output files, words and search path that were asked for."""
    os.environ.clear()
    os.environ.update(asked["env"])
    os.chdir(asked["cwd"])
    for descriptor, path in enumerate((os.devnull, asked["out"], asked["err"])):
        opened = os.open(path, os.O_RDWR if descriptor else os.O_RDONLY)
        os.dup2(opened, descriptor)
        os.close(opened)
    first = asked["cwd"] if asked["module"] else os.path.dirname(asked["words"][0])  # noqa: PTH120
    sys.path[:0] = [first, *filter(None, asked["env"].get("PYTHONPATH", "").split(os.pathsep))]
    sys.argv = ["-m", *asked["words"]] if asked["module"] else asked["words"]
    importlib.invalidate_caches()
    site.addsitedir(sysconfig.get_path("purelib"))  # what was installed since


if __name__ == "__main__":
    main(*sys.argv[1:])

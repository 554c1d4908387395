"""No code of the library changes what belongs to the whole process; who does all the same is listed here, and why."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = [*(ROOT / "core/emotopy").rglob("*.py"), *(ROOT / "plugins/emotopy_plugins").rglob("*.py")]

CALLS = re.compile(
    r"""
    (builtins\.)?print | os\.(chdir|fchdir|umask|putenv|unsetenv|nice|setuid|dup2|fork)
    | os\.environ\.\w*(set|update|pop|clear)\w*
    | signal\.(signal|alarm|setitimer|siginterrupt|pthread_sigmask|set_wakeup_fd)
    | warnings\.(filterwarnings|simplefilter|resetwarnings|catch_warnings) | warnings\.filters\.\w+
    | logging\.(basicConfig|disable|captureWarnings|setLoggerClass|setLogRecordFactory|addLevelName|config\.\w+)
    | .*\.(setLevel|addHandler|removeHandler|addFilter|removeFilter)
    | (numpy|np)\.(seterr|seterrcall|setbufsize|set_printoptions|random\.(seed|set_state))
    | random\.(seed|setstate) | locale\.setlocale
    | (matplotlib|mpl)\.(use|rc|rc_context|rcdefaults|rcParams\.\w+|style\.\w+) | .*\bpyplot\.\w+ | plt\.\w+
    | (pandas|pd)\.(set_option|reset_option|option_context) | sklearn\.(set_config|config_context)
    | multiprocessing\.(set_start_method|set_executable|set_forkserver_preload) | atexit\.\w+
    | sys\.(setrecursionlimit|setswitchinterval|set_int_max_str_digits|settrace|setprofile|path\.\w+)
    | gc\.(enable|disable|set_threshold|freeze) | socket\.setdefaulttimeout | csv\.field_size_limit
    | decimal\.(setcontext|localcontext) | threadpoolctl\.threadpool_limits | numba\.set_num_threads
    | dask\.config\.set | contextlib\.redirect_std(out|err) | faulthandler\.\w+
    """,
    re.VERBOSE,
)
ASSIGNED = re.compile(
    r"sys\.(stdout|stderr|stdin|excepthook|displayhook|path)|os\.environ.*|warnings\.(showwarning|filters).*"
    r"|threading\.excepthook|.*\brcParams.*|logging\.\w+"
)

EXCEPTIONS = {
    "core/emotopy/cli/": "the command line: the process is its own",
    "core/emotopy/registry/fence.py": "puts back what plugins changed, where a registry asks for it",
    "core/emotopy/running/secrecy.py": "drops what is logged and printed while texts are at work that stay secret: of "
    "the process behind a fence, else of the working thread alone (its stand-ins let all else pass)",
    "core/emotopy/running/child.py": "the child process of Host(isolate=True): it is ours",
    "core/emotopy/running/dask_worker.py": "a worker's process, which does nothing else meanwhile",
    "core/emotopy/testing/": "the conformance suite tries what stages do to the process, and puts it back",
    "core/emotopy/host.py addHandler": "a NullHandler on the logger `emotopy`, as libraries have one",
    "core/emotopy/storage/remote.py addFilter": "on pooch's logger, by thread: its messages go to `notify` instead",
    "core/emotopy/storage/remote.py removeFilter": "the same, taken off",
    "core/emotopy/running/dask_engine.py": "asked for by name: Dask's configuration, its handlers, its start",
    "plugins/emotopy_plugins/shared/quiet.py": "one warning filter of its own, put in and taken out alone",
    "core/emotopy/pathways/annotation/result.py rc_context": "of a plot in SVG, whose fonts and salt aren't arguments",
}


def full_names(tree: ast.Module) -> dict[str, str]:
    """What names that are imported anywhere in a file stand for."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for one in node.names:
                found[one.asname or one.name.partition(".")[0]] = one.name if one.asname else one.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for one in node.names:
                found[one.asname or one.name] = f"{node.module}.{one.name}"
    return found


def dotted(node: ast.AST, names: dict[str, str]) -> str:
    """The name of a function or target, imports resolved; what isn't a name stands as ``…``."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value, names)}.{node.attr}"
    if isinstance(node, ast.Subscript):
        return f"{dotted(node.value, names)}[]"
    return names.get(node.id, node.id) if isinstance(node, ast.Name) else "…"


def changes(source: str) -> list[tuple[int, str]]:
    """Line and name of every call or assignment that changes what belongs to the process."""
    tree = ast.parse(source)
    names, found = full_names(tree), []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and CALLS.fullmatch(name := dotted(node.func, names)):
            found.append((node.lineno, name))
        targets = node.targets if isinstance(node, ast.Assign | ast.Delete) else []
        targets = [node.target] if isinstance(node, ast.AugAssign | ast.AnnAssign) else targets
        for target in targets:
            places = [one for one in ast.walk(target) if isinstance(one, ast.Attribute | ast.Subscript)]
            found += [(node.lineno, name) for one in places if ASSIGNED.fullmatch(name := dotted(one, names))]
    return found


def is_excepted(file: str, name: str) -> bool:
    return any(
        file.startswith(place) and (not what or name.endswith(what))
        for place, _, what in (key.partition(" ") for key in EXCEPTIONS)
    )


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_file_changes_the_process(path):
    """Neither by a call nor by an assignment, at whatever depth."""
    file = path.relative_to(ROOT).as_posix()
    found = [f"line {line}: {name}" for line, name in changes(path.read_text("utf-8")) if not is_excepted(file, name)]
    assert not found


@pytest.mark.parametrize("key", EXCEPTIONS)
def test_every_exception_is_needed(key):
    """What is listed is there; else the list would hide what comes later."""
    place, _, what = key.partition(" ")
    files = [path for path in SOURCES if path.relative_to(ROOT).as_posix().startswith(place)]
    assert files
    found = [name for path in files for _, name in changes(path.read_text("utf-8"))]
    assert any(name.endswith(what) for name in found)


@pytest.mark.parametrize(
    "line",
    [
        "print(1)",
        "import os\nos.chdir('/')",
        "from os import chdir as go\ngo('/')",
        "import os\nos.environ['A'] = 'b'",
        "import os\nos.environ.setdefault('A', 'b')",
        "import warnings\nwith warnings.catch_warnings(): pass",
        "import sys\nsys.stdout = None",
        "import numpy as np\nnp.random.seed(0)",
        "import matplotlib as mpl\nmpl.rcParams['x'] = 1",
        "import logging\nlogging.getLogger('x').setLevel(10)",
        "from contextlib import redirect_stdout\nwith redirect_stdout(None): pass",
        "import signal\nsignal.signal(2, None)",
    ],
)
def test_the_walk_sees(line):
    """Each of these would be found."""
    assert changes(line)

"""Engines: pieces of work in this process, and on workers that are processes of their own."""

from __future__ import annotations

import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import attrs
import numpy as np
import pytest

from emotopy import Registry, TextPathway
from emotopy.errors import ConfigError, EngineError, InputError, MissingExtra, PluginError
from emotopy.roles import Host
from emotopy.running.engine import InProcess
from emotopy.running.engines import as_engine
from emotopy.running.stages import Stage

pytest.importorskip("distributed", reason="needs emotopy[dask]")
pytestmark = pytest.mark.extra

from emotopy.running import dask_engine, dask_worker, transport  # noqa: E402
from emotopy.running.dask_engine import Dask  # noqa: E402


@pytest.fixture(scope="module")
def dask():
    """Two workers on the loopback."""
    with Dask(n_workers=2) as engine:
        yield engine


ROOT = Path(__file__).resolve().parents[2]


@attrs.define
class Told:
    """What a host was told."""

    notes: list[str] = attrs.field(factory=list)
    lines: list[str] = attrs.field(factory=list)

    @property
    def host(self):
        return Host(notify=self.notes.append, log=self.lines.append)


# What workers are given; found by name, so at the top of the module.


def scaled(shared, piece):
    return shared * piece


def process_id(shared, piece):
    time.sleep(0.05)
    return os.getpid()


def dies_once(path, piece):
    """The first worker that is given the piece dies of it."""
    if piece == 2 and not path.exists():
        path.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return piece * 10


def dies(shared, piece):
    os.kill(os.getpid(), signal.SIGKILL)


def fails(shared, piece):
    if piece == 3:
        raise InputError.at("part.csv", row=3, column="text", wanted="a text", got="none")
    return piece


def breaks(shared, piece):
    raise ValueError(f"can't read {shared}")


def tells(host, piece):
    host.notify("a note")
    host.log(f"line {piece}")
    print("printed by a stage")
    return piece


def slow_first(shared, piece):
    time.sleep(0.4 if piece == 0 else 0.0)
    return piece


@pytest.mark.parametrize("engine_of", [InProcess, None], ids=["in process", "dask"])
def test_results_come_in_the_order_of_the_pieces(engine_of, request):
    """Also where a later piece is done first, and with more pieces than are sent at a time."""
    engine = engine_of() if engine_of else request.getfixturevalue("dask")
    assert list(engine.map(slow_first, None, range(23))) == list(range(23))


def test_numbers_are_those_of_one_process(dask, rng):
    """Bitwise: the same function on the same piece."""
    shared, pieces = rng.standard_normal((7, 5)), [rng.standard_normal((5, n)) for n in (3, 1, 4, 2)]
    ours = [InProcess().map(np.matmul, shared, pieces), dask.map(np.matmul, shared, pieces)]
    for one, other in zip(*ours, strict=True):
        np.testing.assert_array_equal(one, other)


def test_workers_are_other_processes(dask):
    """Both take part."""
    found = set(dask.map(process_id, None, range(16)))
    assert len(found) == 2
    assert os.getpid() not in found


def test_pieces_are_read_as_the_work_goes_on(dask):
    """A generator of a million blocks isn't drawn into memory at once."""
    drawn = []
    results = dask.map(scaled, 2, (drawn.append(i) or i for i in range(1000)))
    assert next(results) == 0
    assert len(drawn) < 20
    results.close()


def test_a_worker_that_dies_is_told_and_its_piece_is_done_again(dask, tmp_path):
    """Killed by the system in the middle of a piece; nothing of the result shows it."""
    told = Told()
    assert list(dask.map(dies_once, tmp_path / "was here", range(6), doing="tens", host=told.host)) == [
        *range(0, 60, 10)
    ]
    assert (tmp_path / "was here").exists()
    assert told.lines
    assert told.notes == []  # which worker died is no part of a result


def test_a_worker_killed_from_outside_costs_nothing(dask):
    """By its process number, as the system does when memory is short."""
    results = dask.map(process_id, None, range(30))
    os.kill(next(results), signal.SIGKILL)
    assert len(list(results)) == 29


def test_a_piece_that_kills_every_worker_is_an_error(dask):
    """After the deaths that the scheduler allows, with their number; the engine works on afterwards."""
    with pytest.raises(EngineError) as error:
        list(dask.map(dies, None, [1]))
    assert error.value.n_deaths == 4
    assert list(dask.map(scaled, 3, [1, 2])) == [3, 6]


def test_an_error_in_a_piece_comes_back_as_it_is(dask):
    """Class and attributes, after the results before it; and the pieces after it are dropped."""
    results, done = dask.map(fails, None, range(8)), []
    with pytest.raises(InputError) as error:
        done.extend(results)
    assert done == [0, 1, 2]
    assert (error.value.file, error.value.row, error.value.column) == ("part.csv", 3, "text")


def test_an_error_of_no_plan_keeps_texts_out_of_its_message(dask):
    """Where texts stay out of messages; elsewhere it is shown."""
    text = "I was afraid of him, always"
    with pytest.raises(ValueError, match="afraid"):
        list(dask.map(breaks, text, [1]))
    with pytest.raises(RuntimeError) as error:
        list(dask.map(breaks, text, [1], host=Host(is_secret=True)))
    assert "afraid" not in str(error.value)
    assert error.value.__cause__ is None


def test_what_stages_say_on_workers_is_said_here(dask, capfd):
    """Notes and lines of the log, through a host that travelled; what they print is no answer of ours."""
    told = Told()
    assert list(dask.map(tells, Host(), range(3), host=told.host)) == [0, 1, 2]
    assert set(told.notes) == {"a note"}
    assert told.lines == ["line 0", "line 1", "line 2"]
    assert capfd.readouterr().out == ""


def test_nothing_that_dask_shows_quotes_the_work():
    """Its logs print tasks by their repr."""
    data = transport.dumps("I was afraid of him, always")
    for one in (dask_worker.Piece(data), dask_worker.Shared("1", data, is_secret=False)):
        assert "afraid" not in repr(one)


# A scheduler that others run ------------------------------------------------------------------------------------------


def test_nobody_listens_there():
    """Refused at once, not after Dask has asked for half a minute."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    begin = time.monotonic()
    with pytest.raises(EngineError) as error, Dask(address):
        pass
    assert error.value.scheduler == address
    assert time.monotonic() - begin < 5


def test_waiting_for_what_is_made_is_bounded():
    """Dask's own limit doesn't hold for every server; ours holds for whatever takes long."""
    with pytest.raises(queue.Empty):
        dask_engine._made(partial(time.sleep, 2.0), 0.1)
    assert dask_engine._made(partial(pow, 2, 5), 10.0) == 32


@pytest.mark.parametrize(
    ("address", "is_open"),
    [("tcp://node7:8786", True), ("node7:8786", True), ("tls://node7:8786", False), ("tcp://127.0.0.1:8786", False),
     ("tcp://localhost:8786", False), ("tcp://[::1]:8786", False)],
)  # fmt: skip
def test_connections_that_others_can_read_are_known(address, is_open):
    """Pickles over plain TCP to another machine: who reaches the scheduler can read texts and run code."""
    assert dask_engine.is_open(address) == is_open


@pytest.mark.parametrize("address", ["tcp://:8786", "host", "tcp://host:port"])
def test_no_address(address):
    """Host and port are needed."""
    with pytest.raises(EngineError) as error, Dask(address):
        pass
    assert error.value.got == address


@pytest.fixture
def scheduler(tmp_path):
    """A scheduler in a process of its own, and a function that starts workers for it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = []

    def start(*words, **env):
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=tmp_path,
                env={**os.environ, "PYTHONPATH": str(ROOT), **env},  # so that workers find this module
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        )
        return started[-1]

    address = f"tcp://127.0.0.1:{port}"
    start("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", port_of(port), "--no-dashboard")
    wait_until(partial(listens, port))
    yield address, start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def port_of(port):
    return str(port)


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(true, within_s=30.0):
    begin = time.monotonic()
    while not true():
        assert time.monotonic() - begin < within_s
        time.sleep(0.05)


WORKER = ("distributed.cli.dask_worker", "--nthreads", "1", "--no-dashboard", "--local-directory", ".")


@pytest.mark.slow
def test_a_cluster_of_others_comes_and_goes(scheduler):
    """No worker yet: told after the wait. With one: work. Its scheduler killed: a named error."""
    address, start = scheduler
    with pytest.raises(EngineError) as error, Dask(address, timeout_s=1.0):
        pass
    assert error.value.wanted == "a worker"

    worker = start(*WORKER, address)
    with Dask(address, timeout_s=30.0) as engine:
        assert list(engine.map(scaled, 4, [1, 2])) == [4, 8]
        engine._timeout_s = 1.0
        results = engine.map(process_id, None, range(1000))
        next(results)
        os.killpg(worker.pid, signal.SIGKILL)  # with the nanny that would start another one
        with pytest.raises(EngineError) as error:
            list(results)
        assert error.value.got == "none"


@pytest.mark.slow
def test_a_scheduler_that_is_lost_is_told(scheduler):
    """While pieces are under way."""
    address, start = scheduler
    worker = start(*WORKER, address)
    with Dask(address, timeout_s=30.0) as engine:
        results = engine.map(process_id, None, range(10_000))
        next(results)
        kill_scheduler(address)
        with pytest.raises(EngineError) as error:
            list(results)
    assert error.value.scheduler == address
    assert worker.pid


def kill_scheduler(address):
    port = int(address.rpartition(":")[2])
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            words = (folder / "cmdline").read_bytes().split(b"\0") if (folder / "cmdline").exists() else []
            if b"distributed.cli.dask_scheduler" in words and str(port).encode() in words:
                os.kill(int(folder.name), signal.SIGKILL)


@pytest.mark.slow
def test_workers_without_emotopy_are_told(scheduler, tmp_path):
    """Found before any work, with what they lack."""
    address, start = scheduler
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text(
        "import sys\n"
        "class Hidden:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] == 'emotopy':\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Hidden())\n"
    )
    start(*WORKER, address, PYTHONPATH=str(hidden))
    with pytest.raises(EngineError) as error, Dask(address):
        pass
    assert "emotopy" in error.value.wanted


@pytest.mark.slow
def test_a_scheduler_of_another_dask_is_told(scheduler, tmp_path):
    """Before work is sent to it: it would end the connection, and say no more."""
    address, start = scheduler
    start(*WORKER, address)
    hidden = tmp_path / "other" / "distributed-0.1.dist-info"
    hidden.mkdir(parents=True)
    (hidden / "METADATA").write_text("Metadata-Version: 2.1\nName: distributed\nVersion: 0.1\n")
    code = (
        "import sys, distributed\n"  # loaded before its metadata are hidden
        f"sys.path.insert(0, {str(hidden.parent)!r})\n"
        "from emotopy.errors import EngineError\n"
        "from emotopy.running.dask_engine import Dask\n"
        "try:\n"
        f"    with Dask({address!r}): pass\n"
        "except EngineError as error: print(error.wanted)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == ["distributed", "0.1"]


def with_version(folder, name, version):
    """Return a folder for PYTHONPATH in which a distribution seems to have another version."""
    found = folder / f"{name}-as-{version}" / f"{name}-{version}.dist-info"
    found.mkdir(parents=True)
    (found / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    return str(found.parent)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Mismatched versions")
def test_other_versions_on_workers_are_told(scheduler, tmp_path):
    """A library's in the notes, since numbers may differ; emotopy's and a stage's owner's before any work."""
    address, start = scheduler
    paths = [with_version(tmp_path, "numpy", "0.1"), with_version(tmp_path, "attrs", "0.1"), str(ROOT)]
    start(*WORKER, address, PYTHONPATH=os.pathsep.join(paths))
    told = Told()
    with Dask(address) as engine:
        engine.check([stage_of(doubled, owner="")], told.host)
        with pytest.raises(EngineError) as error:
            engine.check([stage_of(doubled, owner="attrs")], told.host)
    assert error.value.got == "attrs 0.1"
    assert len(told.notes) == 1
    assert "0.1" in told.notes[0]

    paths = [with_version(tmp_path, "emotopy", "0.0"), str(ROOT)]
    start(*WORKER, address, PYTHONPATH=os.pathsep.join(paths))
    wait_until(lambda: n_workers_of(address) == 2)
    with pytest.raises(EngineError) as error, Dask(address):
        pass
    assert error.value.got == "emotopy 0.0"


def n_workers_of(address):
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        return len(client.nthreads())


# What travels ---------------------------------------------------------------------------------------------------------


class Locked:
    """An embedder that holds a lock."""

    def __init__(self):
        self.lock = threading.Lock()

    def embed(self, texts):
        return np.zeros((len(texts), 2), dtype=np.float32)


class Remote:
    """An embedder on another machine."""

    address = "models.example/v1"

    def embed(self, texts):
        raise AssertionError("nothing may be sent")


def stage_of(thing, owner="other-people"):
    return Stage("embedder", type(thing).__name__.lower(), owner, "1.0", {}, thing)


def test_a_stage_that_cannot_travel_is_named_before_any_work():
    """With its owner."""
    with pytest.raises(PluginError) as error:
        Dask().check([stage_of(Locked())], Host())
    assert (error.value.owner, error.value.stage) == ("other-people", "embedder other-people:locked")


def test_a_fitted_stage_that_cannot_travel_is_named(dask):
    """Found in the records that hold it."""
    with pytest.raises(PluginError) as error:
        list(dask.map(scaled, {"fit": (1, [stage_of(Locked())])}, [1]))
    assert error.value.stage == "embedder other-people:locked"


def test_a_stage_that_asks_a_server_is_refused():
    """Every worker would send by itself, with the user's key."""
    with pytest.raises(ConfigError) as error:
        Dask().check([stage_of(Remote())], Host())
    assert error.value.path == "embedder"


def test_a_stage_that_another_one_was_given_is_looked_at():
    """An embedder that a scorer borrows, say."""
    scorer = Stage("intensity_scorer", "borrowing", "", "", {}, doubled, {"embedder": stage_of(Remote())})
    with pytest.raises(ConfigError) as error:
        Dask().check([scorer], Host())
    assert error.value.path == "embedder"


def test_workers_without_a_stage_s_distribution_are_told(dask):
    """Its owner isn't installed here either: absent on both sides is the same, another version isn't."""
    dask.check([stage_of(doubled, owner="numpy")], Host())


def doubled(texts):
    return texts * 2


@pytest.mark.parametrize("no_texts", [False, True])
def test_built_in_stages_travel(no_texts):
    """All of the recommended preset's; a stage that arrived works as the one that left."""
    pathway = TextPathway.from_config(registry=Registry.load(plugins=False))
    runner = pathway._runner(no_texts=no_texts)
    stages = [runner.make(role) for role in TextPathway.ROLES_USED]
    transport.check_portable(stages)
    embedder = next(stage for stage in stages if stage.role == "embedder")
    there = transport.loads(transport.dumps(embedder))
    texts = ["I was afraid of him, always", "joy"]
    np.testing.assert_array_equal(there.call("embed", texts), embedder.call("embed", texts))
    assert (there.secrecy is not None) == no_texts


def test_stages_that_travel_together_share_their_secrecy():
    """One calls the other, and what may be said depends on both."""
    pathway = TextPathway.from_config(registry=Registry.load(plugins=False))
    runner = pathway._runner(no_texts=True)
    there = transport.loads(transport.dumps([runner.make("embedder"), runner.make("region_mapper")]))
    assert there[0].secrecy is there[1].secrecy
    assert there[0].secrecy.texts == []


# Names ----------------------------------------------------------------------------------------------------------------


def test_engines_by_name():
    """None is this process; an engine stays what it is."""
    assert isinstance(as_engine(None), InProcess)
    assert isinstance(as_engine("dask", "tcp://host:1"), Dask)
    engine = Dask()
    assert as_engine(engine) is engine


def test_unknown_engines_and_schedulers_for_nobody():
    """Named by their keys."""
    with pytest.raises(ConfigError) as error:
        as_engine("dusk")
    assert error.value.path == "engine"
    with pytest.raises(ConfigError) as error:
        as_engine(None, "tcp://host:1")
    assert error.value.path == "scheduler"


def test_without_dask_the_extra_is_named(tmp_path):
    """In a process that can't import it."""
    code = (
        "import sys; sys.modules['distributed'] = sys.modules['cloudpickle'] = None\n"
        "from emotopy.errors import MissingExtra\n"
        "from emotopy.running.dask_engine import Dask\n"
        "from emotopy.running.transport import dumps\n"
        "for work in (Dask().__enter__, lambda: dumps(1)):\n"
        "    try: work()\n"
        "    except MissingExtra as error: print(str(error).count('emotopy[dask]'))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.split() == ["1", "1"]
    assert issubclass(MissingExtra, Exception)


@pytest.mark.slow
def test_ctrl_c_closes_workers(tmp_path):
    """Sent to the whole group, as a terminal does: no worker is left, and none prints a traceback."""
    script = tmp_path / "script.py"
    script.write_text(
        "import time\n"
        "from emotopy.running.dask_engine import Dask\n"
        "def nap(shared, piece): time.sleep(60)\n"
        "if __name__ == '__main__':\n"
        "    with Dask(n_workers=2) as engine:\n"
        "        print(*[process for process in engine.map(nap_pid, None, range(2))], flush=True)\n"
        "        list(engine.map(nap, None, range(4)))\n".replace("nap_pid", "pid").replace(
            "if __name__", "def pid(shared, piece):\n    import os\n    return os.getpid()\nif __name__"
        )
    )
    running = subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    workers = {int(word) for word in running.stdout.readline().split()}
    time.sleep(0.5)
    os.killpg(running.pid, signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert workers
    assert running.returncode == -signal.SIGINT
    assert err.count("Traceback") == 1  # the script's own
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))

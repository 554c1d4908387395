"""What work will take: estimates grow with every size, and what the machine hasn't got is refused before work."""

from __future__ import annotations

import inspect
import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy.errors import ConfigError, ResourceError
from emotopy.roles import Host
from emotopy.running import estimates
from emotopy.running.estimates import Need, check_need, compare_terms, decode_terms, doubt_of_need, estimate, map_terms

TERMS = {"map": map_terms, "decode": decode_terms, "compare": compare_terms}
STAGES = {"reducer": "umap", "clusterer": "hdbscan"}
SMALL = Need(seconds=1.0, memory_bytes=1e6, disk_bytes=1e3)
HUGE = Need(seconds=1e6, memory_bytes=1e18, disk_bytes=1e3)


def sizes_of(work):
    """The parameters that are counts."""
    return [name for name in inspect.signature(TERMS[work]).parameters if name.startswith("n_")]


@st.composite
def grown(draw):
    """A work's sizes, and the same with one of them larger."""
    work = draw(st.sampled_from(sorted(TERMS)))
    sizes = {name: draw(st.integers(1, 100_000)) for name in sizes_of(work)}
    name = draw(st.sampled_from(sorted(sizes)))
    return work, sizes, {**sizes, name: sizes[name] + draw(st.integers(1, 100_000))}


def need_of(work, sizes):
    return estimate(work, TERMS[work](**sizes, **({"stages": STAGES} if work == "map" else {})))


@given(grown())
def test_more_of_anything_never_takes_less(case):
    """In every size of every work, with the constants that ship: time, memory, disk."""
    work, sizes, larger = case
    small, large = need_of(work, sizes), need_of(work, larger)
    assert large.seconds >= small.seconds
    assert large.memory_bytes >= small.memory_bytes
    assert large.disk_bytes >= small.disk_bytes


@pytest.mark.parametrize("work", sorted(TERMS))
def test_an_estimate_is_some_time_and_some_memory(work):
    """Whatever is run takes a second or so, and a process that has loaded its libraries."""
    need = need_of(work, dict.fromkeys(sizes_of(work), 1))
    assert 0.3 < need.seconds < 60
    assert 5e7 < need.memory_bytes < 2e9
    assert math.isfinite(need.disk_bytes)


def test_above_fit_texts_only_what_is_kept_of_each_text_grows():
    """Stages are fitted to a sample there."""
    sizes = {"n_units": 100, "n_groups": 2, "n_regions": 18, "n_resamples": 1000, "fit_texts": 10_000}
    half, whole = (
        map_terms(n_rows=n, n_texts=n, n_characters=70 * n, stages=STAGES, **sizes) for n in (100_000, 200_000)
    )
    assert whole["reducer:umap"] == half["reducer:umap"]
    assert whole["fitted segments"] == half["fitted segments"]
    assert whole["segments"] == 2 * half["segments"]


def test_a_stage_without_constants_is_named():
    """Somebody else's reducer: the estimate is of the rest, and says so."""
    stages = {"reducer": "mine:spiral", "clusterer": "hdbscan"}
    sizes = dict.fromkeys(sizes_of("map"), 10)
    need = estimate("map", map_terms(**sizes, stages=stages))
    assert need.unknown == ("reducer mine:spiral".replace(":", " "),)
    assert "spiral" in str(need)


def test_constants_ship_with_what_they_were_measured_on():
    """Every figure of every work, none of them negative."""
    place = Path(estimates.__file__).with_name("estimate_constants.json")
    told = json.loads(place.read_text(encoding="utf-8"))
    assert told["measured"]
    assert sorted(told["constants"]) == sorted(TERMS)
    for figures in told["constants"].values():
        assert sorted(figures) == ["disk_bytes", "memory_bytes", "seconds"]
        assert all(value >= 0 for by_term in figures.values() for value in by_term.values())


def test_what_there_is_enough_of_passes(tmp_path):
    """Nothing is said of short work."""
    said = []
    check_need(SMALL, Host(log=said.append, results_dir=tmp_path / "not" / "yet"), advice="")
    assert said == []


def test_too_much_memory_is_refused_before_work():
    """The error holds the bytes that are wanted, those that there are, and what to do; it is a ConfigError."""
    with pytest.raises(ResourceError) as caught:
        check_need(HUGE, Host(), advice="use fewer")
    assert isinstance(caught.value, ConfigError)
    assert caught.value.resource == "memory"
    assert caught.value.needed_bytes == 10**18
    assert 10**7 < caught.value.available_bytes < 10**15
    assert caught.value.advice == "use fewer"


def test_too_little_disk_is_refused_before_work(tmp_path):
    """Free space is looked for where the results will go, though their folder isn't there yet."""
    need = Need(seconds=1.0, memory_bytes=1e6, disk_bytes=1e18)
    check_need(need, Host(), advice="")  # no results are written
    with pytest.raises(ResourceError) as caught:
        check_need(need, Host(results_dir=tmp_path / "a" / "b"), advice="")
    assert caught.value.resource == "disk space"
    assert not (tmp_path / "a").exists()


def test_forced_work_is_begun_and_told():
    """Twice: that it takes long, and that memory may not do."""
    said = []
    check_need(HUGE, Host(log=said.append, force=True), advice="")
    assert len(said) == 2
    assert doubt_of_need(HUGE, Host(force=True), advice="") is None
    assert doubt_of_need(HUGE, Host(), advice="").resource == "memory"
    assert doubt_of_need(SMALL, Host(), advice="") is None


def test_long_work_is_told():
    """A quarter of an hour, though there is enough of everything."""
    said = []
    check_need(Need(900.0, 1e6, 1e3), Host(log=said.append), advice="")
    (line,) = said
    assert "15 min" in line


def group(folder, *, limit, used, files_held):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "memory.max").write_text(f"{limit}\n")
    (folder / "memory.current").write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"anon 5\ninactive_file {files_held}\n")


def test_the_control_groups_around_the_process_count(tmp_path):
    """The tightest of them; pages of files can be given up; ``max`` is no limit."""
    proc, root = tmp_path / "cgroup", tmp_path / "fs"
    proc.write_text("0::/work/job\n")
    group(root / "work" / "job", limit="max", used=10, files_held=0)
    group(root / "work", limit=1000, used=700, files_held=100)
    group(root, limit=5000, used=1000, files_held=0)
    assert estimates._groups_left(proc, root) == 400
    proc.write_text("0::/elsewhere\n")
    assert estimates._groups_left(proc, root) == 4000
    assert estimates._groups_left(tmp_path / "absent", root) is None


def test_old_control_groups_count_too(tmp_path):
    """Version 1: a mount per controller, other names of files."""
    proc, root = tmp_path / "cgroup", tmp_path / "fs"
    proc.write_text("4:cpu,cpuacct:/x\n3:memory:/docker/1\n")
    folder = root / "memory" / "docker" / "1"
    folder.mkdir(parents=True)
    (folder / "memory.limit_in_bytes").write_text("900")
    (folder / "memory.usage_in_bytes").write_text("500")
    (folder / "memory.stat").write_text("total_inactive_file 50\n")
    assert estimates._groups_left(proc, root) == 450


def test_there_is_more_memory_than_this_process_has():
    """What a process has counts as available to it."""
    assert estimates.available_memory_bytes() >= estimates._resident_bytes() > 10**7

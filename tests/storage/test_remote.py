"""Fetching originals from a real server: verified, kept, not fetched twice, and what is said where it fails."""

from __future__ import annotations

import hashlib
import logging
import shutil
import socket

import pytest

from emotopy.errors import ConfigError, ProviderError, UnknownName
from emotopy.storage.remote import File, RemoteSource, fetch
from emotopy_plugins.datasets.goemotions import GoEmotionsDataset
from emotopy_plugins.datasets.neuroquery import ORIGINAL as NEUROQUERY
from emotopy_plugins.datasets.neuroquery import NeuroQueryDataset

pytestmark = pytest.mark.usefixtures("flags")

CONTENT = {"one.txt": b"the first file\n", "release-1_two.txt": b"the second\n"}


@pytest.fixture
def original():
    """A data set of two files, one of which is called otherwise here."""
    one, two = (File(name, hashlib.sha256(data).hexdigest()) for name, data in CONTENT.items())
    files = {"one.txt": one, "two.txt": two}
    return RemoteSource(name="toy", home="https://toy.example/page", url="https://toy.example/data", files=files)


@pytest.fixture
def served(file_server):
    """The server with the files in a folder `data/`."""
    (file_server.folder / "data").mkdir()
    for name, data in CONTENT.items():
        (file_server.folder / "data" / name).write_bytes(data)
    return file_server


def test_files_are_fetched_once_and_kept_for_the_user_alone(original, served, tmp_path, capsys):
    """Bytes arrive under the names used here; a second call asks nobody; the folder is the user's; all is quiet."""
    said = []
    folder = fetch(original, folder=tmp_path / "cache" / "toy", mirror=f"{served.url}data", notify=said.append)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "one.txt": CONTENT["one.txt"],
        "two.txt": CONTENT["release-1_two.txt"],
    }
    assert said == [f"fetching {served.url}data/one.txt", f"fetching {served.url}data/release-1_two.txt"]
    assert served.asked == ["/data/one.txt", "/data/release-1_two.txt"]
    assert folder.stat().st_mode & 0o077 == 0
    assert fetch(original, folder=folder, mirror=f"{served.url}data/") == folder
    assert len(served.asked) == 2
    assert capsys.readouterr() == ("", "")


def test_only_the_files_asked_for_are_fetched(original, served, tmp_path):
    """Names are those used here."""
    folder = fetch(original, ["two.txt"], folder=tmp_path / "toy", mirror=f"{served.url}data")
    assert [path.name for path in folder.iterdir()] == ["two.txt"]


def test_a_damaged_copy_is_fetched_anew(original, served, tmp_path):
    """What stands in the cache counts only with its checksum."""
    folder = fetch(original, folder=tmp_path / "toy", mirror=f"{served.url}data")
    (folder / "one.txt").write_bytes(b"half")
    fetch(original, folder=folder, mirror=f"{served.url}data")
    assert (folder / "one.txt").read_bytes() == CONTENT["one.txt"]
    assert len(served.asked) == 3


def test_other_bytes_than_published_are_not_kept(original, served, tmp_path):
    """A file that was changed on its way, or at its place: an error with the wanted checksum, nothing left behind."""
    (served.folder / "data" / "one.txt").write_bytes(b"something else\n")
    with pytest.raises(ProviderError) as error:
        fetch(original, folder=tmp_path / "toy", mirror=f"{served.url}data")
    message = str(error.value)
    assert f"its SHA-256 isn't {original.files['one.txt'].sha256}" in message
    assert message.endswith(
        "by hand: download one.txt, release-1_two.txt (as two.txt) from https://toy.example/page to a folder, and say "
        "--from FOLDER"
    )
    assert list((tmp_path / "toy").iterdir()) == []


def test_a_file_the_server_lacks_is_named(original, served, tmp_path):
    """The server's answer stands in the message; what came before it stays."""
    (served.folder / "data" / "release-1_two.txt").unlink()
    with pytest.raises(ProviderError, match=r"data/release-1_two\.txt: the server answered 404 .*; by hand: download"):
        fetch(original, folder=tmp_path / "toy", mirror=f"{served.url}data")
    assert [path.name for path in (tmp_path / "toy").iterdir()] == ["one.txt"]


def test_offline_says_what_was_wanted_from_where_and_how_by_hand(original, tmp_path, monkeypatch):
    """No server there: the URL, the host, and the way without a network."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ProviderError) as error:
        fetch(original, folder=tmp_path / "toy", mirror=f"http://127.0.0.1:{port}")
    assert str(error.value).startswith(
        f"http://127.0.0.1:{port}/one.txt can't be downloaded: no connection (127.0.0.1); "
    )


@pytest.mark.parametrize(
    "mirror", ["http://mirror.example/x", "ftp://mirror.example", "file:///data", "data", "https://"]
)
def test_a_mirror_is_https_or_on_this_machine(original, tmp_path, mirror):
    """Nothing is fetched unencrypted over a network, nor from a path."""
    with pytest.raises(ConfigError, match="mirror: wanted https://HOST/FOLDER/"):
        fetch(original, folder=tmp_path / "toy", mirror=mirror)
    assert not (tmp_path / "toy").exists()


def test_the_level_of_another_library_stays(original, served, tmp_path):
    """Fetching quietens pooch's logger while it works, and puts it back."""
    import pooch

    before = pooch.get_logger().level
    assert before < logging.ERROR
    fetch(original, folder=tmp_path / "toy", mirror=f"{served.url}data")
    assert pooch.get_logger().level == before


@pytest.mark.real_data
def test_goemotions_has_the_checksums_of_the_files_here(served, shared_data, tmp_path):
    """The real train and dev files pass; the comments are those of the folder."""
    for name in ("train.tsv", "dev.tsv"):
        shutil.copy(shared_data / "goemotions" / name, served.folder / "data" / name)
    folder = GoEmotionsDataset("dev").fetch(tmp_path / "g", f"{served.url}data")
    assert [path.name for path in folder.iterdir()] == ["dev.tsv"]
    GoEmotionsDataset("train").fetch(folder, f"{served.url}data")
    assert (
        GoEmotionsDataset(split="dev")
        .load(folder)
        .equals(GoEmotionsDataset(split="dev").load(shared_data / "goemotions"))
    )
    assert len(GoEmotionsDataset().load(folder)) == 43_410
    with pytest.raises(UnknownName, match="split: 'tran'"):
        GoEmotionsDataset("tran")


@pytest.mark.real_data
def test_neuroquery_has_the_checksums_of_the_files_here(served, shared_data, tmp_path):
    """Files under the release's names become those that the loader reads."""
    for name, file in NEUROQUERY.files.items():
        shutil.copy(shared_data / "neuroquery" / name, served.folder / "data" / file.remote)
    folder = NeuroQueryDataset().fetch(tmp_path / "n", f"{served.url}data")
    assert len(NeuroQueryDataset().load(folder)) == 13_459

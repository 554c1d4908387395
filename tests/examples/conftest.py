"""A fresh virtual environment that sees this one's libraries, to install distributions into and take them out again."""

from __future__ import annotations

import os
import sys
import sysconfig
import venv
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from tests import runs

ROOT = Path(__file__).resolve().parents[2]

# pip builds and installs what lies on this disk, with what is installed here; it asks nobody.
# "0" is how pip's NO_BUILD_ISOLATION says that there is none: the variable is read as the option's value.
OFFLINE = {
    "PIP_NO_INDEX": "1",
    "PIP_NO_DEPS": "1",
    "PIP_NO_BUILD_ISOLATION": "0",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_ROOT_USER_ACTION": "ignore",
    "PIP_QUIET": "1",
}


@attrs.frozen
class Environment:
    """A virtual environment: `run` runs a command line in it, with its commands first on the path."""

    folder: Path
    forks: runs.Forks

    def run(self, *words: object, cwd: Path) -> runs.Run:
        """Run a command; `emotopy`, `pip`, `pytest` and `python` are this environment's."""
        path = os.pathsep.join([str(self.folder / "bin"), os.environ["PATH"]])
        told = runs.environment(self.folder / "cache", **OFFLINE, PATH=path)
        if words[0] == "emotopy" and "check" not in words:  # which looks at what a new process holds
            return self.forks.run([self.folder / "bin" / "emotopy", *words[1:]], cwd=cwd, env=told)
        return runs.run(words, cwd=cwd, env=told)

    def must(self, *words: object, cwd: Path) -> str:
        """Run a command that must succeed; return what it prints."""
        done = self.run(*words, cwd=cwd)
        assert done.code == 0, f"{' '.join(map(str, words))}\n{done.out}\n{done.err}"
        return done.out


@pytest.fixture(scope="session")
def environment(tmp_path_factory) -> Iterator[Environment]:
    """One environment for all tests; each takes out again what it installs."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    venv.EnvBuilder(with_pip=False, symlinks=True).create(folder)
    python = folder / "bin" / "python"
    ask = [python, "-c", "import sys, sysconfig; print(sys.prefix, sysconfig.get_path('purelib'), sep='\\n')"]
    prefix, site = map(Path, runs.run(ask, cwd=folder, env=runs.environment(folder)).out.splitlines())
    assert prefix == folder != Path(sys.prefix)
    # Not a bare path: so that .pth files over there, which an editable emotopy needs, are read as well.
    parent = sysconfig.get_path("purelib")
    (site / "parent.pth").write_text(f"import site; site.addsitedir({parent!r})\n", "utf-8")
    commands = {"emotopy": "emotopy.cli:main", "pip": "pip._internal.cli.main:main", "pytest": "pytest:console_main"}
    for command, place in commands.items():
        module, function = place.split(":")
        script = folder / "bin" / command
        code = f"#!{folder / 'bin' / 'python'}\nimport sys\nfrom {module} import {function}\nsys.exit({function}())\n"
        script.write_text(code, "utf-8")
        script.chmod(0o755)
    with runs.Forks(python, folder) as forks:
        yield Environment(folder, forks)

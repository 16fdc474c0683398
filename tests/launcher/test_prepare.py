"""Set-up of the virtual environment."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from launcher.spawning import PROJECT_FOLDER

SCRIPT = PROJECT_FOLDER / "launcher" / "prepare.sh"
OLD_PYTHON = """#!/bin/sh
case "$2" in
*sys.exit*) exit 1 ;;
*) echo 3.9.2 ;;
esac
"""
# Debian's Python without its package python3-venv, until that is installed.
PYTHON_WITHOUT_VENV = f"""#!/bin/sh
case "$2" in
*ensurepip*) test -f installed || exit 1 ;;
esac
exec {Path(sys.executable).resolve()} "$@"
"""
APT_GET = """#!/bin/sh
echo "$@" >>apt-get-calls
case "$*" in
install*) touch installed ;;
esac
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the files that the script looks for."""
    (tmp_path / "Makefile").touch()
    (tmp_path / "requirements.txt").write_text("# nothing\n")
    return tmp_path


def prepare(project: Path, *, path: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(SCRIPT), "requirements.txt"],
        cwd=project,
        env={"PATH": path, "HOME": str(project)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def fake_programs(project: Path, **texts: str) -> str:
    """Put programs before all others; return the PATH that does it."""
    folder = project / "bin"
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        path = folder / name.replace("_", "-")
        path.write_text(text)
        path.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def test_a_python_that_is_too_old_is_named_with_what_is_needed(project: Path) -> None:
    names = ["python", "python3", *(f"python3.{minor}" for minor in range(11, 15))]
    path = fake_programs(project, **dict.fromkeys(names, OLD_PYTHON))
    done = prepare(project, path=path)
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed; found 3.9.2" in done.stderr
    assert "apt-get install python3" in done.stderr


def test_requirements_are_installed_only_when_they_have_changed(project: Path) -> None:
    path = f"{Path(sys.executable).resolve().parent}:{os.environ['PATH']}"
    first = prepare(project, path=path)
    assert first.returncode == 0, first.stderr
    assert "Installing requirements.txt" in first.stdout
    assert prepare(project, path=path).stdout == ""
    (project / "requirements.txt").write_text("# still nothing\n")
    assert "Installing requirements.txt" in prepare(project, path=path).stdout


def test_a_missing_venv_module_is_installed_by_root(project: Path) -> None:
    path = fake_programs(
        project,
        python3=PYTHON_WITHOUT_VENV,
        apt_get=APT_GET,
        id="#!/bin/sh\necho 0\n",
    )
    done = prepare(project, path=path)
    assert done.returncode == 0, done.stderr
    minor = sys.version_info.minor
    calls = (project / "apt-get-calls").read_text().splitlines()
    assert calls == ["update -qq", f"install -y -qq python3.{minor}-venv"]
    assert (project / ".venv" / "bin" / "python").exists()


def test_a_missing_venv_module_is_named_to_everybody_else(project: Path) -> None:
    path = fake_programs(
        project,
        python3=PYTHON_WITHOUT_VENV,
        apt_get=APT_GET,
        sudo="#!/bin/sh\nexit 1\n",
        id="#!/bin/sh\necho 1000\n",
    )
    done = prepare(project, path=path)
    assert done.returncode == 1
    assert f"apt-get install python3.{sys.version_info.minor}-venv" in done.stderr
    assert not (project / "apt-get-calls").exists()

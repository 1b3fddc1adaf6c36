"""bin/install on machines that lack something: it names the remedy."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
OLD_OR_BROKEN = "#!/bin/sh\nexit 1\n"
# Debian's python3 without python3-venv: it runs, but has no ensurepip
WITHOUT_VENV = f"""#!/bin/sh
case "$2" in *ensurepip*) exit 1 ;; esac
exec "{sys.executable}" "$@"
"""


def install(folder: Path, venv: str = ".venv", **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        ["/bin/sh", str(PROJECT / "bin" / "install"), venv],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr.strip()


def pythons(folder: Path, **scripts: str) -> str:
    """Put a PATH together: the system's small tools, and of Python only `scripts`."""
    folder.mkdir()
    for tool in ("mkdir", "rm", "touch"):
        (folder / tool).symlink_to(f"/bin/{tool}")
    for name, script in scripts.items():
        (folder / name.replace("_", ".")).write_text(script)
        (folder / name.replace("_", ".")).chmod(0o755)
    return str(folder)


@pytest.mark.parametrize(
    "scripts", [{}, {"python3": OLD_OR_BROKEN, "python3_13": OLD_OR_BROKEN}], ids=["none", "old"]
)
def test_without_a_python_that_fits_it_says_which_fit_and_how_to_get_one(tmp_path, scripts):
    status, said = install(tmp_path, PATH=pythons(tmp_path / "bin", **scripts))

    assert status == 1
    assert said == (
        "Lamplighter needs Python 3.11, 3.12, 3.13 or 3.14, and found none of them.\n"
        "Install one (Debian, Ubuntu: sudo apt-get install python3 python3-venv; "
        "macOS: brew install python@3.13),\n"
        "or name yours: make install PYTHON=/path/to/python3.12"
    )


def test_without_the_venv_module_it_names_debians_package(tmp_path):
    status, said = install(tmp_path, PATH=pythons(tmp_path / "bin", python3=WITHOUT_VENV))

    assert status == 1
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert said == (
        "python3 is here, but without the venv module. Install it, then try again:\n"
        f"    sudo apt-get install python{version}-venv"
    )


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").touch()

    status, said = install(tmp_path, "file/.venv", PATH=os.environ["PATH"])

    assert status == 1
    assert said == (
        f"This folder cannot be written to: {tmp_path}\n"
        "Copy the project to a folder of your own, or give yourself the right: chmod -R u+w ."
    )


def test_without_a_network_pips_words_are_followed_by_the_remedy(tmp_path):
    copy = tmp_path / "a folder with spaces"
    copy.mkdir()
    (copy / "requirements-dev.txt").write_text((PROJECT / "requirements-dev.txt").read_text())

    status, said = install(
        copy,
        PATH=os.environ["PATH"],
        PYTHON=sys.executable,
        PIP_NO_INDEX="1",
        PIP_CONFIG_FILE=os.devnull,
    )

    assert status == 1
    assert said.splitlines()[-2:] == [
        "The packages could not be installed; pip's lines above say why.",
        (
            "Most often the network is missing: connect, or point pip at your mirror "
            "(PIP_INDEX_URL), then run make again."
        ),
    ]
    assert not (copy / ".venv" / ".installed").exists()

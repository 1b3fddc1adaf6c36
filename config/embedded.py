"""What the embedded mode keeps in its own folder: everything that a server would provide."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def writable_folder(folder: Path) -> Path:
    """Make `folder` where it is missing, and return it.

    Raises ImproperlyConfigured, with the remedy, where it cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _unwritable(folder)
    return folder


def kept_secret_key(file: Path) -> str:
    """Return the key kept in `file`; make it first, for its owner's eyes only, where missing."""
    if not file.exists():
        _write_once(file, secrets.token_urlsafe(50))
    return file.read_text().strip()


def broker_of_files(folder: Path) -> dict[str, object]:
    """Return how a broker of files in `folder` is reached, and make what it needs there."""
    # kombu makes none of these folders itself
    queue = str(writable_folder(folder / "queue"))
    return {
        "data_folder_in": queue,
        "data_folder_out": queue,
        "control_folder": str(writable_folder(folder / "control")),
        "polling_interval": 0.2,
    }


def _write_once(file: Path, text: str) -> None:
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)
    try:
        os.link(draft, file)  # a link never overwrites: of two first starts at once, one wins
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _unwritable(folder: Path) -> ImproperlyConfigured:
    return ImproperlyConfigured(
        f"The folder {folder} cannot be written to, and the data is kept there. "
        "Make it writable (chmod u+w), or name another one: LAMPLIGHTER_VAR=~/lamplighter"
    )

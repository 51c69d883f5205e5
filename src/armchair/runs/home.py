"""What armchair keeps of its own on a machine, outside of every run: a secret, and what its owner trusts.

It lies in `$XDG_STATE_HOME/armchair` (`~/.local/state/armchair`), a folder that only its owner can read.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from armchair.errors import RunError

SECRET = "secret"  # the file's name; nosec B105
BYTES = 32


def state_folder() -> Path:
    """The folder, whether it is there or not; relative paths in the variable mean nothing, as XDG has it."""
    given = Path(os.environ.get("XDG_STATE_HOME", ""))
    try:
        root = given if given.is_absolute() else Path.home() / ".local" / "state"
    except RuntimeError:  # no home at all
        raise RunError("there is no home folder: set XDG_STATE_HOME to a folder of your own") from None
    return root / "armchair"


def write_private(name: str, content: bytes) -> Path:
    """Put a file there, in one step, that nobody else can read. -> its path. Raises RunError."""
    file = state_folder() / name
    draft = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    try:
        _make_folder(file.parent)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        draft.replace(file)
    except OSError as error:
        raise RunError(
            f"{file} cannot be written: {error.strerror}; set XDG_STATE_HOME to a folder of your own"
        ) from None
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
    return file


def home_of(place: str) -> str:
    """What marks `place` (a store's file) as one of this installation; nobody else can make that up.

    Raises RunError where the secret can be neither read nor made.
    """
    return hmac.new(_secret(), place.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()


def _secret() -> bytes:
    """The secret of this installation, made when it is first asked for."""
    file = state_folder() / SECRET
    for _ in range(3):
        try:
            found = file.read_bytes()
        except FileNotFoundError:
            found = b""
        except OSError as error:
            raise RunError(f"{file} cannot be read: {error.strerror}") from None
        if len(found) == BYTES:
            return found
        if found:
            raise RunError(f"{file} is not what armchair wrote: remove it, and make new links for everybody")
        _make_secret(file)
    raise RunError(f"{file} cannot be made")


def _make_secret(file: Path) -> None:
    """Make it unless another process was faster: a link, unlike a rename, replaces nothing."""
    draft = write_private(f"{SECRET}.{secrets.token_hex(8)}", secrets.token_bytes(BYTES))
    try:
        file.hardlink_to(draft)
    except FileExistsError:
        pass
    except OSError:  # a file system without links
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def _make_folder(folder: Path) -> None:
    state = state_folder()
    state.parent.mkdir(parents=True, exist_ok=True)
    for each in dict.fromkeys((state, folder)):
        each.mkdir(mode=0o700, exist_ok=True)

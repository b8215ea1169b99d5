"""A lock on a state folder: one run at a time, even after a run was killed and left processes behind."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from local.processes import PartError


@contextlib.contextmanager
def lock_folder(folder: Path) -> Iterator[TextIO]:
    """Hold the lock file beside `folder`; the processes that use the folder inherit it and add their names to it.

    Raises:
        PartError: another run, or a process that inherited its lock, uses the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            users = ", ".join(file.read().splitlines()) or "a run that is starting"
            raise PartError(
                f"{folder} is in use by {users}. Stop that run with Ctrl-C; if it was killed, end these processes."
            ) from None
        file.truncate(0)
        yield file

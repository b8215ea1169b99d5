"""One run at a time per state folder, also after a run was killed and left its parts behind."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from local.processes import PartError


@contextlib.contextmanager
def held(folder: Path) -> Iterator[TextIO]:
    """Hold the lock beside `folder`; give its file, for the processes that use the folder to inherit and be named in.

    Raises:
        PartError: another run, or a process that inherited its lock, uses the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            users = ", ".join(file.read().splitlines()) or "it is just starting"
            raise PartError(
                f"{folder} is in use. Stop the run that uses it with Ctrl-C; "
                f"if that was killed, stop what it left behind: {users}",
            ) from None
        file.truncate(0)
        yield file

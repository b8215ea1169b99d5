"""Free ports on loopback."""

import contextlib
import socket

LOOPBACK = "127.0.0.1"


def free_ports(*preferred: int) -> tuple[int, ...]:
    """Return as many ports as are preferred: each preferred one that is free, any free one instead of the others."""
    with contextlib.ExitStack() as sockets:  # held until all are chosen, or the same one could come twice
        return tuple(sockets.enter_context(_bound(port)).getsockname()[1] for port in preferred)


def _bound(port: int) -> socket.socket:
    made = socket.socket()
    # Without it a port used a minute ago counts as taken.
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((LOOPBACK, port))
    except OSError:
        made.bind((LOOPBACK, 0))
    return made

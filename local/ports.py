"""Ports on this machine: find free ones, ask whether a server answers."""

import contextlib
import http.client
import random
import socket

LOOPBACK = "127.0.0.1"
OURS = range(20_000, 32_768)
"""Where free ports are looked for: systems take the ports of outgoing connections from above."""


def free_ports(*preferred: int) -> tuple[int, ...]:
    """Return one port per preference: the preferred port if it is free, else (and for 0) any free port.

    Raises:
        OSError: no port is free.
    """
    with contextlib.ExitStack() as sockets:  # held until all are chosen, or the same one could come twice
        return tuple(sockets.enter_context(_bind(port)).getsockname()[1] for port in preferred)


def ask(port: int, path: str) -> bytes | None:
    """Return the body of the answer to GET `path`, whatever its status; None when nothing answers."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _bind(preferred: int) -> socket.socket:
    for port in (*filter(None, [preferred]), *random.sample(OURS, len(OURS))):
        bound = socket.socket()
        # Without it a port that was used a minute ago counts as taken.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((LOOPBACK, port))
        except OSError:
            bound.close()
        else:
            return bound
    raise OSError(f"no port from {OURS[0]} to {OURS[-1]} is free")

"""Connections that stay open while F&O or its storage works on a long answer.

Azure forgets a connection on which nothing has moved for four minutes and tells neither side: the answer would never
arrive, and the call would wait until its time-out (learn.microsoft.com, load-balancer-tcp-reset). TCP's keepalive
moves something every minute.
"""

import socket
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection

IDLE_SECONDS = 60
AGAIN_SECONDS = 30
TIMES = 4
"""A peer that does not answer this many times is gone."""


def _socket_options() -> list[tuple[int, int, int]]:
    # macOS has another name for the first of them.
    idle = getattr(socket, "TCP_KEEPIDLE", None) or getattr(socket, "TCP_KEEPALIVE", None)
    wanted = ((idle, IDLE_SECONDS), (socket.TCP_KEEPINTVL, AGAIN_SECONDS), (socket.TCP_KEEPCNT, TIMES))
    return [
        *((int(level), int(name), int(value)) for level, name, value in HTTPConnection.default_socket_options),
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        *((socket.IPPROTO_TCP, name, value) for name, value in wanted if name is not None),
    ]


class _KeepAlive(HTTPAdapter):
    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, socket_options=_socket_options(), **options)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        return super().proxy_manager_for(proxy, socket_options=_socket_options(), **options)


def new_session() -> requests.Session:
    """A session whose connections are kept alive."""
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, _KeepAlive())
    return session

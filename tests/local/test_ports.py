import socket

from local.ports import OURS, free_ports


def test_a_free_port_is_kept_and_a_taken_one_replaced() -> None:
    """Each preferred port that is free is returned, another free port replaces a taken one, and no port comes twice."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        busy = taken.getsockname()[1]
        (free,) = free_ports(0)
        ports = free_ports(busy, free, 0, 0)
    assert ports[1] == free
    assert ports[0] != busy
    assert len(set(ports)) == 4
    assert set(ports[2:]) < set(OURS), "a port of the system's own may be taken by an outgoing connection"

"""What Azure's worker for Python 3.12 cannot attribute to an invocation, Azure's host drops, and so does this one."""

import re

from tests.host.running_host import MakeHost


def test_lines_without_an_invocation_are_dropped(make_host: MakeHost) -> None:
    """What a function, a coroutine and its tasks log is kept; threads of their own and the import are not heard."""
    host = make_host("logging_app")
    for path in ("coroutine", "plain"):
        assert host.request("GET", f"/api/{path}")[1] == b"done"
    assert re.findall("said in .*|said at .*", host.log.read_text()) == [
        "said in a coroutine",
        "said in a task",
        "said in a function",
        "said in a thread that names its invocation",
    ]

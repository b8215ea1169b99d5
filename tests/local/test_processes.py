import fcntl
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.processes import Part, PartError, one_interrupt, stop_at_end

SLEEPS = "import time; time.sleep(60)"
READY = "import sys, time; print('{\"url\": \"http://here\"}', flush=True); print('later', flush=True); time.sleep(60)"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "part.log"


@pytest.fixture
def parts() -> Iterator[list[Part]]:
    with stop_at_end() as parts:
        yield parts


def python(code: str, log: Path, *, announces: bool = True) -> Part:
    return Part("sample", [sys.executable, "-c", code], log, announces=announces)


def test_a_part_announces_itself(log: Path, parts: list[Part]) -> None:
    """The first line on stdout is the announcement; later lines go to the log."""
    part = python(READY, log)
    parts.append(part)
    part.start()
    assert part.announcement(30) == {"url": "http://here"}
    part.wait_until(lambda: "later" in log.read_text(), 30)
    assert "http://here" not in log.read_text()


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import sys; sys.exit('no such database')", "no such database"),
        ("raise ValueError('no such\\ndatabase')", "ValueError: no such\ndatabase"),
    ],
)
def test_a_part_that_dies_is_reported_with_its_last_error(log: Path, code: str, reason: str) -> None:
    """Waiting for a part that stopped fails at once, with its exit code, its last error and the log's path."""
    part = python(code, log, announces=False)
    part.start()
    with pytest.raises(PartError) as raised:
        part.announcement(60)
    assert str(raised.value) == f"sample failed to start: exit code 1: {reason}; log: {log}"


def test_a_part_that_stays_silent_is_reported(log: Path, parts: list[Part]) -> None:
    """A part that never becomes ready is an error, not an endless wait."""
    part = python(SLEEPS, log)
    parts.append(part)
    part.start()
    with pytest.raises(PartError, match="sample failed to start: it was not ready after 0 s"):
        part.announcement(0.1)


def test_a_ready_line_that_is_not_json_is_reported(log: Path, parts: list[Part]) -> None:
    """The error quotes a first line that is not JSON."""
    part = python("print('hello')", log)
    parts.append(part)
    part.start()
    with pytest.raises(PartError, match="hello"):
        part.announcement(30)


def test_a_missing_program_is_reported(log: Path) -> None:
    """A command that cannot start is an error at once, and stopping it works."""
    part = Part("sample", ["/nowhere/program"], log)
    part.start()
    with pytest.raises(PartError, match=r"sample failed to start: .*nowhere"):
        part.check()
    part.stop()


def test_stopping_takes_grandchildren_along(log: Path, tmp_path: Path) -> None:
    """Stopping a part ends its whole process group, even a grandchild that ignores SIGTERM."""
    locks = (
        "import fcntl, signal, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "held = open(sys.argv[1], 'w'); fcntl.flock(held, fcntl.LOCK_EX)\n"
        "print('{}', flush=True); time.sleep(60)\n"
    )
    starts = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {locks!r}, sys.argv[1]])"
    held = tmp_path / "held"
    part = Part("sample", [sys.executable, "-c", starts, str(held)], log, announces=True)
    part.start()
    part.announcement(30)
    with held.open() as file:
        with pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        part.stop()
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_killed_part_can_be_started_again(log: Path, parts: list[Part]) -> None:
    """After kill -9 the same part starts again as another process."""
    part = python(READY, log)
    parts.append(part)
    part.start()
    part.announcement(30)
    first = part.pid
    part.kill()
    with pytest.raises(PartError, match="exit code -9"):
        part.check()
    part.start()
    assert part.announcement(30) == {"url": "http://here"}
    assert part.pid != first


def test_parts_stop_in_reverse_order_also_on_errors(tmp_path: Path) -> None:
    """The last part started is the first to get SIGTERM, also when an exception ends the block."""
    order = tmp_path / "order"
    code = (
        "import signal, sys, time\n"
        "def end(*_):\n"
        "    open(sys.argv[2], 'a').write(sys.argv[1]); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('{}', flush=True)\n"
        "time.sleep(60)\n"
    )
    with pytest.raises(ZeroDivisionError), stop_at_end() as parts:  # noqa: PT012 - the test is about the end of the block
        for name in "ab":
            parts.append(Part(name, [sys.executable, "-c", code, name, str(order)], tmp_path / name, announces=True))
            parts[-1].start()
            parts[-1].announcement(30)
        raise ZeroDivisionError
    assert order.read_text() == "ba"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_only_the_first_interrupt_counts(number: signal.Signals) -> None:
    """One signal interrupts, later ones do not disturb the stop, and the old handlers come back afterwards."""
    inherited = signal.signal(number, signal.SIG_DFL)  # the tests may run under nohup
    try:
        with one_interrupt():
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(number)
            signal.raise_signal(number)
            os.kill(os.getpid(), signal.SIGTERM)
        assert signal.getsignal(number) is signal.SIG_DFL
    finally:
        signal.signal(number, inherited)


def test_nohup_is_respected() -> None:
    """A run that was started with nohup survives the end of its terminal."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with one_interrupt():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_no_thread_stays_behind(log: Path) -> None:
    """A stopped part leaves no thread."""
    part = python(SLEEPS, log)
    part.start()
    part.stop()
    assert "sample output" not in [thread.name for thread in threading.enumerate()]

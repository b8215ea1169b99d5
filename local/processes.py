"""The parts of a local run as child processes: start one, wait until it is ready, stop it with all its children."""

import contextlib
import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

GRACE_SECONDS = 8.0  # between SIGTERM and SIGKILL; the host finishes its current turn
LOOK_SECONDS = 0.02
# A Python traceback: its heading, its indented frames, then the exception, up to the log's next timestamp.
TRACEBACK = re.compile(r"^Traceback \(.*\n(?:[ \t].*\n)+((?:(?!\[\d{4}-|\n).*\n?)+)", re.MULTILINE)


class PartError(Exception):
    """A part stopped or never became ready; the message gives the last error in its log, and the log's path."""


@dataclass(eq=False)
class Part:
    """A child process in a process group of its own, whose output goes to a log file. It can be started again.

    A thread starts the child. In the main thread an interrupt could come after the child has started and before its
    process id is stored, and the child would be left behind.
    """

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)
    folder: Path | None = None
    inherits: Sequence[int] = ()  # file descriptors that stay open in the child
    announces: bool = False  # its first line on stdout is for `announcement`, not for the log
    _line: bytes = field(default=b"", init=False, repr=False)
    _child: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)
    _failure: str = field(default="", init=False, repr=False)
    _started: threading.Event = field(default_factory=threading.Event, init=False, repr=False)
    _reader: threading.Thread | None = field(default=None, init=False, repr=False)

    @property
    def pid(self) -> int:
        """The process id, which is also the id of the child's group."""
        return self._process().pid

    def start(self) -> None:
        """Start the child and return at once."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._line, self._child, self._failure = b"", None, ""
        self._started.clear()
        self._reader = threading.Thread(target=self._run, name=f"{self.name} output", daemon=True)
        self._reader.start()

    def announcement(self, seconds: float) -> dict[str, Any]:
        """Wait at most `seconds` for the one JSON line that says the child is ready, and return it.

        Raises:
            PartError: the child stopped, took longer, or wrote something else.
        """
        self.wait_until(lambda: self._line.endswith(b"\n"), seconds)
        try:
            return dict(json.loads(self._line))
        except ValueError as error:
            raise self.start_error(f"it wrote {self._line!r} to stdout instead of its JSON ready line") from error

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Wait at most `seconds` until `ready()` is true.

        Raises:
            PartError: the child stopped or took longer.
        """
        end = time.monotonic() + seconds
        while not ready():
            if self._process().poll() is not None:
                if self._reader:
                    self._reader.join(1)  # what the child wrote before it stopped may be what is waited for
                if ready():
                    return
                raise self.start_error(self._end())
            if time.monotonic() > end:
                raise self.start_error(f"it was not ready after {seconds:.0f} s")
            time.sleep(LOOK_SECONDS)

    def check(self) -> None:
        """Raise PartError when the child no longer runs."""
        if self._process().poll() is not None:
            raise PartError(f"{self.name} stopped: {self._end()}; log: {self.log}")

    def start_error(self, reason: str) -> PartError:
        """Return the error for a part that does not work after its start."""
        return PartError(f"{self.name} failed to start: {reason}; log: {self.log}")

    def last_error(self) -> str:
        """Return the exception of the last traceback in the log; empty when there is none."""
        raised = TRACEBACK.findall(self.log.read_text(errors="replace"))
        return str(raised[-1]).strip() if raised else ""

    def stop(self) -> None:
        """End the child's process group: send SIGTERM, and SIGKILL to every process left after the grace time."""
        if self._signal(signal.SIGTERM):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process().wait(GRACE_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End the child's process group at once, as a crash of the machine would."""
        if self._signal(signal.SIGKILL):
            self._process().wait()
        if self._reader is not None and self._reader.ident:
            self._reader.join(timeout=1)

    def _signal(self, number: signal.Signals) -> bool:
        # An interrupt may have come before the thread began, which then starts no child.
        if self._reader is None or not self._started.wait(None if self._reader.ident else 1) or self._child is None:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, number)
        return True

    def _process(self) -> subprocess.Popen[bytes]:
        self._started.wait()
        if self._child is None:
            raise self.start_error(self._failure)
        return self._child

    def _run(self) -> None:
        with self.log.open("ab", buffering=0) as log:
            try:
                self._child = child = subprocess.Popen(
                    self.command,
                    cwd=self.folder,
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    start_new_session=True,
                    pass_fds=self.inherits,
                )
            except OSError as error:
                self._failure = str(error)
                return
            finally:
                self._started.set()
            with child.stdout or contextlib.nullcontext(()) as lines:
                for line in lines:
                    if self.announces and not self._line:
                        self._line = line
                    else:
                        log.write(line)

    def _end(self) -> str:
        if self._reader is not None:
            self._reader.join(timeout=1)
        log, reason = self.log.read_text(errors="replace").rstrip(), self.last_error()
        if not reason or not log.endswith(reason):
            reason = log.rpartition("\n")[2]
        return f"exit code {self._process().returncode}: {reason}"


@contextlib.contextmanager
def stop_at_end() -> Iterator[list[Part]]:
    """Yield a list for parts, and stop every part in it at the end, the last one first.

    SIGTERM and SIGHUP end the block as SIGINT does, since by default they would end this process and leave the parts.
    """
    parts: list[Part] = []
    with one_interrupt():
        try:
            yield parts
        finally:
            try:
                _stop(parts)
            except KeyboardInterrupt:  # the first one; later ones are ignored
                _stop(parts)
                raise


def _stop(parts: Sequence[Part]) -> None:
    for part in reversed(parts):
        part.stop()


@contextlib.contextmanager
def one_interrupt() -> Iterator[None]:
    """Raise KeyboardInterrupt on the first SIGINT, SIGTERM or SIGHUP; ignore later ones, so that all parts can stop.

    Only the main thread may do so; in another one this changes nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signals = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as under nohup
        signals.append(signal.SIGHUP)

    def interrupt(_number: int, _frame: object) -> None:
        for each in signals:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = [signal.signal(each, interrupt) for each in signals]
    try:
        yield
    finally:
        for each, handler in zip(signals, before, strict=True):
            signal.signal(each, handler)

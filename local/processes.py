"""Run the parts of a local run as child processes: start, wait until ready, stop, leave nothing behind."""

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

GRACE_SECONDS = 8.0  # between SIGTERM and SIGKILL; the host ends the turn it is in
LOOK_SECONDS = 0.02
TAIL_LINES = 25


class PartError(Exception):
    """A part stopped or never became ready; the message names its log and quotes the log's end."""


@dataclass(eq=False)
class Part:
    """A child process in a process group of its own, whose output goes to a log file. It can be started again.

    A thread starts the child: were it the main thread, an interrupt could fall between the child's start and our
    knowing of it, and the child would be left behind.
    """

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)
    folder: Path | None = None
    inherits: Sequence[int] = ()  # file descriptors that stay open in it
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
            raise PartError(
                f"{self.name} wrote {self._line!r} to stdout instead of its JSON ready line"
            ) from error

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Wait at most `seconds` until `ready()` is true.

        Raises:
            PartError: the child stopped or took longer.
        """
        end = time.monotonic() + seconds
        while not ready():
            self.check()
            if time.monotonic() > end:
                raise PartError(f"{self.name} was not ready after {seconds:.0f} s; {self._tail()}")
            time.sleep(LOOK_SECONDS)

    def check(self) -> None:
        """Raise PartError when the child no longer runs."""
        code = self._process().poll()
        if code is not None:
            raise PartError(f"{self.name} stopped with exit code {code}; {self._tail()}")

    def stop(self) -> None:
        """End the child's group: SIGTERM, and after a grace time SIGKILL to what is left of it."""
        if self._signal(signal.SIGTERM):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process().wait(GRACE_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End the child's group at once, as a crash of the machine would."""
        if self._signal(signal.SIGKILL):
            self._process().wait()
        if self._reader is not None:
            self._reader.join(timeout=1)

    def _signal(self, number: signal.Signals) -> bool:
        if self._reader is None:
            return False
        self._started.wait()
        if self._child is None:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, number)
        return True

    def _process(self) -> subprocess.Popen[bytes]:
        self._started.wait()
        if self._child is None:
            raise PartError(f"{self.name} did not start: {self._failure}")
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

    def _tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
        return f"its log {self.log} ends with:\n" + "\n".join(f"  {line}" for line in lines)


@contextlib.contextmanager
def stopped_at_the_end() -> Iterator[list[Part]]:
    """Give a list for parts; whatever happens, stop those in it, the last first."""
    parts: list[Part] = []
    try:
        yield parts
    finally:
        for part in reversed(parts):
            part.stop()


@contextlib.contextmanager
def one_interrupt() -> Iterator[None]:
    """Let the first SIGINT, SIGTERM or SIGHUP (unless ignored, as by nohup) raise KeyboardInterrupt, and no later one disturb the stopping."""
    signals = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup
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

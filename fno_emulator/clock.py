"""The emulator's time: real, or moved by hand through the control API."""

import threading
import time
from datetime import UTC, datetime, timedelta


class Clock:
    """UTC now plus what was added by `advance`; waits end early when time is moved or the clock stopped.

    Args:
        speed: emulated seconds per real second; 0 means that time only moves by `advance`.
    """

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed
        self._start = datetime.now(UTC)
        self._origin = time.monotonic()
        self._offset = timedelta()
        self._moved = threading.Condition()
        self._stopped = False

    def now(self) -> datetime:
        """The emulated time, in UTC."""
        passed = (time.monotonic() - self._origin) * self._speed
        return self._start + timedelta(seconds=passed) + self._offset

    def advance(self, seconds: float) -> datetime:
        """Move time forward and wake whoever waits for it; gives the new time."""
        with self._moved:
            self._offset += timedelta(seconds=seconds)
            self._moved.notify_all()
        return self.now()

    def restore(self) -> None:
        """Take back what was advanced."""
        with self._moved:
            self._offset = timedelta()

    def wait_until(self, moment: datetime) -> bool:
        """Block until `moment`; False when the clock was stopped before."""
        with self._moved:
            while not self._stopped and (left := (moment - self.now()).total_seconds()) > 0:
                self._moved.wait(left / self._speed if self._speed else None)
            return not self._stopped

    def stop(self) -> None:
        """Let every waiting thread go."""
        with self._moved:
            self._stopped = True
            self._moved.notify_all()


def stamp(moment: datetime) -> str:
    """`2026-01-31T08:00:00.123456Z`: sorts as text, as the database needs it."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"

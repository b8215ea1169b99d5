"""The emulator's time, which the control API can move forward."""

import threading
import time
from datetime import UTC, datetime, timedelta


class Clock:
    """A clock in UTC. Its waits end early when `advance` moves the time or the clock is stopped.

    Args:
        speed: emulated seconds per real second; at 0 only `advance` moves the time.
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
        """Move the time forward and wake the waiting threads; returns the new time."""
        with self._moved:
            self._offset += timedelta(seconds=seconds)
            self._moved.notify_all()
        return self.now()

    def restore(self) -> None:
        """Undo every `advance`."""
        with self._moved:
            self._offset = timedelta()

    def wait_until(self, moment: datetime) -> bool:
        """Block until `moment`; returns False if the clock is stopped first."""
        with self._moved:
            while not self._stopped and (left := (moment - self.now()).total_seconds()) > 0:
                self._moved.wait(left / self._speed if self._speed else None)
            return not self._stopped

    def stop(self) -> None:
        """Release every waiting thread."""
        with self._moved:
            self._stopped = True
            self._moved.notify_all()


def stamp(moment: datetime) -> str:
    """The moment as `2026-01-31T08:00:00.123456Z`, which sorts as text in the database."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"

"""How long an execution takes: what an environment's size and load decide in reality, and switches here."""

import random
import threading
from collections import Counter
from datetime import datetime, timedelta

from fno_emulator.clock import Clock
from fno_emulator.settings import Settings


class Looks:
    """How often each execution's status was asked for."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._counts: Counter[int] = Counter()
        self._stopped = False

    def add(self, execution: int) -> None:
        """One more look at the execution of that number."""
        with self._changed:
            self._counts[execution] += 1
            self._changed.notify_all()

    def wait(self, execution: int, number: int) -> bool:
        """Block until there were that many looks; False when stopped before."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._counts[execution] >= number)
            return not self._stopped

    def stop(self) -> None:
        """Let every waiting thread go."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()


class Duration:
    """One execution's time.

    Args:
        settings: what the switches say about the project.
        project: whose execution it is.
        execution: its number, by which looks are counted.
        started: when it began.
    """

    def __init__(self, settings: Settings, project: str, execution: int, started: datetime) -> None:
        wanted = {name.lower(): value for name, value in settings.durations.items()}.get(
            project.lower(), settings.execution_seconds
        )
        self._execution = execution
        self._looks = int(wanted["looks"]) if isinstance(wanted, dict) else 0
        if isinstance(wanted, list):
            wanted = random.uniform(*wanted)  # noqa: S311 - spreads load, hides nothing
        seconds = timedelta(seconds=0 if self._looks else float(wanted))
        self.middle = started + seconds / 2
        self.end = started + seconds

    def wait_for_end(self, clock: Clock, looks: Looks) -> bool:
        """Block until the execution may end; False when stopped before."""
        if self._looks:
            return looks.wait(self._execution, self._looks)
        return clock.wait_until(self.end)

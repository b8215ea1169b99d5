"""How long an execution takes. In F&O size and load decide, in the emulator the settings do."""

import random
import threading
from collections import Counter
from datetime import datetime, timedelta

from fno_emulator.clock import Clock
from fno_emulator.settings import Settings


class Looks:
    """Counts the status calls for each execution."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._counts: Counter[int] = Counter()
        self._stopped = False

    def add(self, execution: int) -> None:
        """Count a look at the execution with this number."""
        with self._changed:
            self._counts[execution] += 1
            self._changed.notify_all()

    def wait(self, execution: int, number: int) -> bool:
        """Block until an execution has had that many looks; returns False if `stop` comes first."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._counts[execution] >= number)
            return not self._stopped

    def stop(self) -> None:
        """Release every waiting thread."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()


class Duration:
    """The time that one execution takes.

    Args:
        settings: the durations of projects.
        project: the execution's project.
        execution: the execution's number.
        started: when the execution started.
    """

    def __init__(self, settings: Settings, project: str, execution: int, started: datetime) -> None:
        wanted = {name.lower(): value for name, value in settings.durations.items()}.get(
            project.lower(), settings.execution_seconds
        )
        self._execution = execution
        self._looks = int(wanted["looks"]) if isinstance(wanted, dict) else 0
        if isinstance(wanted, list):
            wanted = random.uniform(*wanted)  # noqa: S311 - not used for security
        seconds = timedelta(seconds=0 if self._looks else float(wanted))
        self.middle = started + seconds / 2
        self.end = started + seconds

    def wait_for_end(self, clock: Clock, looks: Looks) -> bool:
        """Block until the execution may end; returns False if the emulator stops first."""
        if self._looks:
            return looks.wait(self._execution, self._looks)
        return clock.wait_until(self.end)

"""The ImportFromPackage calls in flight, and whether another call may start (fno-behaviour 5.9, 9.6)."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from fno_emulator.dmf.errors import ProjectBusy
from fno_emulator.settings import Settings


class ImportCalls:
    """The calls in flight by project.

    Args:
        settings: how many calls the environment accepts at the same time.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._held: Counter[str] = Counter()

    @contextmanager
    def hold(self, project: str) -> Iterator[None]:
        """Hold a project for the duration of a call.

        Raises:
            ProjectBusy: another call holds the project, or any project if the environment accepts one call at a time.
        """
        key = project.lower()
        with self._lock:
            self._check(key)
            self._held[key] += 1
        try:
            yield
        finally:
            with self._lock:
                self._held[key] -= 1

    def _check(self, key: str) -> None:
        if self._settings.enhanced_parallel_import:
            return
        if self._held[key]:
            raise ProjectBusy(
                "Cannot delete a record in Source (DMFDefinitionGroupEntityXMLFields). Deadlock, where one or more "
                "users have simultaneously locked the whole table or part of it."
            )
        if self._held.total() and self._settings.one_import_call_per_environment:
            raise ProjectBusy("BOX API can't be used from non-interactive sessions")

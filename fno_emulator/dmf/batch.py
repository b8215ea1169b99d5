"""The batch server: runs executions in order, one per project at a time.

The database is the queue, so executions that had not ended when the process died continue at the next start.
"""

import logging
import threading
from collections.abc import Callable

from fno_emulator.dmf.database import Database
from fno_emulator.dmf.executions import Execution, from_row

THREADS = 8
"""F&O's default number of batch threads per server."""
_LOG = logging.getLogger(__name__)


class Batch:
    """The threads that run executions.

    Args:
        database: the queue of executions.
        run: runs an execution, after a restart perhaps a second time; returns whether the execution hangs. A hanging
            execution blocks its project until it is deleted.
    """

    def __init__(self, database: Database, run: Callable[[Execution], bool]) -> None:
        self._database = database
        self._run = run
        self._changed = threading.Condition()
        self._busy: dict[str, int] = {}
        self._hanging: set[int] = set()
        self._stopped = False
        self._threads = [threading.Thread(target=self._work, name=f"batch-{n}", daemon=True) for n in range(THREADS)]

    def start(self) -> None:
        """Start the threads."""
        for one in self._threads:
            one.start()

    def notify(self) -> None:
        """Tell the threads that an execution was registered, canceled or deleted."""
        with self._changed:
            self._changed.notify_all()

    def stop(self) -> None:
        """Start no further execution, and wait for the running ones."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        for one in self._threads:
            one.join()

    def _work(self) -> None:
        while (execution := self._take()) is not None:
            hangs = False
            try:
                hangs = self._run(execution)
            except Exception:  # noqa: BLE001 - one failed execution must not stop the batch
                _LOG.exception("Execution %s of project %s failed with an exception", execution.id, execution.project)
            finally:
                with self._changed:
                    if self._busy.get(execution.project.lower()) == execution.seq:
                        del self._busy[execution.project.lower()]
                    if hangs:
                        self._hanging.add(execution.seq)
                    self._changed.notify_all()

    def _take(self) -> Execution | None:
        with self._changed:
            while not self._stopped:
                waiting = self._waiting()
                numbers = {one.seq for one in waiting}  # without canceled executions, which block nothing
                blocked = {project for project, seq in self._busy.items() if seq in numbers}
                for execution in waiting:
                    project = execution.project.lower()
                    if execution.seq in self._hanging:
                        blocked.add(project)
                    elif project not in blocked:
                        self._busy[project] = execution.seq
                        return execution
                self._changed.wait()
            return None

    def _waiting(self) -> list[Execution]:
        sql = "SELECT * FROM executions WHERE status IN ('NotRun', 'Executing') ORDER BY seq"
        return [from_row(one) for one in self._database.connection().execute(sql)]

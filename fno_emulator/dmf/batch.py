"""The batch server: picks executions up in order, one per project at a time, and carries them to a final status.

The database is the queue, so what was not finished when the process died goes on at the next start.
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
    """Threads that run executions.

    Args:
        database: where executions wait.
        run: carries one execution on, and may be called again for the same one after a restart; says whether it hangs:
            then it is left as it is, and holds its project until it is deleted.
    """

    def __init__(self, database: Database, run: Callable[[Execution], bool]) -> None:
        self._database = database
        self._run = run
        self._changed = threading.Condition()
        self._busy: dict[str, int] = {}
        self._hanging: set[int] = set()
        self._stopped = False
        self._threads = [
            threading.Thread(target=self._work, name=f"batch-{n}", daemon=True) for n in range(THREADS)
        ]

    def start(self) -> None:
        """Begin picking up."""
        for one in self._threads:
            one.start()

    def notify(self) -> None:
        """Say that an execution was registered or deleted."""
        with self._changed:
            self._changed.notify_all()

    def stop(self) -> None:
        """Take no more, and wait for what is running."""
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
            except Exception:  # noqa: BLE001 - one broken execution must not end the batch
                _LOG.exception("execution %s of project %s broke", execution.id, execution.project)
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
                on_their_way = {one.seq for one in waiting}  # a canceled one holds its project no longer
                held = {project for project, seq in self._busy.items() if seq in on_their_way}
                for execution in waiting:
                    project = execution.project.lower()
                    if execution.seq in self._hanging:
                        held.add(project)
                    elif project not in held:
                        self._busy[project] = execution.seq
                        return execution
                self._changed.wait()
            return None

    def _waiting(self) -> list[Execution]:
        sql = "SELECT * FROM executions WHERE status IN ('NotRun', 'Executing') ORDER BY seq"
        return [from_row(one) for one in self._database.connection().execute(sql)]

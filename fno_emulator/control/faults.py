"""The fault plan: what goes wrong at which call, and whether it has happened."""

import threading
from dataclasses import dataclass, field
from typing import Any

KINDS = {
    "before": {"delay", "hang", "status", "headers", "body", "drop", "expire_sas"},
    "during": {"drop", "half_body", "drip", "truncate"},
    "after": {"delay", "hang", "status", "headers", "body", "drop"},
}
"""The possible effects of a fault, by when it strikes. See `Fault`."""


@dataclass
class Fault:
    """Something that goes wrong once, at the nth call of an operation since the fault was planned (the first is 1).

    `before` and `after` the work take these effects: `delay` (seconds), `hang` (true: no answer until the caller gives
    up), `status` with `headers` and `body`, and `drop` (true: closes the connection). A fault before the work prevents
    it, unless it only delays. `expire_sas` (true, before a blob operation) makes the URL count as expired.

    `during` the transfer takes `drop` (true: closes the connection in the middle of an upload), `half_body` (true:
    closes it in the middle of the response), `drip` (seconds before each tenth of the response) and `truncate` (the
    bytes that an upload or a copy keeps, although its response says that it kept everything).
    """

    operation: str
    nth: int = 1
    when: str = "before"
    do: dict[str, Any] = field(default_factory=dict)
    seen: int = 0
    consumed: bool = False


class FaultPlan:
    """The planned faults, including those that have struck."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, raw: dict[str, Any]) -> Fault:
        """Plan a fault; returns it.

        Raises:
            ValueError: a key or a value is unknown; the message lists the known ones.
        """
        if raw.keys() - {"operation", "nth", "when", "do"} or "operation" not in raw:
            raise ValueError("A fault takes operation (required), nth, when and do.")
        fault = Fault(**raw)
        if fault.when not in KINDS:
            raise ValueError(f"A fault cannot strike {fault.when!r}. Set when to one of {', '.join(KINDS)}.")
        if not fault.do or fault.do.keys() - KINDS[fault.when]:
            known = ", ".join(sorted(KINDS[fault.when]))
            raise ValueError(f"A fault {fault.when} the work cannot do {sorted(fault.do)}. It takes {known}.")
        with self._lock:
            self._faults.append(fault)
        return fault

    def take(self, operation: str) -> Fault | None:
        """The fault that strikes this call of `operation`, marked as consumed; None if none does. Counts the call."""
        with self._lock:
            struck = None
            for fault in self._faults:
                if fault.operation == operation and not fault.consumed:
                    fault.seen += 1
                    if fault.seen == fault.nth and struck is None:
                        fault.consumed = True
                        struck = fault
            return struck

    def every(self) -> list[dict[str, Any]]:
        """All faults, with how many calls they have `seen` and whether they are `consumed`."""
        with self._lock:
            return [dict(vars(one)) for one in self._faults]

    def clear(self) -> None:
        """Delete all faults."""
        with self._lock:
            self._faults.clear()

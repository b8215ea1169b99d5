"""The fault plan: what goes wrong, at which call, before, during or after the work; each fault leaves a receipt."""

import threading
from dataclasses import dataclass, field
from typing import Any

KINDS = {
    "before": {"delay", "hang", "status", "headers", "body", "drop", "expire_sas"},
    "during": {"drop", "half_body", "drip", "truncate"},
    "after": {"delay", "hang", "status", "headers", "body", "drop"},
}
"""What may be done when: see `Fault`."""


@dataclass
class Fault:
    """One thing that goes wrong once.

    `operation` and `nth` name the call: the nth of that operation since the fault was planned, from 1.

    `before` the work, which is not done then (after a mere delay it is), or `after` it: `delay` (seconds), `hang`
    (true: no answer until the caller gives up), `status` with `headers` and `body`, `drop` (true: the connection is
    cut). `expire_sas` (true, before a blob operation): the URL counts as expired.

    `during` the transfer: `drop` (true: the connection is cut in the middle of an upload), `half_body` (true: in
    the middle of the answer), `drip` (seconds before every tenth of the answer), `truncate` (bytes: what an upload
    or a copy keeps, although it answers as if it had all).
    """

    operation: str
    nth: int = 1
    when: str = "before"
    do: dict[str, Any] = field(default_factory=dict)
    seen: int = 0
    consumed: bool = False


class FaultPlan:
    """The faults still to come and those that have struck."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, raw: dict[str, Any]) -> Fault:
        """Plan a fault.

        Raises:
            ValueError: a key or value that means nothing; says which are known.
        """
        if raw.keys() - {"operation", "nth", "when", "do"} or "operation" not in raw:
            raise ValueError("a fault takes operation (needed), nth, when and do")
        fault = Fault(**raw)
        if fault.when not in KINDS:
            raise ValueError(f"when is one of {', '.join(KINDS)}, not {fault.when!r}")
        if not fault.do or fault.do.keys() - KINDS[fault.when]:
            known = ", ".join(sorted(KINDS[fault.when]))
            raise ValueError(f"do, {fault.when} the work, takes any of {known}, not {sorted(fault.do)}")
        with self._lock:
            self._faults.append(fault)
        return fault

    def take(self, operation: str) -> Fault | None:
        """The fault that strikes this call of `operation`, counted and marked consumed; None when none does."""
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
        """All faults with `seen` and `consumed`."""
        with self._lock:
            return [dict(vars(one)) for one in self._faults]

    def clear(self) -> None:
        """Forget the plan."""
        with self._lock:
            self._faults.clear()

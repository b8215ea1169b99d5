"""The fault plan: what goes wrong, at which call, before or after the work; each fault leaves a receipt."""

import threading
from dataclasses import dataclass, field
from typing import Any

_KEYS = {"delay", "status", "headers", "body", "drop"}


@dataclass
class Fault:
    """One thing that goes wrong once.

    `operation` and `nth` name the call (the nth of that operation since the fault was planned, from 1); `when` is
    `before` the work (which is then not done, unless the fault is only a delay) or `after` it. `do` holds any of
    `delay` (seconds), and then `status` with `headers` and `body`, or `drop` (true: the connection is cut).
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
        unknown = raw.keys() - {"operation", "nth", "when", "do"}
        if unknown or "operation" not in raw:
            raise ValueError("a fault takes operation (needed), nth, when and do")
        fault = Fault(**raw)
        if fault.when not in ("before", "after"):
            raise ValueError(f"when is 'before' or 'after', not {fault.when!r}")
        if not fault.do or fault.do.keys() - _KEYS:
            raise ValueError(f"do takes any of {', '.join(sorted(_KEYS))}, not {sorted(fault.do)}")
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

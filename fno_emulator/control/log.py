"""The operation log: the start and the end of every call, in order, for tests to check."""

import json
import threading
from pathlib import Path
from typing import Any

from fno_emulator.clock import Clock, stamp

_LINE = json.JSONEncoder(ensure_ascii=False).encode


class OperationLog:
    """Entries `{"seq","call","operation","phase","time",...}`, where `call` connects an end with its start.

    Args:
        clock: the emulator's time.
        file: keeps the entries as JSON lines; existing entries are read at the start.
    """

    def __init__(self, clock: Clock, file: Path) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: list[dict[str, Any]] = []
        if file.exists():
            for line in file.read_text(encoding="utf-8").splitlines():
                if line.endswith("}"):  # the last line may be incomplete after a kill
                    self._entries.append(json.loads(line))
        self._file = file.open("a", encoding="utf-8")

    def begin(self, operation: str, subject: dict[str, Any]) -> int:
        """Add the start of a call; returns the call's number."""
        return self._add(operation, "start", None, subject, None)

    def end(self, call: int, operation: str, subject: dict[str, Any], status: int | None) -> None:
        """Add the end of a call; `status` is None if the connection was closed."""
        self._add(operation, "end", call, subject, status)

    def entries(self, operation: str = "") -> list[dict[str, Any]]:
        """All entries, or those of one operation, oldest first."""
        with self._lock:
            return [one for one in self._entries if not operation or one["operation"] == operation]

    def clear(self) -> None:
        """Delete all entries."""
        with self._lock:
            self._entries.clear()
            self._file.truncate(0)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _add(self, operation: str, phase: str, call: int | None, subject: dict[str, Any], status: int | None) -> int:
        with self._lock:
            seq = self._entries[-1]["seq"] + 1 if self._entries else 1
            entry = {
                "seq": seq,
                "call": call or seq,
                "operation": operation,
                "phase": phase,
                "time": stamp(self._clock.now()),
                **subject,
            }
            if phase == "end":
                entry["status"] = status
            self._entries.append(entry)
            self._file.write(f"{_LINE(entry)}\n")
            self._file.flush()
            return seq

"""Number sequences: what a journal or an order is called when its file does not say (fno-behaviour 5.11)."""

import sqlite3


class Numbers:
    """Numbers taken within a transaction and kept when it is.

    Args:
        connection: the transaction.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._last: dict[str, int] = {}

    def take(self, prefix: str) -> str:
        """The next number, such as `SO-000012`."""
        if prefix not in self._last:
            sql = "SELECT last FROM number_sequences WHERE prefix = ?"
            row = self._connection.execute(sql, (prefix,)).fetchone()
            self._last[prefix] = int(row[0]) if row else 0
        self._last[prefix] += 1
        return f"{prefix}{self._last[prefix]:06d}"

    def keep(self) -> None:
        """Write down how far the sequences are, as the last thing in the transaction that took them."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO number_sequences VALUES (?, ?)", self._last.items()
        )
        self._last.clear()

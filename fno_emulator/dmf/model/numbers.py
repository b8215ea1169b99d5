"""Number sequences: they number journals and orders that come without a number (fno-behaviour 5.11)."""

import sqlite3


class Numbers:
    """Takes numbers within a transaction.

    Args:
        connection: the connection of the transaction.
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
        """Store the last numbers. Call it at the end of the transaction."""
        self._connection.executemany("INSERT OR REPLACE INTO number_sequences VALUES (?, ?)", self._last.items())
        self._last.clear()

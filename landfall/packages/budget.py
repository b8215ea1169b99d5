"""The budget of reading one file: processor time by its size, and whether anybody still wants it.

Memory has bounds of its own, where each format is read.
"""

import io
import time
from collections.abc import Callable
from typing import IO

from landfall.packages.archives import RefusedPackageError

SECONDS = 5.0
SECONDS_PER_MIB = 10.0
"""Processor time for any file, and for each MiB of it: about ten times what workbooks, the slowest, need."""
MIB = 1 << 20
ASK_AGAIN = 2.0
"""Seconds between two questions whether the file is still wanted."""


class Budget:
    """What one thread may spend on reading a file of this size in bytes.

    `check_wanted` is called now and then, and raises if nobody wants the file any more.
    """

    def __init__(
        self,
        size: int,
        check_wanted: Callable[[], object] = lambda: None,
        spent: Callable[[], float] = time.thread_time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._check_wanted = check_wanted
        self._spent, self._clock = spent, clock
        self._seconds = SECONDS + size / MIB * SECONDS_PER_MIB
        self._start, self._asked = spent(), clock()

    def spend(self) -> None:
        """Go on reading; raises RefusedPackageError once the time is used up, and what `check_wanted` raises."""
        if self._spent() - self._start > self._seconds:
            raise RefusedPackageError(
                f"Reading the file took more than {self._seconds:.0f} seconds of processor time. "
                "Divide it, or save it as CSV."
            )
        if self._clock() - self._asked > ASK_AGAIN:
            self._asked = self._clock()
            self._check_wanted()

    def meter(self, content: IO[bytes]) -> IO[bytes]:
        """The content, each read of which goes by this budget."""
        return _Metered(content, self.spend)  # type: ignore[return-value]


class _Metered(io.RawIOBase):
    def __init__(self, content: IO[bytes], spend: Callable[[], None]) -> None:
        super().__init__()
        self._content = content
        self._spend = spend

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._spend()
        piece = self._content.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self._content.close()
        super().close()

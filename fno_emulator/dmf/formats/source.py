"""What readers and writers of data files need to know besides the rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

Rows = Iterator[list[str]]
"""Values as text, one list per record, in the columns' order."""


@dataclass(frozen=True)
class Source:
    """A data file and what the manifest and the environment say about it."""

    path: Path
    entity: str
    aot_name: str
    sheet: str = ""
    encoding: str = "utf-8-sig"

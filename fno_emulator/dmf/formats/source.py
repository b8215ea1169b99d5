"""What readers and writers of data files get besides the rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

Rows = Iterator[list[str]]
"""One list per record, with values as text in the order of the columns."""


@dataclass(frozen=True)
class Source:
    """A data file, with its settings in the manifest and the environment."""

    path: Path
    entity: str
    aot_name: str
    sheet: str = ""
    encoding: str = "utf-8-sig"
    delimiter: str = ","
    qualifier: str = '"'

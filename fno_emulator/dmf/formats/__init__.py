"""Formats of data files: one module for each family, with a reader and a writer (fno-behaviour 3.7)."""

from collections.abc import Callable
from dataclasses import dataclass

from fno_emulator.dmf.errors import EntityFailed
from fno_emulator.dmf.formats import delimited, excel, xml
from fno_emulator.dmf.formats.source import Rows, Source


@dataclass(frozen=True)
class Format:
    """A source data format, as on F&O's page *Configure data sources*."""

    extension: str
    read: Callable[[Source], tuple[list[str], Rows]]
    """Returns the file's columns and rows. The call and the iteration may raise EntityFailed."""
    write: Callable[[Source, list[str], Rows], int]
    """Writes columns and rows, and returns the number of rows."""


FORMATS: dict[str, Format] = {
    "csv": Format("csv", delimited.read, delimited.write),
    "csv-unicode": Format("csv", delimited.read_unicode, delimited.write_unicode),
    "tab-delimited": Format("txt", delimited.read_tabs, delimited.write_tabs),
    "xml-element": Format("xml", xml.read_elements, xml.write_elements),
    "xml-attribute": Format("xml", xml.read_attributes, xml.write_attributes),
    "excel": Format("xlsx", excel.read, excel.write),
}


def by_name(name: str) -> Format:
    """The format with the name that a manifest has as SourceFormat.

    Raises:
        EntityFailed: the environment has no such source data format.
    """
    found = FORMATS.get(name.strip().lower())
    if found is None:
        raise EntityFailed(f"The source data format {name} does not exist.")
    return found

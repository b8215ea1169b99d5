"""Builds the packages of refusals.yaml: the good package in package/ with the changes of each entry."""

import io
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from openpyxl import Workbook

HERE = Path(__file__).parent
DIRECTORY_ENTRY = b"PK\x01\x02"
FLAGS, SIZES, NAME = 8, 20, 46
"""Offsets of the flags, the two sizes and the name in a directory entry."""


@dataclass(frozen=True)
class Case:
    """A package that must not be sent, and part of the message about it."""

    name: str
    content: bytes
    says: str


def good() -> dict[str, bytes]:
    """The files of the good package; lines of delimited text end in CR LF, as F&O needs them."""
    return {path.name: path.read_bytes().replace(b"\n", b"\r\n") for path in sorted((HERE / "package").iterdir())}


def cases() -> list[Case]:
    """The case of every entry in refusals.yaml."""
    entries = yaml.safe_load((HERE / "refusals.yaml").read_text(encoding="utf-8"))
    return [Case(each["name"], build(each), each["says"]) for each in entries]


def build(change: dict[str, Any]) -> bytes:
    """The good package with the changes of an entry."""
    if "bytes" in change:
        return str(change["bytes"]).encode()
    content = bytearray(zipped(_files(change), change.get("method")))
    if "encrypt" in change:
        _patch(content, change["encrypt"], FLAGS, struct.pack("<H", 0x1))
    if "claims" in change:
        size = change["claims"]["bytes"]
        for number in range(change["claims"]["files"]):
            _patch(content, f"claim-{number}", SIZES, struct.pack("<LL", size, size))
    if "damage" in change:
        start = content.index(change["damage"].encode()) + len(change["damage"])
        content[start : start + 4] = b"\xff\xff\xff\xff"
    return bytes(content[: change.get("keep_bytes")])


def zipped(files: list[tuple[str, bytes]], methods: dict[str, int] | None = None) -> bytes:
    """A zip of the files, in this order, compressed by deflate but for those that have another method."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content, (methods or {}).get(name))
    return held.getvalue()


def _files(change: dict[str, Any]) -> list[tuple[str, bytes]]:
    files = good()
    for name, parts in change.get("replace", {}).items():
        for old, new in parts.items():
            assert old.encode() in files[name], f"{change['name']}: {name} has no {old}"
            files[name] = files[name].replace(old.encode(), new.encode())
    encodings = change.get("encoding", {})
    for name, text in change.get("put", {}).items():
        files[name] = text.encode(encodings.get(name, "utf-8"))
    _multiply(files, change)
    for name, rows in change.get("workbook", {}).items():
        files[name] = workbook(rows)
    for name, size in change.get("zeros", {}).items():
        files[name] = bytes(size << 20)
    for name, size in change.get("zip_of_zeros", {}).items():
        files[name] = zipped([("zeros", bytes(size << 20))])
    if "half_a_character" in change:
        files[change["half_a_character"]] = "ID".encode("utf-16")[:-1]
    for name in change.get("remove", []):
        del files[name]
    files |= {f"empty-{number}": b"" for number in range(change.get("empty_files", 0))}
    files |= {f"claim-{number}": b"" for number in range(change.get("claims", {}).get("files", 0))}
    folder = f"{change['folder']}/" if "folder" in change else ""
    again = [(change["again"], b"")] if "again" in change else []
    return [(f"{folder}{name}", content) for name, content in files.items()] + again


def _multiply(files: dict[str, bytes], change: dict[str, Any]) -> None:
    """Put so many elements into the manifest, at the end of a file, and into the sheet of a workbook."""
    count, text = change.get("in_manifest", (0, ""))
    many = "".join(text.format(number, number) for number in range(count)).encode()
    files["Manifest.xml"] = files["Manifest.xml"].replace(b"</EntityMapList>", many + b"</EntityMapList>")
    for name, (times, text) in change.get("repeat", {}).items():
        files[name] += text.encode() * times
    for name, rows in change.get("sheet", {}).items():
        times, text = change.get("repeat_in_sheet", (0, ""))
        files[name] = with_rows(rows + text * times)


def workbook(rows: list[list[str]]) -> bytes:
    """An Excel file with one sheet."""
    book, held = Workbook(), io.BytesIO()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(held)
    return held.getvalue()


def with_rows(rows: str) -> bytes:
    """An Excel file with a header row and these further rows as XML."""
    made = io.BytesIO(workbook([["CUSTOMERGROUPID", "DESCRIPTION"]]))
    with zipfile.ZipFile(made) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(b"</sheetData>", rows.encode() + b"</sheetData>")
    return zipped([*parts.items()])


def _patch(content: bytearray, name: str, offset: int, value: bytes) -> None:
    """Change a field of a file's directory entry."""
    entry = content.rindex(name.encode()) - NAME
    assert content[entry : entry + 4] == DIRECTORY_ENTRY
    content[entry + offset : entry + offset + len(value)] = value

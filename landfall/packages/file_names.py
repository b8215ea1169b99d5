"""Names of files in a package: F&O unpacks it into a folder of Windows (fno-behaviour 3.14)."""

import re
from pathlib import PurePosixPath

MANIFEST = "Manifest.xml"
HEADER = "PackageHeader.xml"
RESOURCES = "Resources/"
"""The only folder of a package: style sheets for entities that F&O transforms."""
LITTER = re.compile(r"__MACOSX/.*|(?:.*/)?(?:\.DS_Store|\._[^/]*|~\$[^/]*|Thumbs\.db|desktop\.ini)", re.IGNORECASE)
"""What macOS, Windows and Office leave in folders, and so in archives. F&O ignores it too."""
LONGEST = 160
"""The most characters of a name: with the path of F&O's folder (fno-behaviour 2.5), Windows allows 260."""
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_DEVICE = re.compile(r"(?:con|prn|aux|nul|(?:com|lpt)[0-9¹²³])(?= *(?:\.|$))", re.IGNORECASE)
_OWN = {MANIFEST.lower(), HEADER.lower()}


def same_name(name: str) -> str:
    """What two names have in common that Windows takes for one."""
    return name.lower()


def data_file_name(name: str) -> str:
    """The name itself if a data file can have it, else the nearest that it can have."""
    stem, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix
    if not _FORBIDDEN.search(name) and len(name) <= LONGEST and name.rstrip(". ") == name and not _is_taken(name):
        return name
    suffix = _FORBIDDEN.sub("-", suffix)[: LONGEST // 2].rstrip(". ")
    stem = _FORBIDDEN.sub("-", stem)[: LONGEST - len(suffix) - 1].rstrip(". ") or "data"
    nearest = f"{stem}{suffix}"
    first, dot, rest = nearest.partition(".")  # a device's name ends at the first dot
    return f"{first}_{dot}{rest}" if _is_taken(nearest) else nearest


def _is_taken(name: str) -> bool:
    return same_name(name) in _OWN or _DEVICE.match(name) is not None

"""The labels under which a run's row names its files (`Run.files`). Receipts and the HTTP API show them."""

from enum import StrEnum


class FileLabel(StrEnum):
    """A file that a run has once. The functions below label those that it may have several of."""

    ARCHIVE = "archive"
    """The landed file in the archive."""
    WRAPPED = "wrapped"
    """The package that was made of a raw file, or of parts."""
    RECEIPT = "receipt"
    ERRORS = "errors"
    """errors.csv: every rejected row with its message."""
    REPAIR = "repair"
    """repair.zip: the rejected rows as a package."""
    MESSAGES = "messages"
    """F&O's messages about the execution, as F&O wrote them."""
    PACKAGE = "package"
    """The delivered package of an export."""


DATA_FILE = "data: "


def archived_part(name: str) -> str:
    """The label of a part in the archive, by its name in landing."""
    return f"{FileLabel.ARCHIVE}: {name.rpartition('/')[2]}"


def is_archived(label: str) -> bool:
    """Whether the file is in the archive: the landed file, or a part that `archived_part` labels."""
    return label == FileLabel.ARCHIVE or label.startswith(f"{FileLabel.ARCHIVE}: ")


def data_file(name: str) -> str:
    """The label of a data file that was delivered beside its package, or instead of it."""
    return f"{DATA_FILE}{name}"


def is_data_file(label: str) -> bool:
    """Whether `data_file` made the label."""
    return label.startswith(DATA_FILE)


def fno_error_file(kind: str, entity: str) -> str:
    """The label of F&O's own error file about an entity; `kind` is STAGING or KEYS of landfall.fno.error_files."""
    return f"{kind}: {entity}"


def is_one_of_many(label: str) -> bool:
    """Whether the file is one of those of which each entity has its own."""
    return label not in {*FileLabel} and not is_archived(label)

"""The emulator's switches: what nobody has published about F&O, and what depends on the environment.

Each default is the likelier reading (fno-behaviour 9). `/_emulator/settings` reads and changes them while it runs.
"""

from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass
class Settings:
    """All switches; plain values, so that they travel as JSON."""

    execution_seconds: float = 1.0
    """How long an execution takes at least, from Executing to its final status."""
    durations: dict[str, Any] = field(default_factory=dict)
    """By project, instead of `execution_seconds`: seconds, `[least, most]` seconds, or `{"looks": n}`: final at the
    nth GetExecutionSummaryStatus."""
    queue_seconds: float = 0.3
    """How long an execution stays NotRun before the batch picks it up."""
    registration_seconds: float = 0.0
    """How long a returned execution id is answered with "details were not found" (fno-behaviour 2.4)."""
    package_url_empty_asks: int = 1
    """How often GetExportedPackageUrl answers "" although the package exists (fno-behaviour 6.4)."""
    error_keys_empty_asks: int = 1
    """How often GetImportTargetErrorKeysFileUrl answers "" before the file is there (fno-behaviour 4.5)."""
    enhanced_parallel_import: bool = False
    """Framework parameter: concurrent ImportFromPackage calls of one project are taken (fno-behaviour 5.9)."""
    one_import_call_per_environment: bool = True
    """A second ImportFromPackage call fails while any other is in flight, whatever its project (fno-behaviour 9.6)."""
    busy_project: str = "queue"
    """An execution of a project whose last one is not over: `queue` behind it, or `refuse` the call (fno-behaviour 9.10)."""
    header_only_spoils_queued: bool = True
    """A file without rows destroys the mapping of the project's queued executions (fno-behaviour 2.17)."""
    one_excel_at_a_time: bool = False
    """An import of a workbook fails while an earlier execution with one is executing (fno-behaviour 2.18)."""
    zero_records_export: str = "header_only"
    """An export without rows: `header_only` file, `no_file` in the zip, or `empty_url` (fno-behaviour 9.3)."""
    broken_error_json: bool = False
    """GetExecutionErrors leaves line breaks and quotes unescaped inside the string (fno-behaviour 4.1)."""
    file_errors_listed: bool = True
    """GetExecutionErrors tells of files that could not be read as a whole, not of rows only (fno-behaviour 4.1)."""
    nested_values: bool = False
    """Actions answer `{"value":{"value":...}}`, as old documentation has it (fno-behaviour 1.2)."""
    page_size: int = 10_000
    """Rows per page of an entity set (fno-behaviour 1.7)."""
    csv_encoding: str = "utf-8-sig"
    """Code page of the data source CSV; an environment may have `cp1252` (fno-behaviour 3.7)."""
    token_seconds: int = 3599
    """Life of an access token."""
    write_url_seconds: int = 1800
    """Life of a write URL (fno-behaviour 7.1)."""
    read_url_seconds: int = 3600
    """Life of a download URL (fno-behaviour 7.2)."""

    def update(self, changes: dict[str, Any]) -> None:
        """Change switches by name.

        Raises:
            ValueError: a switch of that name does not exist, or its value is of another type.
        """
        known = {one.name for one in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"no switch is called {name!r}; there are: {', '.join(sorted(known))}")
            wanted = type(getattr(self, name))
            if wanted is float and isinstance(value, int) and not isinstance(value, bool):
                value = float(value)  # noqa: PLW2901 - JSON writes 2 for 2.0
            if type(value) is not wanted:
                raise ValueError(f"switch {name} takes a {wanted.__name__}, not {value!r}")
            setattr(self, name, value)

    def as_dict(self) -> dict[str, Any]:
        """Every switch by name."""
        return asdict(self)

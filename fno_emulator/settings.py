"""The emulator's switches: what nobody has published about F&O, and what depends on the environment.

Each default is the likelier reading (fno-behaviour 9). `/_emulator/settings` reads and changes them while it runs.
"""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args, get_type_hints


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
    queued_status: Literal["NotRun", "Unknown"] = "NotRun"
    """What GetExecutionSummaryStatus calls an execution that waits for the batch (fno-behaviour 5.8)."""
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
    used_execution_id: Literal["refuse", "another_run"] = "refuse"
    """A used execution id: the call is refused, or starts another run under the same id (fno-behaviour 9.2)."""
    re_execute: Literal["another_run", "no_effect"] = "another_run"
    """An export with reExecute and a used id of the project: another run under it, or as without (fno-behaviour 9.11)."""
    unknown_export_project: Literal["error", "zero_guid"] = "error"
    """An export of a project that does not exist: 400, or an execution id of zeros (fno-behaviour 6.6)."""
    export_ids: Literal["unique", "by_second"] = "unique"
    """An export without an execution id gets one of its own, or one by the second, which two can share (fno-behaviour 6.8)."""
    manifest_order: Literal["alphabetical", "any"] = "alphabetical"
    """What stands in a manifest behind its place in the alphabet is dropped, or read all the same (fno-behaviour 3.2)."""
    input_files_checked: bool = True
    """A package whose manifest names a file that is not there is refused; else the entity fails later (fno-behaviour 2.5)."""
    busy_project: Literal["queue", "refuse"] = "queue"
    """An execution of a project whose last one is not over: `queue` behind it, or `refuse` the call (fno-behaviour 9.10)."""
    header_only_spoils_queued: bool = True
    """A file without rows destroys the mapping of the project's queued executions (fno-behaviour 2.17)."""
    one_excel_at_a_time: bool = False
    """An import of a workbook fails while an earlier execution with one is executing (fno-behaviour 2.18)."""
    zero_records_export: Literal["header_only", "no_file", "empty_url"] = "header_only"
    """An export without rows: `header_only` file, `no_file` in the zip, or `empty_url` (fno-behaviour 9.3)."""
    zero_records_composite: Literal["empty_elements", "empty_document"] = "empty_elements"
    """The file of a composite without records: its elements once, empty, or nothing in the document (fno-behaviour 3.10)."""
    zero_records_message: Literal["none", "without_file", "with_file"] = "none"
    """What a recurring export without records queues (fno-behaviour 6.5)."""
    download_location: Literal["url", "http_80", "https"] = "url"
    """A dequeued message's DownloadLocation: at the F&O URL, or as behind a load balancer (fno-behaviour 6.7)."""
    composite_errors: Literal["null_reference", "empty"] = "null_reference"
    """GetExecutionErrors of a composite's execution (fno-behaviour 2.15)."""
    broken_error_json: bool = False
    """GetExecutionErrors leaves line breaks and quotes unescaped inside the string (fno-behaviour 4.1)."""
    file_errors_listed: bool = True
    """GetExecutionErrors tells of files that could not be read as a whole, not of rows only (fno-behaviour 4.1)."""
    nested_values: bool = False
    """Actions answer `{"value":{"value":...}}`, as old documentation has it (fno-behaviour 1.2)."""
    media_type_checked: bool = True
    """An action whose body is not called application/json is 415; else it is read all the same (fno-behaviour 9.12)."""
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
    newest_storage_version: str = ""
    """The blob endpoint refuses an `x-ms-version` after this date; "" takes any (fno-behaviour 7.6)."""

    def update(self, changes: dict[str, Any]) -> None:
        """Change switches by name.

        Raises:
            ValueError: a switch of that name does not exist, or its value is of another type.
        """
        known = get_type_hints(type(self))
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"no switch is called {name!r}; there are: {', '.join(sorted(known))}")
            wanted = type(getattr(self, name))
            choices = get_args(known[name]) if wanted is str else ()
            if choices and value not in choices:
                raise ValueError(f"switch {name} takes one of {', '.join(choices)}, not {value!r}")
            if wanted is float and isinstance(value, int) and not isinstance(value, bool):
                value = float(value)  # noqa: PLW2901 - JSON writes 2 for 2.0
            if type(value) is not wanted:
                raise ValueError(f"switch {name} takes a {wanted.__name__}, not {value!r}")
            setattr(self, name, value)

    def as_dict(self) -> dict[str, Any]:
        """Every switch by name."""
        return asdict(self)

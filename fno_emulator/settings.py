"""The emulator's switches, for behaviour that is not published or that depends on the environment.

Each default is the more likely behaviour (fno-behaviour 9). `/_emulator/settings` shows and changes the switches.
"""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args, get_type_hints


@dataclass
class Settings:
    """All switches. Their values are plain, so that JSON can represent them."""

    execution_seconds: float = 1.0
    """The least time that an execution takes from Executing to its final status."""
    durations: dict[str, Any] = field(default_factory=dict)
    """Replaces `execution_seconds` for projects. Values are seconds, `[least, most]` seconds, or `{"looks": n}`, which
    ends an execution at the nth GetExecutionSummaryStatus call."""
    queue_seconds: float = 0.3
    """How long an execution is NotRun before the batch starts it."""
    queued_status: Literal["NotRun", "Unknown"] = "NotRun"
    """The status of an execution that waits for the batch (fno-behaviour 5.8)."""
    unpack_seconds: float = 0.0
    """How long F&O unpacks a package. ImportFromPackage answers after it, ImportFromPackageAsync before (fno-behaviour
    2.7)."""
    interactive_seconds: float = 300.0
    """How long an action may keep its caller waiting before F&O ends its work and refuses it (fno-behaviour 2.19)."""
    registration_seconds: float = 0.0
    """How long a new execution id is unknown: "details were not found" (fno-behaviour 2.4)."""
    package_url_empty_asks: int = 1
    """How many times GetExportedPackageUrl returns "" although the package exists (fno-behaviour 6.4)."""
    error_keys_empty_asks: int = 1
    """How many times GetImportTargetErrorKeysFileUrl returns "" before it returns a URL (fno-behaviour 4.5)."""
    enhanced_parallel_import: bool = False
    """Framework parameter: whether F&O accepts concurrent ImportFromPackage calls for a project (fno-behaviour 5.9)."""
    one_import_call_per_environment: bool = True
    """Whether an ImportFromPackage call fails while a call for another project is in flight (fno-behaviour 9.6)."""
    used_execution_id: Literal["refuse", "another_run"] = "refuse"
    """Whether a call with a used execution id fails or starts another run under that id (fno-behaviour 9.2)."""
    re_execute: Literal["another_run", "no_effect"] = "another_run"
    """Whether an export with reExecute and a used id of its project starts another run (fno-behaviour 9.11)."""
    unknown_export_project: Literal["error", "zero_guid"] = "error"
    """Whether the export of an unknown project fails with 400 or returns an id of zeros (fno-behaviour 6.6)."""
    export_ids: Literal["unique", "by_second"] = "unique"
    """Whether F&O makes unique ids for exports, or ids by the second, which can collide (fno-behaviour 6.8)."""
    manifest_order: Literal["alphabetical", "any"] = "alphabetical"
    """Whether F&O ignores elements of a manifest that are out of alphabetical order (fno-behaviour 3.2)."""
    input_files_checked: bool = True
    """Whether F&O refuses a package that lacks a data file; otherwise its entity fails later (fno-behaviour 2.5)."""
    busy_project: Literal["queue", "refuse"] = "queue"
    """Whether an execution of a busy project waits in the queue, or its call fails (fno-behaviour 9.10)."""
    header_only_spoils_queued: bool = True
    """Whether a file without rows destroys the mapping of the project's queued executions (fno-behaviour 2.17)."""
    one_excel_at_a_time: bool = False
    """Whether the import of a workbook fails while another execution with a workbook runs (fno-behaviour 2.18)."""
    zero_records_export: Literal["header_only", "no_file", "empty_url"] = "header_only"
    """An export without rows has a file with only a header, no file in its package, or URL "" (fno-behaviour 9.3)."""
    zero_records_composite: Literal["empty_elements", "empty_document"] = "empty_elements"
    """A composite without records has a file with each element once, empty, or with none (fno-behaviour 3.10)."""
    zero_records_message: Literal["none", "without_file", "with_file"] = "none"
    """The message that a recurring export without records puts into the queue (fno-behaviour 6.5)."""
    download_location: Literal["url", "http_80", "https"] = "url"
    """A message's DownloadLocation starts with the F&O URL, or a load balancer's form of it (fno-behaviour 6.7)."""
    composite_errors: Literal["null_reference", "empty"] = "null_reference"
    """Whether GetExecutionErrors fails for a composite or returns an empty list (fno-behaviour 2.15)."""
    broken_error_json: bool = False
    """Whether GetExecutionErrors leaves line breaks and quotes unescaped (fno-behaviour 4.1)."""
    file_errors_listed: bool = True
    """Whether GetExecutionErrors lists files that could not be read, and not only rows (fno-behaviour 4.1)."""
    nested_values: bool = False
    """Whether actions return `{"value":{"value":...}}`, as in old documentation (fno-behaviour 1.2)."""
    media_type_checked: bool = True
    """Whether an action returns 415 if its body is not application/json (fno-behaviour 9.12)."""
    page_size: int = 10_000
    """Rows per page of an entity set (fno-behaviour 1.7)."""
    csv_encoding: str = "utf-8-sig"
    """The code page of the source data format CSV; an environment may have `cp1252` (fno-behaviour 3.7)."""
    csv_delimiter: str = ","
    """The column delimiter of the source data format CSV (fno-behaviour 3.7)."""
    csv_qualifier: str = '"'
    """The text qualifier of the source data format CSV (fno-behaviour 3.7)."""
    token_seconds: int = 3599
    """How long an access token is valid."""
    signature: Literal["user_delegation", "service"] = "user_delegation"
    """Whether URLs are signed with an identity's key or with the storage account's (fno-behaviour 7.1)."""
    write_url_seconds: int = 1800
    """How long a write URL is valid (fno-behaviour 7.1)."""
    read_url_seconds: int = 3600
    """How long a download URL is valid (fno-behaviour 7.2)."""
    kept_days: float = 7.0
    """How long files and details of executions are kept (fno-behaviour 7.3)."""
    newest_storage_version: str = ""
    """The latest `x-ms-version` that the blob endpoint accepts; "" accepts all (fno-behaviour 7.6)."""

    @property
    def csv(self) -> dict[str, str]:
        """The settings of the source data format CSV, as `Source` has them."""
        return {"encoding": self.csv_encoding, "delimiter": self.csv_delimiter, "qualifier": self.csv_qualifier}

    def update(self, changes: dict[str, Any]) -> None:
        """Change switches by name.

        Raises:
            ValueError: a switch does not exist, or its value is invalid.
        """
        types = get_type_hints(type(self))
        for name, value in changes.items():
            if name not in types:
                raise ValueError(f"There is no switch {name!r}. Use one of {', '.join(sorted(types))}.")
            wanted = type(getattr(self, name))
            choices = get_args(types[name]) if wanted is str else ()
            if choices and value not in choices:
                raise ValueError(f"The switch {name} cannot be {value!r}. Set it to one of {', '.join(choices)}.")
            if wanted is float and isinstance(value, int) and not isinstance(value, bool):
                value = float(value)  # noqa: PLW2901 - JSON writes 2 for 2.0
            if type(value) is not wanted:
                raise ValueError(f"The switch {name} cannot be {value!r}. Set it to a {wanted.__name__}.")
            setattr(self, name, value)

    def as_dict(self) -> dict[str, Any]:
        """All switches by name."""
        return asdict(self)

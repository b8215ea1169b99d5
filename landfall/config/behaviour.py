"""How Landfall works: the settings of landfall.yaml that are about no single route, export or environment."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from landfall.config.app_settings import AppSetting, value_of
from landfall.config.exports import Schedule
from landfall.config.types import CopyMode, Frozen
from landfall.fno.auth import UNRESOLVED
from landfall.fno.errors import UNKNOWN_AFTER_LOST_CALL
from landfall.polling import Pace


class Transfer(Frozen):
    """How packages get to F&O's storage."""

    copy_mode: CopyMode = "auto"
    """`server`: F&O's storage copies from Landfall's; `stream`: Landfall sends the bytes; `auto`: `server`, and
    `stream` where that fails."""
    hosts: tuple[str, ...] = ()
    """Hosts that F&O's file URLs may name beside those of Azure Blob Storage, such as the file host of an F&O on
    premises."""


class Polling(Frozen):
    """How often Landfall asks F&O for the status of an execution."""

    floor_seconds: float = Field(default=5, ge=2)
    """The shortest wait between two status calls; Azure cuts waits to whole seconds."""
    cap_seconds: float = Field(default=60, gt=0)
    """The longest wait between two status calls."""
    growth: float = Field(default=1.15, gt=1)
    """How fast waits grow: with 1.15, Landfall notices the end of an execution at most 15 % of its duration late."""

    @property
    def pace(self) -> Pace:
        """These settings as the record that orchestrations carry."""
        return Pace(self.floor_seconds, self.cap_seconds, self.growth)


class Submission(Frozen):
    """How Landfall starts executions, and what it does when F&O's answer is lost."""

    grace_seconds: float = Field(default=UNKNOWN_AFTER_LOST_CALL, ge=0)
    """After a lost answer, how long F&O may not know the execution before Landfall submits it again or gives up."""
    answer_seconds: float = Field(default=3600, gt=0)
    """How long ImportFromPackage may take to answer; F&O answers once it has unpacked the package."""
    action: Literal["plain", "auto"] = "plain"
    """`plain`: ImportFromPackage and ExportToPackage; `auto`: their asynchronous variants, where F&O has them with
    parameters that Landfall knows."""


class Gate(Frozen):
    """How many runs may call F&O at the same time. Executions of one data project never overlap."""

    calls: int = Field(default=1, ge=1)
    """How many ImportFromPackage calls may overlap; raise it only where F&O's enhanced parallel package import is on
    (fno-behaviour 5.9)."""


class Sweeper(Frozen):
    """The timer that picks up lost events and runs whose host died."""

    schedule: Schedule = "0 */5 * * * *"
    """When to sweep: NCRONTAB with six fields, seconds first, or %NAME% of the app setting that holds it."""
    patience_seconds: float = Field(default=120, gt=0)
    """How long a file may lie unclaimed, or a run without a live orchestration, before the sweeper acts."""


SHORTEST_KEY = 16


class Hints(Frozen):
    """Hints from outside that an execution may have ended."""

    key: AppSetting | None = None
    """The app setting, as %NAME%, with the key that senders of `POST /api/hints` must know; without it, no hint is
    taken."""

    def key_in(self, environment: Mapping[str, str]) -> str | None:
        """The key; None where none is named.

        Raises LookupError for an app setting that is not set, ValueError for one that holds no key.
        """
        key = value_of(self.key, environment) if self.key else None
        if key is not None and (len(key) < SHORTEST_KEY or key.startswith(UNRESOLVED)):
            name = str(self.key).strip("%")
            raise ValueError(
                f"the app setting {name} holds no key of {SHORTEST_KEY} characters or more: set a long random text"
            )
        return key


class Access(Frozen):
    """Who may use the HTTP API and the dashboard."""

    sign_in: bool = False
    """Whether App Service authentication (Entra) guards the app: the roles Runs.Read and Runs.Operate then replace the
    function key. While that authentication is off, every request is answered with 503."""

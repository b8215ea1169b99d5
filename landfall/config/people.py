"""People who are told: `notices.people` of landfall.yaml, a rule for each Teams channel and each list of mailboxes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from landfall.config.app_settings import LOOPBACK, AppSetting, address_of
from landfall.config.schedules import TimeZone
from landfall.config.types import ConflictError, Environment, Frozen, Name

Mailbox = Annotated[str, StringConstraints(pattern=r"^[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\"]+$", max_length=254)]
MAIL_HOSTS = ".communication.azure.com"
"""How the hosts of mail endpoints end: the token for mail goes nowhere else."""
PARTIAL = re.compile(r"partial(?: above (\d+(?:\.\d+)?) ?%)?")
MAX_MAILBOXES = 50
"""Azure Communication Services takes no more recipients in a mail (learn.microsoft.com, Service limits)."""


def _when(text: str) -> str:
    if text not in {"failed", "needs_attention"} and not PARTIAL.fullmatch(text):
        raise ValueError(f"{text!r} is not known: write failed, needs_attention, partial, or like partial above 5 %")
    return text


class PeopleRule(Frozen):
    """Who is told what, in a Teams channel or by mail: one message with a group for each cause."""

    name: Name
    """The rule's name, in the log and for a test message."""
    teams: AppSetting | None = None
    """The URL (https, a secret) of a Teams workflow that posts what a webhook gets, as %NAME% of an app setting."""
    email: tuple[Mailbox, ...] = Field(default=(), max_length=MAX_MAILBOXES)
    """The mailboxes to send to, instead of `teams`."""
    sender: Mailbox | None = None
    """The sender's address, of a domain of the Communication Services resource; required with `email`."""
    endpoint: AppSetting | None = None
    """The endpoint (https) of the Communication Services resource, as %NAME% of an app setting; required with
    `email`."""
    routes: tuple[Name, ...] = ()
    """Only imports of these routes. Without `routes` and `exports`, all runs are told."""
    exports: tuple[Name, ...] = ()
    """Only runs of these exports."""
    environments: tuple[Environment, ...] = ()
    """Only what concerns these environments; by default all."""
    when: tuple[Annotated[str, AfterValidator(_when)], ...] = ("failed", "needs_attention", "partial")
    """Which ends of runs are told: `failed` (Rejected as well), `needs_attention`, `partial`, or like `partial above
    5 %` of the rows."""
    events: bool = True
    """Whether what is no run's end is told as well: an environment that cannot be used, a file that is missing."""
    digest: Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] | None = None
    """A time of day like "07:00", in quotes: ends of runs are then told once a day, in one message."""
    time_zone: TimeZone = "UTC"
    """The time zone of `digest`, such as Europe/Copenhagen; daylight saving time is taken into account."""

    @model_validator(mode="after")
    def _has_one_channel(self) -> Self:
        if bool(self.teams) == bool(self.email):
            raise ConflictError([((), "a rule has one channel: set either teams: %NAME% or email: [address]")])
        if self.email and not (self.sender and self.endpoint):
            raise ConflictError([(("email",), "say who sends and through which resource: sender and endpoint: %NAME%")])
        return self

    @property
    def daily(self) -> str | None:
        """The NCRONTAB schedule of the digest; None without one."""
        return f"0 {int(self.digest[3:])} {int(self.digest[:2])} * * *" if self.digest else None

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the digest."""
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True)
class Audience:
    """A rule, and the address at which its people are told: the workflow's URL, a secret, or the mail endpoint."""

    rule: PeopleRule
    url: str = field(repr=False)


def audience_of(rule: PeopleRule, environment: Mapping[str, str]) -> Audience:
    """The rule with its address; raises as `address_of` does, and ValueError for mail to another service."""
    setting = rule.teams or rule.endpoint or ""
    url = address_of(setting, environment)
    host = urlsplit(url).hostname or ""
    if rule.email and not host.endswith(MAIL_HOSTS) and host not in LOOPBACK:
        raise ValueError(
            f"the app setting {setting.strip('%')} does not hold the endpoint of a Communication Services resource: "
            "write it like https://contoso.europe.communication.azure.com"
        )
    return Audience(rule, url)

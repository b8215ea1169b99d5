"""Who gets a notice when a run ends: `notices` of landfall.yaml, and the app settings that it names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import StringConstraints, model_validator

from landfall.config.app_settings import LOOPBACK, AppSetting, address_of, value_of
from landfall.config.people import PeopleRule
from landfall.config.types import ConflictError, Frozen, YamlPath

Channel = Literal["webhook", "topic"]
CHANNELS: tuple[Channel, ...] = ("webhook", "topic")


@dataclass(frozen=True)
class Receiver:
    """A receiver of notices; URL and key are secrets."""

    channel: Channel
    url: str = field(repr=False)
    key: str = field(repr=False)


class Notices(Frozen):
    """Who gets a notice when a run ends; addresses and secrets are app settings, named as %NAME%."""

    webhook: AppSetting | None = None
    """The webhook's URL (https); Landfall posts a CloudEvent to it."""
    secret: AppSetting | None = None
    """The secret that signs webhook events; required with `webhook`."""
    topic: AppSetting | None = None
    """The endpoint (https) of an Event Grid custom topic with the CloudEvents schema."""
    topic_key: AppSetting | None = None
    """An access key of the topic; required with `topic`."""
    app_url: Annotated[str, StringConstraints(pattern=r"^https?://[^/\s?#@]+$")] | None = None
    """The app's public address, for links in messages to people; by default the one that Azure gives the app."""
    people: tuple[PeopleRule, ...] = ()
    """Who is told in Teams or by mail, in words and with links."""

    @model_validator(mode="after")
    def _keys_are_set(self) -> Self:
        found: list[tuple[YamlPath, str]] = []
        if self.webhook and not self.secret:
            found.append((("webhook",), "say which app setting holds the webhook's secret: secret: %NAME%"))
        if self.topic and not self.topic_key:
            found.append((("topic",), "say which app setting holds the topic's access key: topic_key: %NAME%"))
        names = [each.name for each in self.people]
        found += [
            (("people", index, "name"), f"people has two rules named {name}: give each its own name")
            for index, name in enumerate(names)
            if name in names[:index]
        ]
        if found:
            raise ConflictError(found)
        return self

    def receiver(self, channel: Channel, environment: Mapping[str, str]) -> Receiver | None:
        """The receiver on this channel; None when none is configured.

        Raises LookupError for an app setting that is not set, ValueError for a URL that is not https.
        """
        url, key = (self.webhook, self.secret) if channel == "webhook" else (self.topic, self.topic_key)
        return Receiver(channel, address_of(url, environment), value_of(key, environment)) if url and key else None

    def address_of_app(self, environment: Mapping[str, str]) -> str:
        """The app's public address, which Azure names in WEBSITE_HOSTNAME; empty when nobody knows it."""
        host = environment.get("WEBSITE_HOSTNAME", "")
        scheme = "http" if urlsplit(f"//{host}").hostname in LOOPBACK else "https"
        return self.app_url or (f"{scheme}://{host}" if host else "")

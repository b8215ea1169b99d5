"""Who gets a notice when a run ends: `notices` of landfall.yaml, and the app settings that it names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import StringConstraints, model_validator

from landfall.config.types import ConflictError, Frozen, YamlPath

AppSetting = Annotated[str, StringConstraints(pattern=r"^%\w+%$")]
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
Channel = Literal["webhook", "topic"]
CHANNELS: tuple[Channel, ...] = ("webhook", "topic")


@dataclass(frozen=True)
class Receiver:
    """A receiver of notices; URL and key are secrets."""

    channel: Channel
    url: str = field(repr=False)
    key: str = field(repr=False)


class Notices(Frozen):
    """Who gets a notice when a run ends; each value names an app setting, as %NAME%."""

    webhook: AppSetting | None = None
    """The webhook's URL (https); Landfall posts a CloudEvent to it."""
    secret: AppSetting | None = None
    """The secret that signs webhook events; required with `webhook`."""
    topic: AppSetting | None = None
    """The endpoint (https) of an Event Grid custom topic with the CloudEvents schema."""
    topic_key: AppSetting | None = None
    """An access key of the topic; required with `topic`."""

    @model_validator(mode="after")
    def _keys_are_set(self) -> Self:
        found: list[tuple[YamlPath, str]] = []
        if self.webhook and not self.secret:
            found.append((("webhook",), "say which app setting holds the webhook's secret: secret: %NAME%"))
        if self.topic and not self.topic_key:
            found.append((("topic",), "say which app setting holds the topic's access key: topic_key: %NAME%"))
        if found:
            raise ConflictError(found)
        return self

    def receiver(self, channel: Channel, environment: Mapping[str, str]) -> Receiver | None:
        """The receiver on this channel; None when none is configured.

        Raises LookupError for an app setting that is not set, ValueError for a URL that is not https.
        """
        url, key = (self.webhook, self.secret) if channel == "webhook" else (self.topic, self.topic_key)
        return Receiver(channel, _address(url, environment), _value(key, environment)) if url and key else None


def _value(setting: str, environment: Mapping[str, str]) -> str:
    name = setting.strip("%")
    if not (value := environment.get(name)):
        raise LookupError(f"the app setting {name}, which landfall.yaml names under notices, is not set")
    return value


def _address(setting: str, environment: Mapping[str, str]) -> str:
    url = _value(setting, environment)
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise ValueError(
            f"the app setting {setting.strip('%')} does not hold an https URL: notices are sent to https URLs only"
        )
    return url

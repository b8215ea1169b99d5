"""Who gets a notice when a run ends: `notices` of landfall.yaml, and the app settings that it names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import StringConstraints, model_validator

from landfall.config.types import Frozen

AppSetting = Annotated[str, StringConstraints(pattern=r"^%\w+%$")]
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
Channel = Literal["webhook", "topic"]


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
        if self.webhook and not self.secret:
            raise ValueError("say which app setting holds the webhook's secret: secret: %NAME%")
        if self.topic and not self.topic_key:
            raise ValueError("say which app setting holds the topic's access key: topic_key: %NAME%")
        return self


@dataclass(frozen=True)
class Receiver:
    """A receiver of notices; URL and key are secrets."""

    channel: Channel
    url: str = field(repr=False)
    key: str = field(repr=False)


def receivers(notices: Notices, environment: Mapping[str, str]) -> tuple[Receiver, ...]:
    """The configured receivers.

    Raises LookupError for an app setting that is not set, ValueError for a URL that is not https.
    """
    found = []
    if notices.webhook and notices.secret:
        found.append(Receiver("webhook", _address(notices.webhook, environment), _value(notices.secret, environment)))
    if notices.topic and notices.topic_key:
        found.append(Receiver("topic", _address(notices.topic, environment), _value(notices.topic_key, environment)))
    return tuple(found)


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

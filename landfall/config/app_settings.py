"""App settings that landfall.yaml names as %NAME%, so that the file itself holds no address and no secret."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import StringConstraints

AppSetting = Annotated[str, StringConstraints(pattern=r"^%\w+%$")]
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def value_of(setting: str, environment: Mapping[str, str]) -> str:
    """The value of an app setting; raises LookupError when it is not set."""
    name = setting.strip("%")
    if not (value := environment.get(name)):
        raise LookupError(f"the app setting {name}, which landfall.yaml names, is not set")
    return value


def address_of(setting: str, environment: Mapping[str, str]) -> str:
    """The URL that an app setting holds; raises LookupError when it is not set, ValueError when it is not https."""
    url = value_of(setting, environment)
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise ValueError(
            f"the app setting {setting.strip('%')} does not hold an https URL: notices are sent to https URLs only"
        )
    return url

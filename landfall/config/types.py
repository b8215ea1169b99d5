"""Types that several parts of landfall.yaml share."""

import codecs
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,62}$")]
Environment = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9]{0,31}$")]
"""An environment's name, which is part of the names of its app settings too."""
Company = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{1,4}$", to_upper=True)]
CopyMode = Literal["auto", "server", "stream"]
"""The target's service copies the bytes (`server`), Landfall sends them (`stream`), or whichever works (`auto`)."""


def _encoding(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise ValueError(f"{name!r} is not a known encoding: use a name like utf-8 or windows-1252") from None


Encoding = Annotated[str, AfterValidator(_encoding)]
"""Python's name of an encoding that has any of its names."""
YamlPath = tuple[int | str, ...]
"""The path of a value in landfall.yaml: names of settings, and indices in lists."""


class ConflictError(ValueError):
    """Settings that are valid one by one and conflict with each other; `found` says where and why.

    The paths begin at the model that raises it.
    """

    def __init__(self, found: list[tuple[YamlPath, str]]) -> None:
        super().__init__("; ".join(reason for _, reason in found))
        self.found = found


def _join_lines(schema: dict[str, Any]) -> None:
    """Put each description in the JSON schema on one line, because editors keep line breaks."""
    for about in schema.get("properties", {}).values():
        if "description" in about:
            about["description"] = " ".join(about["description"].split())


class Frozen(BaseModel):
    """Base of all settings. Unknown fields are rejected, so a typo is an error instead of being ignored."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        json_schema_extra=_join_lines,
    )

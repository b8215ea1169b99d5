"""What the parts of landfall.yaml have in common."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,62}$")]
Environment = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9]{0,31}$")]
"""An environment's name, as it stands in names of app settings too."""
Company = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{1,4}$", to_upper=True)]
CopyMode = Literal["auto", "server", "stream"]
"""Whether the target's service fetches the bytes (`server`), we carry them (`stream`), or the first that works."""


class Frozen(BaseModel):
    """Settings do not change, and hold nothing that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

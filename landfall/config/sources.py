"""Source data formats of F&O that are set up otherwise than F&O sets them up itself."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Self

from pydantic import Field, model_validator

from landfall.config.types import Encoding, Environment, Frozen, YamlPath
from landfall.packages.formats import format_of
from landfall.packages.formats.delimited import Delimited
from landfall.packages.manifest import Dialect

Character = Annotated[str, Field(min_length=1, max_length=1)]


class DataSource(Frozen):
    """A source data format of delimited text, as *Configure data sources* in F&O shows it.

    What is left out is as F&O sets it up: CSV has commas, `"` and UTF-8.
    """

    format: str = Field(min_length=1)
    """The format's name in F&O, as manifests have it: CSV, or one that was added."""
    environment: Environment | None = None
    """One of `environments`. By default, the one that the FNO_* app settings describe."""
    delimiter: Character | None = None
    """The column delimiter."""
    text_qualifier: Character | None = None
    """The text qualifier."""
    encoding: Encoding | None = None
    """The code page."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (known := format_of(self.format)) and not isinstance(known, Delimited):
            raise ValueError(f"{self.format} is no delimited text, so there is nothing to set: remove the entry")
        if self.dialect.delimiter == self.dialect.qualifier:
            raise ValueError("delimiter and text_qualifier are the same character: change one of them")
        return self

    @property
    def dialect(self) -> Dialect:
        """How F&O reads files of this format."""
        known = format_of(self.format)
        usual = known.dialect if isinstance(known, Delimited) else Dialect()
        return Dialect(
            self.delimiter or usual.delimiter,
            self.encoding or usual.encoding,
            self.text_qualifier or usual.qualifier,
        )


def twofold(sources: Iterable[DataSource]) -> Iterator[tuple[YamlPath, str]]:
    """The formats that are set up a second time for one environment: the path below `sources`, and the reason."""
    seen = set()
    for index, each in enumerate(sources):
        key = (each.environment, each.format.upper())
        if key in seen:
            yield (index, "format"), f"{each.format} is set up twice for one environment: keep one of them"
        seen.add(key)

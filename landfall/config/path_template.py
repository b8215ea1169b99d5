"""Path templates: `packages/{company}/{name}.zip` takes a landing path and captures its parts."""

import re
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

CAPTURE = re.compile(r"\{([A-Za-z_]\w*)\}")
SEGMENT, TOKEN = "[^/]+", "[^/_. -]+"
COMPANY = "company"


class Route:
    """A path template. A capture takes one path segment or part of one, never a slash.

    {company} beside other captures in a segment is a token of the file's name: it holds no `_`, `-`, `.` or space, so
    that `{company}_{rest}.csv` and `{rest}_{company}.csv` both mean one thing, however many tokens the rest has.

    Raises ValueError for a template that has no text, an unclosed brace, captures that nothing divides, or a capture
    named twice.
    """

    def __init__(self, template: str) -> None:
        self.template = template
        parts = CAPTURE.split(template)
        literals, self.captures = parts[::2], tuple(parts[1::2])
        if not template or any("{" in text or "}" in text for text in literals):
            raise ValueError(
                f"{template!r} is no path template: write it like packages/{{company}}/{{name}}.zip"
            )
        if len(set(self.captures)) < len(self.captures):
            raise ValueError(f"{template!r} captures one name twice: each {{name}} may stand once")
        if any(not literal for literal in literals[1:-1]):
            raise ValueError(f"{template!r} has two captures side by side: nobody can say where one ends")
        alone = {
            name for each in template.split("/") if len(names := CAPTURE.findall(each)) == 1 for name in names
        }
        pattern = re.escape(literals[0])
        for name, literal in zip(self.captures, literals[1:], strict=True):
            kind = TOKEN if name == COMPANY and name not in alone else SEGMENT
            pattern += f"(?P<{name}>{kind}){re.escape(literal)}"
        self._pattern = re.compile(pattern)

    def match(self, path: str) -> dict[str, str] | None:
        """The captures of a path that this route takes, None for one that it does not."""
        found = self._pattern.fullmatch(path)
        return found.groupdict() if found else None

    def __repr__(self) -> str:
        """As it is made."""
        return f"Route({self.template!r})"

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Written as plain text in landfall.yaml."""
        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema())

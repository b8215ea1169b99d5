"""Path templates: `packages/{company}/{name}.zip` matches landing paths and captures their parts."""

import re
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

CAPTURE = re.compile(r"\{([A-Za-z_]\w*)\}")
EXTENSION = re.compile(r"\\\.[A-Za-z0-9]{1,5}$")
"""A file name's extension at the end of an escaped pattern."""
SEGMENT, TOKEN = "[^/]+", "[^/_. -]+"
COMPANY = "company"


class PathTemplate:
    """A template for landing paths. A capture matches one path segment or a part of it, never a slash.

    {company} beside other captures in a segment matches a single token, without `_`, `-`, `.` or space. So both
    `{company}_{rest}.csv` and `{rest}_{company}.csv` are unambiguous, however many tokens the rest has. The extension
    at the end matches in either case.

    Raises ValueError for a template that is empty, has an unclosed brace, captures without text between them, or a
    duplicate capture.
    """

    def __init__(self, template: str) -> None:
        self.template = template
        parts = CAPTURE.split(template)
        literals, self.captures = parts[::2], tuple(parts[1::2])
        if not template or any("{" in text or "}" in text for text in literals):
            raise ValueError(f"{template!r} is not a path template: write it like packages/{{company}}/{{name}}.zip")
        if len(set(self.captures)) < len(self.captures):
            raise ValueError(f"{template!r} captures a name twice: use each {{name}} once")
        if any(not literal for literal in literals[1:-1]):
            raise ValueError(f"{template!r} has two captures side by side: put text between them")
        alone = {name for each in template.split("/") if len(names := CAPTURE.findall(each)) == 1 for name in names}
        self.tokens = frozenset({COMPANY} - alone)
        pattern = re.escape(literals[0])
        for name, literal in zip(self.captures, literals[1:], strict=True):
            kind = TOKEN if name in self.tokens else SEGMENT
            pattern += f"(?P<{name}>{kind}){re.escape(literal)}"
        # Windows programs write extensions in either case, and mean the same.
        self._pattern = re.compile(EXTENSION.sub(r"(?i:\g<0>)", pattern))

    def match(self, path: str) -> dict[str, str] | None:
        """What a path captures; None when it does not match."""
        found = self._pattern.fullmatch(path)
        return found.groupdict() if found else None

    def __repr__(self) -> str:
        """The expression that makes it."""
        return f"PathTemplate({self.template!r})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """A plain string in landfall.yaml."""
        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema())

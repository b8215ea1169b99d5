"""What a look at a deployment found."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `todo` is what to do about it, and empty when it is right."""

    name: str
    detail: str
    todo: str = ""
    skipped: bool = False

    @property
    def ok(self) -> bool:
        """Whether it is right, or could not be looked at."""
        return self.skipped or not self.todo

    @property
    def word(self) -> str:
        """The result as one word."""
        return "skipped" if self.skipped else "ok" if self.ok else "FAILED"

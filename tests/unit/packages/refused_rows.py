"""Refused rows and what is found out about them, as tests of both need it."""

from collections.abc import Iterable, Sequence
from contextlib import closing

from landfall.fno.messages import Message
from landfall.packages.formats.rows import Row
from landfall.packages.rejections import Rejection, Rejections

Values = dict[str, str]
ROWS = [
    {"ID": "10", "NAME": "Wholesale", "TERMS": "N30"},
    {"ID": "20", "NAME": "", "TERMS": "N60"},
    {"ID": "30", "NAME": "Intern", "TERMS": "N99"},
]


def file_rows(rows: Sequence[Values]) -> list[Row]:
    """Rows of a file, from line 2."""
    return [Row(line, line, row, int(any(row.values()))) for line, row in enumerate(rows, 2)]


def lines(
    rows: Sequence[Values],
    messages: Iterable[Message],
    *,
    staging: Iterable[Values] = (),
    target: Iterable[Values] = (),
    refused: int = 0,
) -> list[Rejection]:
    """The lines of errors.csv for one entity, of which F&O refused so many rows."""
    with closing(Rejections()) as rejections:
        rejections.take_failed(0, "staging", staging)
        rejections.take_failed(0, "target", target)
        rejections.look_through(file_rows(rows), 0)
        rejections.settle(0)
        rejections.join(messages, refused)
        return list(rejections.lines())


def messages_of(failing: Sequence[int], messages: Iterable[Message]) -> list[tuple[int | None, str]]:
    """The line and message of each rejection, if these of ROWS were rejected."""
    failed = [{"ID": ROWS[number]["ID"]} for number in failing]
    return [(each.line, each.message) for each in lines(ROWS, messages, target=failed)]

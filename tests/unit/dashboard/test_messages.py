"""Rejected rows, grouped by message."""

from web.dashboard.messages import DIFFERENT, EXAMPLES, GROUPS, messages
from web.error_pages import ErrorPage, RejectedRow


def row(message: str, line: int = 2, entity: str = "Customers", stage: str = "target") -> RejectedRow:
    """A rejected row."""
    return RejectedRow(entity, line, f"C-{line}", "GROUP", message, stage)


def test_rows_with_one_message_are_one_group() -> None:
    """The most frequent message comes first, with its first rows and the count of all."""
    other = row("Bad, very bad", entity="Vendors", stage="staging")
    found = messages(ErrorPage((other, *(row("No such group", n) for n in range(9)))))

    assert [(each.entity, each.message, each.stage, each.rows) for each in found.groups] == [
        ("Customers", "No such group", "target", 9),
        ("Vendors", "Bad, very bad", "staging", 1),
    ]
    assert [each.line for each in found.groups[0].examples] == list(range(EXAMPLES))
    assert (found.rows, found.whole, found.groups[0].differs) == (10, True, False)


def test_messages_that_differ_in_what_they_quote_are_one_group() -> None:
    """Equal quotes stay, others become an ellipsis; each example keeps its own message."""
    rows = tuple(row(f"The value 'N{n}' in field 'Group' is not found") for n in range(3))

    [group] = messages(ErrorPage(rows)).groups

    assert group.message == f"The value {DIFFERENT} in field 'Group' is not found"
    assert group.differs
    assert group.examples[1].message == "The value 'N1' in field 'Group' is not found"


def test_a_part_is_not_whole() -> None:
    """The page does not show everything of a longer file, or of more messages than fit."""
    assert not messages(ErrorPage((row("m"),), next="100")).whole
    many = messages(ErrorPage(tuple(row(f"message {n}") for n in range(GROUPS + 1))))
    assert (len(many.groups), many.whole) == (GROUPS, False)

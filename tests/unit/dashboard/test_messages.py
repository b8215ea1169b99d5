"""Rejected rows, grouped by message."""

from web.dashboard.messages import DIFFERENT, EXAMPLES, GROUPS, messages

HEADER = "\ufeffentity,line,key,field,message,stage,ACCOUNT\r\n"


def errors_csv(*lines: str) -> bytes:
    """An errors.csv of these lines."""
    return (HEADER + "".join(f"{line}\r\n" for line in lines)).encode()


def test_rows_with_one_message_are_one_group() -> None:
    """The most frequent message comes first, with its first rows as examples and a count of all."""
    lines = [f"Customers,{n},C-{n},GROUP,No such group,target,C-{n}" for n in range(9)]

    found = messages(errors_csv('Vendors,2,V-1,,"Bad, ""very"" bad",staging,', *lines), whole=True)

    assert [(each.entity, each.message, each.stage, each.rows) for each in found.groups] == [
        ("Customers", "No such group", "target", 9),
        ("Vendors", 'Bad, "very" bad', "staging", 1),
    ]
    assert [row["line"] for row in found.groups[0].examples] == [str(n) for n in range(EXAMPLES)]
    assert (found.rows, found.whole) == (10, True)


def test_messages_that_differ_in_what_they_quote_are_one_group() -> None:
    """What they quote alike stays, the rest becomes dots; each example keeps its own."""
    lines = [f"Customers,{n},,,The value 'N{n}' in field 'Group' is not found,target," for n in range(3)]

    [group] = messages(errors_csv(*lines), whole=True).groups

    assert group.message == f"The value {DIFFERENT} in field 'Group' is not found"
    assert group.examples[1]["message"] == "The value 'N1' in field 'Group' is not found"


def test_a_beginning_is_read_as_far_as_it_is_whole() -> None:
    """Of a file that was cut within a row, or within a letter, the last row is left out, and that is said."""
    content = errors_csv("A,2,,,Größe,target,", "A,3,,,Größe,target,")

    found = messages(content[:-13], whole=False)

    assert [(each.message, each.rows) for each in found.groups] == [("Größe", 1)]
    assert (found.rows, found.whole) == (1, False)


def test_no_page_of_messages_without_end() -> None:
    """Where every row has a message of its own, only so many are shown, and that is said."""
    found = messages(errors_csv(*(f"A,2,,,message {n},target," for n in range(GROUPS + 1))), whole=True)

    assert (len(found.groups), found.whole) == (GROUPS, False)

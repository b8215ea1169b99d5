"""Messages stand at the row that they belong to, or at none if that would be a guess."""

from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landfall.fno.messages import Message
from landfall.packages.rejections import NO_MESSAGE, Left, Rejections
from tests.unit.packages.refused_rows import ROWS, Values, file_rows, lines, messages_of


def test_a_message_finds_the_row_whose_value_it_quotes() -> None:
    """A message belongs to the row whose value it quotes, even if the value contains an apostrophe."""
    messages = [
        Message("502", "TERMS", "The value 'N99' in field 'Terms of payment' is not found"),
        Message("501", "NAME", "Field 'NAME' must be filled in"),
    ]
    assert messages_of([1, 2], messages) == [
        (3, "Field 'NAME' must be filled in"),
        (4, "The value 'N99' in field 'Terms of payment' is not found"),
    ]
    rows = [{"NAME": "x"}, {"NAME": "O'Brien's"}]
    found = lines(rows, [Message("1", "", "The value 'O'Brien's' in field 'Name' is bad")], target=rows)
    assert [each.message for each in found] == [NO_MESSAGE, "The value 'O'Brien's' in field 'Name' is bad"]


def test_messages_of_one_record_stay_together() -> None:
    """A message that describes no row goes with the other messages of its record."""
    messages = [Message("7", "TERMS", "'N99' is not found"), Message("7", "", "Validations failed")]
    assert messages_of([0, 2], [*messages, Message("8", "TERMS", "'N30' is blocked")]) == [
        (2, "'N30' is blocked"),
        (4, "'N99' is not found"),
        (4, "Validations failed"),
    ]


def test_two_messages_may_be_about_one_row() -> None:
    """Staging errors have no record, so each goes to the only row that it describes, even if several do."""
    messages = [Message("0", "TERMS", "'N99' is too long"), Message("0", "NAME", "'Intern' is no name")]
    assert messages_of([0, 2], messages) == [
        (2, NO_MESSAGE),
        (4, "'N99' is too long"),
        (4, "'Intern' is no name"),
    ]


def test_rows_described_alike_have_what_is_said_of_all_of_them() -> None:
    """If as many messages quote a value as rows have it, each row has one, provided that they say the same."""
    rows = [{"ID": str(n), "TERMS": "N99" if n % 2 else ""} for n in range(6)]
    keys = [{"ID": row["ID"]} for row in rows]
    messages = [Message(str(n), "TERMS", "'N99' is not found") for n in (5, 3, 1)]
    found = lines(rows, messages, target=keys)
    assert [each.line for each in found if each.message != NO_MESSAGE] == [3, 5, 7]
    messages = [Message(str(n), "TERMS", f"'N99' is not found ({n})") for n in (5, 3, 1)]
    assert {each.message for each in lines(rows, messages, target=keys) if each.line} == {NO_MESSAGE}


def test_an_uncertain_message_has_no_row() -> None:
    """Order tells nothing: messages and rows between which nothing decides are listed apart."""
    messages = [Message("1", "", "first"), Message("2", "TERMS", "'N60' is wrong"), Message("3", "", "third")]
    assert messages_of([0, 1, 2], messages) == [
        (2, NO_MESSAGE),
        (3, "'N60' is wrong"),
        (4, NO_MESSAGE),
        (None, "first"),
        (None, "third"),
    ]
    assert messages_of([0], messages[::2]) == [(2, NO_MESSAGE), (None, "first"), (None, "third")]


def test_a_message_that_fits_two_rows_waits_for_the_certain_ones() -> None:
    """Once a row has its message, a message that fits two rows goes to the other one."""
    rows = [{"ID": key, "TERMS": "N99"} for key in ("a", "b")]
    messages = [Message("1", "TERMS", "'N99' is not found"), Message("2", "ID", "'a' is blocked")]
    found = lines(rows, messages, target=[{"ID": "a"}, {"ID": "b"}])
    assert [(each.line, each.message) for each in found] == [
        (2, "'a' is blocked"),
        (3, "'N99' is not found"),
    ]


def test_messages_without_a_record_stand_alone() -> None:
    """Messages with an empty or zero record ID do not belong together."""
    messages = [Message("0", "TERMS", "'N30' is wrong"), Message("", "TERMS", "'N60' too"), Message("0", "", "third")]
    assert messages_of([0, 1, 2], messages) == [(2, "'N30' is wrong"), (3, "'N60' too"), (4, "third")]


def test_messages_without_rows_are_all_there() -> None:
    """Messages are listed even if F&O listed no rows."""
    messages = [Message("1", "", "first"), Message("1", "", "again")]
    assert messages_of([], messages) == [(None, "first"), (None, "again")]


LONG, SAME = "x" * 101, "DMF1959: its key occurs more than once in the file."
TOO_LONG = "Data for field 'Name' is 101 characters long and would be truncated to 60."
TWO = [{"ID": "1", "NAME": "fifteen letters"}, {"ID": "2", "NAME": LONG}]


@pytest.mark.parametrize("field", ["NAME", "", "Other"])
def test_a_message_finds_the_row_whose_value_is_as_long(field: str) -> None:
    """The length in a message decides, in whatever order F&O lists messages, and whether it names the field or not."""
    messages = [Message("0", field, TOO_LONG), Message("0", "", SAME)]
    assert [(each.line, each.message) for each in lines(TWO, messages, staging=TWO)] == [(2, SAME), (3, TOO_LONG)]


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        (TOO_LONG, False),
        ("Field 'Name' must be filled in", False),
        ("The value 'N99' in field 'Name' is not found in the related table 'Names'", False),
        ("The value in field 'Name' is longer than 60 characters", False),
        ("The value in field 'Name' is longer than 10 characters", True),
        ("The value 'Fifteen letters' in field 'Name' is not valid", True),
        ("Validations failed", True),
    ],
)
def test_a_message_that_contradicts_a_row_is_not_its(text: str, joined: bool) -> None:  # noqa: FBT001  the case's value
    """Also the only message that is left does not belong to a row that it cannot be about."""
    found = lines(TWO[:1], [Message("0", "NAME", text)], staging=TWO[:1])
    assert [each.message for each in found] == ([text] if joined else [NO_MESSAGE, text])


def test_what_is_not_filled_in_may_be_zero() -> None:
    """F&O has no null, so a zero is not filled in either."""
    rows = [{"ID": "1", "DAYS": "7"}, {"ID": "2", "DAYS": "0.00"}]
    messages = [Message("0", "DAYS", "Field 'Days' must be filled in"), Message("0", "", "other")]
    assert [each.message for each in lines(rows, messages, staging=rows)] == ["other", messages[0].text]


def test_a_message_with_a_record_is_about_a_staged_row() -> None:
    """A duplicate has the values of the row that was staged, but not the messages of its staging record."""
    rows = [{"ID": "1", "TERMS": "N99"}, {"ID": "1", "TERMS": "N99"}]
    messages = [Message("0", "", SAME), Message("501", "TERMS", "The value 'N99' in field 'Terms' is not found")]
    found = lines(rows, messages, staging=rows[1:], target=[{"ID": "1"}])
    assert [(each.line, each.message) for each in found] == [(2, messages[1].text), (3, SAME)]


def test_rows_before_staging_may_have_records_too() -> None:
    """A message with a record still belongs to the row whose value it quotes, if no staged row has it."""
    messages = [Message(row["ID"], "NAME", f"'{row['NAME']}' is wrong") for row in TWO]
    assert [each.message for each in lines(TWO, messages, staging=TWO)] == [each.text for each in messages]


def test_the_only_message_left_is_that_of_all_rows_left() -> None:
    """Rows without a message have the only one that is left, however often F&O lists it, and are counted."""
    for count in (1, 3, 5):
        with closing(Rejections()) as rejections:
            rejections.take_failed(0, "staging", ROWS)
            rejections.look_through(file_rows(ROWS), 0)
            rejections.settle(0)
            rejections.join([Message("0", "", SAME)] * count, refused=3)
            assert [each.message for each in rejections.lines() if each.line] == [SAME] * 3
            assert rejections.left() == Left(rows=0, messages=max(0, count - 3), joined=3)


def test_the_only_row_left_has_all_messages_left() -> None:
    """Messages without a record that describe no row belong to the only row that has none."""
    messages = [Message("", "", "first"), Message("0", "", "second"), Message("0", "TERMS", "'N30' is wrong")]
    assert messages_of([0, 1], messages) == [(2, "'N30' is wrong"), (3, "first"), (3, "second")]


def test_nothing_is_joined_while_refused_rows_are_missing() -> None:
    """What is left over may belong to rows that F&O refused and did not list."""
    found = lines(ROWS[:1], [Message("0", "", SAME)], staging=ROWS[:1], refused=2)
    assert [(each.line, each.message) for each in found] == [(2, NO_MESSAGE), (None, SAME)]


VALUES = st.sampled_from(["", "a", "b", "N30", "\udcfc"])
MANY_ROWS = st.lists(st.fixed_dictionaries({"ID": VALUES, "TERMS": VALUES}), max_size=6)
MANY_MESSAGES = st.lists(
    st.tuples(st.sampled_from(["", "0", "1", "2", "3"]), st.sampled_from(["", "ID", "TERMS"]), VALUES),
    max_size=6,
)


@given(MANY_ROWS, MANY_MESSAGES, st.sets(st.integers(0, 5)))
def test_nothing_is_lost_or_doubled(rows: list[Values], said: list[tuple[str, str, str]], failing: set[int]) -> None:
    """For any rows and messages, each message is listed, with a row or without, and each rejected row as well."""
    failed = [row for place, row in enumerate(rows) if place in failing]
    messages = [Message(record, field, f"#{n} '{value}' in 'ID'") for n, (record, field, value) in enumerate(said)]
    found = lines(rows, messages, staging=failed)
    spoken = [each.message for each in found if each.message.startswith("#")]
    assert len(spoken) >= len(messages)
    assert {word.split()[0] for word in spoken} == {each.text.split()[0] for each in messages}
    named = {each.line: each.values for each in found if each.entity is not None}
    assert sorted(sorted(values.items()) for values in named.values()) == sorted(map(sorted, map(dict.items, failed)))


@pytest.mark.parametrize(("count", "given"), [(1, [NO_MESSAGE] * 2), (2, ["Validations failed"] * 2)])
def test_one_message_is_not_that_of_two_entities(count: int, given: list[str]) -> None:
    """It is about rows of one of them, and nobody knows which; where each row has one, both do."""
    with closing(Rejections()) as rejections:
        for entity in (0, 1):
            rejections.take_failed(entity, "target", [{"ID": "10"}])
            rejections.look_through(file_rows(ROWS), entity)
            rejections.settle(entity)
        rejections.join([Message(f"{number}5", "", "Validations failed") for number in range(count)], 2)
        found = [each.message for each in rejections.lines() if each.line]
    assert found == given

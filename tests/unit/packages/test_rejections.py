"""Refused rows are joined with what F&O said about them, and nothing is lost where that is not certain."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from landfall.packages.error_files import Message
from landfall.packages.rejections import RefusedRow, Rejection, find_rows, join, to_csv
from landfall.packages.rows import Row

ROWS = [
    Row(2, {"ID": "10", "NAME": "Wholesale", "TERMS": "N30"}),
    Row(3, {"ID": "20", "NAME": "", "TERMS": "N60"}),
    Row(5, {"ID": "30", "NAME": "Intern", "TERMS": "N99"}),
]


def refused(*places: int) -> list[RefusedRow]:
    """Some of the rows, as refused by the target."""
    return [
        RefusedRow("Groups", ROWS[n].line, ROWS[n].values["ID"], "target", ROWS[n].values) for n in places
    ]


def told(lines: list[Rejection]) -> list[tuple[int | None, str]]:
    """Each line's row and message."""
    return [(each.line, each.message) for each in lines]


def test_rows_are_found_by_their_key() -> None:
    """F&O's keys name rows of the file, which are given in the file's order."""
    found = find_rows("Groups", ROWS, [{"ID": "30"}, {"ID": "10"}], "target")
    assert [(row.line, row.key) for row in found] == [(2, "10"), (5, "30")]
    assert found[0].values == ROWS[0].values


def test_keys_of_several_fields_must_all_fit() -> None:
    """A row that shares half a key is another row."""
    found = find_rows("Groups", ROWS, [{"ID": "10", "TERMS": "N30"}, {"ID": "20", "TERMS": "N30"}], "target")
    assert [(row.line, row.key) for row in found] == [(2, "10|N30"), (None, "20|N30")]


def test_keys_are_compared_as_fno_compares() -> None:
    """Case and the space around a value make no other record of it."""
    assert find_rows("Groups", [Row(2, {"ID": " ab "})], [{"ID": "AB"}], "target")[0].line == 2


def test_rows_that_are_not_found_are_kept() -> None:
    """A record that the file does not hold, or an unreadable file, still gives a line, without a number."""
    assert [(row.line, row.key) for row in find_rows("Groups", ROWS, [{"ID": "99"}], "target")] == [
        (None, "99")
    ]
    assert [row.line for row in find_rows("Groups", [], [{"ID": "10"}], "staging")] == [None]


def test_a_record_that_stands_twice_in_the_file_is_found_twice() -> None:
    """Which of two equal rows F&O means nobody can say: both are named."""
    twice = [Row(2, {"ID": "10"}), Row(3, {"ID": "10"})]
    assert [row.line for row in find_rows("Groups", twice, [{"ID": "10"}], "target")] == [2, 3]


def test_the_file_is_not_read_when_nothing_failed() -> None:
    """Without a failed record not one row is asked for."""

    def rows() -> object:
        raise AssertionError
        yield

    assert find_rows("Groups", rows(), [], "target") == []  # type: ignore[arg-type]


def test_a_message_finds_the_row_whose_value_it_quotes() -> None:
    """F&O names no key, so a value in quotes decides."""
    messages = [
        Message("502", "TERMS", "The value 'N99' in field 'Terms of payment' is not found"),
        Message("501", "NAME", "Field 'NAME' must be filled in"),
    ]
    assert told(join(refused(1, 2), messages)) == [
        (3, "Field 'NAME' must be filled in"),
        (5, "The value 'N99' in field 'Terms of payment' is not found"),
    ]


def test_messages_of_one_record_stay_together() -> None:
    """A second message that says nothing recognisable goes where the first one of its record went."""
    messages = [Message("7", "TERMS", "'N99' is not found"), Message("7", "", "Validations failed")]
    assert told(join(refused(0, 2), [*messages, Message("8", "TERMS", "'N30' is blocked")])) == [
        (2, "'N30' is blocked"),
        (5, "'N99' is not found"),
        (5, "Validations failed"),
    ]


def test_what_is_left_goes_in_order() -> None:
    """As many silent rows as untold records: both are in the order of staging."""
    messages = [Message("1", "", "first"), Message("2", "TERMS", "'N60' is wrong"), Message("3", "", "third")]
    assert told(join(refused(0, 1, 2), messages)) == [(2, "first"), (3, "'N60' is wrong"), (5, "third")]


def test_what_is_uncertain_is_told_to_no_row() -> None:
    """More records than rows: every message is there, and none is pinned on the wrong row."""
    messages = [Message("1", "", "first"), Message("2", "", "second")]
    lines = join(refused(0), messages)
    assert told(lines) == [(2, "F&O gave no message for this row"), (None, "first"), (None, "second")]
    assert lines[1].entity == ""


def test_a_message_that_fits_two_rows_waits_for_the_certain_ones() -> None:
    """Once a row has its message, the other of two candidates is certain."""
    rows = [
        RefusedRow("G", line, "", "target", {"ID": key, "TERMS": "N99"}) for line, key in ((2, "a"), (3, "b"))
    ]
    messages = [Message("1", "TERMS", "'N99' is not found"), Message("2", "ID", "'a' is blocked")]
    assert told(join(rows, messages)) == [(2, "'a' is blocked"), (3, "'N99' is not found")]


def test_messages_without_a_record_stand_alone() -> None:
    """Ids that are empty or zero say nothing: such messages are not one record."""
    messages = [Message("0", "", "first"), Message("", "", "second"), Message("0", "", "third")]
    assert told(join(refused(0, 1, 2), messages)) == [(2, "first"), (3, "second"), (5, "third")]


def test_messages_without_rows_are_all_there() -> None:
    """When F&O gave no file of rows, what it said is still in errors.csv."""
    assert told(join([], [Message("1", "", "first"), Message("1", "", "again")])) == [
        (None, "first"),
        (None, "again"),
    ]


VALUES = st.sampled_from(["", "a", "b", "N30"])
MANY_ROWS = st.lists(st.dictionaries(st.sampled_from(["ID", "TERMS"]), VALUES), max_size=5)
MANY_MESSAGES = st.lists(
    st.tuples(st.sampled_from(["", "0", "1", "2", "3"]), st.sampled_from(["", "ID", "TERMS"]), VALUES),
    max_size=6,
)


@given(MANY_ROWS, MANY_MESSAGES)
def test_nothing_is_lost_or_doubled(values: list[dict[str, str]], said: list[tuple[str, str, str]]) -> None:
    """Whatever F&O says about whichever rows, each message is there once and each row at least once."""
    rows = [RefusedRow("G", line, "", "target", each) for line, each in enumerate(values, 2)]
    messages = [
        Message(record, field, f"#{n} '{value}' in 'ID'") for n, (record, field, value) in enumerate(said)
    ]
    lines = join(rows, messages)
    spoken = [each.message for each in lines if each.message.startswith("#")]
    assert sorted(spoken) == sorted(each.text for each in messages)
    assert {each.line for each in lines} - {None} == {row.line for row in rows}


def test_half_a_character_costs_no_file() -> None:
    """F&O cuts a message in the middle of a character: the rest of it is written all the same."""
    assert b"cut ?" in to_csv([Rejection("G", 2, "1", "F", "cut \ud83d", "target")])


def test_errors_csv_opens_in_excel() -> None:
    """The file has a byte order mark and a header, and values with commas, quotes and line breaks stay one cell."""
    written = to_csv(
        [Rejection("G", 2, "1", "F", 'a,"b"\nc', "target"), Rejection("", None, "", "", "é", "")]
    )
    assert written.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline=""))) == [
        ["entity", "line", "key", "field", "message", "stage"],
        ["G", "2", "1", "F", 'a,"b"\nc', "target"],
        ["", "", "", "", "é", ""],
    ]

"""Rejected rows are matched with F&O's messages about them, and nothing is lost if a match is uncertain."""

from collections.abc import Iterable, Sequence
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landfall.fno.messages import Message
from landfall.packages.formats.rows import Row
from landfall.packages.rejections import NO_MESSAGE, Rejection, Rejections, Stage

Values = dict[str, str]
ROWS = [
    {"ID": "10", "NAME": "Wholesale", "TERMS": "N30"},
    {"ID": "20", "NAME": "", "TERMS": "N60"},
    {"ID": "30", "NAME": "Intern", "TERMS": "N99"},
]


def file_rows(rows: Sequence[Values]) -> list[Row]:
    """Rows of a file, from line 2."""
    return [Row(line, line, row) for line, row in enumerate(rows, 2)]


def find(
    rows: Sequence[Values], *, staging: Iterable[Values] = (), target: Iterable[Values] = ()
) -> list[tuple[int | None, str, str]]:
    """The line, key and stage of each rejected row."""
    return [(each.line, each.key, each.stage) for each in lines(rows, [], staging=staging, target=target)]


def lines(
    rows: Sequence[Values],
    messages: Iterable[Message],
    *,
    staging: Iterable[Values] = (),
    target: Iterable[Values] = (),
) -> list[Rejection]:
    """The lines of errors.csv for one entity."""
    with closing(Rejections()) as rejections:
        rejections.take_failed(0, "staging", staging)
        rejections.take_failed(0, "target", target)
        rejections.look_through(file_rows(rows), 0)
        rejections.settle(0)
        rejections.join(messages)
        return list(rejections.lines())


def messages_of(failing: Sequence[int], messages: Iterable[Message]) -> list[tuple[int | None, str]]:
    """The line and message of each rejection, if these of ROWS were rejected."""
    failed = [{"ID": ROWS[number]["ID"]} for number in failing]
    return [(each.line, each.message) for each in lines(ROWS, messages, target=failed)]


def test_rows_are_found_by_their_key() -> None:
    """Rows are found by F&O's keys, and listed in the file's order with all their values."""
    found = lines(ROWS, [], target=[{"ID": "30"}, {"ID": "10"}])
    assert [(each.line, each.key) for each in found] == [(2, "10"), (4, "30")]
    assert found[0].values == ROWS[0]


def test_keys_of_several_fields_must_all_fit() -> None:
    """A row that shares only part of a key is another row."""
    keys = [{"ID": "10", "TERMS": "N30"}, {"ID": "20", "TERMS": "N30"}]
    assert find(ROWS, target=keys) == [(2, "10|N30", "target"), (None, "20|N30", "target")]


@pytest.mark.parametrize(
    ("file", "fno"),
    [
        (" ab ", "AB"),
        ("1/31/2026", "2026-01-31 00:00:00"),
        ("2026-01-31", "2026-01-31T00:00:00Z"),
        ("1.50", "1.500000"),
        ("2", "2.000000"),
        ("", "1900-01-01 00:00:00"),
    ],
)
def test_keys_are_compared_by_what_they_mean(file: str, fno: str) -> None:
    """Keys match if they mean the same: F&O has its own formats, and ignores case and the space around a value."""
    assert find([{"ID": file}], target=[{"ID": fno}])[0][0] == 2


@pytest.mark.parametrize(("file", "fno"), [("010", "10"), ("1.5.0", "1.5"), ("ab", "a b"), ("01.50", "1.5")])
def test_other_keys_are_other_rows(file: str, fno: str) -> None:
    """Keys that look alike are different: the zeros of account numbers count."""
    assert find([{"ID": file}], target=[{"ID": fno}])[0][0] is None


def test_the_same_value_outweighs_one_that_means_the_same() -> None:
    """Of two rows that differ only in case, the one with exactly F&O's value is found."""
    assert find([{"ID": "a"}, {"ID": "A"}], target=[{"ID": "a"}]) == [(2, "a", "target")]
    assert find([{"ID": "a"}, {"ID": "A"}], staging=[{"ID": "A"}]) == [(3, "A", "staging")]


def test_rows_that_are_not_found_are_kept() -> None:
    """A record that is not in the file still gives a line, without a number."""
    assert find(ROWS, target=[{"ID": "99"}]) == [(None, "99", "target")]
    assert find([], staging=[{"ID": "10"}]) == [(None, "10", "staging")]


def test_of_equal_rows_the_last_ones_are_rejected() -> None:
    """Staging accepts a key the first time, so of equal rows the last ones are rejected."""
    assert find([{"ID": "10"}] * 3, staging=[{"ID": "10"}]) == [(4, "10", "staging")]
    assert find([{"ID": "10"}] * 3, staging=[{"ID": "10"}] * 2) == [
        (3, "10", "staging"),
        (4, "10", "staging"),
    ]


def test_a_row_is_rejected_once() -> None:
    """The second row of a key never reached the target, so the first one failed there."""
    rows = [{"ID": "10", "NAME": "first"}, {"ID": "10", "NAME": "second"}]
    found = find(rows, staging=[rows[1]], target=[{"ID": "10"}])
    assert found == [(2, "10", "target"), (3, "10", "staging")]


def test_all_rows_of_a_key_that_failed_are_named() -> None:
    """If two rows share a failed key, both are listed: sending both again in order has the right result."""
    rows = [{"ID": "10", "NAME": "first"}, {"ID": "10", "NAME": "second"}]
    assert [line for line, _, _ in find(rows, target=[{"ID": "10"}])] == [2, 3]


def test_the_file_is_not_read_when_nothing_failed() -> None:
    """Without a failed record, no row of the file is read."""

    def rows() -> object:
        raise AssertionError
        yield

    with closing(Rejections()) as rejections:
        rejections.look_through(rows(), 0)  # type: ignore[arg-type]


def test_entities_are_kept_apart() -> None:
    """The same key in two entities is two rows, each counted and found in its own entity."""
    stages: list[Stage] = ["target", "staging"]
    with closing(Rejections()) as rejections:
        for entity, stage in enumerate(stages):
            rejections.take_failed(entity, stage, [{"ID": "10"}, {"ID": f"lost {entity}"}])
            rejections.look_through(file_rows([{"ID": str(entity)}, {"ID": "10"}]), entity)
            rejections.settle(entity)
        rejections.join([])
        assert rejections.counts() == {0: (2, 1), 1: (2, 1)}
        assert [list(rejections.positions(entity)) for entity in range(3)] == [[3], [3], []]


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


def test_rows_described_alike_go_in_order() -> None:
    """If as many messages quote a value as rows have it, they are matched in the order of staging."""
    rows = [{"ID": str(n), "TERMS": "N99" if n % 2 else ""} for n in range(6)]
    messages = [Message(str(n), "TERMS", f"'N99' is not found ({n})") for n in (1, 3, 5)]
    found = lines(rows, messages, target=[{"ID": row["ID"]} for row in rows])
    assert [(each.line, each.message) for each in found if each.message != NO_MESSAGE] == [
        (3, "'N99' is not found (1)"),
        (5, "'N99' is not found (3)"),
        (7, "'N99' is not found (5)"),
    ]


def test_what_is_left_goes_in_order() -> None:
    """If as many rows as records are left, they are matched in the order of staging."""
    messages = [Message("1", "", "first"), Message("2", "TERMS", "'N60' is wrong"), Message("3", "", "third")]
    assert messages_of([0, 1, 2], messages) == [(2, "first"), (3, "'N60' is wrong"), (4, "third")]


def test_an_uncertain_message_has_no_row() -> None:
    """If more records than rows are left, their messages are listed without a row."""
    assert messages_of([0], [Message("1", "", "first"), Message("2", "", "second")]) == [
        (2, NO_MESSAGE),
        (None, "first"),
        (None, "second"),
    ]


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
    messages = [Message("0", "", "first"), Message("", "", "second"), Message("0", "", "third")]
    assert [(each.line, each.message) for each in lines(ROWS, messages, staging=ROWS)] == [
        (2, "first"),
        (3, "second"),
        (4, "third"),
    ]


def test_a_message_about_a_length_finds_the_row_of_that_length() -> None:
    """F&O says how long a value is without quoting it, and its file of rejected rows has an order of its own."""
    rows = [{"ID": "10", "NAME": "Wholesale"}, {"ID": "20", "NAME": "x" * 101}, {"ID": "10", "NAME": "Wholesale"}]
    long = Message("0", "NAME", "Data is 101 characters long and would be truncated to 60")
    again = Message("0", "", "The key occurs more than once")
    for messages in ([long, again], [again, long]):
        found = lines(rows, messages, staging=[rows[1], rows[0]])
        assert [(each.line, each.message) for each in found] == [(3, long.text), (4, again.text)]


def test_rows_that_staging_refused_are_in_the_order_of_fnos_file() -> None:
    """Messages that describe no row go to rows in the order in which F&O lists them, not in that of the data file."""
    messages = [Message("0", "", "first"), Message("0", "", "second")]
    found = lines(ROWS, messages, staging=[ROWS[2], ROWS[0]])
    assert [(each.line, each.message) for each in found] == [(2, "second"), (4, "first")]


def test_a_message_of_a_staging_record_is_not_about_a_row_that_staging_refused() -> None:
    """Of a row refused before staging and one refused after it, each gets the message of its own stage."""
    messages = [Message("501", "", "no validation"), Message("0", "", "no conversion")]
    found = lines(ROWS, messages, staging=[ROWS[0]], target=[{"ID": "30"}])
    assert [(each.line, each.message) for each in found] == [(2, "no conversion"), (4, "no validation")]


def test_what_could_belong_to_either_of_two_entities_is_not_given_to_one() -> None:
    """Different messages that describe no row are not dealt out to rows of several entities; equal ones are."""
    for texts, expected in ((["one", "two"], [NO_MESSAGE] * 2), (["same", "same"], ["same", "same"])):
        with closing(Rejections()) as rejections:
            for entity in (0, 1):
                rejections.take_failed(entity, "target", [{"ID": "10"}])
                rejections.look_through(file_rows(ROWS), entity)
                rejections.settle(entity)
            rejections.join(Message(str(number), "", text) for number, text in enumerate(texts, 1))
            assert [each.message for each in rejections.lines() if each.entity is not None] == expected
            assert rejections.unexplained() == expected.count(NO_MESSAGE)
            assert rejections.joined == expected.count("same")


def test_rows_with_an_empty_key_are_found() -> None:
    """A row whose key is empty is a row like any other, and so is a second one that staging refused."""
    rows = [{"ID": "", "NAME": "first"}, {"ID": "10", "NAME": "x"}, {"ID": "", "NAME": "second"}]
    messages = [Message("0", "", "The key occurs more than once"), Message("7", "ID", "Field 'Id' must be filled in")]
    found = lines(rows, messages, staging=[rows[2]], target=[{"ID": ""}])
    assert [(each.line, each.stage, each.message) for each in found] == [
        (2, "target", "Field 'Id' must be filled in"),
        (4, "staging", "The key occurs more than once"),
    ]


def test_messages_without_rows_are_all_there() -> None:
    """Messages are listed even if F&O listed no rows."""
    messages = [Message("1", "", "first"), Message("1", "", "again")]
    assert messages_of([], messages) == [(None, "first"), (None, "again")]


VALUES = st.sampled_from(["", "a", "b", "N30", "\udcfc"])
MANY_ROWS = st.lists(st.fixed_dictionaries({"ID": VALUES, "TERMS": VALUES}), max_size=6)
MANY_MESSAGES = st.lists(
    st.tuples(st.sampled_from(["", "0", "1", "2", "3"]), st.sampled_from(["", "ID", "TERMS"]), VALUES),
    max_size=6,
)


@given(MANY_ROWS, MANY_MESSAGES, st.sets(st.integers(0, 5)))
def test_nothing_is_lost_or_doubled(rows: list[Values], said: list[tuple[str, str, str]], failing: set[int]) -> None:
    """For any rows and messages, each message is listed once and each rejected row at least once."""
    failed = [row for place, row in enumerate(rows) if place in failing]
    messages = [Message(record, field, f"#{n} '{value}' in 'ID'") for n, (record, field, value) in enumerate(said)]
    found = lines(rows, messages, staging=failed)
    spoken = [each.message for each in found if each.message.startswith("#")]
    assert len(spoken) == len(messages)
    assert {word.split()[0] for word in spoken} == {each.text.split()[0] for each in messages}
    named = {each.line: each.values for each in found if each.entity is not None}
    assert sorted(sorted(values.items()) for values in named.values()) == sorted(map(sorted, map(dict.items, failed)))

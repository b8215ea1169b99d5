"""F&O's messages are read, valid JSON or not."""

import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landfall.fno.messages import CHUNK, Message, read_messages

PLAIN = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30)


def parse_messages(raw: str) -> list[Message]:
    """Return all messages of a list."""
    return list(read_messages(io.StringIO(raw)))


def listed(*records: tuple[str, str, str]) -> str:
    """Return F&O's list of messages as valid JSON."""
    names = ("RecordId", "Field", "ErrorMessage")
    return json.dumps([dict(zip(names, each, strict=True)) for each in records], separators=(",", ":"))


def test_a_valid_list_is_read() -> None:
    """Ids are trimmed, and a message becomes one line."""
    raw = listed((" 479625 ", "", "\n The Color Blue has not been assigned\r\n Validations failed\r\n"))
    assert parse_messages(raw) == [Message("479625", "", "The Color Blue has not been assigned Validations failed")]


@pytest.mark.parametrize("raw", ["", "  ", "[]", "null", "{}", '""', "0", '["text", 3, null, {}]'])
def test_no_messages_are_none(raw: str) -> None:
    """Every empty answer has no messages."""
    assert parse_messages(raw) == []


def test_one_message_without_a_list_is_read() -> None:
    """A single record counts as a list of one."""
    assert parse_messages('{"RecordId":1,"Field":null,"ErrorMessage":"no"}') == [Message("1", "", "no")]


def test_raw_line_breaks_and_quotes_are_survived() -> None:
    """The list that F&O really wrote, with unescaped line breaks and quotes, is read."""
    raw = (
        '[{"RecordId":"1","Field":"NAME","ErrorMessage":"The value "10" in field "Name"\r\nis not found"},'
        '{"RecordId":"2","Field":"","ErrorMessage":"Field \'NAME\' must be filled in, {see} "Help""}]'
    )
    assert parse_messages(raw) == [
        Message("1", "NAME", 'The value "10" in field "Name" is not found'),
        Message("2", "", "Field 'NAME' must be filled in, {see} \"Help\""),
    ]


def test_escapes_in_a_broken_list_are_undone() -> None:
    """Escapes in a broken list are replaced."""
    raw = listed(("1", "", "C:\\new\ttab \u00e9 \\n is no break"), ("2", "", "x")).replace('"x"', '"a\n"b""')
    assert [each.text for each in parse_messages(raw)] == ["C:\\new\ttab \u00e9 \\n is no break", 'a "b"']


@given(st.lists(st.tuples(PLAIN, PLAIN, PLAIN), min_size=1, max_size=5), st.integers(0, 4))
def test_a_broken_message_leaves_the_others_readable(records: list[tuple[str, str, str]], place: int) -> None:
    """One broken message leaves all others readable."""
    whole = [(f"{n}", field, f"<{text}>") for n, (_, field, text) in enumerate(records, 1)]
    at = place % (len(whole) + 1)
    marked = [*whole[:at], ("9", "", "MARK"), *whole[at:]]
    broken = listed(*marked).replace('"MARK"', '"first\nsecond "quoted""')
    read = parse_messages(broken)
    assert [each.record for each in read] == [record for record, _, _ in marked]
    assert [each for each in read if each.record != "9"] == parse_messages(listed(*whole))
    assert read[at].text == 'first second "quoted"'


ANY = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
ROUGH = st.text(st.sampled_from("\"\n\r{}[],: 'aß\u2028"), max_size=30)


@given(st.lists(st.tuples(st.integers(1, 9), PLAIN, ANY | ROUGH), max_size=6), st.integers(1, 60))
def test_unescaped_messages_survive(records: list[tuple[int, str, str]], size: int) -> None:
    """Raw line breaks and inner quotes, as many and wherever, cost no message and no letter, however they are cut.

    Only what a message could not be told from JSON by anybody is left out: its own quote, comma, quote.
    """
    said = [
        (f"{n}", field.translate({34: None, 92: None}), text.replace("\\", "/"))
        for n, field, text in records
        if not re.search(r"\"\s*,\s*\"|\"\s*\}\s*,", text)
    ]
    raw = ",".join(f'{{"RecordId":"{n}","Field":"{field}","ErrorMessage":"{text}"}}' for n, field, text in said)

    class Dripping(io.StringIO):
        def read(self, _: int | None = -1) -> str:
            return super().read(size)

    read = list(read_messages(Dripping(f"[{raw}]")))
    assert [(each.record, each.field) for each in read] == [(n, field.strip()) for n, field, _ in said]
    assert [each.text for each in read] == [re.sub(r"\s*[\r\n]+\s*", " ", text).strip() for _, _, text in said]


def test_properties_may_come_in_any_order() -> None:
    """Properties may come in any order."""
    raw = '[{"Field":"A","RecordId":"1","ErrorMessage":"x"}, {"Field":"B","RecordId":"2","ErrorMessage":"y"}]'
    assert [(each.record, each.field, each.text) for each in parse_messages(raw)] == [
        ("1", "A", "x"),
        ("2", "B", "y"),
    ]


def test_long_lists_are_read_in_pieces() -> None:
    """Messages are returned while the list is still being read."""
    asked = 0

    class Long(io.StringIO):
        def read(self, size: int | None = -1) -> str:
            nonlocal asked
            asked += 1
            record = '{"RecordId":"1","Field":"","ErrorMessage":"a "quoted" word"}'
            return ("[" if asked == 1 else "") + f"{record}," * ((size or 0) // len(record))

    messages = read_messages(Long())
    assert {next(messages).text for _ in range(5000)} == {'a "quoted" word'}
    assert asked < 5000 * 70 / CHUNK + 3


@given(st.text(max_size=200))
def test_no_text_raises_an_error(raw: str) -> None:
    """No text raises an error."""
    parse_messages(raw)

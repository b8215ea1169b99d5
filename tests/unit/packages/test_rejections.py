"""Rejected rows are found in their data file, and nothing is lost if it is uncertain which ones they are."""

from collections.abc import Iterable, Sequence
from contextlib import closing

import pytest

from landfall.packages.rejections import Rejections, Stage
from tests.unit.packages.refused_rows import ROWS, Values, file_rows, lines


def find(
    rows: Sequence[Values], *, staging: Iterable[Values] = (), target: Iterable[Values] = ()
) -> list[tuple[int | None, str, str]]:
    """The line, key and stage of each rejected row."""
    return [(each.line, each.key, each.stage) for each in lines(rows, [], staging=staging, target=target)]


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
        ("2026-1-31", "1/31/2026"),
        ("1/1/1900", "1900-01-01"),
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


def test_space_before_a_key_is_part_of_it() -> None:
    """Of two keys that differ in the space before them, only F&O's own is found; space at the end does not count."""
    assert find([{"ID": "a1 "}, {"ID": " A1"}], target=[{"ID": "a1"}]) == [(2, "a1", "target")]


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


def test_an_empty_key_is_a_key() -> None:
    """Rows whose key is empty are found, the first at the target and its duplicates at staging."""
    rows = [{"ID": "", "NAME": name} for name in ("first", "second", "third")]
    found = find(rows, staging=rows[1:], target=[{"ID": ""}])
    assert found == [(2, "", "target"), (3, "", "staging"), (4, "", "staging")]


def test_a_row_without_values_counts_if_there_is_no_other() -> None:
    """An empty key does not mean rows of only empty values, as spreadsheets leave them, if another row has it."""
    empty, named = {"ID": "", "NAME": ""}, {"ID": "", "NAME": "x"}
    assert find([named, empty], target=[{"ID": ""}]) == [(2, "", "target")]
    assert find([empty, {"ID": "10", "NAME": ""}], target=[{"ID": ""}]) == [(2, "", "target")]
    assert find([empty, named], staging=[named], target=[{"ID": ""}]) == [(2, "", "target"), (3, "", "staging")]


def test_a_blank_line_that_is_in_no_file_is_no_record() -> None:
    """A blank line at the end of F&O's file is no row if the data file has none."""
    assert find(ROWS, target=[{"ID": "10"}, {"ID": ""}]) == [(2, "10", "target")]


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

"""Texts from outside are short wherever they are stored, shown or logged, and still say what to do."""

from hypothesis import given
from hypothesis import strategies as st

from landfall.fno.redaction import LISTED, LONGEST, listed, shorten

TEXTS = st.text(st.characters(codec=None), max_size=60)


def units(text: str) -> int:
    """The length as Azure tables count it."""
    return len(text.encode("utf-16-le")) // 2


@given(TEXTS, st.integers(4, 40))
def test_no_text_is_longer_than_it_may_be(text: str, longest: int) -> None:
    """In UTF-16 code units, whatever the text holds; and what comes out can be stored as UTF-8."""
    short = shorten(text, longest)
    assert units(short) <= longest
    assert short.encode().decode() == short


@given(st.text(max_size=40))
def test_a_text_that_fits_stays_as_it_is(text: str) -> None:
    """Nothing of it is left out or replaced."""
    assert shorten(text) == text


def test_a_long_text_keeps_its_start_and_its_end() -> None:
    """The start says what is wrong, and the end what to do."""
    said = shorten(f"'{'x' * 1_080_000}.csv' has no data rows. Add a row.")
    assert units(said) == LONGEST
    assert said.startswith("'xxx")
    assert "…" in said
    assert said.endswith("has no data rows. Add a row.")


def test_half_a_letter_is_not_stored() -> None:
    """A cut never leaves half a surrogate pair, and one that the text had is replaced."""
    assert shorten("😀" * 10, 8) == "😀😀…😀"
    assert shorten("a\udc80b") == "a?b"


def test_a_list_names_the_first_few() -> None:
    """And says how many more there are; a list of one long name is short too."""
    assert listed(["A", "B"]) == "A, B"
    names = [f"Column{number}" for number in range(20_000)]
    assert listed(names) == f"{', '.join(names[:LISTED])} and 19,990 more"
    assert units(listed(["x" * 1_080_000])) < 100

"""Path templates match the paths they describe and no others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landfall.config.path_template import PathTemplate

SEGMENTS = st.text(st.characters(exclude_characters="/", exclude_categories=("Cs",)), min_size=1, max_size=20)


def test_captures_are_the_parts_of_the_path() -> None:
    """A path that matches gives its captures by name."""
    route = PathTemplate("packages/{company}/{name}.zip")
    assert route.match("packages/USMF/groups.zip") == {"company": "USMF", "name": "groups"}


@pytest.mark.parametrize(
    "path",
    [
        "packages/USMF/deep/groups.zip",
        "packages//groups.zip",
        "packages/USMF/.zip",
        "packages/USMF/groups.zip.part",
        "packages/USMF/groupsxzip",
        "other/packages/USMF/groups.zip",
        "packages/USMF/groups.zip\n",
        "",
    ],
)
def test_other_paths_do_not_match(path: str) -> None:
    """A capture is one segment or a part of one, and a dot is a dot."""
    assert PathTemplate("packages/{company}/{name}.zip").match(path) is None


@pytest.mark.parametrize("path", ["packages/USMF/groups.ZIP", "packages/USMF/groups.Zip"])
def test_an_extension_matches_in_either_case(path: str) -> None:
    """Programs on Windows write either; the rest of a path is matched letter by letter."""
    template = PathTemplate("packages/{company}/{name}.zip")
    assert template.match(path) == {"company": "USMF", "name": "groups"}
    assert template.match(path.replace("packages", "Packages")) is None


@given(SEGMENTS, SEGMENTS)
def test_any_segment_can_be_captured(company: str, name: str) -> None:
    """A capture holds whatever its segment holds."""
    assert PathTemplate("in/{company}/{name}").match(f"in/{company}/{name}") == {
        "company": company,
        "name": name,
    }


@pytest.mark.parametrize("template", ["", "in/{company", "in/company}", "in/{}", "in/{1st}", "in/{a b}", "{a}/{a}"])
def test_an_invalid_template_is_refused(template: str) -> None:
    """The error says what is wrong with the template."""
    with pytest.raises(ValueError, match=r"template|twice"):
        PathTemplate(template)

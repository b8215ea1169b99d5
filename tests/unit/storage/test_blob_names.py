"""File names are untrusted: none of them leads out of its folder."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.archiving import _archive_path
from landfall.config.plan import Plan
from landfall.ids import import_run_id
from landfall.ledger.ledger import RUN_ID
from landfall.records import Outcome, Run, Source, State, utc_now

HOSTILE = [
    "../../reports/other/receipt.json",
    "packages/USMF/../../../runs.zip",
    "packages/..%2f..%2fexports/a.zip",
    "packages/%2e%2e/a.zip",
    "packages/USMF/a\\..\\b.zip",
    "packages/USMF/a\x00.zip",
    "packages/USMF/{company}{name}%NAME%.zip",
    "packages/USMF/?sig=x&code=y#z.zip",
    "/packages//USMF/a.zip",
    "packages/USMF/" + "x" * 1010 + ".zip",
    "packages/USMF/\u202egpj.zip",
]
NAMES = st.sampled_from(HOSTILE) | st.text(min_size=1, max_size=1024)
PLAN = Plan.model_validate({"imports": [{"name": "packages", "path": "packages/{company}/{name}.zip"}]})


@given(NAMES)
def test_an_archived_file_stays_in_its_runs_folder(name: str) -> None:
    """The path is container, outcome, day, run id, and one name without a slash."""
    run_id = import_run_id("landing", name, '"0x8D"')
    source = Source("landing", name, '"0x8D"')
    run = Run(run_id, "import", State.ARCHIVING, source=source, times={"Landed": utc_now()})
    path = _archive_path(run, Outcome.SUCCEEDED, source)
    head, _, last = path.rpartition("/")
    assert re.fullmatch(rf"archive/Succeeded/\d{{4}}/\d\d/\d\d/{run_id}", head)
    assert last == name.rpartition("/")[2]


@given(NAMES)
def test_a_run_id_contains_nothing_of_the_name(name: str) -> None:
    """Table keys, durable instances and folders consist of Landfall's own letters and digits."""
    assert RUN_ID.fullmatch(import_run_id("landing", name, '"0x8D"'))


@given(NAMES)
def test_a_capture_is_one_segment(name: str) -> None:
    """A company or a file name never contains a slash."""
    match = PLAN.match(name)
    assert match is None or all("/" not in each for each in match.captures.values())


@pytest.mark.parametrize("name", HOSTILE[:2])
def test_a_path_that_climbs_is_not_taken(name: str) -> None:
    """No route takes it, so the file is refused before F&O is asked."""
    assert PLAN.match(name) is None

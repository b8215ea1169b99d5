"""Ids are pure, safe to store, and the same for the same input."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import example, given
from hypothesis import strategies as st

from landfall.ids import execution_id, export_run_id, import_run_id, run_id_of
from landfall.records import Run, State

NAMES = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=80)
ETAGS = st.from_regex(r"0x[0-9A-F]{8,16}", fullmatch=True)


@given(NAMES, NAMES, ETAGS)
def test_import_ids_can_be_stored_anywhere(container: str, name: str, etag: str) -> None:
    """An import's id has no character that Durable, tables or blob names refuse, whatever the blob is called."""
    run_id = import_run_id(container, name, etag)
    assert not set(run_id) & set("/\\#?%\t\r\n")
    assert len(run_id) == len("imp-") + 32


def test_import_ids_are_the_same_for_every_delivery() -> None:
    """The ETag with quotes, as headers have it, and without, as events have it, is one version."""
    assert import_run_id("landing", "a.zip", '"0x8D"') == import_run_id("landing", "a.zip", "0x8D")


def test_import_ids_never_change() -> None:
    """Claims outlive deployments, so a version keeps the id that earlier releases gave it."""
    assert import_run_id("landing", "packages/USMF/a.zip", "0x8D") == "imp-11c4fcc1cb15bee2de8e573e9606ada9"


@given(st.tuples(NAMES, ETAGS), st.tuples(NAMES, ETAGS))
def test_import_ids_tell_versions_apart(one: tuple[str, str], other: tuple[str, str]) -> None:
    """Two different versions have different ids."""
    assert (import_run_id("landing", *one) == import_run_id("landing", *other)) == (one == other)


def test_export_ids_name_the_slot_in_utc() -> None:
    """The same moment in another time zone is the same slot."""
    slot = datetime(2026, 3, 1, 6, tzinfo=UTC)
    elsewhere = slot.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert export_run_id("groups", "USMF", slot) == export_run_id("groups", "USMF", elsewhere)
    assert export_run_id("groups", "USMF", slot) == "exp-groups-USMF-20260301T060000Z"


@example("P" * 200, "e" * 63)
@given(st.text(min_size=0, max_size=200), st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,62}", fullmatch=True))
def test_execution_ids_stay_short(project: str, export: str) -> None:
    """F&O's maximum is unknown, so no execution id reaches 100 characters."""
    run_id = export_run_id(export, "USMF", datetime(2026, 3, 1, 6, tzinfo=UTC))
    run = Run(run_id, "export", State.CLAIMED, data_project=project)
    assert len(execution_id(run)) < 100
    assert execution_id(run).endswith(f"{run_id}-1")


def test_each_attempt_has_an_execution_of_its_own() -> None:
    """F&O may refuse a used id, so each attempt has another one."""
    ids = {
        execution_id(Run("imp-1", "import", State.CLAIMED, data_project="Customers", attempt=attempt))
        for attempt in (1, 2, 3)
    }
    assert len(ids) == 3


def test_instance_ids_lead_back_to_the_run() -> None:
    """The first attempt's instance has the run's own id, a later one adds its number."""
    first, second = (Run("imp-1", "import", State.CLAIMED, attempt=attempt) for attempt in (1, 2))
    assert (first.instance_id, second.instance_id) == ("imp-1", "imp-1.2")
    assert {run_id_of(each.instance_id) for each in (first, second)} == {"imp-1"}

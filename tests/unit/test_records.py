"""Records survive JSON, and lanes ignore how a project is spelled."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from landfall.records import EntityCounts, Outcome, Run, Source, State, Submission, from_json, lane_of, to_json

NAMES = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=80)
ETAGS = st.from_regex(r"0x[0-9A-F]{8,16}", fullmatch=True)
MOMENTS = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  Hypothesis adds the zone
COUNTS = st.integers(0, 10**9)
RUNS = st.builds(
    Run,
    run_id=NAMES,
    kind=st.sampled_from(["import", "export"]),
    state=st.sampled_from(State),
    route=st.none() | NAMES,
    source=st.none()
    | st.builds(Source, NAMES, NAMES, ETAGS, st.none() | COUNTS, st.none() | st.text("0123456789abcdef")),
    company=st.none() | NAMES,
    data_project=st.none() | NAMES,
    attempt=st.integers(1, 99),
    submission=st.builds(Submission, st.integers(0, 9), st.none() | MOMENTS),
    outcome=st.none() | st.sampled_from(Outcome),
    reason=st.none() | NAMES,
    entities=st.lists(st.builds(EntityCounts, NAMES, COUNTS, COUNTS, COUNTS, COUNTS), max_size=3).map(tuple),
    times=st.dictionaries(NAMES, MOMENTS, max_size=3),
    files=st.dictionaries(NAMES, NAMES, max_size=3),
    request_keys=st.dictionaries(NAMES, st.integers(1, 9), max_size=2),
)


@given(RUNS)
def test_a_run_survives_json(run: Run) -> None:
    """What is written to the ledger is what is read from it."""
    assert from_json(Run, json.loads(json.dumps(to_json(run)))) == run


def test_a_record_of_another_shape_is_refused() -> None:
    """Data of another shape raises an error."""
    with pytest.raises(ValidationError):
        from_json(Run, {"run_id": "imp-1", "kind": "neither", "state": "Claimed"})


def test_a_lane_is_a_data_project_of_an_environment() -> None:
    """Case and outer spaces do not matter, and the environment without a name adds no prefix."""
    assert lane_of(" Customers ") == "customers"
    assert lane_of("Customers", "uat") == "uat: customers"
    assert lane_of(lane_of("Customers", "uat")) == lane_of("customers", "UAT")
    run = Run("exp-1", "export", State.CLAIMED, data_project="Customers", environment="uat")
    assert (run.lane, Run("imp-1", "import", State.CLAIMED).lane) == ("uat: customers", "")

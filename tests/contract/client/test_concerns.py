"""Whose fault is each fault of the emulator's plan: the file's, or the environment's."""

from typing import Any

import pytest

from fno_emulator.control.faults import KINDS
from landfall.fno import EntraTokens, FnoClient, Timeouts
from landfall.fno.concerns import SORTINGS, Concern, concern_of
from landfall.fno.errors import FnoError
from tests.contract.client.conftest import identity_of
from tests.contract.conftest import Caller, emulator_only

FILE, ENVIRONMENT, PASSING = Concern.FILE, Concern.ENVIRONMENT, Concern.PASSING
NOTHING = None
ANSWERS: dict[tuple[str, str], list[tuple[Any, dict[str, Any], Concern | None]]] = {
    ("before", "status"): [
        (400, {"body": {"error": {"message": "no"}}}, FILE),
        (401, {}, NOTHING),
        (403, {}, ENVIRONMENT),
        (302, {"headers": {"Location": "https://login.example/"}}, ENVIRONMENT),
        (404, {}, ENVIRONMENT),
        (405, {}, ENVIRONMENT),
        (408, {}, PASSING),
        (429, {"headers": {"Retry-After": "1"}}, PASSING),
        (500, {}, PASSING),
        (502, {}, PASSING),
        (503, {}, PASSING),
        (200, {"body": "<html>signed out</html>"}, PASSING),
    ],
    ("before", "delay"): [(0.01, {}, NOTHING)],
    ("before", "hang"): [(True, {}, PASSING)],
    ("before", "drop"): [(True, {}, PASSING)],
    ("after", "status"): [(500, {}, PASSING)],
    ("after", "delay"): [(0.01, {}, NOTHING)],
    ("after", "hang"): [(True, {}, PASSING)],
    ("after", "drop"): [(True, {}, PASSING)],
    ("during", "half_body"): [(True, {}, PASSING)],
    ("during", "drip"): [(0.01, {}, NOTHING)],
}
"""What becomes of a call, by the fault's time and effect; None: it succeeds all the same."""
OF_FILES = {("before", "expire_sas"), ("during", "drop"), ("during", "truncate")}
"""Effects on F&O's storage, which Landfall answers with another URL; after four it is NotMovedError."""
PARTS = {"headers", "body"}
"""What goes with a status."""
CASES = [(when, what, *case) for (when, what), cases in ANSWERS.items() for case in cases]


@pytest.mark.parametrize(("when", "what", "value", "more", "concern"), CASES)
def test_each_fault_of_a_call_is_sorted(  # noqa: PLR0913, PLR0917  a case's values
    fno: Caller, when: str, what: str, value: Any, more: dict[str, Any], concern: Concern | None
) -> None:
    """The client's error is the file's, the environment's or a passing one, as the table says (fno-behaviour 2.1)."""
    emulator_only("faults are planned")
    fault = {"operation": "GetAzureWriteUrl", "when": when, "do": {what: value, **more}}
    fno.control("POST", "faults", fault)
    try:
        assert concern_at(fno) == concern
    finally:
        fno.control("DELETE", "faults")


def concern_at(fno: Caller) -> Concern | None:
    """What the error of a call concerns; None when there is none. The client waits a second for an answer."""
    url = fno.ready["url"]
    client = FnoClient(url, EntraTokens(url, identity_of(fno.ready)), timeouts=Timeouts(usual=1))
    try:
        client.write_url("concern.zip")
    except FnoError as error:
        return concern_of(error)
    return None


def test_every_fault_is_sorted() -> None:
    """A fault that the emulator learns must be sorted here before its tests pass (fno-behaviour 2.1)."""
    planned = {(when, what) for when, effects in KINDS.items() for what in effects - PARTS}
    assert planned == {*ANSWERS, *OF_FILES}


def test_every_kind_of_error_has_its_reason() -> None:
    """No error of the client is without an entry of its own, or of a base class (fno-behaviour 2.1)."""
    assert {concern_of(kind.__new__(kind)) for kind in kinds(FnoError)} == set(Concern)
    assert all(sorting.because for sorting in SORTINGS.values())


def kinds(base: type[FnoError]) -> list[type[FnoError]]:
    """All errors below one."""
    return [kind for each in base.__subclasses__() for kind in (each, *kinds(each))]

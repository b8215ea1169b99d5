"""The status and the execution of queued files."""

from typing import Any

import pytest

from landfall.fno import MessageStatus
from tests.unit.fno.conftest import Answer, Wire, valued


@pytest.mark.parametrize(
    ("said", "status"),
    [
        *((str(each), each) for each in MessageStatus),
        ("Preprocessing", MessageStatus.PREPROCESSING),
        ("PostProcessingFailed", MessageStatus.POSTPROCESSING_ERROR),
        ("Paused", MessageStatus.UNKNOWN),
        ("", MessageStatus.UNKNOWN),
        (None, MessageStatus.UNKNOWN),
    ],
)
def test_every_spelling_of_a_state_is_understood(wire: Wire, said: str | None, status: MessageStatus) -> None:
    """Every documented spelling of a status is read; any other one is unknown (fno-behaviour 5.12)."""
    wired = wire(Answer({"value": said}))
    assert wired.client.message_status("m-1") is status
    assert wired.script.actions() == ["GetMessageStatus"]
    assert wired.script.bodies() == [{"messageId": "m-1"}]


@pytest.mark.parametrize(
    ("value", "execution"),
    [("Groups-1", "Groups-1"), ("00000000-0000-0000-0000-000000000000", ""), ("", ""), (None, "")],
)
def test_an_execution_is_known_once_it_began(wire: Wire, value: Any, execution: str) -> None:
    """An id of zeros means no execution yet; the parameter's name begins with an underscore (fno-behaviour 5.12)."""
    for body in valued(value):
        wired = wire(Answer(body))
        assert wired.client.message_execution("m-1") == execution
        assert wired.script.bodies() == [{"_messageId": "m-1"}]

"""The host must not end a function while F&O may still answer."""

import io
import json
from pathlib import Path

import pytest

from landfall.cli.check import check
from landfall.cli.time_limits import MOVE_SECONDS, answer_limit_mistake, function_timeout


@pytest.mark.parametrize(
    ("answer_seconds", "timeout"), [(3600, "01:15:00"), (3600, "-1"), (86_400, "1.00:15:00"), (900, "00:30:00")]
)
def test_a_limit_above_answer_and_move_is_fine(answer_seconds: float, timeout: str) -> None:
    """The limit may equal what the answer and the move take."""
    assert answer_limit_mistake(answer_seconds, timeout) is None


@pytest.mark.parametrize(
    ("answer_seconds", "timeout", "least"),
    [(3600, "00:30:00", "01:15:00"), (3600, "01:14:59", "01:15:00"), (90_000, "01:15:00", "1.01:15:00")],
)
def test_a_limit_below_is_refused_with_one_that_does(answer_seconds: float, timeout: str, least: str) -> None:
    """Both values are named, and what to set."""
    mistake = answer_limit_mistake(answer_seconds, timeout)
    assert mistake
    assert timeout in mistake
    assert f"to {least} or more" in mistake
    assert answer_limit_mistake(answer_seconds, least) is None


def test_what_is_no_time_span_is_named() -> None:
    """A typo is not taken for a limit."""
    assert "'75 minutes'" in str(answer_limit_mistake(3600, "75 minutes"))


def test_an_app_setting_overrides_host_json(tmp_path: Path) -> None:
    """As on the host; without either, the host's own 30 minutes count."""
    file = tmp_path / "host.json"
    file.write_text(json.dumps({"functionTimeout": "00:45:00"}), encoding="utf-8")
    assert function_timeout({}, file) == "00:45:00"
    assert function_timeout({"AzureFunctionsJobHost__functionTimeout": "02:00:00"}, file) == "02:00:00"
    file.write_text("{}", encoding="utf-8")
    assert function_timeout({}, file) == "00:30:00"


def test_make_check_compares_the_two() -> None:
    """A longer answer than host.json allows is a mistake, and the files that ship have none."""
    out = io.StringIO()
    assert check((), {"LANDFALL__SUBMISSION__ANSWER_SECONDS": str(4500 - MOVE_SECONDS + 1)}, out) == 1
    assert "submission.answer_seconds is 3601" in out.getvalue()
    assert check((), {}, io.StringIO()) == 0

"""Compares how long Landfall waits for F&O's answer with how long the Functions host lets a function run."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

HOST_JSON = Path(__file__).parents[2] / "host.json"
OVERRIDE = "AzureFunctionsJobHost__functionTimeout"
MOVE_SECONDS = 900
"""What the function needs beside the answer: it moves the package first."""
TIME_SPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})")


def function_timeout(environment: Mapping[str, str], host_json: Path = HOST_JSON) -> str:
    """Return the functionTimeout of host.json, or the app setting that overrides it."""
    document = json.loads(host_json.read_text(encoding="utf-8"))
    return environment.get(OVERRIDE) or str(document.get("functionTimeout", "00:30:00"))


def answer_limit_mistake(answer_seconds: float, timeout: str) -> str | None:
    """Return what is wrong when the host would end a function, and its process, while F&O may still answer."""
    if timeout == "-1":
        return None
    match = TIME_SPAN.fullmatch(timeout)
    if match is None:
        return f"functionTimeout of host.json is '{timeout}', which is not a time span. Write hh:mm:ss."
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    needed = int(answer_seconds) + MOVE_SECONDS
    if ((days * 24 + hours) * 60 + minutes) * 60 + seconds >= needed:
        return None
    return (
        f"submission.answer_seconds is {answer_seconds:g}, but the host ends a function after {timeout}, with everything "
        f"else in its process. Set functionTimeout in host.json to {_time_span(needed)} or more: it includes moving the "
        "package."
    )


def _time_span(seconds: int) -> str:
    days, rest = divmod(seconds, 86_400)
    text = f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    return f"{days}.{text}" if days else text

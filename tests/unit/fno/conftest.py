"""A scripted F&O behind the client's own session."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from landfall.fno import FnoClient

ORIGIN = "https://contoso.operations.dynamics.com"
ACTIONS = f"{ORIGIN}/data/DataManagementDefinitionGroups/Microsoft.Dynamics.DataEntities."
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Answer:
    """F&O's next answer: a status, headers, and a body as text or as data for JSON."""

    body: Any = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def valued(value: Any) -> list[Any]:
    """Return every shape in which F&O has been seen, or is documented, to answer a value."""
    return [
        {"value": value},
        {"@odata.context": "x", "value": {"value": value}},
        {"value": {"value": {"value": value}}},
    ]


class Script(HTTPAdapter):
    """Gives its answers in order, raises those that are errors, and keeps the requests."""

    def __init__(self, *answers: Answer | Exception) -> None:
        super().__init__()
        self.answers = list(answers)
        self.asked: list[requests.PreparedRequest] = []
        self.timeouts: list[Any] = []

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        """Return the next answer."""
        self.asked.append(request)
        self.timeouts.append(options["timeout"])
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        text = answer.body if isinstance(answer.body, bytes | str) else json.dumps(answer.body)
        raw = HTTPResponse(
            body=io.BytesIO(text if isinstance(text, bytes) else text.encode()),
            status=answer.status,
            headers=answer.headers,
            preload_content=False,
        )
        return self.build_response(request, raw)

    def actions(self) -> list[str]:
        """Return the names of the actions that were called."""
        urls = [str(each.url) for each in self.asked if each.method == "POST"]
        return [each.rpartition(".")[2] for each in urls]

    def bodies(self) -> list[Any]:
        """Return the bodies of the requests as data."""
        return [json.loads(each.body or "null") for each in self.asked]


@dataclass
class CountedTokens:
    """Gives the tokens t1, t2 and so on: a new one each time a fresh one is wanted."""

    given: int = 1
    fresh: int = 0

    def get(self, *, fresh: bool = False) -> str:
        """Return the current token."""
        self.given += fresh
        self.fresh += fresh
        return f"t{self.given}"


@dataclass
class Wired:
    """A client, its scripted F&O and its tokens."""

    client: FnoClient
    script: Script
    tokens: CountedTokens


Wire = Callable[..., Wired]


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Return a function that makes a client from F&O's answers and the client's own options."""
    sessions: list[requests.Session] = []

    def make(*answers: Answer | Exception, **options: Any) -> Wired:
        session, script, tokens = requests.Session(), Script(*answers), CountedTokens()
        sessions.append(session)
        session.mount("https://", script)
        session.mount("http://", script)
        options.setdefault("now", lambda: NOW)
        return Wired(FnoClient(ORIGIN, tokens, session=session, **options), script, tokens)

    yield make
    for each in sessions:
        each.close()

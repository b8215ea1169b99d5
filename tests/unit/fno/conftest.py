"""An F&O that answers what a test tells it to, behind the client's own session."""

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
    """What F&O says next: a status, headers, and a body as text or as data to be written as JSON."""

    body: Any = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def valued(value: Any) -> list[Any]:
    """The ways in which a value has been seen, or is documented."""
    return [
        {"value": value},
        {"@odata.context": "x", "value": {"value": value}},
        {"value": {"value": {"value": value}}},
    ]


class Script(HTTPAdapter):
    """Answers in order, or raises where an error stands; keeps what was asked."""

    def __init__(self, *answers: Answer | Exception) -> None:
        super().__init__()
        self.answers = list(answers)
        self.asked: list[requests.PreparedRequest] = []
        self.timeouts: list[Any] = []

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        """The next answer."""
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
        """The actions that were asked for, by name."""
        urls = [str(each.url) for each in self.asked if each.method == "POST"]
        return [each.rpartition(".")[2] for each in urls]

    def bodies(self) -> list[Any]:
        """What was asked, as data."""
        return [json.loads(each.body or "null") for each in self.asked]


@dataclass
class CountedTokens:
    """Tokens t1, t2 …: a new one for each fresh one."""

    given: int = 1
    fresh: int = 0

    def get(self, *, fresh: bool = False) -> str:
        """The token of now."""
        self.given += fresh
        self.fresh += fresh
        return f"t{self.given}"


@dataclass
class Wired:
    """A client, what answers it, and where its tokens come from."""

    client: FnoClient
    script: Script
    tokens: CountedTokens


Wire = Callable[..., Wired]


@pytest.fixture
def wire() -> Iterator[Wire]:
    """A client whose F&O gives these answers; what else it is made with comes by name."""
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

"""Function keys: one set per state folder, for the routes that require a key."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from aiohttp import web


@dataclass(frozen=True)
class Keys:
    """The host's keys: master opens every route, default the FUNCTION routes, durable the Durable HTTP API."""

    master: str
    default: str
    durable: str

    @classmethod
    def load(cls, state: Path) -> Keys:
        """Return the keys in the state folder's `keys.json`; a new file is readable only by its owner."""
        path = state / "keys.json"
        if not path.exists():
            made = cls(*(secrets.token_urlsafe(40) for _ in range(3)))
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(asdict(made), file)
        return cls(**json.loads(path.read_text(encoding="utf-8")))

    def opens(self, request: web.Request, level: str) -> bool:
        """Whether a request has a key for this level: anonymous, function, admin or durable."""
        if level == "anonymous":
            return True
        given = request.headers.get("x-functions-key") or request.query.get("code") or ""
        fitting = {"function": [self.default], "durable": [self.durable]}.get(level, [])
        sent = given.encode("utf-8", "surrogateescape")  # a header can hold bytes that are no text
        return any(secrets.compare_digest(sent, key.encode()) for key in [self.master, *fitting])

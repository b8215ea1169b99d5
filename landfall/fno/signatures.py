"""The actions that an environment declares, and their parameters; environments differ from their documentation."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from landfall.fno.connection import Call, Connection
from landfall.fno.errors import FnoError, NoAnswerError, ThrottledError
from landfall.fno.models import Body, Request

GOOD_FOR = timedelta(hours=1)
"""Signatures change only when an environment is updated, which takes longer than this."""
Actions = dict[str, dict[str, str]]


class Signatures:
    """An environment's actions, read at most once an hour."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._actions: Actions = {}
        self._read_at: datetime | None = None

    def actions(self) -> Actions:
        """Return the package API's actions by name, each with its parameters' types by name (fno-behaviour 1.16)."""
        now = self._connection.now()
        if self._read_at is None or now - self._read_at >= GOOD_FOR:
            self._actions = _read_actions(self._connection)
            self._read_at = now
        return self._actions

    def fit(self, names: Iterable[str], request: Request) -> tuple[str, Body] | None:
        """Return the first of these actions that the environment declares and `request` can fill, and its body.

        Return None when there is no such action, or when the environment does not tell its signatures.

        Raises:
            ThrottledError: the environment is busy, and would not start anything either.
        """
        try:
            declared = self.actions()
        except ThrottledError:
            raise
        except FnoError:
            return None
        for name in names:
            if name in declared:
                with suppress(ValueError):
                    return name, request.body(declared[name])
        return None


def _read_actions(connection: Connection) -> Actions:
    tried = "the signatures of F&O's actions"
    url = f"{connection.origin}/metadata/PublicEntities('DataManagementDefinitionGroup')"
    entity = connection.request(Call("GET", url, tried))
    try:
        return {
            action["Name"]: {each["Name"]: str(each["Type"]["TypeName"]) for each in action["Parameters"]}
            for action in entity["Actions"]
        }
    except (LookupError, TypeError):
        raise NoAnswerError(f"{tried}: F&O's answer has no signatures in it") from None

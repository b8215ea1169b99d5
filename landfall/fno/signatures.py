"""Signatures: which actions an environment has, and what they take; environments differ from their documentation."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from landfall.fno.connection import Call, Connection
from landfall.fno.errors import FnoError, NoAnswerError, ThrottledError
from landfall.fno.models import Body, ExportRequest, ImportRequest

GOOD_FOR = timedelta(hours=1)
"""Signatures change when an environment is updated, which takes it longer than that."""
Actions = dict[str, dict[str, str]]


@dataclass(frozen=True)
class _Told:
    """What an environment told of its actions, and when."""

    at: datetime
    actions: Actions


class Signatures(Connection):
    """What is known of the actions themselves."""

    _told: _Told | None = None

    def actions(self) -> Actions:
        """The package API's actions by name, each with its parameters' types by name (fno-behaviour 1.16).

        Asked for once an hour.
        """
        now = self._now()
        if self._told is None or now - self._told.at >= GOOD_FOR:
            self._told = _Told(now, self._asked())
        return self._told.actions

    def _fitted(
        self,
        plain: str,
        request: ImportRequest | ExportRequest,
        parameters: tuple[str, ...],
        *,
        look_up: bool = False,
    ) -> tuple[str, Body]:
        """The action to start an execution with, and what it is sent.

        That is `plain` with `parameters`, unless this client is `asynchronous` and the environment has the
        asynchronous one with no parameter that we cannot fill. `look_up` has the parameters of `plain` read from the
        environment too. An environment that does not tell its signatures fails nothing.

        Raises:
            ThrottledError: it is busy, and would not take the start either.
        """
        names = [f"{plain}Async"] * self._asynchronous + [plain] * look_up
        declared = self._declared() if names else {}
        for name in names:
            if name in declared:
                with suppress(ValueError):
                    return name, request.body(declared[name])
        return plain, request.body(parameters)

    def _declared(self) -> Actions:
        try:
            return self.actions()
        except ThrottledError:
            raise
        except FnoError:
            return {}

    def _asked(self) -> Actions:
        tried = "the signatures of F&O's actions"
        url = f"{self._origin}/metadata/PublicEntities('DataManagementDefinitionGroup')"
        entity = self._request(Call("GET", url, tried))
        try:
            return {
                action["Name"]: {each["Name"]: str(each["Type"]["TypeName"]) for each in action["Parameters"]}
                for action in entity["Actions"]
            }
        except (LookupError, TypeError):
            raise NoAnswerError(f"{tried}: F&O's answer holds none") from None

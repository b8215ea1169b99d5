"""The errors of this client, as a tree by what the caller may do next.

* FnoError
  x NotSentError          the request did not leave: it is safe to send it again
  x NoAnswerError         it left and no usable answer came: F&O may have done it
    - ServerError         F&O answered 5xx, which proves nothing either
  x ThrottledError        429: F&O did nothing; ask again after `retry_after`
  x AuthError             401 or 403: F&O or the authority does not accept the app
  x WrongAddressError     a redirect or 404: F&O's API is not at this URL
  x NotMovedError         F&O's storage did not take or give a file
  x RefusedError          400: F&O understood and said no; its own words are in the message
    - ExecutionUnknownError   F&O has no execution of this id, or not yet
    - OverlapError            another call or execution was in the way
"""

UNKNOWN_AFTER_LOST_CALL = 210
"""Seconds for which F&O may not know an execution whose start got no answer (fno-behaviour 2.4).

Nothing happens while this time passes, and then the start is repeated under the same id, so it is short.
"""
UNKNOWN_AFTER_ACCEPTED = 300
"""Seconds for which F&O may not know an execution that it has accepted (fno-behaviour 2.4).

After it the execution counts as lost, which a person must clear up, so it is longer.
"""


class FnoError(Exception):
    """The root of all errors of this client.

    `activity_id` is F&O's own id of the request (`ms-dyn-aid`), which Microsoft's support asks for.
    """

    def __init__(self, message: str, *, activity_id: str | None = None) -> None:
        super().__init__(f"{message} (F&O activity {activity_id})" if activity_id else message)
        self.activity_id = activity_id


class NotSentError(FnoError):
    """The request did not reach F&O.

    `unreachable` says that no connection can be made to an address that has never answered: a setting may be wrong.
    """

    def __init__(self, message: str, *, unreachable: bool = False, activity_id: str | None = None) -> None:
        super().__init__(message, activity_id=activity_id)
        self.unreachable = unreachable


class NoAnswerError(FnoError):
    """F&O may have carried out the request: ask before you send it again."""


class ServerError(NoAnswerError):
    """F&O or a server before it answered 5xx."""


class ThrottledError(FnoError):
    """F&O is too busy; ask again after `retry_after` seconds."""

    def __init__(self, message: str, *, retry_after: float, activity_id: str | None = None) -> None:
        super().__init__(message, activity_id=activity_id)
        self.retry_after = retry_after


class AuthError(FnoError):
    """F&O does not accept the app, or not for this request; or the app's identity is set up wrongly."""


class WrongAddressError(FnoError):
    """The configured URL has no such API."""


class NotMovedError(FnoError):
    """A file did not get to F&O's storage or from there, and the same again now will not help."""


class RefusedError(FnoError):
    """F&O refused; `said` is its message without the prefix that every message has."""

    def __init__(self, message: str, *, said: str, activity_id: str | None = None) -> None:
        super().__init__(message, activity_id=activity_id)
        self.said = said


class OverlapError(RefusedError):
    """The call would have overlapped with another one; F&O may accept it later (fno-behaviour 5.9)."""


class ExecutionUnknownError(RefusedError):
    """F&O does not know the execution: it was never started, or only just now (fno-behaviour 2.4)."""

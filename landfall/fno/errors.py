"""What can go wrong between us and F&O.

* FnoError
  x NotSentError          the request did not leave: sending it again is safe
  x NoAnswerError         it left and no usable answer came: F&O may have done it
    - ServerError         answered with 5xx, which proves nothing either
  x ThrottledError        429: nothing was done, ask again after `retry_after`
  x AuthError             401 or 403: who we are is wrong
  x WrongAddressError     a redirect or 404: F&O's API is not at this URL
  x RefusedError          400: F&O understood and said no; its own words are in the message
    - ExecutionUnknownError   no execution of this id, or not yet
    - OverlapError            another call or execution was in the way
"""


class FnoError(Exception):
    """Root of everything this client raises.

    `activity_id` is F&O's own id of the request (`ms-dyn-aid`): what its support asks for.
    """

    def __init__(self, message: str, *, activity_id: str | None = None) -> None:
        super().__init__(f"{message} (F&O activity {activity_id})" if activity_id else message)
        self.activity_id = activity_id


class NotSentError(FnoError):
    """The request did not reach F&O."""


class NoAnswerError(FnoError):
    """The request may have been carried out: ask before sending it again."""


class ServerError(NoAnswerError):
    """F&O or something before it answered 5xx."""


class ThrottledError(FnoError):
    """F&O is too busy; `retry_after` says for how many seconds."""

    def __init__(self, message: str, *, retry_after: float, activity_id: str | None = None) -> None:
        super().__init__(message, activity_id=activity_id)
        self.retry_after = retry_after


class AuthError(FnoError):
    """F&O does not accept us, or not for this."""


class WrongAddressError(FnoError):
    """There is no such API at the configured URL."""


class RefusedError(FnoError):
    """F&O refused; `said` is its message without the prefix that every message has."""

    def __init__(self, message: str, *, said: str, activity_id: str | None = None) -> None:
        super().__init__(message, activity_id=activity_id)
        self.said = said


class OverlapError(RefusedError):
    """F&O was doing something that this call would have overlapped with; later it may go (fno-behaviour 5.9)."""


class ExecutionUnknownError(RefusedError):
    """F&O does not know the execution: never started, or asked about too early (fno-behaviour 2.4)."""

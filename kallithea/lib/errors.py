"""The errors that a person can be told about; each door has one table that translates them.

Raise the exact class beside the code that knows, with a hint where the reader can act. What is not a `KallitheaError` is a
defect of ours and reaches only the two outermost nets (WSGI and command line).
"""

from collections.abc import Mapping


class KallitheaError(Exception):
    """Something a person can be told: one sentence, and a hint where there is something to do about it."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def lines(self) -> list[str]:
        """What to tell a person, a sentence each."""
        return [self.message, *([self.hint] if self.hint else [])]


class NotFound(KallitheaError):
    """There is nothing of that name, or the actor may not know that there is."""


class Unauthenticated(KallitheaError):
    """Who is asking must be known first."""


class Forbidden(KallitheaError):
    """The actor is known and may read, but may not do this."""


class Invalid(KallitheaError):
    """What was given cannot be used; `fields` says which part and why."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.fields = dict(fields or {})


class Conflict(KallitheaError):
    """What was asked for does not fit what is there already, such as a taken name; `fields` says which part, where one is."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.fields = dict(fields or {})


class TooLarge(KallitheaError):
    """More was sent than is accepted."""


class Unavailable(KallitheaError):
    """It cannot be done now, and may work later."""


class ConfigError(KallitheaError):
    """The configuration cannot be used."""


class TooManyAttempts(KallitheaError):
    """One client did the same too often in a short time, such as signing in, or too much at once; `wait` is how many seconds
    to leave it."""

    def __init__(self, message: str, *, hint: str | None = None, wait: int = 60) -> None:
        super().__init__(message, hint=hint)
        self.wait = wait

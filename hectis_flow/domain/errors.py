"""Errors the domain raises. Each carries a stable code; its sentence says what to do.

No sentence here may hold a name, a number or a clinical word: they reach logs and callers.
"""


class HectisError(Exception):
    """Base of every error a caller may be told about."""

    code = "error"
    status = 400

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class TransitionRefused(HectisError):
    """The workflow does not allow this move; `code` says which rule refused it."""

    code = "transition_refused"
    status = 409


class NotVisible(HectisError):
    """The thing does not exist, or the caller may not know that it does: the same answer."""

    code = "not_found"
    status = 404


class NotAuthenticated(HectisError):
    """No token, or one that is unknown, expired or revoked."""

    code = "not_authenticated"
    status = 401


class NotAllowed(HectisError):
    """The role may not use this route at all."""

    code = "not_allowed"
    status = 403


class DeclarationError(HectisError):
    """The workflow declaration contradicts itself; raised at import, before anything starts."""

    code = "declaration"
    status = 500

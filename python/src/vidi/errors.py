"""The exceptions of this package.

Every error that vidi itself tells has a class here, whether it came over HTTP or from the native module. The classes
are cut by what a caller can do: mend the question (`InvalidArgument`, `TooLarge`, ...), ask with another key
(`Unauthorized`, `Forbidden`), or try again later (`Unavailable` and those under it).
"""

from __future__ import annotations


class Error(Exception):
    """The root of this package's exceptions.

    `code` is the error's name as it stands in vidi's JSON; a class has one each. `message` is one sentence: what was
    wrong, with the value, and what would be right. `url` ("POST http://localhost:4000/predict") and `status` say where
    it came from, and are None where no server was asked. `retry_after` is in seconds, where trying again can help and
    the server said when. Errors can be pickled.
    """

    code = "internal"

    def __init__(
        self, message: str, *, url: str | None = None, status: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.url = url
        self.status = status
        self.retry_after = retry_after

    def __str__(self) -> str:
        where = [self.url or "", f"status {self.status}" if self.status is not None else ""]
        return ": ".join([part for part in where if part] + [self.message])


class InvalidArgument(Error, ValueError):
    """The caller asked for something that makes no sense."""

    code = "invalid_argument"


class NotFound(Error):
    """There is no such model, prediction or picture."""

    code = "not_found"


class Unauthorized(Error):
    """The server asks for a key, and there is none, or one that is not valid."""

    code = "unauthorized"


class Forbidden(Error):
    """The key does not allow it."""

    code = "forbidden"


class Conflict(Error):
    """It contradicts what is there."""

    code = "conflict"


class TooLarge(Error, ValueError):
    """Over a limit on bytes, pixels or memory."""

    code = "too_large"


class UnsupportedMedia(Error, ValueError):
    """The picture's type is not allowed, or its name contradicts its content."""

    code = "unsupported_media"


class Undecodable(Error, ValueError):
    """The bytes are no valid picture of their type."""

    code = "undecodable"


class Unavailable(Error):
    """A server, store or model cannot be reached, or did not answer: try again later."""

    code = "unavailable"


class Overloaded(Unavailable):
    """Too much at once: try again later."""

    code = "overloaded"


class TooManyRequests(Overloaded):
    """The key's quota is used up: try again after `retry_after`."""

    code = "too_many_requests"


class DeadlineExceeded(Unavailable):
    """The time allowed has passed."""

    code = "deadline_exceeded"


class Internal(Error):
    """A mistake of vidi's, or of the machine it runs on."""

    code = "internal"


_CLASSES: dict[str, type[Error]] = {
    kind.code: kind
    for kind in (
        InvalidArgument,
        NotFound,
        Unauthorized,
        Forbidden,
        Conflict,
        TooLarge,
        UnsupportedMedia,
        Undecodable,
        Unavailable,
        Overloaded,
        TooManyRequests,
        DeadlineExceeded,
        Internal,
    )
}


def from_code(
    code: str,
    message: str,
    *,
    url: str | None = None,
    status: int | None = None,
    retry_after: float | None = None,
) -> Error:
    """The error of vidi's code of that name ("invalid_argument"; all of them: src/platform/core/result.hpp). Of a name that this
    version does not know it is `Internal`."""
    return _CLASSES.get(code, Internal)(message, url=url, status=status, retry_after=retry_after)

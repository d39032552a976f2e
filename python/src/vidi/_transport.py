"""Requests that are tried again where that is safe and can help."""

from __future__ import annotations

import email.utils
import http.client
import json
import os
import random
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, TypeVar

from ._connections import Connections, parse_url
from .errors import DeadlineExceeded, Error, Internal, InvalidArgument, NotFound, Unavailable, from_code

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 8.0
_PIECE_BYTES = 1 << 18
# How long an answer is waited for from a server that does not read on.
_EARLY_ANSWER_SECONDS = 5.0
_MOST_MESSAGE = 500

# The codes of vidi's errors by the statuses of src/serving/api/status.cpp, and of proxies, for answers that name none.
_CODES = {
    400: "invalid_argument",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "invalid_argument",
    408: "deadline_exceeded",
    409: "conflict",
    413: "too_large",
    414: "too_large",
    415: "unsupported_media",
    422: "undecodable",
    429: "too_many_requests",
    431: "too_large",
    502: "unavailable",
    503: "overloaded",
    504: "unavailable",
}
# The server did nothing: the same request may come again, whatever it is.
_REFUSED = frozenset({429, 503})
# A proxy does not know what the server did.
_UNKNOWN = frozenset({502, 504})


T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """`asked` is the method and the whole URL."""

    asked: str
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def parse(self, read: Callable[[Any], T]) -> T:
        """What `read` makes of the JSON in the body. Raises `Internal` when it is not JSON, or not what `read`
        expects."""
        try:
            return read(json.loads(self.body))
        except Internal as error:
            raise Internal(error.message, url=self.asked, status=self.status) from error
        except ValueError as error:
            kind = self.headers.get("Content-Type")
            why = f"the answer is not JSON but {kind}: {_excerpt(self.body)!r}"
            raise Internal(why, url=self.asked, status=self.status) from error


@dataclass(frozen=True)
class Request:
    """`repeatable`: asked twice, it does no more than asked once. `answers`: the statuses that are no errors.

    The key is in `headers`, so they are never printed.
    """

    method: str
    path: str  # with the query
    headers: Mapping[str, str | bytes] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    repeatable: bool = True
    answers: frozenset[int] = frozenset({200})


class _Failure(Exception):
    """`repeat`: trying again is safe and can help. `lost`: the server may have done what was asked."""

    def __init__(self, error: Error, *, repeat: bool, lost: bool = False) -> None:
        super().__init__(error)
        self.error = error
        self.repeat = repeat
        self.lost = lost


class Transport:
    """May be used by several threads at once."""

    def __init__(self, url: str, *, timeout: float, retries: int, ca: str | os.PathLike[str] | None) -> None:
        if not 0 < timeout < float("inf"):
            raise InvalidArgument(f"timeout is {timeout!r}; expected seconds, more than 0")
        if retries < 0:
            raise InvalidArgument(f"retries is {retries!r}; expected 0 or more")
        parts = parse_url(url)
        self.url = url.rstrip("/")
        self._prefix = parts.path.rstrip("/")
        self._connections = Connections(parts, ca)
        self._timeout = timeout
        self._retries = retries

    def close(self) -> None:
        self._connections.close()

    def send(self, request: Request, *, retries: int | None = None) -> Answer:
        """The answer; any status that is not among the request's answers is raised as its error."""
        most = self._retries if retries is None else retries
        deadline = time.monotonic() + self._timeout
        lost = False
        attempt = 0
        while True:
            try:
                return self._attempt(request, deadline)
            except _Failure as failure:
                if lost and request.method == "DELETE" and isinstance(failure.error, NotFound):
                    # The attempt whose answer was lost has done it.
                    return Answer(self._name(request), 204, http.client.HTTPMessage(), b"")
                lost = lost or failure.lost
                pause = _pause(attempt, failure.error.retry_after)
                if not failure.repeat or attempt == most or time.monotonic() + pause >= deadline:
                    raise failure.error from failure.__cause__
            time.sleep(pause)
            attempt += 1

    def _attempt(self, request: Request, deadline: float) -> Answer:
        connection = self._connections.take()
        try:
            self._connect(connection, request, deadline)
            response, whole = self._exchange(connection, request, deadline)
            answer = self._read(connection, response, request, deadline)
        except BaseException:
            connection.close()
            raise
        if whole and not response.will_close:
            self._connections.keep(connection)
        else:
            connection.close()
        if answer.status not in request.answers:
            repeat = answer.status in _REFUSED or (request.repeatable and answer.status in _UNKNOWN)
            lost = answer.status in _UNKNOWN
            raise _Failure(error_of(answer, response.reason), repeat=repeat, lost=lost)
        return answer

    def _connect(self, connection: http.client.HTTPConnection, request: Request, deadline: float) -> None:
        if connection.sock is not None:
            return
        try:
            connection.timeout = _remaining(deadline)
            connection.connect()
        except ssl.SSLCertVerificationError as error:
            why = f"its certificate cannot be trusted ({error.verify_message}); ca names the file of who signed it"
            raise _Failure(InvalidArgument(why, url=self._name(request)), repeat=False) from error
        except UnicodeError as error:  # of a name that cannot be a host's
            why = f"the host cannot be looked up ({error})"
            raise _Failure(InvalidArgument(why, url=self.url), repeat=False) from error
        except OSError as error:
            raise self._unreachable(request, f"it cannot be reached ({error})", deadline) from error

    def _exchange(
        self, connection: http.client.HTTPConnection, request: Request, deadline: float
    ) -> tuple[http.client.HTTPResponse, bool]:
        """The head of the answer, and whether the whole request was sent before it."""
        try:
            connection.sock.settimeout(_remaining(deadline))
            connection.request(request.method, self._prefix + request.path, request.body, dict(request.headers))
        except OSError as error:
            # What the server has not read to its end it has not acted on. It may have said why it does not read on.
            try:
                connection.sock.settimeout(min(_EARLY_ANSWER_SECONDS, _remaining(deadline)))
                return connection.getresponse(), False
            except (OSError, http.client.HTTPException):
                raise self._unreachable(request, f"the connection broke ({error})", deadline) from error
        try:
            connection.sock.settimeout(_remaining(deadline))
            return connection.getresponse(), True
        except (OSError, http.client.HTTPException) as error:
            raise self._lost(request, error, deadline) from error

    def _read(
        self,
        connection: http.client.HTTPConnection,
        response: http.client.HTTPResponse,
        request: Request,
        deadline: float,
    ) -> Answer:
        pieces = []
        try:
            while True:
                if connection.sock is not None:  # it is None when the server closes after this answer
                    connection.sock.settimeout(_remaining(deadline))
                piece = response.read(_PIECE_BYTES)
                if not piece:
                    break
                pieces.append(piece)
            if response.length:
                raise http.client.IncompleteRead(b"".join(pieces), response.length)
        except (OSError, http.client.HTTPException) as error:
            raise self._lost(request, error, deadline) from error
        return Answer(self._name(request), response.status, response.headers, b"".join(pieces))

    def _unreachable(self, request: Request, why: str, deadline: float) -> _Failure:
        if time.monotonic() >= deadline:
            return _Failure(DeadlineExceeded(self._late(), url=self._name(request)), repeat=False)
        return _Failure(Unavailable(why, url=self._name(request)), repeat=True)

    def _lost(self, request: Request, cause: Exception, deadline: float) -> _Failure:
        is_late = time.monotonic() >= deadline
        why = self._late() if is_late else f"the connection broke before the answer was there ({cause})"
        if not request.repeatable:
            why += "; the server may have recorded it all the same"
        error = (DeadlineExceeded if is_late else Unavailable)(why, url=self._name(request))
        return _Failure(error, repeat=request.repeatable and not is_late, lost=True)

    def _late(self) -> str:
        return f"there was no answer within {self._timeout:g} s"

    def _name(self, request: Request) -> str:
        return f"{request.method} {self.url}{request.path}"


def error_of(answer: Answer, reason: str = "") -> Error:
    """The error that the answer tells; one that is not vidi's is told from its status."""
    code = _CODES.get(answer.status, "internal")
    message = _excerpt(answer.body)
    if answer.headers.get("Content-Type", "").startswith("application/json"):
        code, message = _told(answer.body, code, message)
    elif answer.headers.get("Content-Type", "").startswith("text/html"):
        message = ""
    if 300 <= answer.status < 400:
        code = "internal"
        message = f"the server is at {answer.headers.get('Location')}: give that as url"
    after = _retry_after(answer.headers.get("Retry-After"))
    message = message or reason or "no reason is given"
    return from_code(code, message, url=answer.asked, status=answer.status, retry_after=after)


def _told(body: bytes, code: str, message: str) -> tuple[str, str]:
    """Code and message of {"error":{"code","message"}}, or of {"error":"message"} under /v2."""
    try:
        error = json.loads(body)["error"]
        return (code, error) if isinstance(error, str) else (str(error["code"]), str(error["message"]))
    except (ValueError, KeyError, TypeError):
        return code, message


def _excerpt(body: bytes) -> str:
    return body[:_MOST_MESSAGE].decode("utf-8", "replace").strip()


def _remaining(deadline: float) -> float:
    return max(deadline - time.monotonic(), 0.001)  # 0 would mean not to wait, which is told by another exception


def _retry_after(value: str | None) -> float | None:
    """Seconds, or a date (RFC 9110, 10.2.3)."""
    if value is None:
        return None
    try:
        return max(float(value), 0.0)
    except ValueError:
        pass
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    return max((moment - datetime.now(timezone.utc)).total_seconds(), 0.0)


def _pause(attempt: int, retry_after: float | None) -> float:
    """Twice as long after each attempt, and not the same for all clients, which would come back together."""
    longest = min(_FIRST_PAUSE_SECONDS * 2.0**attempt, _LONGEST_PAUSE_SECONDS)
    pause = random.uniform(longest / 2, longest)
    return pause if retry_after is None else max(pause, retry_after * random.uniform(1.0, 1.25))

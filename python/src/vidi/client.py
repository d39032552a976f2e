"""A client of vidi's HTTP interface (docs/reference/api.md). Nothing but Python's own library is needed."""

from __future__ import annotations

import json
import os
import secrets
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, datetime, timezone
from types import TracebackType
from typing import IO, Any, Literal, TypeVar, Union, overload
from urllib.parse import quote, urlencode

from ._transport import Answer, Request, Transport, error_of
from .answers import Health, ServedModel, Statistics
from .errors import Error, Internal, InvalidArgument, Unavailable
from .prediction import RecordedPrediction

# A file's bytes, its path, or the open file (in binary), which is read from where it stands.
Picture = Union[bytes, bytearray, memoryview, str, "os.PathLike[str]", IO[bytes]]
# A date is its midnight in UTC; a text is RFC 3339 or a part of it. A datetime has its time zone.
Time = Union[datetime, date, str]

T = TypeVar("T")

_JSON = {"Accept": "application/json", "User-Agent": "vidi-python"}


class Client:
    """Asks a vidi server.

    `url` may have a path, where a proxy serves vidi under one. `key` is one of `vidi keys add`. `user` is whom
    predictions and corrections are recorded for, where the server asks for no keys or the key is an administrator's.
    `timeout` is in seconds, for a whole call with its retries and pauses. `retries` is how often a request is tried
    again. `ca` is a PEM file of those who may have signed the server's certificate, instead of the system's. Proxies of
    the environment are not used.

    Tried again is what the server refused for now (429, 503), after its `Retry-After`; what could not be sent; and what
    broke off, unless it was a picture: that may have been recorded already, so `Unavailable` is raised. An error that
    trying again does not end within `timeout` is raised at once.

    Raises the exceptions of `vidi.errors`: `Unavailable` and those under it are worth another try later, the others are
    not. `OSError` is raised only where a picture's file cannot be read.

    May be used by several threads at once. Connections are kept until `close`, or the end of a `with`.
    """

    def __init__(
        self,
        url: str = "http://localhost:4000",
        *,
        key: str | None = None,
        user: str | None = None,
        timeout: float = 30.0,
        retries: int = 5,
        ca: str | os.PathLike[str] | None = None,
    ) -> None:
        self._headers: dict[str, str | bytes] = dict(_JSON)
        if key is not None:
            if not key or not key.isascii() or not key.isprintable() or " " in key:
                raise InvalidArgument("the key is none of vidi's; expected visible ASCII characters")
            self._headers["Authorization"] = f"Bearer {key}"
        self._user = user
        self._transport = Transport(url, timeout=timeout, retries=retries, ca=ca)

    def __repr__(self) -> str:
        return f"vidi.Client({self._transport.url!r})"

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections; what is asked afterwards raises `InvalidArgument`."""
        self._transport.close()

    def predict(
        self,
        picture: Picture,
        *,
        model: str | None = None,
        user: str | None = None,
        language: str | None = None,
        filename: str | None = None,
    ) -> RecordedPrediction:
        """What a picture shows, when that and the picture have been recorded.

        The picture is a file in a format that the server reads (docs/reference/api.md, "Formats"). `model` and `user` are those
        of the server and of this client where they are None. `language` ("fr", or several: "fr-CH,de") is that of
        `information`; None: every one. `filename` is what is recorded as the picture's name; None: that of the file,
        and none for bytes.

        Raises `Undecodable`, `UnsupportedMedia` and `TooLarge` for a picture that the server does not take, `NotFound`
        for a model that it does not have.
        """
        content, name = _read(picture)
        name = name if filename is None else filename
        headers = {**self._headers, **self._user_header(user)}
        if name is None:
            headers["Content-Type"] = "application/octet-stream"
        else:
            content, headers["Content-Type"] = _form(content, name)
        path = _path("/predict", model=model, language=language)
        answer = self._transport.send(Request("POST", path, headers, content, repeatable=False))
        return answer.parse(RecordedPrediction.from_json)

    @overload
    def predict_many(
        self,
        pictures: Iterable[Picture],
        threads: int = ...,
        *,
        model: str | None = ...,
        user: str | None = ...,
        language: str | None = ...,
        return_errors: Literal[False] = ...,
    ) -> Iterator[RecordedPrediction]: ...

    @overload
    def predict_many(
        self,
        pictures: Iterable[Picture],
        threads: int = ...,
        *,
        model: str | None = ...,
        user: str | None = ...,
        language: str | None = ...,
        return_errors: Literal[True],
    ) -> Iterator[RecordedPrediction | Error | OSError]: ...

    def predict_many(
        self,
        pictures: Iterable[Picture],
        threads: int = 4,
        *,
        model: str | None = None,
        user: str | None = None,
        language: str | None = None,
        return_errors: bool = False,
    ) -> Iterator[Any]:
        """What each picture shows, in their order, with so many requests at once.

        `pictures` is read little by little, at most four times as many as `threads` before the answer that is handed
        out. The first error ends it; with `return_errors` each error stands in its picture's place, and the rest goes
        on. Until the first answer is asked for nothing is sent.
        """
        if threads < 1:
            raise InvalidArgument(f"threads is {threads!r}; expected 1 or more")

        def ask(picture: Picture) -> RecordedPrediction | Error | OSError:
            try:
                return self.predict(picture, model=model, user=user, language=language)
            except (Error, OSError) as error:
                if return_errors:
                    return error
                raise

        return _in_order(ask, pictures, threads)

    def predictions(
        self,
        *,
        user: str | None = None,
        model: str | None = None,
        result: str | None = None,
        from_: Time | None = None,
        to: Time | None = None,
        page_size: int = 500,
    ) -> Iterator[RecordedPrediction]:
        """What was recorded, newest first; all of it, page by page as it is asked for (`itertools.islice` takes a
        part).

        `result` "" means those without a result; `to` is not included. `page_size` is from 1 to 1,000. `information` is
        not in a list: `prediction` has it.
        """
        filters = {"user": user, "model": model, "result": result, "from": _time(from_), "to": _time(to)}
        return self._pages({**filters, "limit": str(page_size)})

    def _pages(self, query: dict[str, str | None]) -> Iterator[RecordedPrediction]:
        while True:
            page, cursor = self._get(_path("/api/predictions", **query)).parse(_page)
            yield from page
            if cursor is None:
                return
            query = {**query, "cursor": cursor}

    def prediction(self, id: str, *, language: str | None = None) -> RecordedPrediction:
        """One that was recorded, as it was answered, with its correction. Raises `NotFound`."""
        return self._get(_path(_one("/api/predictions", id), language=language)).parse(RecordedPrediction.from_json)

    def correct(self, id: str, label: str, *, user: str | None = None) -> RecordedPrediction:
        """Records what is right (1 to 256 characters), by `user`, beside the result. Returns the prediction with it.

        Raises `NotFound`.
        """
        body, headers = _json_body({"label": label}, {**self._headers, **self._user_header(user)})
        answer = self._transport.send(Request("PATCH", _one("/api/predictions", id), headers, body))
        return answer.parse(RecordedPrediction.from_json)

    def delete(self, id: str) -> None:
        """Forgets a prediction, with its picture when no other prediction refers to that. Raises `NotFound`."""
        path = _one("/api/predictions", id)
        self._transport.send(Request("DELETE", path, self._headers, answers=frozenset({200, 204})))

    def image(self, id: str) -> bytes:
        """The picture of a prediction, byte for byte as it was sent. Raises `NotFound`."""
        return self._get(f"{_one('/uploads', id)}/image").body

    def explanation(self, id: str) -> bytes:
        """A PNG that shows how the picture was read: what was found in it, and as the model saw it. Raises
        `NotFound`."""
        return self._get(f"{_one('/uploads', id)}/explanation").body

    def statistics(self, *, from_: Time | None = None, to: Time | None = None) -> Statistics:
        """Counts of the predictions of all days, or from a day on, until a day that is not included; days are UTC's.

        Needs an administrator's key where keys are on.
        """
        days = {"from": _time(from_), "to": _time(to)}
        return self._get(_path("/api/statistics", **days)).parse(Statistics.from_json)

    def models(self) -> list[ServedModel]:
        """Every version of every model in the server's folder, also those that do not answer."""
        body, headers = _json_body({}, self._headers)
        return self._transport.send(Request("POST", "/v2/repository/index", headers, body)).parse(_models)

    def health(self) -> Health:
        """Whether the server can keep predictions and pictures, and if not, why. Asked once, without retries.

        Raises `Unavailable` when nobody answers.
        """
        request = Request("GET", "/health/ready", self._headers, answers=frozenset({200, 503}))
        answer = self._transport.send(request, retries=0)
        try:
            return answer.parse(Health.from_json)
        except Internal:
            if answer.status == 503:  # it is not the health that says 503, but the load
                raise error_of(answer) from None
            raise

    def ready(self) -> bool:
        """Whether the server is there, and keeps predictions and pictures. Asked once, without retries."""
        try:
            return self.health().ready
        except Unavailable:
            return False

    def _get(self, path: str) -> Answer:
        return self._transport.send(Request("GET", path, self._headers))

    def _user_header(self, user: str | None) -> dict[str, str | bytes]:
        name = self._user if user is None else user
        if name is None:
            return {}
        if "\r" in name or "\n" in name or "\0" in name:
            raise InvalidArgument(f"{name!r} is no user; expected a name in one line")
        return {"X-Vidi-User": name.encode()}


def _in_order(ask: Callable[[Picture], T], pictures: Iterable[Picture], threads: int) -> Iterator[T]:
    """The answers, in the order of the pictures; those that are there are not held back for more pictures."""
    asked: deque[Future[T]] = deque()
    with ThreadPoolExecutor(threads, "vidi-client") as executor:
        try:
            for picture in pictures:
                asked.append(executor.submit(ask, picture))
                while asked and (asked[0].done() or len(asked) == 4 * threads):
                    yield asked.popleft().result()
            while asked:
                yield asked.popleft().result()
        finally:
            for each in asked:
                each.cancel()


def _page(answer: Any) -> tuple[list[RecordedPrediction], str | None]:
    if not isinstance(answer, dict) or not isinstance(answer.get("predictions"), list):
        raise Internal(f"this is no page of predictions: {str(answer)[:200]}")
    return list(map(RecordedPrediction.from_json, answer["predictions"])), answer.get("next")


def _models(answer: Any) -> list[ServedModel]:
    if not isinstance(answer, list):
        raise Internal(f"this is no list of models: {str(answer)[:200]}")
    return list(map(ServedModel.from_json, answer))


def _read(picture: Picture) -> tuple[bytes, str | None]:
    """The picture's bytes, and the name of its file."""
    if isinstance(picture, (bytes, bytearray, memoryview)):
        return bytes(picture), None
    if isinstance(picture, (str, os.PathLike)):
        with open(picture, "rb") as file:
            return file.read(), os.path.basename(picture)
    read = getattr(picture, "read", None)
    content = read() if callable(read) else None
    if not isinstance(content, (bytes, bytearray)):
        kind = "a file of text" if isinstance(content, str) else type(picture).__name__
        raise InvalidArgument(f"a picture is bytes, a path or a file opened with 'rb', and this is {kind}")
    name = getattr(picture, "name", None)  # of a descriptor it is a number
    return bytes(content), os.path.basename(name) if isinstance(name, str) else None


def _form(content: bytes, filename: str) -> tuple[bytes, str]:
    """A form as browsers send it, and its type (the HTML standard, "multipart/form-data encoding")."""
    boundary = f"vidi-{secrets.token_hex(16)}"
    name = filename.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A").encode("utf-8", "surrogateescape")
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="'.encode() + name
    head += b'"\r\nContent-Type: application/octet-stream\r\n\r\n'
    return b"".join((head, content, f"\r\n--{boundary}--\r\n".encode())), f"multipart/form-data; boundary={boundary}"


def _json_body(value: dict[str, str], headers: dict[str, str | bytes]) -> tuple[bytes, dict[str, str | bytes]]:
    return json.dumps(value).encode(), {**headers, "Content-Type": "application/json"}


def _path(path: str, **query: str | None) -> str:
    given = {name: value for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path


def _one(folder: str, id: str) -> str:
    if not id:
        raise InvalidArgument("the prediction's id is empty")
    return f"{folder}/{quote(id, safe='')}"


def _time(value: Time | None) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, datetime):
        return value.isoformat()
    if value.utcoffset() is None:
        raise InvalidArgument(f"{value!r} has no time zone; expected one, such as timezone.utc")
    return value.astimezone(timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")

"""Connections to one server, kept for the requests that follow."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import threading
import time
from urllib.parse import SplitResult, urlsplit

from .errors import InvalidArgument

_MOST_IDLE = 64
# Less than the 75 s after which vidi closes a connection that nobody uses.
_LONGEST_IDLE_SECONDS = 60.0


def parse_url(url: str) -> SplitResult:
    """Raises `InvalidArgument` when nothing can be asked there."""
    expected = "expected one such as http://localhost:4000 or https://vidi.example.org"
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - it is parsed when it is read
    except ValueError as error:
        raise InvalidArgument(f"{url!r} is no URL ({error}); {expected}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidArgument(f"{url!r} is no URL of a server; {expected}")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise InvalidArgument(f"{url!r} has characters that no URL has; {expected}")
    if parts.query or parts.fragment or parts.username is not None:
        raise InvalidArgument(f"{url!r} has more than a host, a port and a path; {expected}")
    return parts


def _trust(ca: str | os.PathLike[str]) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca)
    except OSError as error:  # ssl.SSLError is one
        raise InvalidArgument(f"{os.fspath(ca)!r} cannot be used as ca ({error}); expected a PEM file") from error


class Connections:
    """May be used by several threads at once. Each connection that `take` hands out belongs to its caller until it
    comes back by `keep`, or is closed.
    """

    def __init__(self, url: SplitResult, ca: str | os.PathLike[str] | None) -> None:
        self._url = url
        if ca is not None and url.scheme != "https":
            raise InvalidArgument(f"ca is for https://, and the URL is {url.geturl()!r}")
        if url.scheme == "https":
            self._trusted = ssl.create_default_context() if ca is None else _trust(ca)
        self._lock = threading.Lock()
        self._idle: list[tuple[http.client.HTTPConnection, float]] = []
        self._process = os.getpid()
        self._closed = False

    def take(self) -> http.client.HTTPConnection:
        """One that is open, as far as can be seen, or a new one that is not connected yet."""
        self._leave_the_parents()
        while True:
            with self._lock:
                if self._closed:
                    raise InvalidArgument("the client is closed")
                if not self._idle:
                    return self._make()
                connection, since = self._idle.pop()
            if time.monotonic() - since < _LONGEST_IDLE_SECONDS and _is_open(connection.sock):
                return connection
            connection.close()

    def keep(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            if not self._closed and len(self._idle) < _MOST_IDLE:
                self._idle.append((connection, time.monotonic()))
                return
        connection.close()

    def close(self) -> None:
        """Of connections that are in use each is closed when it comes back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection, _ in idle:
            connection.close()

    def _make(self) -> http.client.HTTPConnection:
        host = self._url.hostname or ""
        if self._url.scheme == "https":
            return http.client.HTTPSConnection(host, self._url.port, context=self._trusted)
        return http.client.HTTPConnection(host, self._url.port)

    def _leave_the_parents(self) -> None:
        """A process that was forked would write into its parent's conversations."""
        if self._process != os.getpid():
            self._lock = threading.Lock()
            self._idle = []
            self._process = os.getpid()


def _is_open(connected: socket.socket) -> bool:
    """Whether the server has neither closed it nor said anything since the last answer."""
    try:
        connected.settimeout(0)
        socket.socket.recv(connected, 1, socket.MSG_PEEK)  # past TLS, whose recv does not peek
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False

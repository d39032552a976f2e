"""A small HTTP client: one connection that is kept, and nothing tidied on the way."""

import http.client
import json
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

JSON = {"Accept": "application/json"}
# What Firefox sends when a form is submitted.
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
BOUNDARY = "boundary-of-the-system-tests"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self):
        return self.body.decode("utf-8")

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def media_type(self):
        return self.headers.get("Content-Type", "").partition(";")[0]


@dataclass(frozen=True)
class Part:
    """One part of a form; `filename` goes out as it is, without any escape."""

    name: str
    content: bytes
    filename: str | None = None

    def encode(self):
        filename = "" if self.filename is None else f'; filename="{self.filename}"'
        kind = "" if self.filename is None else "Content-Type: application/octet-stream\r\n"
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{self.name}"{filename}\r\n{kind}\r\n'
        return head.encode() + self.content + b"\r\n"


def form(*parts):
    """Body and headers of a multipart form."""
    body = b"".join(part.encode() for part in parts) + f"--{BOUNDARY}--\r\n".encode()
    return body, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


class Client:
    """Not for several threads at once."""

    def __init__(self, url, timeout=60):
        address = urlsplit(url)
        self.connection = http.client.HTTPConnection(address.hostname, address.port, timeout=timeout)

    def request(self, method, path, body=None, headers=None):
        self.connection.request(method, path, body=body, headers=headers or {})
        response = self.connection.getresponse()
        return Answer(response.status, response.headers, response.read())

    def get(self, path, headers=None):
        return self.request("GET", path, headers=headers)

    def post(self, path, body, headers=None):
        return self.request("POST", path, body, headers)

    def post_form(self, path, *parts, headers=None):
        body, form_headers = form(*parts)
        return self.post(path, body, {**form_headers, **(headers or {})})

    def predict(self, picture, filename="picture.png", headers=JSON):
        """Posts the picture as curl -F does."""
        return self.post_form("/predict", Part("file", picture, filename), headers=headers)

    def close(self):
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def connect(url, timeout=30):
    """A bare connection to the server, for what no well-behaved client sends."""
    address = urlsplit(url)
    return socket.create_connection((address.hostname, address.port), timeout=timeout)


def read_response(connection):
    """Reads one response from a bare connection."""
    response = http.client.HTTPResponse(connection)
    response.begin()
    return Answer(response.status, response.headers, response.read())

"""Clients that keep a server busy from several threads and remember every answer they got."""

import threading
from dataclasses import dataclass, field
from http.client import HTTPException, RemoteDisconnected

from .client import Client
from .pictures import mnist_png


@dataclass
class Outcome:
    answers: list = field(default_factory=list)  # (JSON, index of the picture)
    refused: list = field(default_factory=list)  # statuses that were not 200
    closed: int = 0  # a kept connection was closed before any byte of an answer
    broken: list = field(default_factory=list)  # anything else that went wrong


class Load:
    """`threads` clients, each with a connection of its own, posting different pictures until the server is gone, or
    until they are stopped."""

    def __init__(self, url, threads=6, pictures=range(1000), pause=0.0):
        """`pictures`: which of MNIST's are sent. `pause`: seconds of each client between its requests."""
        self.outcomes = [Outcome() for _ in range(threads)]
        self.threads = [
            threading.Thread(target=self._post, args=(url, number, outcome))
            for number, outcome in enumerate(self.outcomes)
        ]
        self.pictures = pictures
        self.pause = pause
        self.enough = threading.Event()

    def start(self):
        for thread in self.threads:
            thread.start()
        return self

    def _post(self, url, number, outcome):
        client = Client(url, timeout=30)
        index = number
        while not self.enough.is_set():
            index = (index + len(self.threads)) % len(self.pictures)
            try:
                answer = client.predict(mnist_png(self.pictures[index]))
            except (RemoteDisconnected, ConnectionError):
                outcome.closed += 1
                return
            except (HTTPException, OSError) as error:
                outcome.broken.append(repr(error))
                return
            if answer.status == 200:
                outcome.answers.append((answer.json, self.pictures[index]))
            else:
                outcome.refused.append(answer.status)
                return
            if self.pause:
                self.enough.wait(self.pause)

    def stop(self):
        """Every client finishes its request; returns what happened to them together."""
        self.enough.set()
        return self.join()

    def join(self):
        """Waits for all clients, and returns what happened to them together."""
        for thread in self.threads:
            thread.join()
        total = Outcome()
        for outcome in self.outcomes:
            total.answers += outcome.answers
            total.refused += outcome.refused
            total.closed += outcome.closed
            total.broken += outcome.broken
        return total


def missing(url, answers):
    """Those of the answers that the server does not know now exactly as it gave them, or whose picture differs, and what
    it says instead."""
    lost = []
    with Client(url) as client:
        for answer, index in answers:
            recorded = client.get(f"/api/predictions/{answer['id']}")
            picture = client.get(f"/uploads/{answer['id']}/image")
            if recorded.status != 200 or recorded.json != answer:
                lost.append(f"{answer['id']}: {recorded.status} {recorded.body[:500]}")
            elif picture.body != mnist_png(index):
                lost.append(f"the picture of {answer['id']}: {picture.status} {picture.body[:500]}")
    return lost

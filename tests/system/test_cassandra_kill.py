"""vidi killed at random moments, while Cassandra is there, does not answer, is gone, or comes back."""

import os
import random
import threading
import time

import pytest
from harness.load import Load
from harness.stored import prove

pytestmark = pytest.mark.services("cassandra")

ROUNDS = int(os.environ.get("VIDI_TEST_ROUNDS", "15"))
SEED = int(os.environ.get("VIDI_TEST_SEED", random.randrange(1 << 32)))
PICTURES_A_ROUND = 120


class Weather:
    """What Cassandra does, from round to round."""

    def __init__(self, node, chance):
        self.node = node
        self.chance = chance
        self.coming = None
        self.rounds = {"there": 0, "frozen": 0, "killed": 0, "coming back": 0}

    def change(self):
        """What it does in the next round; at the start it is there."""
        state = self._next()
        self.rounds[state] += 1

    def _next(self):
        if self.coming and self.coming.is_alive():
            return "coming back"
        self.coming = None
        if not self.node.runs:
            if self.chance.random() < 0.6:
                return "killed"
            # A start takes longer than a round.
            self.coming = threading.Thread(target=self.node.start)
            self.coming.start()
            return "coming back"
        self.node.thaw()
        dice = self.chance.random()
        if dice < 0.15:
            self.node.kill9()
            return "killed"
        if dice < 0.45:
            self.node.freeze()
            return "frozen"
        return "there"

    def clear(self):
        if self.coming:
            self.coming.join()
        self.node.ensure()


def test_killed_at_random_moments(make_server, node, keyspace, report):
    report(f"seed {SEED} (VIDI_TEST_SEED repeats it), {ROUNDS} rounds (VIDI_TEST_ROUNDS)")
    chance = random.Random(SEED)
    at = f"cassandra://{node.address}/{keyspace}"
    server = make_server("--records", at, "--objects", at)
    weather = Weather(node, chance)
    outcomes = []
    for number in range(ROUNDS):
        # Pictures that no other round sends.
        pictures = range(number * PICTURES_A_ROUND % 10_000, number * PICTURES_A_ROUND % 10_000 + PICTURES_A_ROUND)
        weather.change()
        load = Load(server.url, pictures=pictures, pause=0.01).start()
        time.sleep(chance.uniform(0.05, 0.6))
        server.kill9()
        outcomes.append(load.join())
        assert not outcomes[-1].refused
        server.start()
    weather.clear()
    counts = prove(server, node, outcomes, keyspace)
    rounds = ", ".join(f"{count} with Cassandra {state}" for state, count in weather.rounds.items())
    report(f"{counts}; {rounds}")
    server.stop()

"""What was answered is recorded, also when the server dies the moment after."""

import os
import time

from harness.load import Load, missing

ROUNDS = int(os.environ.get("VIDI_KILL_ROUNDS", "5"))


def test_every_answer_outlives_kill_9(make_server, capfd):
    server = make_server()
    answers = []
    for number in range(ROUNDS):
        load = Load(server.url).start()
        time.sleep(0.4 + 0.15 * number)
        server.kill9()
        outcome = load.join()
        server.start()
        assert outcome.answers, "the server answered nothing before it was killed"
        assert not outcome.refused
        assert not missing(server.url, outcome.answers)
        answers += outcome.answers
    assert not missing(server.url, answers), "later rounds lost what earlier ones had recorded"
    with capfd.disabled():
        print(f"\nkill -9: {ROUNDS} rounds, {len(answers)} answered, 0 lost (records and pictures)")
    server.stop()

"""What a person sees with the real cqlsh."""

import re

import pytest
from harness.client import JSON, Client
from harness.cqlsh import cqlsh
from harness.pictures import CLEAR_DIGITS, digit_png
from harness.stored import demand_key, wait_until_handed_over

pytestmark = pytest.mark.services("cassandra")

def test_each_request_is_a_row_that_a_person_can_read(make_server, node, report):
    at = f"cassandra://{node.address}/demandkeyspace"
    server = make_server("--records", at)
    wait_until_handed_over(server)
    answers = []
    with Client(server.url) as client:
        for digit in CLEAR_DIGITS:
            headers = JSON | {"X-Vidi-User": "ada"}
            answer = client.predict(digit_png(digit), filename=f"my {digit}.png", headers=headers)
            assert answer.status == 200
            answers.append(answer.json)
    wait_until_handed_over(server)
    rows = cqlsh(node, "select * from demandkeyspace.demandtable")
    seen = {row["time"]: (row["filename"], row["result"]) for row in rows}
    assert set(rows[0]) == {"time", "filename", "result"}
    assert seen == {demand_key(answer): (answer["safe_filename"], answer["result"]) for answer in answers}
    assert {answer["result"] for answer in answers} == set(CLEAR_DIGITS)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}-[0-9a-f]{8}", row["time"]) for row in rows)

    month = answers[0]["time"][:7] + "-01"
    rows = cqlsh(
        node,
        "select time, filename, result, image from demandkeyspace.image_by_user "
        f"where user_key = 'ada' and month = '{month}'",
    )
    # Newest first.
    assert [(row["filename"], row["result"], row["image"]) for row in rows] == [
        (answer["safe_filename"], answer["result"], answer["image"]) for answer in reversed(answers)
    ]
    assert [row["time"][:19] for row in rows] == [answer["time"][:19].replace("T", " ") for answer in reversed(answers)]
    report(f"{len(answers)} requests, {len(seen)} rows in demandtable, {len(rows)} of the user's")

"""`vidi cost`: what a job of features cost."""

import json
import pathlib

import pytest
from harness.server import run_vidi

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "docs/how-to/prices-example.toml"
S3 = {"list_requests": 5, "get_requests": 1000, "put_requests": 12, "bytes_in": 5_000_000, "bytes_out": 12_000_000}
BILL = {"instance_seconds": 71.2, "disk_bytes": 12_000_000, "s3": S3, "pictures": 1000}


@pytest.fixture
def out(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "manifest.json").write_text(json.dumps({"bill": BILL}))
    return tmp_path


def cost(folder, *arguments, prices=EXAMPLE, **options):
    return run_vidi("cost", "--prices", prices, *arguments, folder=folder, **options)


def test_prints_the_bill_that_the_documentation_shows(out):
    done = cost(out, "out")
    assert done.returncode == 0, done.stderr.decode()
    documented = [line.removeprefix("    ") for line in (ROOT / "docs/how-to/cost.md").read_text().splitlines()]
    for line in done.stdout.decode().splitlines():
        assert line in documented


def test_prints_it_for_programs(out):
    done = cost(out, "out/manifest.json", "--json")
    bill = json.loads(done.stdout)
    expected = 71.2 / 3600 * 0.08925 + 12e6 / 2**30 * 0.023 + 0.017 * 0.005 + 1 * 0.0004
    assert bill["total"] == pytest.approx(expected, rel=1e-12)
    assert bill["per_million_pictures"] == pytest.approx(expected * 1000, rel=1e-12)
    assert sum(line["amount"] for line in bill["lines"]) == pytest.approx(bill["total"])
    assert (bill["currency"], bill["pictures"]) == ("USD", 1000)


def test_reads_a_manifest_from_standard_input(out):
    manifest = (out / "out" / "manifest.json").read_bytes()
    assert cost(out, "-", stdin=manifest).stdout == cost(out, "out").stdout


@pytest.mark.parametrize("key", ["instance_hour", "gb_month", "months_kept", "thousand_tier1_requests", "gb_out"])
def test_a_price_that_is_missing_or_negative_is_named(out, key):
    lines = EXAMPLE.read_text().splitlines()
    (out / "prices.toml").write_text("\n".join(line for line in lines if not line.startswith(key)))
    done = cost(out, "out", prices="prices.toml")
    assert done.returncode != 0
    assert f"there is no '{key}'" in done.stderr.decode()
    (out / "prices.toml").write_text("\n".join(f"{key} = -1" if line.startswith(key) else line for line in lines))
    done = cost(out, "out", prices="prices.toml")
    assert done.returncode != 0
    assert f"'{key}' must be a number of at least 0, and it is -1" in done.stderr.decode()


def test_what_is_no_job_is_an_error_that_says_so(out):
    assert "no/such/manifest.json" in cost(out, "no/such/manifest.json").stderr.decode()
    (out / "out" / "manifest.json").write_text("{}")
    assert "has no 'bill'" in cost(out, "out").stderr.decode()
    assert "is in S3" in cost(out, "s3://bucket/out").stderr.decode()


def test_a_known_bill_of_a_cluster_is_computed(out):
    """What a student paid for such a job on EMR: 3.47."""
    s3 = {"list_requests": 91, "get_requests": 12_483, "put_requests": 2000, "bytes_in": 0, "bytes_out": 0}
    bill = {
        "instance_seconds": 16.386 * 3600,
        "machines": 3,
        "volume_gb_hours": 9.770 * 730,
        "disk_bytes": round(0.336 * 2**30),
        "s3": s3,
        "pictures": 22_688,
    }
    (out / "out" / "manifest.json").write_text(json.dumps({"bill": bill}))
    (out / "prices.toml").write_text(
        'currency = "USD"\ninstance_hour = 0.1056\nvolume_gb_month = 0.116\nthousand_tier1_requests = 0.0053\n'
        "thousand_tier2_requests = 0.00042  # 0.0042 for 10,000\ngb_month = 0.024\nmonths_kept = 1\ngb_out = 0\n"
        "tax_percent = 20\n"
    )
    text = cost(out, "out", prices="prices.toml").stdout.decode()
    total = next(line.split()[-1] for line in text.splitlines() if line.startswith("total "))
    assert f"{float(total):.2f}" == "3.47"
    assert "that of 3 machines together" in text
    done = json.loads(cost(out, "out", "--json", prices="prices.toml").stdout)
    assert done["subtotal"] == pytest.approx(2.88807, abs=1e-5)
    assert done["tax"] == pytest.approx(0.57761, abs=1e-5)
    assert done["total"] == pytest.approx(done["subtotal"] + done["tax"], rel=1e-12)
    quantities = {line["what"]: round(line["quantity"], 3) for line in done["lines"] if line["quantity"] > 0}
    assert quantities == {
        "instance time": 16.386,
        "block storage": 9.770,
        "storage of the result": 0.336,
        "requests, tier 1": 2.091,
        "requests, tier 2": 12.483,
    }


MEASURED = [ROOT / "tests" / "data" / "costs" / f"pictures-{pictures}.json" for pictures in (100, 1000, 10_000)]
DOCUMENTED = (ROOT / "docs/how-to/cost.md").read_text()


def estimate(pictures, machines, *manifests, folder, flags=("--json",)):
    done = cost(folder, "--estimate", pictures, "--machines", machines, *flags, *manifests)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout) if flags else done.stdout.decode()


def table_row(name, bill):
    """A bill as docs/how-to/cost.md shows it: three digits of everything that is not counted."""

    def short(number):
        return f"{float(f'{number:.3g}'):,g}"

    quantity = {line["what"]: line["quantity"] for line in bill["lines"]}
    hours = quantity["instance time"]
    cells = [
        f"{bill['pictures']:,}, {name}",
        str(bill["machines"]),
        short(hours / bill["machines"] * 60),
        short(hours),
        f"{quantity['requests, tier 1'] * 1000:,.0f}",
        f"{quantity['requests, tier 2'] * 1000:,.0f}",
        short(quantity["storage of the result"]),
        short(bill["total"]),
        f"{bill['per_million_pictures']:.2f}",
    ]
    return f"| {' | '.join(cells)} |"


@pytest.mark.parametrize("manifest", MEASURED, ids=lambda path: path.stem)
def test_the_documentation_shows_what_measured_jobs_cost(manifest, tmp_path):
    assert table_row("measured", json.loads(cost(tmp_path, "--json", manifest).stdout)) in DOCUMENTED.splitlines()


@pytest.mark.parametrize("pictures, machines", [(100, 1), (1000, 1), (10_000, 1), (10**6, 1), (10**6, 4), (10**9, 100)])
def test_the_documentation_shows_what_other_jobs_will_cost(pictures, machines, tmp_path):
    bill = estimate(pictures, machines, *MEASURED, folder=tmp_path)["bill"]
    assert table_row("model", bill) in DOCUMENTED.splitlines()


def test_the_documentation_shows_what_an_estimate_assumes(tmp_path):
    for path in MEASURED:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    names = [path.name for path in MEASURED]
    text = estimate(10**6, 4, *names, folder=tmp_path, flags=())
    said = text.split("It assumes:\n")[1]
    assert " ".join(said.split()) in " ".join(DOCUMENTED.split())


def test_an_estimate_is_the_line_that_jobs_are_on(tmp_path):
    names = []
    for pictures in (1000, 5000, 20_000):
        s3 = S3 | {"get_requests": pictures + 4, "bytes_in": 5000 * pictures}
        bill = {"instance_seconds": 40 + pictures / 16, "machines": 1, "disk_bytes": 1000, "s3": s3, "pictures": pictures}
        names.append(f"{pictures}.json")
        (tmp_path / names[-1]).write_text(json.dumps({"bill": bill}))
    done = estimate(10**6, 4, *names, folder=tmp_path)
    assert done["model"]["fixed_seconds"] == pytest.approx(40)
    assert done["model"]["machine_seconds_per_picture"] == pytest.approx(1 / 16)
    assert done["hours"] == pytest.approx((40 + 1e6 / 16 / 4) / 3600)
    assert done["usage"]["instance_seconds"] == pytest.approx(160 + 1e6 / 16)
    assert done["usage"]["s3"]["get_requests"] == 1_000_004
    (tmp_path / "estimated.json").write_text(json.dumps({"bill": done["usage"]}))
    assert json.loads(cost(tmp_path, "--json", "estimated.json").stdout) == done["bill"]


def test_an_estimate_of_nonsense_says_why_there_is_none(out):
    (out / "out" / "manifest.json").write_text(json.dumps({"state": "running", "bill": BILL}))
    assert 'whose state is "running"' in cost(out, "--estimate", 10, "out").stderr.decode()
    (out / "other.json").write_text(json.dumps({"bill": BILL | {"pictures": 9000, "instance_seconds": 1}}))
    (out / "out" / "manifest.json").write_text(json.dumps({"bill": BILL}))
    assert "say that pictures take no time" in cost(out, "--estimate", 10, "out", "other.json").stderr.decode()
    assert "a bill is of one job, and there are 2" in cost(out, "out", "other.json").stderr.decode()
    assert "--machines requires --estimate" in cost(out, "--machines", 3, "out").stderr.decode()
    assert cost(out, "--estimate", 0, "out").returncode != 0

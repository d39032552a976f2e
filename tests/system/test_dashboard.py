"""The dashboard and the documentation name metrics that exist."""

import json
import re

import pytest
from harness.client import Client
from harness.metrics import Metrics
from harness.pictures import digit_png
from harness.server import ROOT, Server

DASHBOARD = ROOT / "deploy/grafana/vidi.json"
# Words of PromQL that are no metrics: functions, aggregations, keywords.
FUNCTIONS = {
    "sum", "max", "min", "count", "avg", "by", "without", "on", "ignoring", "rate", "increase", "time",
    "histogram_quantile", "label_values", "and", "or", "unless", "bool", "offset", "group_left", "group_right",
}


def metric_names(expression):
    """The names of the metrics in an expression of PromQL."""
    bare = re.sub(r'"(?:\\.|[^"\\])*"', '""', expression)
    bare = re.sub(r"\b(by|without|on|ignoring)\s*\([^)]*\)", " ", bare)  # lists of labels
    bare = re.sub(r"\{[^}]*\}", " ", bare)  # label matchers
    bare = re.sub(r"\[[^\]]*\]", " ", bare)  # ranges
    return set(re.findall(r"(?<![\w.])[a-zA-Z_:][\w:]*", bare)) - FUNCTIONS


def expressions(dashboard):
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["name"], variable["query"]["query"].replace(", instance", "")


@pytest.fixture(scope="module")
def metrics(tmp_path_factory):
    """Of a server that has been used a little, with stores elsewhere that cannot be reached, so that it has spools, and
    with a collector that cannot be reached either."""
    flags = ["--records", "cassandra://127.0.0.1:1/vidi", "--otlp-endpoint", "http://127.0.0.1:1", "--otlp-queue", "1"]
    with Server(tmp_path_factory.mktemp("server"), *flags) as server, Client(server.url) as client:
        for _ in range(5):
            client.predict(digit_png("4"))
        client.get("/nowhere")
        return Metrics(client.get("/metrics").text)


def test_names_are_found_in_expressions():
    assert metric_names('histogram_quantile(0.99, sum by (le, path) (rate(a_bucket{b="c_total"}[$__rate_interval])))') == {"a_bucket"}
    assert metric_names('time() - start{x=~"$y"} / sum without (z) (b_total) > 0') == {"start", "b_total"}


def test_the_dashboard_uses_only_metrics_that_exist(metrics):
    dashboard = json.loads(DASHBOARD.read_text())
    found = list(expressions(dashboard))
    assert len(found) > 20
    used = set()
    for title, expression in found:
        names = metric_names(expression)
        assert names, f"{title}: no metric in {expression}"
        assert names <= metrics.names, f"{title}: {names - metrics.names} do not exist"
        used |= names
    families = {re.sub("_(total|bucket|sum|count|info)$", "", name) for name in used}
    there = {re.sub("_info$", "", family.name) for family in metrics.families}
    assert there <= families, f"nothing shows {there - families}"


def test_the_dashboards_panels_do_not_overlap():
    places = set()
    panels = json.loads(DASHBOARD.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert place["x"] + place["w"] <= 24
        assert not cells & places, panel["title"]
        places |= cells


def test_labels_in_the_dashboard_exist(metrics):
    labels = {label for sample in metrics.samples for label in sample.labels} | {"instance"}
    for title, expression in expressions(json.loads(DASHBOARD.read_text())):
        for matchers in re.findall(r"\{([^}]*)\}", expression):
            assert set(re.findall(r"(\w+)\s*=?[=!]~?\s*\"", matchers)) <= labels, title
        for names in re.findall(r"\bby\s*\(([^)]*)\)", expression):
            assert set(re.split(r",\s*", names)) <= labels, title


def test_every_metric_is_documented(metrics):
    table = (ROOT / "docs/reference/observability.md").read_text().split("## The log")[0]
    documented = {}
    for line in re.findall(r"^\|(.*)$", table, re.MULTILINE):
        for name, labels in re.findall(r"`((?:vidi|process)_\w+)(?:\{([\w,]+)\})?`", line.split("|")[0]):
            documented[name] = (set(labels.split(",")) if labels else set(), line.split("|")[1].strip())
    there = {}
    for family in metrics.families:
        name = family.name + ("_total" if family.type == "counter" else "")
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        there[name] = (labels, family.type)
    assert documented == there

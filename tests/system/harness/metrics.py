"""What /metrics says, read by Prometheus' own client library."""

import time

from prometheus_client.parser import text_string_to_metric_families

from .client import Client


class Metrics:
    """One reading of a server's /metrics."""

    def __init__(self, text):
        self.families = list(text_string_to_metric_families(text))
        self.samples = [sample for family in self.families for sample in family.samples]

    @property
    def names(self):
        """Of every series, as expressions name them."""
        return {sample.name for sample in self.samples}

    def value(self, name, **labels):
        """The sum of the series that have these labels, among others; 0 when there is none."""
        return sum(sample.value for sample in self.samples if sample.name == name and labels.items() <= sample.labels.items())

    def labels(self, name, label):
        """Every value that a label of a metric has."""
        return {sample.labels[label] for sample in self.samples if sample.name == name}


    @property
    def requests(self):
        """How many were answered, those that asked for metrics left out."""
        return self.value("vidi_requests_total") - self.value("vidi_requests_total", path="/metrics")


def read_metrics(url):
    with Client(url) as client:
        answer = client.get("/metrics")
    assert answer.status == 200
    return Metrics(answer.text)


def read_metrics_after(url, before, count):
    """When `count` more requests are in them: a request is counted when its answer has been sent, which may be a
    moment after it was read."""
    end = time.monotonic() + 10
    while True:
        after = read_metrics(url)
        if after.requests - before.requests >= count or time.monotonic() > end:
            return after
        time.sleep(0.005)

"""The manifests of deploy/kubernetes: accepted by Kubernetes, true to themselves, and fit for the program they run.

Nothing here needs a cluster: kustomize renders them, Kubernetes' published schemas judge them, and a real vidi is asked
whether it knows what they say about it.
"""

import re
import subprocess
import textwrap
from pathlib import Path

import pytest
import yaml
from harness.client import Client
from harness.manifests import (
    SOURCE, VERSIONS, Renderer, changed, one, pod_of, reference_errors, restricted_errors, schema_errors,
)
from harness.metrics import read_metrics
from harness.pictures import digit_png
from harness.server import ROOT, Server, binary, environment, run_vidi
from markdown_it import MarkdownIt

pytestmark = pytest.mark.services("kubernetes")
DIGEST = 64 * "0"
OWN_SETTINGS = 'log_format = "text"\n'
# What is rendered: a kustomization, and components that a user adds.
VARIANTS = {
    "base": ("base",),
    "base with all": ("base", "ingress", "monitoring", "keys"),
    "many": ("overlays/many",),
    "many with all": ("overlays/many", "ingress", "keys"),
    "cassandra": ("cassandra",),
    "spark": ("spark",),
}
# Kinds of operators whose schemas are in no package that can be had without their cluster.
WITHOUT_SCHEMA = {"K8ssandraCluster"}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    renderer = Renderer(tmp_path_factory.mktemp("manifests"))
    return {name: renderer.render(*wanted) for name, wanted in VARIANTS.items()}


@pytest.fixture(params=[name for name in VARIANTS if name not in ("cassandra", "spark")])
def vidi(rendered, request):
    """The objects of each variant that runs vidi."""
    return rendered[request.param]


def container_of(items):
    return pod_of(one(items, "StatefulSet"))["containers"][0]


def variables_of(items):
    """What the container finds in its environment, of the Secret too."""
    variables = {each["name"]: each["value"] for each in container_of(items).get("env", [])}
    for source in container_of(items).get("envFrom", []):
        secret = one(items, "Secret", source["secretRef"]["name"])
        variables |= dict.fromkeys(secret["data"], "secret")
    return variables


def settings_file(items, folder):
    """The ConfigMap's file, as the container finds it."""
    file = folder / "vidi.toml"
    file.write_text(one(items, "ConfigMap")["data"]["vidi.toml"])
    return file


def settings_of(items, folder):
    """What the program under test makes of the pod's environment and file: its warnings, and each setting's value."""
    variables = variables_of(items) | {"VIDI_CONFIG": str(settings_file(items, folder))}
    done = subprocess.run(
        [binary(), "settings"], env=environment() | variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    values = dict(re.findall(r"^(\S+) = (.*?)  \(", done.stdout, re.MULTILINE))
    return done.stderr, values


def milliseconds(value):
    return int(value.removesuffix("ms"))


def size(quantity):
    """Bytes of a quantity with Mi or Gi."""
    return int(quantity[:-2]) << {"Mi": 20, "Gi": 30}[quantity[-2:]]


@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_accepts_every_object(rendered, version):
    unknown = set()
    for item in (item for items in rendered.values() for item in items):
        try:
            assert not schema_errors(item, version)
        except LookupError:
            unknown.add(item["kind"])
    assert unknown == WITHOUT_SCHEMA


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("StatefulSet", ("spec", "template", "spec", "enableServiceLink"), True),
        ("StatefulSet", ("spec", "template", "spec", "containers", 0, "readinessprobe"), {}),
        ("HorizontalPodAutoscaler", ("spec", "metrics", 0, "pods", "metric", "nam"), "x"),
        ("PodDisruptionBudget", ("spec", "maxUnavailible"), 1),
        ("NetworkPolicy", ("spec", "egres"), []),
        ("PodMonitor", ("spec", "podMetricsEndpoints", 0, "intervall"), "15s"),
        ("PodMonitor", ("spec", "podMetricsEndpoints", 0, "port"), 8080),
        ("Service", ("spec", "ports", 0, "port"), "eighty"),
    ],
)
def test_a_field_that_does_not_exist_is_refused(rendered, kind, path, value):
    item = next(item for item in rendered["many"] if item["kind"] == kind)
    assert not schema_errors(item)
    assert schema_errors(changed(item, path, value))


def test_every_name_belongs_to_something(vidi):
    assert not list(reference_errors(vidi))


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("Service", ("spec", "selector"), {"app": "vidi"}),
        ("Service", ("spec", "ports", 0, "targetPort"), "web"),
        ("PodDisruptionBudget", ("spec", "selector", "matchLabels", "app"), "vidi"),
        ("NetworkPolicy", ("spec", "podSelector", "matchLabels", "app"), "vidi"),
        ("NetworkPolicy", ("spec", "ingress", 0, "ports", 0, "port"), "web"),
        ("PodMonitor", ("spec", "podMetricsEndpoints", 0, "port"), "metrics"),
        ("HorizontalPodAutoscaler", ("spec", "scaleTargetRef", "kind"), "Deployment"),
        ("StatefulSet", ("spec", "serviceName"), "vidi-headless"),
        ("StatefulSet", ("spec", "template", "spec", "serviceAccountName"), "default"),
        ("StatefulSet", ("spec", "template", "spec", "containers", 0, "envFrom", 0, "secretRef", "name"), "secret"),
        ("StatefulSet", ("spec", "template", "spec", "containers", 0, "volumeMounts", 0, "name"), "disk"),
        ("Ingress", ("spec", "rules", 0, "http", "paths", 0, "backend", "service", "port", "name"), "https"),
    ],
)
def test_a_name_that_belongs_to_nothing_is_found(rendered, kind, path, value):
    items = rendered["many with all"]
    item = next(item for item in items if item["kind"] == kind)
    wrong = [changed(each, path, value) if each is item else each for each in items]
    assert list(reference_errors(wrong))


def test_pods_keep_to_the_restricted_standard(vidi):
    pod = pod_of(one(vidi, "StatefulSet"))
    assert not list(restricted_errors(pod))
    assert one(vidi, "Namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert all(container["securityContext"]["readOnlyRootFilesystem"] for container in pod["containers"])
    assert pod["automountServiceAccountToken"] is False


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("hostNetwork",), True),
        (("volumes", 0, "hostPath"), {"path": "/"}),
        (("securityContext", "runAsNonRoot"), False),
        (("securityContext", "runAsUser"), 0),
        (("securityContext", "seccompProfile", "type"), "Unconfined"),
        (("containers", 0, "securityContext", "allowPrivilegeEscalation"), None),
        (("containers", 0, "securityContext", "capabilities"), {}),
        (("containers", 0, "securityContext", "capabilities", "add"), ["SYS_ADMIN"]),
        (("containers", 0, "ports", 0, "hostPort"), 80),
    ],
)
def test_what_the_restricted_standard_forbids_is_found(rendered, path, value):
    assert list(restricted_errors(changed(pod_of(one(rendered["base"], "StatefulSet")), path, value)))


def test_the_image_is_of_this_version(vidi):
    version = re.search(r"project\(vidi VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
    assert [container["image"] for container in pod_of(one(vidi, "StatefulSet"))["containers"]] == [f"vidi:{version}"]


def test_vidi_knows_every_setting(vidi, tmp_path):
    warnings, values = settings_of(vidi, tmp_path)
    assert not warnings
    assert values["listen"] == "0.0.0.0:8080"
    # Variables that vidi does not read are those of the AWS tools.
    others = {name for name in variables_of(vidi) if not name.startswith("VIDI_")}
    assert others <= {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    # What Kubernetes would set for a Service named vidi.
    assert pod_of(one(vidi, "StatefulSet"))["enableServiceLinks"] is False


def test_a_setting_that_vidi_does_not_know_is_found(rendered, tmp_path):
    path = ("spec", "template", "spec", "containers", 0, "env", 1, "name")
    wrong = [
        changed(item, path, "VIDI_LISTENS") if item["kind"] == "StatefulSet" else item for item in rendered["base"]
    ]
    warnings, _ = settings_of(wrong, tmp_path)
    assert "VIDI_LISTENS" in warnings


def test_ports_are_those_that_vidi_listens_on(vidi, tmp_path):
    _, values = settings_of(vidi, tmp_path)
    ports = {port["name"]: port["containerPort"] for port in container_of(vidi)["ports"]}
    assert values["listen"].endswith(f":{ports['http']}")
    assert values["grpc-listen"].endswith(f":{ports['grpc']}")


def test_a_pod_has_time_to_stop(vidi, tmp_path):
    _, values = settings_of(vidi, tmp_path)
    needed = milliseconds(values["stop-delay"]) + milliseconds(values["stop-timeout"])
    assert milliseconds(values["stop-delay"]) > 0
    assert pod_of(one(vidi, "StatefulSet"))["terminationGracePeriodSeconds"] * 1000 > needed


def test_one_large_picture_fits_into_the_memory(vidi, tmp_path):
    _, values = settings_of(vidi, tmp_path)
    largest = int(values["workers"]) * int(values["max-decode-bytes"])
    largest += int(values["pdf-workers"]) * int(values["pdf-max-memory"])
    assert size("256Mi") + largest <= size(container_of(vidi)["resources"]["limits"]["memory"])


def test_data_and_keys_are_where_the_volumes_are(vidi, tmp_path):
    _, values = settings_of(vidi, tmp_path)
    mounts = {mount["name"]: mount["mountPath"] for mount in container_of(vidi)["volumeMounts"]}
    assert values["data"] == mounts["data"]
    assert variables_of(vidi)["VIDI_CONFIG"] == mounts["settings"]
    if "keys" in mounts:
        secret = one(vidi, "Secret", "vidi-keys")
        folder, _, name = values["auth.keys"].rpartition("/")
        assert (folder, name in secret["data"]) == (mounts["keys"], True)
        assert values["auth.mode"] == "keys"
        monitor = one(vidi, "PodMonitor")["spec"]["podMetricsEndpoints"][0]
        reference = monitor["authorization"]["credentials"]
        assert reference["key"] in one(vidi, "Secret", reference["name"])["data"]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A server that has answered once."""
    with Server(tmp_path_factory.mktemp("served"), "--stop-delay", "1s") as running:
        with Client(running.url) as client:
            assert client.predict(digit_png("4")).status == 200
        yield running


def test_probes_and_metrics_are_served(vidi, served):
    probes = [container_of(vidi)[name]["httpGet"] for name in ("startupProbe", "readinessProbe", "livenessProbe")]
    monitored = [each for item in vidi if item["kind"] == "PodMonitor" for each in item["spec"]["podMetricsEndpoints"]]
    with Client(served.url) as client:
        for each in [*probes, *monitored]:
            assert client.get(each["path"]).status == 200, each
            assert each["port"] == "http"


def test_prometheus_may_read_the_metrics_where_keys_are_asked_for(rendered, tmp_path, make_server):
    """With the file and the key that are made as components/keys says."""
    file = tmp_path / "keys.toml"
    keys = [
        run_vidi("keys", "add", name, "--auth-keys", file, folder=tmp_path).stdout.decode().strip()
        for name in ("alice", "prometheus")
    ]
    file.chmod(0o440)
    variables = variables_of(rendered["base with all"])
    given = {name: variables[f"VIDI_AUTH_{name.upper()}"] for name in ("mode", "metrics")}
    server = make_server("--auth-keys", file, *(f"--auth-{name}={value}" for name, value in given.items()))
    with Client(server.url) as client:
        assert client.get("/metrics", {"Authorization": f"Bearer {keys[1]}"}).status == 200
        assert client.get("/metrics").status == 401
        assert client.get("/health/ready").status == 200


def test_the_autoscaler_asks_for_a_metric_that_there_is(rendered, served):
    rules = yaml.safe_load((SOURCE / "prometheus-adapter.yaml").read_text())["rules"]["custom"]
    metrics = one(rendered["many"], "HorizontalPodAutoscaler")["spec"]["metrics"]
    wanted = {each["pods"]["metric"]["name"] for each in metrics if each["type"] == "Pods"}
    names = read_metrics(served.url).names
    offered = set()
    for rule in rules:
        series = re.match(r"[\w:]+", rule["seriesQuery"]).group()
        assert series in names
        assert re.search(rule["name"]["matches"], series)
        assert "rate(<<.Series>>{<<.LabelMatchers>>}" in rule["metricsQuery"]
        offered.add(rule["name"]["as"])
    assert wanted and wanted <= offered


def test_the_volume_holds_both_spools(rendered, tmp_path):
    _, values = settings_of(rendered["many"], tmp_path)
    claim = one(rendered["many"], "StatefulSet")["spec"]["volumeClaimTemplates"][0]
    assert size(claim["spec"]["resources"]["requests"]["storage"]) > 2 * int(values["spool-max-bytes"])
    assert claim["metadata"]["name"] == "data"
    assert not values["spool"], "the spool is in the data folder"


def test_the_addresses_of_the_stores_lead_to_them(rendered, tmp_path):
    items = rendered["many"]
    cluster = one(rendered["cassandra"], "K8ssandraCluster")
    (datacenter,) = cluster["spec"]["cassandra"]["datacenters"]
    name, place = cluster["metadata"]["name"], cluster["metadata"]["namespace"]
    _, values = settings_of(items, tmp_path)
    center = datacenter["metadata"]["name"]
    # https://docs.k8ssandra.io/tasks/connect/: CLUSTER-DATACENTER-service
    assert values["records"].startswith(f"cassandra://{name}-{center}-service.{place}.svc:9042/")
    assert one(rendered["cassandra"], "Secret", cluster["spec"]["cassandra"]["superuserSecretRef"]["name"])
    egress = one(items, "NetworkPolicy")["spec"]["egress"]
    (rule,) = [each for each in egress if each["ports"] == [{"port": 9042}]]
    (whom,) = rule["to"]
    assert whom["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": place}
    assert whom["podSelector"]["matchLabels"] == {"cassandra.datastax.com/cluster": name}
    # Both addresses are such as vidi takes, and every row has as many copies as there may be.
    schema = subprocess.run(
        [binary(), "records", "--records", values["records"], "schema"],
        env=environment(), capture_output=True, text=True, check=True,
    ).stdout
    assert re.search(rf"NetworkTopologyStrategy.*'{center}': *'?{datacenter['size']}", schema), schema[:500]
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    link = subprocess.run(
        [binary(), "objects", "presign", DIGEST, "--objects", values["objects"]],
        env=environment() | keys, capture_output=True, text=True, check=True,
    ).stdout
    bucket = re.match("s3://([^/]+)/", values["objects"]).group(1)
    assert link.startswith("https://s3.") and f"/{bucket}/" in link


def test_the_guide_shows_kustomizations_that_work(tmp_path):
    """Its pieces together, around the base of this tree."""
    own = {}
    guide = MarkdownIt().parse((ROOT / "docs/how-to/kubernetes.md").read_text())
    for block in (textwrap.dedent(token.content) for token in guide if token.type == "code_block"):
        if re.match("# kustomization|configMapGenerator|components|patches", block):
            for name, value in yaml.safe_load(block).items():
                own[name] = own.get(name, []) + value if isinstance(value, list) else value
    renderer = Renderer(tmp_path)
    items = renderer.render_own(own, {"vidi.toml": OWN_SETTINGS})
    container = container_of(items)
    assert container["image"] == "registry.example.org/vidi:0.1.0"
    rule = one(items, "Ingress")["spec"]
    assert (rule["rules"][0]["host"], rule["tls"][0]["hosts"]) == ("digits.example.com", ["digits.example.com"])
    assert "eks.amazonaws.com/role-arn" in one(items, "ServiceAccount")["metadata"]["annotations"]
    assert one(items, "ConfigMap")["data"]["vidi.toml"] == OWN_SETTINGS
    assert not list(reference_errors(items)) and not any(map(schema_errors, items))


def test_no_secret_is_in_the_tree():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "deploy"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    for name in filter(None, listed):
        text = (ROOT / name).read_text()
        assert not re.search(r"^kind: Secret$|\bliterals:", text, re.MULTILINE), name
        assert Path(name).name not in {"credentials.env", "superuser.env", "keys.toml", "metrics.key"}
        if name.endswith(".example"):
            assert not re.findall(r"^(?:.*(?:PASSWORD|password|ACCESS_KEY).*)=.+$", text, re.MULTILINE), name

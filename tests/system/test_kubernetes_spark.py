"""deploy/kubernetes/spark: accepted by the Spark operator's schema, true to itself, and fit for the image it runs."""

import re

import pytest
import yaml
from harness.manifests import Renderer, changed, one, restricted_errors, schema_errors
from harness.server import ROOT

pytestmark = pytest.mark.services("kubernetes")
ROLES = ("driver", "executor")


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    return Renderer(tmp_path_factory.mktemp("manifests")).render("spark")


@pytest.fixture(scope="module")
def application(rendered):
    return one(rendered, "SparkApplication")


def mebibytes(quantity):
    """Of a size as Spark writes them."""
    return int(quantity[:-1]) * {"m": 1, "g": 1024}[quantity[-1]]


def pod(application, role):
    """The pod's spec that the operator makes of the driver or an executor, as far as it is said here."""
    spec = application["spec"]
    container = {"securityContext": spec[role]["securityContext"]}
    return {"securityContext": spec[role]["podSecurityContext"], "containers": [container], "volumes": spec["volumes"]}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("spec", "driver", "serviceAccountName"), "vidi-spark-driver"),
        (("spec", "executor", "memoryOverHead"), "1g"),
        (("spec", "executor", "instances"), "four"),
        (("spec", "executor", "envFrom", 0, "secretref"), {"name": "x"}),
        (("spec", "dynamicAllocation", "maxExecutor"), 4),
        (("spec", "restartPolicy", "type"), "Sometimes"),
        (("spec", "sparkConf", "spark.task.cpus"), 1),
        (("spec", "mainApplicationFile"), None),
    ],
)
def test_what_the_operator_does_not_know_is_refused(application, path, value):
    assert not schema_errors(application)
    assert schema_errors(changed(application, path, value))


def test_every_name_belongs_to_something(rendered, application):
    spec = application["spec"]
    names = {(item["kind"], item["metadata"]["name"]) for item in rendered}
    volumes = {volume["name"] for volume in spec["volumes"]}
    for role in ROLES:
        assert ("ServiceAccount", spec[role]["serviceAccount"]) in names
        assert all(("Secret", each["secretRef"]["name"]) in names for each in spec[role]["envFrom"])
        assert {mount["name"] for mount in spec[role]["volumeMounts"]} == volumes
    binding = one(rendered, "RoleBinding")
    assert (binding["roleRef"]["kind"], binding["roleRef"]["name"]) in names
    assert [each["name"] for each in binding["subjects"]] == [spec["driver"]["serviceAccount"]]
    assert spec["executor"]["serviceAccount"] != spec["driver"]["serviceAccount"], "executors may not start pods"
    assert {item["metadata"]["namespace"] for item in rendered if item["kind"] != "Namespace"} == {"vidi-spark"}


@pytest.mark.parametrize("role", ROLES)
def test_pods_keep_to_the_restricted_standard(rendered, application, role):
    assert not list(restricted_errors(pod(application, role)))
    assert application["spec"][role]["securityContext"]["readOnlyRootFilesystem"]
    labels = one(rendered, "Namespace")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    loose = changed(application, ("spec", role, "podSecurityContext", "runAsNonRoot"), False)
    assert list(restricted_errors(pod(loose, role)))


def test_it_fits_the_image(application):
    spec = application["spec"]
    dockerfile = (ROOT / "deploy/spark/Dockerfile").read_text()
    version = re.search(r"project\(vidi VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
    assert spec["image"] == f"vidi-spark:{version}"
    assert f"ARG VERSION={version}\n" in dockerfile
    assert f"VIDI_SPARK_IMAGE=vidi-spark:{version}\n" in (ROOT / "deploy/.env").read_text()
    assert f"pyspark=={spec['sparkVersion']} " in (ROOT / "scripts/requirements/spark.txt").read_text()
    user = int(re.search(r"^USER (\d+):", dockerfile, re.MULTILINE).group(1))
    assert all(spec[role]["podSecurityContext"]["runAsUser"] == user for role in ROLES)
    # Where the image may be written to is a volume, since nothing else of it can be.
    writable = {re.search(r"^VOLUME (\S+)", dockerfile, re.MULTILINE).group(1), "/tmp"}
    assert all({mount["mountPath"] for mount in spec[role]["volumeMounts"]} == writable for role in ROLES)
    assert spec["mainApplicationFile"] == "local:///opt/vidi/vidi_features.py"
    assert "COPY bin /opt/vidi\n" in dockerfile


def test_each_process_of_an_executor_has_memory(application):
    """As docs/how-to/spark.md reckons: 600 MB for each copy of the network."""
    executor = application["spec"]["executor"]
    processes = executor["cores"] // int(application["spec"]["sparkConf"]["spark.task.cpus"])
    assert mebibytes(executor["memoryOverhead"]) >= 600 * processes + 256


def test_executors_may_come_and_go(application):
    """What `enabled: true` needs besides."""
    dynamic = application["spec"]["dynamicAllocation"]
    assert dynamic["shuffleTrackingEnabled"]
    assert 0 < dynamic["minExecutors"] <= dynamic["initialExecutors"] <= dynamic["maxExecutors"]
    assert not schema_errors(changed(application, ("spec", "dynamicAllocation", "enabled"), True))


def test_the_endpoint_that_is_shown_can_be_taken():
    """The lines in comments, with their marks taken away, are what the operator accepts."""
    text = (ROOT / "deploy/kubernetes/spark/spark-application.yaml").read_text()
    shown = re.sub(r"^( +)# (- name: AWS_ENDPOINT_URL|  value: http)", r"\1\2", text, flags=re.MULTILINE)
    item = yaml.safe_load(shown)
    assert {each["name"] for each in item["spec"]["executor"]["env"]} == {"AWS_REGION", "AWS_ENDPOINT_URL"}
    assert not schema_errors(item)

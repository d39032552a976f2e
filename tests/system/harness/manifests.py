"""What deploy/kubernetes says, rendered by the real kustomize and held against Kubernetes' own schemas."""

import copy
import functools
import shutil
import subprocess
from pathlib import Path

import jsonschema
import kubernetes_validate
import yaml

from .server import ROOT

SOURCE = ROOT / "deploy/kubernetes"
# The oldest Kubernetes that the manifests are for, and the newest whose schemas are there.
VERSIONS = ("1.31", kubernetes_validate.latest_version())
# Files that are never committed, and what stands in for each.
PRIVATE = {
    "overlays/many/credentials.env": (SOURCE / "overlays/many/credentials.env.example").read_text(),
    "cassandra/superuser.env": (SOURCE / "cassandra/superuser.env.example").read_text(),
    "spark/credentials.env": (SOURCE / "spark/credentials.env.example").read_text(),
    "components/keys/keys.toml": "format = 1\n",
    "components/keys/metrics.key": "vidi_key",
}


def tool(name):
    """Where scripts/kubernetes.sh puts kustomize, or the schemas."""
    script = ROOT / "scripts/kubernetes.sh"
    return subprocess.run([script, "path", name], capture_output=True, text=True, check=True).stdout.strip()


class Renderer:
    """A copy of deploy/kubernetes with the files that each user adds."""

    def __init__(self, folder):
        self.folder = folder / "kubernetes"
        private = ["credentials.env", "superuser.env", "keys.toml", "metrics.key"]
        shutil.copytree(SOURCE, self.folder, ignore=shutil.ignore_patterns(*private))
        for name, content in PRIVATE.items():
            (self.folder / name).write_text(content)

    def render(self, resource, *components):
        """The objects of a kustomization, with components added as a user adds them: in a kustomization of his own."""
        wanted = {"resources": [f"../{resource}"], "components": [f"../components/{name}" for name in components]}
        return self.render_own(wanted)

    def render_own(self, kustomization, files=None):
        """The objects of a user's kustomization with these files beside it; `vidi` in its paths is this tree."""
        own = self.folder / f"own-{len(list(self.folder.glob('own-*')))}"
        own.mkdir()
        text = yaml.safe_dump(kustomization).replace("vidi/deploy/kubernetes/", "../")
        for name, content in {"kustomization.yaml": text, **(files or {})}.items():
            (own / name).write_text(content)
        done = subprocess.run([tool("kustomize"), "build", own], capture_output=True, text=True, check=False)
        assert done.returncode == 0 and not done.stderr, done.stderr
        return list(yaml.safe_load_all(done.stdout))


def strict(schema):
    """The schema of a custom resource, in which no field may be that it does not name."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    result = {name: strict(each) for name, each in schema.items()}
    if isinstance(schema.get("properties"), dict) and not schema.get("x-kubernetes-preserve-unknown-fields"):
        result.setdefault("additionalProperties", False)
    return result


@functools.cache
def custom_schemas():
    """By kind: those of the custom resources that can be had without the cluster."""
    schemas = {}
    for file in (f"{tool('schemas')}/podmonitors.yaml", f"{tool('spark-schemas')}/sparkapplications.yaml"):
        definition = yaml.load(Path(file).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["spec"]
        schema = strict(definition["versions"][0]["schema"]["openAPIV3Schema"])
        schema["properties"]["metadata"] = {"type": "object"}
        schemas[definition["names"]["kind"]] = schema
    return schemas


def schema_errors(item, version=VERSIONS[-1]):
    """What an API server of that version would refuse in an object. LookupError: no schema says."""
    custom = custom_schemas()
    try:
        if item["kind"] in custom:
            jsonschema.Draft202012Validator(custom[item["kind"]]).validate(item)
        else:
            kubernetes_validate.validate(item, version, strict=True)
    except kubernetes_validate.SchemaNotFoundError as error:
        raise LookupError(error.message) from error
    except jsonschema.ValidationError as error:
        return [f"{item['kind']}: {'.'.join(map(str, error.absolute_path))}: {error.message}"]
    return []


def pod_of(item):
    """The pod's spec in an object that makes pods; None in any other."""
    return item["spec"]["template"]["spec"] if "template" in item.get("spec", {}) else None


def one(items, kind, name=None):
    """The only object of that kind, or of that kind and name."""
    found = [item for item in items if item["kind"] == kind and name in (None, item["metadata"]["name"])]
    assert len(found) == 1, f"{len(found)} of {kind} {name or ''}"
    return found[0]


# https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}


def restricted_errors(pod):
    """What the Pod Security Standard `restricted` forbids in a pod's spec."""
    whole = pod.get("securityContext", {})
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(name):
            yield name
    for volume in pod.get("volumes", []):
        if kinds := volume.keys() - VOLUMES - {"name"}:
            yield f"volumes: {kinds}"
    for container in [*pod["containers"], *pod.get("initContainers", [])]:
        context = container.get("securityContext", {})
        together = whole | context
        if any(port.get("hostPort") for port in container.get("ports", [])):
            yield "hostPort"
        if context.get("privileged"):
            yield "privileged"
        if context.get("allowPrivilegeEscalation") is not False:
            yield "allowPrivilegeEscalation"
        capabilities = context.get("capabilities", {})
        if "ALL" not in capabilities.get("drop", []) or set(capabilities.get("add", [])) - {"NET_BIND_SERVICE"}:
            yield "capabilities"
        if together.get("runAsNonRoot") is not True or together.get("runAsUser") == 0:
            yield "runAsNonRoot"
        if together.get("seccompProfile", {}).get("type") not in ("RuntimeDefault", "Localhost"):
            yield "seccompProfile"


def _names(items, *kinds):
    return {item["metadata"]["name"] for item in items if item["kind"] in kinds}


def _selectors(items):
    for item in items:
        spec = item.get("spec", {})
        selector = spec.get("podSelector", spec.get("selector"))
        if selector is not None:
            yield f"{item['kind']} {item['metadata']['name']}", selector.get("matchLabels", selector)
        for constraint in (pod_of(item) or {}).get("topologySpreadConstraints", []):
            yield "topologySpreadConstraints", constraint["labelSelector"]["matchLabels"]


def _ports_asked_for(items):
    """Names of a pod's ports that other objects use."""
    for item in items:
        spec = item.get("spec", {})
        if item["kind"] == "Service":
            yield from (port["targetPort"] for port in spec["ports"])
        elif item["kind"] == "NetworkPolicy":
            yield from (port["port"] for rule in spec["ingress"] for port in rule["ports"])
        elif item["kind"] == "PodMonitor":
            yield from (endpoint["port"] for endpoint in spec["podMetricsEndpoints"])


def _needs_of(container):
    """ConfigMaps and Secrets that a container takes variables from."""
    for source in container.get("envFrom", []):
        yield from (reference["name"] for key, reference in source.items() if key.endswith("Ref"))
    for variable in container.get("env", []):
        yield from (each["name"] for key, each in variable.get("valueFrom", {}).items() if key.endswith("KeyRef"))


def reference_errors(items):
    """Names in a set of objects that belong to nothing in it."""
    workload = one(items, "StatefulSet")
    template, pod = workload["spec"]["template"], pod_of(workload)
    labels = template["metadata"]["labels"]
    for what, wanted in _selectors(items):
        if not wanted.items() <= labels.items():
            yield f"{what} selects {wanted}, and the pods are {labels}"
    ports = {port["name"] for container in pod["containers"] for port in container["ports"]}
    yield from (f"no container has the port {port}" for port in set(_ports_asked_for(items)) - ports)
    volumes = {volume["name"] for volume in pod["volumes"]}
    volumes |= {claim["metadata"]["name"] for claim in workload["spec"]["volumeClaimTemplates"]}
    needed = {volume["configMap"]["name"] for volume in pod["volumes"] if "configMap" in volume}
    needed |= {volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume}
    for container in pod["containers"]:
        yield from (f"there is no volume {mount['name']}" for mount in container["volumeMounts"] if mount["name"] not in volumes)
        needed |= set(_needs_of(container))
    yield from (f"there is no {name}" for name in needed - _names(items, "ConfigMap", "Secret"))
    if workload["spec"]["serviceName"] not in _names(items, "Service"):
        yield f"there is no Service {workload['spec']['serviceName']}"
    if pod["serviceAccountName"] not in _names(items, "ServiceAccount"):
        yield f"there is no ServiceAccount {pod['serviceAccountName']}"
    for item in items:
        if item["kind"] == "HorizontalPodAutoscaler":
            target = item["spec"]["scaleTargetRef"]
            if (target["kind"], target["name"]) != (workload["kind"], workload["metadata"]["name"]):
                yield f"the autoscaler scales {target}"
        for rule in item.get("spec", {}).get("rules", []) if item["kind"] == "Ingress" else []:
            for path in rule["http"]["paths"]:
                backend = path["backend"]["service"]
                served = {port["name"] for port in one(items, "Service", backend["name"])["spec"]["ports"]}
                if backend["port"]["name"] not in served:
                    yield f"the Service {backend['name']} has no port {backend['port']['name']}"


def changed(item, path, value):
    """The object with another value at that path; what is missing on the way is made."""
    result = copy.deepcopy(item)
    place = result
    for step in path[:-1]:
        place = place.setdefault(step, {}) if isinstance(place, dict) else place[step]
    place[path[-1]] = value
    return result

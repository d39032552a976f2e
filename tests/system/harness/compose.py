"""deploy/compose.yaml, brought up as its users do, with ports of its own."""

import json
import os
import shutil
import subprocess
from types import SimpleNamespace

import yaml

from . import docker
from .server import ROOT

PORTS = ("HTTP", "GRPC", "CASSANDRA", "S3", "PROMETHEUS", "GRAFANA", "SPARK", "SPARK_HISTORY")


def command():
    """Compose as `docker compose` or as the program docker-compose; None without either."""
    done = docker.docker("compose", "version", check=False) if shutil.which("docker") else None
    if done and done.returncode == 0:
        return ["docker", "compose"]
    return ["docker-compose"] if shutil.which("docker-compose") else None


class Project:
    """One system of its own. Grafana's image is not made here and is left out."""

    def __init__(self, name, profile, **settings):
        """`settings`: of deploy/.env, other than ports."""
        self.name = f"vidi-test-{name}-{os.getpid()}"
        self.profile = profile
        self.ports = {name: docker.free_port() for name in PORTS}
        self.environment = {
            "COMPOSE_FILE": f"{ROOT}/deploy/compose.yaml:{docker.FOLDER}/compose.images.yaml",
            "COMPOSE_PROJECT_NAME": self.name,
            "COMPOSE_PROFILES": profile,
            **{f"{name}_PORT": str(port) for name, port in self.ports.items()},
            **settings,
        }

    def compose(self, *arguments, program=None):
        """Runs compose, or another program with what compose is told in the environment."""
        done = subprocess.run(
            [*(program or command()), *arguments],
            env=os.environ | self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, f"{arguments}\n{done.stdout[-4000:]}"
        return done.stdout

    def up(self, *services):
        """All of the profile, or those that are named."""
        self.compose("up", "--detach", "--no-build", *(services or self._services()))
        return self

    def _services(self):
        declared = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())["services"]
        return [
            name
            for name, service in declared.items()
            if name != "grafana" and self.profile in service.get("profiles", [self.profile])
        ]

    def profiled(self, profile):
        """The same system with another profile."""
        self.profile = profile
        self.environment["COMPOSE_PROFILES"] = profile
        return self

    def container(self, service):
        """The service's container: `id`, `url` of vidi in it, `address` of Cassandra, `log`."""
        identity = self.compose("ps", "--quiet", service).split()[-1]
        inspected = json.loads(docker.docker("inspect", identity).stdout)[0]
        (network,) = inspected["NetworkSettings"]["Networks"].values()
        return SimpleNamespace(
            id=identity,
            state=inspected["State"],
            url=f"http://{network['IPAddress']}:80",
            address=f"{network['IPAddress']}:9042",
            driver={},
            log=docker.docker("logs", "--tail", "100", identity, together=True).stdout,
        )

    def wait(self, *services, seconds=180):
        """Until Docker calls them healthy."""
        for service in services:
            docker.wait_until(
                lambda service=service: self.container(service).state["Health"]["Status"] == "healthy",
                f"{service} is healthy",
                seconds,
            )
        return self

    @property
    def url(self):
        """Where the service is reached from outside."""
        return f"http://127.0.0.1:{self.ports['HTTP']}"

    def __enter__(self):
        return self

    def __exit__(self, failure, *_):
        if failure:
            print(self.compose("logs", "--no-color", "--tail", "40"))
        self.compose("down", "--volumes", "--timeout", "5", "--remove-orphans")

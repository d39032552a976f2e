"""The package: a .deb in a Debian that has nothing else, and a tree that may stand anywhere."""

import os
import shutil
import subprocess
import time

import pytest
from harness import docker
from harness.docker import Container
from harness.server import ROOT

PACKAGES = ROOT / "build/package"
FOUR = ROOT / "tests/data/pictures/4.png"


@pytest.fixture(scope="module")
def packages(image):
    """build/package, of what was built for the other tests."""
    docker.script("scripts/package.sh", "test")
    return PACKAGES


@pytest.fixture(scope="module")
def debian(packages):
    """A bare Debian 12 without a network, in which the .deb has been installed."""
    options = ("--network", "none", "--volume", f"{packages}:/packages:ro", "--volume", f"{FOUR.parent}:/pictures:ro")
    with Container("debian:bookworm-slim", "sleep", "infinity", options=options) as container:
        execute(container, "dpkg", "--install", f"/packages/vidi_{docker.version()}_amd64.deb")
        yield container


def execute(container, *command, **options):
    return docker.docker("exec", container.id, *command, **options)


def test_it_is_installed_whole(debian):
    assert execute(debian, "vidi", "--version").stdout.strip() == f"vidi {docker.version()}"
    assert execute(debian, "dpkg", "--verify", "vidi").stdout == ""
    assert "install ok installed" in execute(debian, "dpkg", "--status", "vidi").stdout
    conffiles = execute(debian, "dpkg-query", "--show", "--showformat", "${Conffiles}", "vidi").stdout
    assert "/etc/vidi/vidi.toml" in conffiles
    for path in ("/usr/share/man/man1/vidi.1.gz", "/lib/systemd/system/vidi.service", "/usr/share/doc/vidi/copyright"):
        execute(debian, "test", "-s", path)


def test_nothing_is_missing(debian):
    listed = execute(debian, "sh", "-c", "LD_LIBRARY_PATH=/usr/lib/vidi ldd /usr/bin/vidi /usr/lib/vidi/*").stdout
    assert "not found" not in listed
    # From the package itself, but for the C runtime.
    libraries = {os.path.normpath(line.split("=>")[1].split()[0]) for line in listed.splitlines() if "=>" in line}
    elsewhere = {path for path in libraries if not path.startswith("/usr/lib/vidi/")}
    assert {os.path.basename(path).split(".")[0] for path in elsewhere} <= {"libc", "libm", "libdl", "librt", "libpthread"}


def test_it_answers_with_the_settings_it_brings(debian):
    docker.docker("exec", "--detach", debian.id, "vidi", "serve")
    docker.wait_until(lambda: execute(debian, "vidi", "health", check=False).returncode == 0, "it is ready")
    assert execute(debian, "vidi", "predict", "/pictures/4.png").stdout.split("\t")[1] == "4"
    settings = execute(debian, "vidi", "settings").stdout
    assert "data = /var/lib/vidi  (/etc/vidi/vidi.toml)" in settings
    assert "models = /usr/share/vidi/models" in settings
    execute(debian, "test", "-e", "/var/lib/vidi/records.db")


def test_a_removed_package_leaves_the_records(debian):
    execute(debian, "dpkg", "--purge", "vidi")
    assert execute(debian, "test", "-e", "/usr/bin/vidi", check=False).returncode != 0
    assert execute(debian, "test", "-e", "/etc/vidi", check=False).returncode != 0
    execute(debian, "test", "-d", "/var/lib/vidi")


def test_the_service_under_systemd(packages, services, report):
    """A Debian that systemd has started: the service runs as a user of its own, sees little, and ends well."""
    options = ("--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined", "--cgroupns", "host",
               "--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw", "--tmpfs", "/run", "--tmpfs", "/tmp",
               "--volume", f"{packages}:/packages:ro", "--volume", f"{FOUR.parent}:/pictures:ro")
    with Container(services["systemd"], options=options) as machine:
        booted = ("systemctl", "is-system-running", "--wait")
        docker.wait_until(lambda: execute(machine, *booted, check=False).stdout.strip() in ("running", "degraded"), "boot")
        execute(machine, "dpkg", "--install", f"/packages/vidi_{docker.version()}_amd64.deb")
        assert execute(machine, "systemctl", "is-active", "vidi", check=False).stdout.strip() == "inactive"
        # It asks for the manual page too, and there is no man here.
        unit = "/lib/systemd/system/vidi.service"
        verified = execute(machine, "systemd-analyze", "verify", unit, check=False, together=True)
        assert [line for line in verified.stdout.splitlines() if "Command 'man" not in line] == []
        execute(machine, "systemctl", "enable", "--now", "vidi")
        docker.wait_until(lambda: execute(machine, "vidi", "health", check=False).returncode == 0, "it is ready")
        answer = execute(machine, "curl", "-s", "-F", "file=@/pictures/4.png", "http://localhost:4000/predict").stdout
        assert answer == "识别结果: 4\n"
        scan = execute(machine, "sh", "-c", "printf '%s' '%PDF-1.4 nothing' >/tmp/x.pdf; "
                                            "curl -s -F file=@/tmp/x.pdf http://localhost:4000/predict").stdout
        assert "damaged" in scan or "PDF" in scan, "its renderer could lock itself and start"
        user = execute(machine, "ps", "-o", "user=", "-C", "vidi").stdout.split()
        # By number where nothing translates the users that systemd makes.
        assert len(user) == 1 and (user == ["vidi"] or 61184 <= int(user[0]) <= 65519)
        assert "4.png" in execute(machine, "vidi", "records").stdout
        execute(machine, "systemctl", "reload", "vidi")
        execute(machine, "systemctl", "restart", "vidi")
        docker.wait_until(lambda: execute(machine, "vidi", "health", check=False).returncode == 0, "it is ready again")
        assert "4.png" in execute(machine, "vidi", "records").stdout
        execute(machine, "systemctl", "stop", "vidi")
        result = execute(machine, "systemctl", "show", "vidi", "--property", "Result").stdout.strip()
        assert result == "Result=success"
        exposure = execute(machine, "systemd-analyze", "security", "vidi", "--no-pager").stdout.splitlines()[-1]
        report(exposure.strip())


def test_the_tree_stands_anywhere(packages, tmp_path):
    there = tmp_path / "a place" / "of its own"
    there.mkdir(parents=True)
    archive = packages / f"vidi-{docker.version()}-linux-x86_64.tar.gz"
    subprocess.run(["tar", "-xzf", archive, "-C", there], check=True)
    (folder,) = there.iterdir()
    moved = tmp_path / "moved"
    shutil.move(folder, moved)
    done = subprocess.run([moved / "bin/vidi", "predict", FOUR], cwd=there, env={}, capture_output=True, check=True)
    assert done.stdout.decode().split("\t")[1] == "4"


def test_packing_twice_gives_the_same_files(packages):
    names = [f"vidi-{docker.version()}-linux-x86_64.tar.gz", f"vidi_{docker.version()}_amd64.deb"]
    first = {name: (packages / name).read_bytes() for name in names}
    time.sleep(1)
    docker.script("scripts/package.sh", "test")
    assert [name for name in names if (packages / name).read_bytes() != first[name]] == []

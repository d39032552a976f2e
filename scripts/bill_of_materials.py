"""Writes what a packed tree is made of: share/doc/vidi/sbom.cdx.json (CycloneDX 1.5) and share/doc/vidi/licenses/.

    .venv/bin/python3 scripts/bill_of_materials.py VERSION TREE

Every file of lib/vidi must come from a known place: a Debian package, a wheel of scripts/requirements/serve.txt, or vidi.
"""

import datetime
import hashlib
import importlib.metadata
import json
import os
import pathlib
import shutil
import subprocess
import sys
import uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent
WHEELS = sorted({line.split("==")[0] for line in (ROOT / "scripts/requirements/serve.in").read_text().splitlines()})
# What is compiled into vidi and leaves no library of its own.
HEADERS = ["libboost1.81-dev", "libcli11-dev", "nlohmann-json3-dev"]
OWN = {"vidi-pdf"}
LIBRARIES = pathlib.Path("/usr/lib/x86_64-linux-gnu")


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def debian_packages(libraries):
    """The package of each library, by file name."""
    places = [path for name in libraries for path in LIBRARIES.glob(f"**/{name}")]
    # Some packages say /lib for what is in /usr/lib.
    asked = [str(path) for path in places] + [str(path).removeprefix("/usr") for path in places]
    done = subprocess.run(["dpkg-query", "--search", *asked], capture_output=True, text=True, check=False)
    lines = [line.rsplit(": ", 1) for line in done.stdout.splitlines()]
    return {pathlib.PurePath(path).name: packages.split(", ")[0].split(":")[0] for packages, path in lines}


def debian_component(package):
    version, source = output("dpkg-query", "--show", "--showformat", "${Version}\t${source:Package}", package).split("\t")
    return {
        "type": "library",
        "name": package,
        "version": version,
        "purl": f"pkg:deb/debian/{package}@{version}?arch=amd64&distro=debian-12",
        "properties": [{"name": "vidi:source-package", "value": source}],
    }


def wheel_component(name):
    distribution = importlib.metadata.distribution(name)
    license = distribution.metadata.get("License-Expression") or distribution.metadata.get("License") or "see licenses"
    return {
        "type": "library",
        "name": name,
        "version": distribution.version,
        "licenses": [{"license": {"name": license.splitlines()[0]}}],
        "purl": f"pkg:pypi/{name}@{distribution.version}",
    }


def crates():
    """The crates of driver/cassandra that are compiled into vidi, as cargo resolved them."""
    metadata = json.loads(
        output("cargo", "metadata", "--format-version", "1", "--offline", "--locked", "--filter-platform",
               "x86_64-unknown-linux-gnu", "--manifest-path", str(ROOT / "driver/cassandra/Cargo.toml")))
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    reached, waiting = set(), [metadata["resolve"]["root"]]
    while waiting:
        identity = waiting.pop()
        if identity in reached:
            continue
        reached.add(identity)
        for dependency in nodes[identity]["deps"]:
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                waiting.append(dependency["pkg"])
    return [package for package in metadata["packages"] if package["id"] in reached and package["source"]]


def crate_component(package):
    return {
        "type": "library",
        "name": package["name"],
        "version": package["version"],
        "licenses": [{"expression": (package["license"] or "LicenseRef-unknown").replace("/", " OR ")}],
        "purl": f"pkg:cargo/{package['name']}@{package['version']}",
    }


def copy_licenses(folder, packages, cargo):
    folder.mkdir(parents=True)
    for package in packages:
        source = pathlib.Path("/usr/share/doc") / package / "copyright"
        if not source.exists():
            raise SystemExit(f"bill_of_materials: {package} has no copyright file, {source}")
        shutil.copyfile(source, folder / f"{package}.txt")
    for name in WHEELS:
        for file in importlib.metadata.distribution(name).files:
            if ".dist-info" in file.parts[0] and "licen" in str(file.relative_to(file.parts[0])).lower():
                shutil.copyfile(file.locate(), folder / f"{name}-{file.name}")
    for package in cargo:
        for file in sorted(pathlib.Path(package["manifest_path"]).parent.glob("[Ll][Ii][Cc][Ee][Nn][SsCc][Ee]*")):
            if file.is_file():
                shutil.copyfile(file, folder / f"{package['name']}-{file.stem}.txt")


def main():
    version, tree = sys.argv[1], pathlib.Path(sys.argv[2])
    libraries = sorted(path.name for path in (tree / "lib/vidi").iterdir() if path.name not in OWN and not path.is_symlink())
    from_wheels = {path.name for name in WHEELS for path in importlib.metadata.distribution(name).files}
    from_debian = debian_packages([name for name in libraries if name not in from_wheels])
    unknown = [name for name in libraries if name not in from_wheels and name not in from_debian]
    if unknown:
        raise SystemExit(f"bill_of_materials: nobody knows where these come from: {' '.join(unknown)}")
    packages = sorted(set(from_debian.values()) | set(HEADERS))
    cargo = sorted(crates(), key=lambda package: (package["name"], package["version"]))
    components = [debian_component(package) for package in packages]
    components += [wheel_component(name) for name in WHEELS]
    components += [crate_component(package) for package in cargo]
    for component in components:
        component["bom-ref"] = component["purl"]
    digest = hashlib.sha256(json.dumps(components, sort_keys=True).encode()).digest()
    time = datetime.datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), datetime.timezone.utc)
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.UUID(bytes=digest[:16], version=4)}",
        "version": 1,
        "metadata": {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "application",
                "bom-ref": f"pkg:generic/vidi@{version}",
                "name": "vidi",
                "version": version,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            },
        },
        "components": components,
    }
    documents = tree / "share/doc/vidi"
    documents.mkdir(parents=True, exist_ok=True)
    (documents / "sbom.cdx.json").write_text(json.dumps(bill, indent=1) + "\n")
    copy_licenses(documents / "licences", packages, cargo)


main()

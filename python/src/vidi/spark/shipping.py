"""Brings a model's folder from the driver to the executors, whatever the cluster."""

from __future__ import annotations

import atexit
import hashlib
import io
import os
import shutil
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Optional, Set, Tuple, Union

from pyspark import SparkFiles

from ..errors import InvalidArgument, NotFound
from ..library import MODELS

# What has been given to which application.
_shipped: Set[Tuple[str, str]] = set()


@dataclass(frozen=True)
class Model:
    """Where executors find a model: `name` in an `archive` that Spark brings them, `name` in this package, or the folder
    `path` of theirs."""

    archive: str = ""
    name: str = ""
    path: str = ""

    def folder(self) -> str:
        """Of the model, on this executor."""
        if self.archive:
            return str(_unpack(Path(SparkFiles.get(self.archive))) / self.name)
        return str(MODELS / self.name) if self.name else self.path


def ship_model(spark: Any, model: Union[str, os.PathLike[str]], version: Optional[int]) -> Model:
    """A folder that the driver has goes to the executors (`SparkContext.addFile`): the version, the latest without one, and
    what belongs to it. Spark refuses folders on a cluster, so they are an archive. Otherwise "fruits" or "models/fruits" is
    the one that comes with the package, and an absolute path is a folder that executors have.

    Raises NotFound: none of these, or without that version.
    """
    folder = Path(model)
    if folder.is_dir():
        folder = folder.resolve()
        return ship_folder(spark.sparkContext, folder, version)
    shipped = folder.name if folder in (Path(folder.name), Path("models", folder.name)) else ""
    if shipped and (MODELS / shipped).is_dir():
        if version is not None and not (MODELS / shipped / str(version)).is_dir():
            raise NotFound(f"the model '{shipped}' that comes with the package has no version {version}")
        return Model(name=shipped)
    if folder.is_absolute():
        return Model(path=str(folder))
    names = ", ".join(sorted(each.name for each in MODELS.iterdir() if each.is_dir())) if MODELS.is_dir() else "none"
    raise NotFound(f"there is no model '{model}': give its folder, or one that comes with the package ({names})")


def ship_folder(context: Any, folder: Path, version: Optional[int] = None) -> Model:
    """That version of a model, the latest without one, on its way to the executors. Raises NotFound: there is none."""
    return Model(archive=_ship(context, _pack(folder, version)), name=folder.name)


def _pack(folder: Path, version: Optional[int]) -> bytes:
    """A tar file of a model's folder with one of its versions. The same bytes for the same files."""
    versions = [int(each.name) for each in folder.iterdir() if each.is_dir() and each.name.isdecimal()]
    if not versions or (version is not None and version not in versions):
        wanted = "a version" if version is None else f"the version {version}"
        raise NotFound(f"{folder} holds no model with {wanted}: there are {sorted(versions)}")
    kept = version if version is not None else max(versions)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            other = inside.parts[0].isdecimal() and int(inside.parts[0]) != kept
            if path.is_file() and not other:
                entry = tarfile.TarInfo(f"{folder.name}/{inside.as_posix()}")
                entry.size = path.stat().st_size
                with path.open("rb") as file:
                    archive.addfile(entry, file)
    return packed.getvalue()


def _ship(context: Any, packed: bytes) -> str:
    """The archive's name on the executors. Equal models are shipped once."""
    name = f"vidi-model-{hashlib.sha256(packed).hexdigest()[:32]}.tar"
    if (context.applicationId, name) not in _shipped:
        # Executors that join later fetch it too: it stays as long as this process.
        folder = tempfile.mkdtemp(prefix="vidi-model-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        path = Path(folder, name)
        path.write_bytes(packed)
        context.addFile(str(path))
        _shipped.add((context.applicationId, name))
    return name


def _unpack(archive: Path) -> Path:
    """Beside the archive, which Spark removes with the application. Several processes may do so at once."""
    folder = archive.with_suffix("")
    if folder.is_dir():
        return folder
    if not archive.is_file():
        raise InvalidArgument(f"Spark has not brought {archive.name} to this executor")
    unpacked = Path(tempfile.mkdtemp(prefix=folder.name + ".", dir=archive.parent))
    with tarfile.open(archive) as members:
        safe: Dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        members.extractall(unpacked, **safe)
    try:
        unpacked.rename(folder)
    except OSError:  # another process was faster
        shutil.rmtree(unpacked, ignore_errors=True)
    return folder

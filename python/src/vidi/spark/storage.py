"""Where a job's pictures come from and where its table goes: a folder that every machine sees, or a bucket of S3."""

from __future__ import annotations

import os
import posixpath
import threading
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, FrozenSet, Iterator, List, NamedTuple, Optional, Tuple
from urllib.parse import parse_qs, urlsplit

import pyarrow.fs as pafs

from ..errors import InvalidArgument, NotFound

# One a process for each set of options: connections are kept.
_FILESYSTEMS: Dict[Tuple[Tuple[str, str], ...], pafs.FileSystem] = {}
_LOCK = threading.Lock()


class Entry(NamedTuple):
    """A picture of the source."""

    key: str
    """Its name in the table: what follows the source's own name."""
    label: str
    """The folder that it lies in."""
    size: int
    """Bytes."""
    version: str
    """Another one when the picture has changed."""


@dataclass
class Traffic:
    """Requests to S3, and bytes."""

    lists: int = 0
    gets: int = 0
    puts: int = 0
    bytes_read: int = 0
    bytes_written: int = 0


@dataclass(frozen=True)
class Place:
    """A folder, or a prefix of a bucket. Picklable: executors make their own connections.

    Credentials are no part of it: each machine finds them where the AWS tools do (the usual variables, the machine's role),
    or in Spark's own settings spark.hadoop.fs.s3a.access.key and secret.key, which `secrets` holds and repr() hides.
    """

    root: str
    """A folder's full name, or BUCKET[/PREFIX]."""
    options: Tuple[Tuple[str, str], ...] = ()
    """endpoint, region and scheme of S3."""
    is_bucket: bool = False
    secrets: Tuple[Tuple[str, str], ...] = field(default=(), repr=False)

    @classmethod
    def parse(cls, name: str, settings: Optional[Dict[str, str]] = None) -> "Place":
        """Of a folder, s3://BUCKET/PREFIX?endpoint=URL&region=REGION, or s3a://, which is the same. What the address leaves
        open is taken from `settings` (Spark's, spark.hadoop.fs.s3a.*), then from AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL and
        AWS_REGION. Raises InvalidArgument."""
        if not name.startswith(("s3://", "s3a://")):
            if "://" in name:
                raise InvalidArgument(f"{name}: expected a folder, s3://BUCKET/PREFIX or s3a://BUCKET/PREFIX")
            return cls(os.path.realpath(name))
        address = urlsplit(name)
        if not address.netloc:
            raise InvalidArgument(f"{name} names no bucket: expected s3://BUCKET/PREFIX")
        query = {key: values[-1] for key, values in parse_qs(address.query).items()}
        unknown = sorted(set(query) - {"endpoint", "region"})
        if unknown:
            raise InvalidArgument(f"{name}: '{unknown[0]}' is no option: endpoint and region are")
        hadoop = {key[len("spark.hadoop.fs.s3a.") :]: value for key, value in (settings or {}).items()
                  if key.startswith("spark.hadoop.fs.s3a.")}  # fmt: skip
        environment = os.environ
        endpoint = (
            query.get("endpoint")
            or hadoop.get("endpoint")
            or environment.get("AWS_ENDPOINT_URL_S3")
            or environment.get("AWS_ENDPOINT_URL")
            or ""
        )
        region = (
            query.get("region")
            or hadoop.get("endpoint.region")
            or environment.get("AWS_REGION")
            or environment.get("AWS_DEFAULT_REGION")
            or ""
        )
        options = {"region": region}
        if endpoint:
            scheme, _, host = endpoint.rpartition("://")
            options.update(endpoint_override=host.rstrip("/"), scheme=scheme or "https")
        secrets = {
            "access_key": hadoop.get("access.key", ""),
            "secret_key": hadoop.get("secret.key", ""),
            "session_token": hadoop.get("session.token", ""),
        }
        prefix = address.path.strip("/")
        return cls(
            posixpath.join(address.netloc, prefix) if prefix else address.netloc,
            tuple(sorted((key, value) for key, value in options.items() if value)),
            True,
            tuple(sorted((key, value) for key, value in secrets.items() if value)),
        )

    @property
    def name(self) -> str:
        """As manifests write it."""
        return f"s3://{self.root}" if self.is_bucket else self.root

    @property
    def label(self) -> str:
        """Of pictures that lie in no folder of it."""
        return posixpath.basename(self.root)

    @property
    def filesystem(self) -> pafs.FileSystem:
        key = (("kind", "s3" if self.is_bucket else "local"), *self.options, *self.secrets)
        with _LOCK:
            if key not in _FILESYSTEMS:
                _FILESYSTEMS[key] = self._connect() if self.is_bucket else pafs.LocalFileSystem()
            return _FILESYSTEMS[key]

    def _connect(self) -> pafs.FileSystem:
        options: Dict[str, Any] = {**dict(self.options), **dict(self.secrets)}
        return pafs.S3FileSystem(
            connect_timeout=3,
            request_timeout=10,
            retry_strategy=pafs.AwsStandardS3RetryStrategy(max_attempts=3),
            **options,
        )

    def path(self, name: str) -> str:
        return posixpath.join(self.root, name) if name else self.root

    def read(self, name: str) -> bytes:
        """The whole file. Raises FileNotFoundError, PermissionError, and OSError where trying again can help."""
        if not self.is_bucket:
            return Path(self.path(name)).read_bytes()
        with self.filesystem.open_input_stream(self.path(name)) as stream:
            return bytes(stream.read())

    def write(self, name: str, data: Any) -> None:
        """Seen whole or not at all, and durable when this returns."""
        if self.is_bucket:
            with self.filesystem.open_output_stream(self.path(name)) as stream:
                stream.write(data)
            return
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
        try:
            with open(temporary, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def names(self, folder: str) -> List[str]:
        """Of the files in one folder, in their order, without those that begin with a dot."""
        selector = pafs.FileSelector(self.path(folder), allow_not_found=True)
        names = [info.base_name for info in self.filesystem.get_file_info(selector) if info.type == pafs.FileType.File]
        return sorted(name for name in names if not name.startswith("."))

    def exists(self, name: str) -> bool:
        return bool(self.filesystem.get_file_info(self.path(name)).type == pafs.FileType.File)

    def list(self) -> List[Entry]:
        """Every picture below, by the bytes of their keys; what begins with a dot is left out. Raises NotFound."""
        entries = list(self._objects() if self.is_bucket else self._files(self.root, "", frozenset()))
        entries.sort(key=lambda entry: entry.key.encode("utf-8", "surrogateescape"))
        return entries

    def _objects(self) -> Iterator[Entry]:
        try:
            found = self.filesystem.get_file_info(pafs.FileSelector(self.root, recursive=True))
        except FileNotFoundError as gone:
            raise NotFound(f"there is nothing at {self.name}") from gone
        for info in found:
            if info.type != pafs.FileType.File:
                continue
            key = info.path[len(self.root) + 1 :]
            if key.startswith(".") or "/." in key:
                continue
            yield Entry(key, self.label_of(key), info.size, str(info.mtime_ns))

    def _files(self, folder: str, prefix: str, above: "FrozenSet[Tuple[int, int]]") -> Iterator[Entry]:
        try:
            status = os.stat(folder)
            found = list(os.scandir(folder))
        except OSError as wrong:
            if prefix:
                return
            raise NotFound(f"the folder {folder} cannot be read: {wrong.strerror}") from wrong
        this = (status.st_dev, status.st_ino)
        if this in above:  # a link to a folder that this one lies in
            return
        for item in found:
            if item.name.startswith("."):
                continue
            key = prefix + item.name
            try:
                if item.is_dir():
                    yield from self._files(item.path, key + "/", above | {this})
                elif item.is_file():
                    status = item.stat()
                    seconds, rest = divmod(status.st_mtime_ns, 1_000_000_000)
                    yield Entry(key, self.label_of(key), status.st_size, f"{seconds}.{rest:09}")
            except FileNotFoundError:
                continue  # gone meanwhile

    def label_of(self, key: str) -> str:
        folder = posixpath.dirname(key)
        return posixpath.basename(folder) if folder else self.label

"""Recognizing pictures in this process, without a server."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Iterable, List, Optional, Sequence, Tuple, Union, overload

from .errors import Error, InvalidArgument
from .features import Picture, read_picture
from .library import LIBRARIES, MODELS, native
from .prediction import Prediction


class CassandraRecords:
    """The records that vidi's servers keep in Apache Cassandra; predictions are appended to them.

    `url`: cassandra://HOST[,HOST...][:PORT]/KEYSPACE?OPTIONS, as the server's setting `records`. `user` and `password`, and
    `authorities` (a PEM file; implies TLS), where the cluster asks for them. Raises InvalidArgument (an address that is
    none), Unavailable (no answer for `patience` seconds).
    """

    def __init__(
        self, url: str, *, user: str = "", password: str = "", authorities: str = "", patience: float = 30.0
    ) -> None:
        secrets = {"user": user, "password": password, "tls": "on" if authorities else "off", "authorities": authorities}
        self._native = native.RemoteRecords(
            url, {f"cassandra-{name}": secret for name, secret in secrets.items()}, patience
        )


def _folder_of(model: Union[str, "os.PathLike[str]"]) -> Path:
    path = Path(model)
    shipped = MODELS / path
    return shipped if not path.exists() and len(path.parts) == 1 and shipped.is_dir() else path


class Recognizer:
    """One model, loaded into this process; it answers as a server does, and records nothing by itself.

    `model`: the folder of a model, such as "models/fruits", or the name of one that comes with the package: "digits",
    "digits-fast", "fruits". `version`: its latest without. `candidates`: at most that many in an answer. `threads`: that
    decode the pictures of a list, and that infer; 0: one a processor, and as many as the model says.

    Any number of threads may use one; Python's lock is released meanwhile. Raises NotFound, InvalidArgument.
    """

    def __init__(
        self,
        model: Union[str, "os.PathLike[str]"] = "digits",
        *,
        version: Optional[int] = None,
        candidates: int = 5,
        threads: int = 0,
        max_bytes: int = 32 << 20,
        max_pixels: int = 64_000_000,
    ) -> None:
        if candidates < 0 or threads < 0 or (version is not None and version < 1):
            raise InvalidArgument(f"candidates {candidates}, threads {threads}, version {version}: none may be negative")
        self._threads = threads or os.cpu_count() or 1
        self._native = native.Recognizer(
            {
                "folder": os.fspath(_folder_of(model)),
                "version": version or 0,
                "threads": threads,
                "candidates": candidates,
                "max_bytes": max_bytes,
                "max_pixels": max_pixels,
                "pdf_renderer": str(LIBRARIES / "vidi-pdf"),
                "pdf_library": str(LIBRARIES / "libpdfium.so"),
            }
        )

    @property
    def name(self) -> str:
        return str(self._native.name)

    @property
    def version(self) -> str:
        return str(self._native.version)

    @property
    def labels(self) -> List[str]:
        """What it can answer, in the order of its outputs."""
        return list(self._native.labels)

    @overload
    def predict(self, picture: Picture) -> Prediction: ...  # type: ignore[overload-overlap]

    @overload
    def predict(self, picture: Iterable[Picture]) -> List[Prediction]: ...

    def predict(self, picture: Union[Picture, Iterable[Picture]]) -> Union[Prediction, List[Prediction]]:
        """The prediction of a picture, given by its content (bytes) or its path; of several, a list in their order.

        Raises Undecodable, UnsupportedMedia, TooLarge, NotFound: of several, the first picture's. `predict_each` gives
        them back instead.
        """
        if isinstance(picture, (bytes, bytearray, str, os.PathLike)):
            return self._raised(self._predict([(read_picture(picture), None, None)]))[0]
        return self._raised(self.predict_each(picture))

    def predict_each(self, pictures: Iterable[Picture]) -> List[Union[Prediction, Error]]:
        """As `predict`, but a picture that cannot be used has its error in the list."""
        asked: List[Tuple[bytes, Optional[str], Optional[str]]] = []
        failed = {}
        for index, picture in enumerate(pictures):
            try:
                asked.append((read_picture(picture), None, None))
            except Error as wrong:
                failed[index] = wrong
        answers = iter(self._predict(asked))
        return [failed[i] if i in failed else next(answers) for i in range(len(asked) + len(failed))]

    def record_each(
        self,
        pictures: Sequence[Tuple[bytes, Optional[str], Optional[str]]],
        records: CassandraRecords,
        user: str = "",
    ) -> List[Union[Prediction, Error]]:
        """Predicts and records. `pictures`: content, file name or None, identifier (a UUID version 7) or None: the same
        identifier is recorded once. What cannot be used has its error in the list, and is not recorded. When this returns,
        the rest is durable. Raises Unavailable, Overloaded: some may be recorded, and asking again is safe where they have
        identifiers."""
        return self._predict(pictures, records, user)

    def _predict(
        self,
        pictures: Sequence[Tuple[bytes, Optional[str], Optional[str]]],
        records: Optional[CassandraRecords] = None,
        user: str = "",
    ) -> List[Union[Prediction, Error]]:
        answers: List[Any] = self._native.recognize(
            list(pictures), user, self._threads, records._native if records else None
        )
        return [answer if isinstance(answer, Error) else Prediction.from_json(answer) for answer in answers]

    @staticmethod
    def _raised(answers: List[Union[Prediction, Error]]) -> List[Prediction]:
        predictions = []
        for answer in answers:
            if isinstance(answer, Error):
                raise answer
            predictions.append(answer)
        return predictions

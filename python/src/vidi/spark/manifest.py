"""manifest.json: what a job is, what it has done, and what it took. docs/reference/formats/features.md describes it."""

from __future__ import annotations

import argparse
import json
import os
from datetime import datetime, timezone
from typing import Any, Dict, Optional

from ..errors import Conflict, InvalidArgument
from ..features import FeatureExtractor
from .storage import Place

NAME = "manifest.json"


def now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read(place: Place) -> Optional[Dict[str, Any]]:
    """None: there is none. Raises InvalidArgument: it is damaged."""
    if not place.exists(NAME):
        return None
    try:
        manifest = json.loads(place.read(NAME))
        if isinstance(manifest["settings"], dict) and isinstance(manifest["state"], str):
            return dict(manifest)
    except (ValueError, KeyError, TypeError):
        pass
    raise InvalidArgument(f"the manifest.json of {place.name} is damaged, or not one of vidi's")


def write(place: Place, manifest: Dict[str, Any]) -> None:
    place.write(NAME, (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "replace"))


def _full(name: str) -> str:
    if name.startswith("s3a://"):
        return "s3://" + name[len("s3a://") :]
    return name if not name or name.startswith("s3://") else Place.parse(name).name


def settings_of(options: argparse.Namespace, extractor: FeatureExtractor, part_pictures: int) -> Dict[str, Any]:
    """What must stay the same from one run to the next; the same keys and values as those of `vidi features`."""
    described = extractor.description
    width, height = extractor.size
    return {
        "source": _full(options.source),
        "backbone": described["backbone"],
        "backbone_sha256": described["sha256"],
        "weights": described["weights"],
        "size": f"{width}x{height}",
        "precision": options.precision,
        "apply": _full(options.apply),
        "pca": options.pca,
        "augment": options.augment,
        "augment_seed": options.augment_seed,
        "limit": options.limit,
        "labels": os.path.realpath(options.labels) if options.labels else "",
        "keep_scaled": options.keep_scaled,
        "max_bytes": options.max_bytes,
        "part_pictures": part_pictures,
    }


def compare(before: Dict[str, Any], settings: Dict[str, Any]) -> None:
    """Raises Conflict: what differs, with both values."""
    differences = [
        f"{key} is {json.dumps(value)}, and was {json.dumps(before[key]) if key in before else 'nothing'}"
        for key, value in settings.items()
        if before.get(key) != value
    ]
    if differences:
        raise Conflict(
            f"the output holds a job with other settings: {'; '.join(differences)}. Give the same ones to go on with it, "
            "or another output"
        )


def add(manifest: Dict[str, Any], key: str, more: Dict[str, Any]) -> None:
    """Adds numbers to those of the runs before."""
    kept = manifest.setdefault(key, {})
    for name, value in more.items():
        if isinstance(value, dict):
            add(kept, name, value)
        else:
            kept[name] = kept.get(name, 0) + value

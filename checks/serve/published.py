"""A registry's folder as an embedded registry leaves it: bundles, and a pointer per alias.

Pointers are written beside and renamed, as the registry does it, so a server that watches never sees half of one.
"""

import hashlib
import json
import os
import shutil
import time


def digest_of(bundle):
    """A bundle's name: the digest of its manifest."""
    return "sha256:" + hashlib.sha256((bundle / "manifest.json").read_bytes()).hexdigest()


def champions(registry):
    """The champions of a registry's folder: models and the folders of their bundles."""
    found = {}
    for path in sorted((registry / "published").glob("*/champion.json")):
        pointer = json.loads(path.read_text())
        found[pointer["model"]] = registry / pointer["artifact"]
    return found


class Published:
    def __init__(self, root):
        self.root = root
        (root / "published").mkdir(parents=True, exist_ok=True)

    def place(self, bundle):
        """Copies a bundle in and returns the copy's folder."""
        artifact = f"artifacts/bundles/{digest_of(bundle).removeprefix('sha256:')}"
        if not (self.root / artifact).exists():
            shutil.copytree(bundle, self.root / artifact)
        return self.root / artifact

    def pointer(self, model, version, bundle, alias="champion"):
        """What a pointer to a bundle that was placed says."""
        manifest = json.loads((bundle / "manifest.json").read_text())
        return {
            "format": 1,
            "model": model,
            "alias": alias,
            "version": version,
            "digest": digest_of(bundle),
            "artifact": bundle.relative_to(self.root).as_posix(),
            "origin": manifest["lineage"]["origin"],
            "updated_ms": time.time_ns() // 1_000_000,
        }

    def file(self, model, alias="champion"):
        return self.root / "published" / model / f"{alias}.json"

    def write(self, model, text, alias="champion"):
        path = self.file(model, alias)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".unfinished-{os.getpid()}")
        unfinished.write_text(text)
        unfinished.rename(path)

    def point(self, model, version, bundle, alias="champion"):
        """Moves an alias, which makes it if it is not there."""
        self.write(model, json.dumps(self.pointer(model, version, bundle, alias), indent=2) + "\n", alias)

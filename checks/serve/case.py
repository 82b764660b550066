"""What every fault starts from: two bundles that answer differently, published under one name in a folder of its own."""

import dataclasses
import json
import pathlib
import sys

import rows
from published import Published

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from server import serving  # noqa: E402

MODEL = "faulty"
# Looked at often, so that a check need not wait.
WATCH = 0.2


@dataclasses.dataclass
class Case:
    """The binaries and bundles that the faults share."""

    serve: pathlib.Path
    gauntlet: pathlib.Path
    moto: pathlib.Path
    first: pathlib.Path
    second: pathlib.Path
    folder: pathlib.Path

    def at(self, name):
        """The same in a folder of this name."""
        folder = self.folder / name
        folder.mkdir(parents=True)
        return dataclasses.replace(self, folder=folder)

    def published(self, version=1):
        """A registry's folder whose champion is the first bundle."""
        registry = Published(self.folder / "registry")
        registry.point(MODEL, version, registry.place(self.first))
        return registry

    @property
    def names(self):
        return list(rows.fields(self.first))

    @property
    def row(self):
        return rows.draw(self.first, 1)[0]

    def serving(self, registry, more="", **how):
        """A server that watches closely; its log goes to `serve.log` in the folder."""
        config = self.folder / "serve.toml"
        config.write_text(f"watch_seconds = {WATCH}\n{more}")
        sink = open(self.folder / "serve.log", "ab")
        arguments = ["--config", config]
        return serving(self.serve, registry, log="info", arguments=arguments, sink=sink, **how)


def pair(root):
    """Two bundles of a quick run with the same columns and other answers: candidates of one gauntlet."""
    registry = root / "registry"
    known = {}
    for manifest in sorted([*root.glob("work/*/judge/bundles/*/manifest.json"), *registry.glob("artifacts/bundles/*/manifest.json")]):
        bundle = manifest.parent
        kind = json.loads(manifest.read_text())["lineage"]["kind"]
        if kind in ("majority", "physics_rules"):
            continue
        known.setdefault((kind, tuple(rows.fields(bundle))), bundle)
    forests = [key for key in known if key[0] == "randomforest" and len(key[1]) == 5]
    others = [key for key in known if key[0] != "randomforest" and len(key[1]) == 5]
    if not forests or not others:
        raise SystemExit(f"{root} has no forest beside another model of the same columns: {list(known)}")
    return known[forests[0]], known[others[0]]

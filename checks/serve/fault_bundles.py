"""The alias points at something that must not be served: it is refused, and taken once it is repaired."""

import json
import pathlib
import shutil

import rows
from asking import asking, degraded, healthy, until
from case import MODEL


def flipped_byte(case):
    """One bit of the new version's model is another."""
    registry = case.published()
    with case.serving(registry.root) as server, asking(server, MODEL, case.names, case.row) as asker:
        healthy(server, 1)
        model = registry.place(case.second) / "model.onnx"
        good = model.read_bytes()
        flip(model, good)
        registry.point(MODEL, 2, model.parent)
        degraded(server, "digest")
        assert asker.versions == ["1"], asker.versions
        replace(model, good)
        healthy(server, 2)
    return told(asker)


def another_digest(case):
    """The pointer names a bundle that is not where it says."""
    registry = case.published()
    with case.serving(registry.root) as server, asking(server, MODEL, case.names, case.row) as asker:
        healthy(server, 1)
        second = registry.place(case.second)
        wrong = registry.pointer(MODEL, 2, second) | {"digest": "sha256:" + "0" * 64}
        registry.write(MODEL, json.dumps(wrong))
        degraded(server, "digest")
        registry.point(MODEL, 2, second)
        healthy(server, 2)
    return told(asker)


def torn_pointer(case):
    """The pointer ends in the middle."""
    registry = case.published()
    with case.serving(registry.root) as server, asking(server, MODEL, case.names, case.row) as asker:
        healthy(server, 1)
        second = registry.place(case.second)
        registry.write(MODEL, json.dumps(registry.pointer(MODEL, 2, second))[:90])
        degraded(server, "digest")
        registry.point(MODEL, 2, second)
        healthy(server, 2)
    return told(asker)


def gone(case):
    """The pointer, and then the whole folder of the registry, is not there any more."""
    registry = case.published()
    away = pathlib.Path(f"{registry.root}-away")
    with case.serving(registry.root) as server, asking(server, MODEL, case.names, case.row) as asker:
        healthy(server, 1)
        registry.file(MODEL).unlink()
        degraded(server, "missing")
        registry.point(MODEL, 1, registry.place(case.first))
        healthy(server, 1)
        registry.root.rename(away)
        degraded(server, "missing")
        away.rename(registry.root)
        healthy(server, 1)
    return told(asker)


def damaged_state(case):
    """What was kept for bad times is damaged while the server is down: it is fetched again, never served."""
    registry, state = case.published(), case.folder / "state"
    with case.serving(registry.root, state=state) as server:
        healthy(server, 1)
        until((state / "last-good.json").is_file, f"the champion is kept in {state}")
    kept = list((state / "bundles").glob("*/model.onnx"))
    assert kept, f"nothing was kept in {state}"
    for model in kept:
        flip(model, model.read_bytes())
    with case.serving(registry.root, state=state) as server:
        healthy(server, 1)
        ask_once(case, server)
        good = (case.first / "model.onnx").read_bytes()
        until(lambda: all(m.exists() and m.read_bytes() == good for m in kept), "it is kept again")
    shutil.rmtree(registry.root)
    # Nothing is there to be fetched now, and what was kept is whole again.
    with case.serving(registry.root, model=f"{MODEL}@champion", state=state) as server:
        degraded(server, "missing")
        ask_once(case, server)
    return "fetched again while the registry was there, and served from the state directory when it was gone"


def ask_once(case, server):
    status, answer = server.predict(rows.guide(MODEL, case.names, case.row))
    assert status == 200, answer


def flip(path, good):
    bad = bytearray(good)
    bad[len(bad) // 2] ^= 1
    replace(path, bytes(bad))


def replace(path, content):
    beside = path.with_name("beside")
    beside.write_bytes(content)
    beside.rename(path)


def told(asker):
    return f"{asker.count} answers, none failed, the slowest after {asker.slowest * 1e3:.0f} ms"

"""Rows for a model, drawn between what its bundle's own example holds, and the bodies of each protocol."""

import json
import random
import struct


def fields(bundle):
    """The columns of a bundle: names, and the values of those that are texts."""
    signature = json.loads((bundle / "signature.json").read_text())
    return {field["name"]: field["kind"].get("values") for field in signature["raw"]}


def draw(bundle, count, seed=7):
    """Rows in the order of the columns, the same ones every time."""
    examples = json.loads((bundle / "example.json").read_text())["inputs"]
    source, columns = random.Random(seed), fields(bundle)
    drawn = []
    for name, texts in columns.items():
        if texts is not None:
            drawn.append([source.choice(texts) for _ in range(count)])
            continue
        known = [row[name] for row in examples if row[name] is not None]
        drawn.append([round(source.uniform(min(known), max(known)), 3) for _ in range(count)])
    return [list(row) for row in zip(*drawn)]


def as_columns(names, rows):
    return {name: [row[at] for row in rows] for at, name in enumerate(names)}


def split(names, rows):
    return {"dataframe_split": {"columns": list(names), "data": rows}}


def records(names, rows):
    return {"dataframe_records": [dict(zip(names, row)) for row in rows]}


def guide(model, names, row):
    return {"model_name": model, "model_version": "auto", "features": dict(zip(names, row))}


def csv(names, rows):
    return "\n".join([",".join(names), *(",".join(map(str, row)) for row in rows)]) + "\n"


def tensors(names, rows, **more):
    """A V2 request with JSON tensors, a tensor a column."""
    inputs = []
    for at, name in enumerate(names):
        values = [row[at] for row in rows]
        kind = "BYTES" if isinstance(values[0], str) else "FP64"
        inputs.append({"name": name, "datatype": kind, "shape": [len(rows), 1], "data": values})
    return {"inputs": inputs} | more


def binary(names, rows, outputs=True):
    """A V2 request whose tensors follow as bytes, and the header that says where they begin."""
    head, tail = tensors(names, rows), b""
    for tensor in head["inputs"]:
        values = tensor.pop("data")
        if tensor["datatype"] == "BYTES":
            raw = b"".join(struct.pack("<I", len(v.encode())) + v.encode() for v in values)
        else:
            raw = struct.pack(f"<{len(values)}d", *values)
        tensor["parameters"] = {"binary_data_size": len(raw)}
        tail += raw
    head["parameters"] = {"binary_data_output": outputs}
    text = json.dumps(head).encode()
    headers = {"inference-header-content-length": str(len(text)), "content-type": "application/octet-stream"}
    return text + tail, headers


def read_binary(answer):
    """The outputs of a V2 answer whose tensors follow as bytes."""
    size = int({k.lower(): v for k, v in answer.headers.items()}["inference-header-content-length"])
    head, tail, found = json.loads(answer.body[:size]), answer.body[size:], {}
    codes = {"FP32": "f", "FP64": "d", "INT64": "q"}
    for tensor in head["outputs"]:
        count = tensor["parameters"]["binary_data_size"]
        code = codes[tensor["datatype"]]
        found[tensor["name"]] = list(struct.unpack(f"<{count // struct.calcsize(code)}{code}", tail[:count]))
        tail = tail[count:]
    assert not tail, f"{len(tail)} bytes belong to no output"
    return head, found

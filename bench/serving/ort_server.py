"""A Python server for ONNX models with little beside onnxruntime: the fast way to write one by hand.

    MODELS='{"name": "path of model.onnx"}' uvicorn ort_server:app

A bare ASGI application on uvloop and httptools, JSON by orjson, one onnxruntime session a model on one thread; more cores
are used by more workers. It takes MLflow's `dataframe_split` and answers records as MLflow does, and checks nothing but
the names of the columns.
"""

import json
import os

import numpy as np
import onnxruntime
import orjson

JSON = [(b"content-type", b"application/json")]


class Model:
    def __init__(self, path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        kinds = {"tensor(double)": np.float64, "tensor(float)": np.float32, "tensor(string)": object}
        self.inputs = [(port.name, kinds[port.type]) for port in self.session.get_inputs()]
        self.outputs = [port.name for port in self.session.get_outputs()]

    def answer(self, body):
        split = orjson.loads(body)["dataframe_split"]
        columns = dict(zip(split["columns"], zip(*split["data"])))
        feed = {name: np.array(columns[name], dtype=kind) for name, kind in self.inputs}
        found = [values.tolist() for values in self.session.run(None, feed)]
        return orjson.dumps({"predictions": [dict(zip(self.outputs, row)) for row in zip(*found)]})


MODELS = {name: Model(path) for name, path in json.loads(os.environ["MODELS"]).items()}


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    model = MODELS.get(scope["path"].rpartition("/")[2])
    try:
        status, answer = (200, model.answer(body)) if model else (404, b'{"error": "no such model"}')
    except (KeyError, TypeError, ValueError) as error:
        status, answer = 400, orjson.dumps({"error": str(error)})
    length = (b"content-length", str(len(answer)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*JSON, length]})
    await send({"type": "http.response.body", "body": answer})

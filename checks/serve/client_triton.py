"""The Open Inference Protocol as Triton's own client speaks it: `tritonclient[http]`, unmodified."""

import numpy as np
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

import rows


def inputs(bundle, table, binary):
    """A tensor a column, in the JSON or as bytes."""
    made = []
    for name, column in rows.as_columns(list(rows.fields(bundle)), table).items():
        text = isinstance(column[0], str)
        values = np.array(column, dtype=object if text else np.float64).reshape(-1, 1)
        tensor = triton.InferInput(name, list(values.shape), "BYTES" if text else "FP64")
        tensor.set_data_from_numpy(values, binary_data=binary)
        made.append(tensor)
    return made


def check(host, model, version, bundle, expected):
    """`expected` are the answers to the rows by output, as numpy arrays."""
    table = rows.draw(bundle, 50)
    client = triton.InferenceServerClient(host)
    try:
        assert client.is_server_live() and client.is_server_ready()
        assert client.is_model_ready(model) and client.is_model_ready(model, version)
        assert not client.is_model_ready("no_such_model")
        about = client.get_server_metadata()
        assert "binary_tensor_data" in about["extensions"], about
        for asked in ("", version):
            about = client.get_model_metadata(model, asked)
            assert about["name"] == model and version in about["versions"], about
            assert [port["name"] for port in about["inputs"]] == list(rows.fields(bundle)), about
            assert {port["name"] for port in about["outputs"]} == set(expected), about
        for asked in ("", version):
            for binary_in in (True, False):
                for binary_out in (True, False):
                    wanted = [triton.InferRequestedOutput(name, binary_data=binary_out) for name in expected]
                    tensors = inputs(bundle, table, binary_in)
                    answer = client.infer(model, tensors, model_version=asked, outputs=wanted, request_id="7")
                    agree(answer, expected, version)
        # No output is named: all come.
        agree(client.infer(model, inputs(bundle, table, True)), expected, version)
        only = [triton.InferRequestedOutput("prediction")]
        answer = client.infer(model, inputs(bundle, table, True), outputs=only)
        assert [output["name"] for output in answer.get_response()["outputs"]] == ["prediction"]
        for method in ("gzip", "deflate"):
            refused_or_right(client, model, inputs(bundle, table, True), method, expected, version)
        refused(lambda: client.infer("no_such_model", inputs(bundle, table, True)), "no_such_model")
        refused(lambda: client.infer(model, inputs(bundle, table, True), model_version="4711"), "4711")
        refused(lambda: client.infer(model, inputs(bundle, table, True)[1:]), next(iter(rows.fields(bundle))))
        absent = [triton.InferRequestedOutput("no_such_output")]
        refused(lambda: client.infer(model, inputs(bundle, table, True), outputs=absent), "no_such_output")
    finally:
        client.close()


def agree(answer, expected, version):
    response = answer.get_response()
    assert response["model_version"] == version, response
    for name, values in expected.items():
        found = answer.as_numpy(name)
        assert found is not None, response
        assert np.allclose(found.reshape(-1), values, rtol=1e-6, atol=1e-6), name


def refused_or_right(client, model, tensors, method, expected, version):
    """A compressed body is read, or refused by a status that says so."""
    try:
        agree(client.infer(model, tensors, request_compression_algorithm=method), expected, version)
    except InferenceServerException as error:
        assert "415" in (error.status() or "") or "encoding" in error.message().lower(), error


def refused(ask, word):
    try:
        ask()
    except InferenceServerException as error:
        assert word in error.message(), error
        return
    raise AssertionError(f"what should name {word} was answered")

"""Models: logged, registered and loaded again by every kind of address; autologging and evaluation."""

import json

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression

from steps.artifacts import optional
from steps.world import refuses, same, same_for_all

ROWS = pd.DataFrame({"x": np.arange(40) / 10.0, "z": np.arange(40) % 7 * 1.0})
LABELS = (ROWS["x"] + ROWS["z"] > 4).astype(int)


def fitted(strength=1.0):
    return LogisticRegression(C=strength).fit(ROWS, LABELS)


def log(world, model, name="model", **named):
    """Logs a scikit-learn model with what a careful person gives along. Its info."""
    where = {"name": name} if world.modern else {"artifact_path": name}
    if not world.modern:
        # What 3.x has and 2.x does not.
        named = {key: value for key, value in named.items() if key not in ("params", "step")}
    return mlflow.sklearn.log_model(
        model,
        **where,
        signature=infer_signature(ROWS, model.predict(ROWS)),
        input_example=ROWS.head(2),
        pip_requirements=["scikit-learn"],
        **named,
    )


def answers(uri, model):
    """What is at this address answers as the model itself."""
    found = mlflow.pyfunc.load_model(uri).predict(ROWS)
    same(list(found), list(model.predict(ROWS)))


def logged_then_loaded(world):
    mlflow.set_experiment(world.name("logged"))
    model = fitted()
    with mlflow.start_run() as active:
        mlflow.log_metric("before", 0.5)
        info = log(world, model)
    same(info.run_id, active.info.run_id)
    answers(info.model_uri, model)
    answers(f"runs:/{active.info.run_id}/model", model)
    same(mlflow.sklearn.load_model(info.model_uri).coef_.tolist(), model.coef_.tolist())
    found = mlflow.models.get_model_info(info.model_uri)
    same(found.signature.inputs.to_dict(), info.signature.inputs.to_dict())
    example = mlflow.pyfunc.load_model(info.model_uri).input_example
    same(example.to_dict("list"), ROWS.head(2).to_dict("list"))
    if world.modern:
        logged = mlflow.get_logged_model(info.model_id)
        same((logged.status.value, logged.source_run_id, logged.name), ("READY", active.info.run_id, "model"))
        outputs = world.client.get_run(active.info.run_id).outputs.model_outputs
        same([output.model_id for output in outputs], [info.model_id])
        files = {f.path for f in world.client.list_logged_model_artifacts(info.model_id)}
        assert {"MLmodel", "requirements.txt", "input_example.json"} <= files, files
    else:
        history = json.loads(world.client.get_run(active.info.run_id).data.tags["mlflow.log-model.history"])
        same([entry["artifact_path"] for entry in history], ["model"])
        files = {f.path for f in world.client.list_artifacts(active.info.run_id, "model")}
        assert "model/MLmodel" in files, files


def registered_then_loaded(world):
    mlflow.set_experiment(world.name("registered"))
    name = world.name("pump")
    first, second = fitted(0.01), fitted(100.0)
    with mlflow.start_run() as active:
        log(world, first, registered_model_name=name)
        info = log(world, second, name="second")
    made = mlflow.register_model(info.model_uri, name, tags={"a": "1"})
    same((made.name, str(made.version), made.tags), (name, "2", {"a": "1"}))
    same(world.client.get_model_version(name, "2").run_id, active.info.run_id)
    same(made.status, "READY")
    world.client.set_registered_model_alias(name, "champion", "2")
    world.client.set_registered_model_alias(name, "previous", "1")
    world.client.transition_model_version_stage(name, "1", "Production")
    answers(f"models:/{name}/1", first)
    answers(f"models:/{name}/2", second)
    answers(f"models:/{name}@champion", second)
    answers(f"models:/{name}@previous", first)
    answers(f"models:/{name}/Production", first)
    answers(f"models:/{name}/latest", second)
    world.client.set_registered_model_alias(name, "champion", "1")
    answers(f"models:/{name}@champion", first)
    place = mlflow.artifacts.download_artifacts(f"models:/{name}@champion", dst_path=world.scratch("champion"))
    answers(place, first)
    copied = world.client.copy_model_version(f"models:/{name}@champion", world.name("pump in production"))
    answers(f"models:/{copied.name}/{copied.version}", first)
    refuses("RESOURCE_DOES_NOT_EXIST", mlflow.pyfunc.load_model, f"models:/{name}/3")
    refuses("INVALID_PARAMETER_VALUE", mlflow.pyfunc.load_model, f"models:/{name}@nobody")
    again = mlflow.register_model(f"runs:/{active.info.run_id}/second", name)
    same(str(again.version), "3")
    answers(f"models:/{name}/3", second)


def onnx(world):
    onnx = optional("onnx")
    if not onnx or not optional("onnxruntime"):
        return "there is no onnx or no onnxruntime here"
    mlflow.set_experiment(world.name("onnx"))
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    ports = [helper.make_tensor_value_info(port, kind, [None, 2]) for port in ("x", "y")]
    graph = helper.make_graph([helper.make_node("Add", ["x", "x"], ["y"])], "double", ports[:1], ports[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    rows = np.array([[1.0, 2.0], [3.0, -4.0]], dtype=np.float32)
    where = {"name": "double"} if world.modern else {"artifact_path": "double"}
    with mlflow.start_run():
        info = mlflow.onnx.log_model(
            model,
            **where,
            signature=infer_signature(rows, rows * 2),
            input_example=rows,
            pip_requirements=["onnxruntime"],
            registered_model_name=world.name("double"),
        )
    same(mlflow.onnx.load_model(info.model_uri).SerializeToString(), model.SerializeToString())
    found = mlflow.pyfunc.load_model(f"models:/{world.name('double')}/1").predict(rows)
    same(found["y"].tolist(), (rows * 2).tolist())


def autologging(world):
    experiment = mlflow.set_experiment(world.name("autolog")).experiment_id
    mlflow.sklearn.autolog(log_models=False, silent=True)
    try:
        LogisticRegression(C=0.5).fit(ROWS, LABELS)
    finally:
        mlflow.sklearn.autolog(disable=True, silent=True)
    (run,) = world.client.search_runs([experiment])
    same((run.info.status, run.data.params["C"], run.data.params["solver"]), ("FINISHED", "0.5", "lbfgs"))
    same(run.data.tags["estimator_name"], "LogisticRegression")
    assert 0 < run.data.metrics["training_accuracy_score"] <= 1, run.data.metrics
    assert run.inputs.dataset_inputs, "autologging tells the dataset"
    files = {f.path for f in world.client.list_artifacts(run.info.run_id)}
    assert "estimator.html" in files, files


def evaluation(world):
    if not optional("matplotlib"):
        return "there is no matplotlib here, which evaluation wants"
    mlflow.set_experiment(world.name("evaluated"))
    with mlflow.start_run() as active:
        info = log(world, fitted())
        result = mlflow.evaluate(
            info.model_uri,
            ROWS.assign(label=LABELS),
            targets="label",
            model_type="regressor",
            evaluators=["default"],
            evaluator_config={"default": {"log_model_explainability": False}},
        )
    found = world.client.get_run(active.info.run_id).data.metrics
    assert result.metrics and "mean_absolute_error" in result.metrics, result.metrics
    for key, value in result.metrics.items():
        assert abs(found[key] - value) < 1e-12, (key, found[key], value)


def logged_models_are_searched(world):
    if not world.modern:
        return "this client has no logged models"
    experiment = world.experiment("logged models")
    other = world.experiment("other logged models")
    run = world.client.create_run(experiment).info.run_id
    made = {}
    for number, letter in enumerate("abc"):
        labels, params = {"letter": letter, "even": str(number % 2 == 0)}, {"depth": str(number)}
        model = world.client.create_logged_model(
            experiment, name=f"model-{letter}", source_run_id=run, tags=labels, params=params, model_type="tree"
        )
        made[letter] = model.model_id
        world.client.log_metric(run, "f1", number / 10, model_id=model.model_id)
    world.client.create_logged_model(other, name="model-a")
    world.client.finalize_logged_model(made["a"], "READY")
    world.client.finalize_logged_model(made["b"], "FAILED")
    world.client.set_logged_model_tags(made["a"], {"letter": "a2", "more": "1"})
    world.client.delete_logged_model_tag(made["a"], "more")
    world.client.log_model_params(made["a"], {"rate": "0.1"})
    one = world.client.get_logged_model(made["a"])
    same((one.tags["letter"], "more" in one.tags, one.params), ("a2", False, {"depth": "0", "rate": "0.1"}))
    same((one.status.value, one.model_type, one.source_run_id), ("READY", "tree", run))
    same([(metric.key, metric.value) for metric in one.metrics], [("f1", 0.0)])

    def found(text=None, **named):
        answer = world.client.search_logged_models([experiment], filter_string=text, **named)
        return "".join(model.name[-1] for model in answer)

    asked = {
        None: "cba",
        "name = 'model-a'": "a",
        "name LIKE 'model%'": "cba",
        "metrics.f1 > 0.05": "cb",
        "params.depth = '2'": "c",
        "tags.even = 'True'": "ca",
        f"source_run_id = '{run}' AND metrics.f1 <= 0.1": "ba",
        f"model_id = '{made['b']}'": "b",
        "model_type = 'forest'": "",
        "creation_timestamp > 0": "cba",
    }
    same_for_all({text: found(text) for text in asked}, asked)
    same(found(order_by=[{"field_name": "metrics.f1", "ascending": True}]), "abc")
    same(found(order_by=[{"field_name": "name", "ascending": False}]), "cba")
    first = world.client.search_logged_models([experiment], max_results=2)
    rest = world.client.search_logged_models([experiment], max_results=2, page_token=first.token)
    same((len(first), [model.name for model in rest]), (2, ["model-a"]))
    world.client.delete_logged_model(made["c"])
    same(found(), "ba")
    refuses("RESOURCE_DOES_NOT_EXIST", world.client.get_logged_model, made["c"])
    refuses("RESOURCE_DOES_NOT_EXIST", world.client.get_logged_model, "m-" + "0" * 32)
    wrong = {"filter_string": "params.depth > 3"}
    refuses("INVALID_PARAMETER_VALUE", world.client.search_logged_models, [experiment], **wrong)


STEPS = [
    logged_then_loaded,
    registered_then_loaded,
    onnx,
    autologging,
    evaluation,
    logged_models_are_searched,
]

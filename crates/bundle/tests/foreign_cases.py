"""Models as others make them: scikit-learn through skl2onnx, and graphs as PyTorch and Keras export them."""

import dataclasses

import numpy as np
import onnx
import pandas as pd
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, Normalizer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC, SVR, LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

WIDTH = 4


@dataclasses.dataclass
class Case:
    name: str
    model: onnx.ModelProto
    inputs: dict
    close: float = 1e-6
    # Saved by MLflow with a signature of "columns" or of a "tensor".
    mlflow: str = ""


RANDOM = np.random.default_rng(7)
X = RANDOM.normal(size=(400, WIDTH)).astype(np.float32)
SCORE = X[:, 0] + 0.5 * X[:, 1] ** 2 - X[:, 2] + 0.3 * RANDOM.normal(size=400)
BINARY = (SCORE > 0.3).astype(np.int64)
THREE = np.digitize(SCORE, [-0.3, 0.9]).astype(np.int64)
NAMES = np.array(["calm", "warm", "hot"])[THREE]
NUMBER = SCORE.astype(np.float32)


def thresholds(model):
    """The numbers at which the trees of a graph branch."""
    found = []
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name == "nodes_values":
                found += list(attribute.floats)
            elif attribute.name == "nodes_values_as_tensor":
                found += numpy_helper.to_array(attribute.t).tolist()
    return np.array(found or [0.0])


def rows(model, dtype=np.float32, special=True):
    """Random rows, rows on thresholds and beside them, missing and infinite ones."""
    random = np.random.default_rng(11)
    at = random.choice(thresholds(model), size=(60, WIDTH)).astype(dtype)
    parts = [
        random.normal(size=(120, WIDTH)).astype(dtype),
        at,
        np.nextafter(at, dtype(np.inf)),
        np.nextafter(at, dtype(-np.inf)),
        np.zeros((1, WIDTH), dtype),
    ]
    if special:
        values = np.array([np.nan, np.inf, -np.inf, 1.0, -1.0, 0.0], dtype)
        parts.append(random.choice(values, size=(40, WIDTH)))
    return np.concatenate(parts)


def sklearn_case(name, model, target, special=True, dtype=np.float32, close=1e-6, **options):
    model.fit(X, target)
    converted = to_onnx(model, X[:1].astype(dtype), **options)
    (port,) = converted.graph.input
    return Case(name, converted, {port.name: rows(converted, dtype, special)}, close)


def plain_integers(key, value, *rest, make=helper.make_attribute, **options):
    """skl2onnx 1.20 gives lists of bools, which onnx 1.23 refuses."""
    if isinstance(value, list) and any(isinstance(x, (bool, np.bool_)) for x in value):
        value = [int(x) for x in value]
    return make(key, value, *rest, **options)


helper.make_attribute = plain_integers


def trees():
    no_zip = {"options": {"zipmap": False}}
    columns = {"options": {"zipmap": "columns"}}
    forest = RandomForestClassifier(12, random_state=1)
    yield sklearn_case("tree_binary", DecisionTreeClassifier(max_depth=5, random_state=1), BINARY)
    yield sklearn_case("tree_three", DecisionTreeClassifier(max_depth=5, random_state=1), THREE)
    yield sklearn_case("tree_regression", DecisionTreeRegressor(max_depth=6, random_state=1), NUMBER)
    yield sklearn_case("forest_binary", forest, BINARY)
    yield sklearn_case("forest_binary_columns", forest, BINARY, **columns)
    yield sklearn_case("forest_labels_2_and_5", forest, BINARY * 3 + 2)
    yield sklearn_case("forest_three", forest, THREE, options={"zipmap": False})
    yield sklearn_case("forest_texts", forest, NAMES)
    yield sklearn_case("forest_texts_binary", forest, np.array(["no", "yes"])[BINARY], **no_zip)
    yield sklearn_case("forest_old_opset", forest, BINARY, target_opset={"": 11, "ai.onnx.ml": 1})
    yield sklearn_case("forest_double", forest, BINARY, dtype=np.float64, **no_zip)
    regression = RandomForestRegressor(12, random_state=1)
    yield sklearn_case("forest_regression", regression, NUMBER)
    yield sklearn_case("forest_regression_double", regression, NUMBER, dtype=np.float64)
    two = np.stack([NUMBER, -2 * NUMBER], axis=1)
    yield sklearn_case("forest_regression_two", regression, two)
    yield sklearn_case("extra_trees", ExtraTreesClassifier(10, random_state=1), THREE)
    boosting = {"n_estimators": 15, "max_depth": 3, "random_state": 1}
    yield sklearn_case("boosting_binary", GradientBoostingClassifier(**boosting), BINARY)
    yield sklearn_case("boosting_three", GradientBoostingClassifier(**boosting), THREE, **no_zip)
    yield sklearn_case("boosting_regression", GradientBoostingRegressor(**boosting), NUMBER)
    for name, model, target in [
        ("histogram_binary", HistGradientBoostingClassifier(max_iter=12), BINARY),
        ("histogram_three", HistGradientBoostingClassifier(max_iter=12), THREE),
        ("histogram_regression", HistGradientBoostingRegressor(max_iter=12), NUMBER),
    ]:
        yield sklearn_case(name, model, target)
    yield sklearn_case("isolation_forest", IsolationForest(n_estimators=8, random_state=1), None, special=False,
                       target_opset={"": 17, "ai.onnx.ml": 3})


def linear():
    # Sums of infinities are left to the arithmetic's order, so these rows are finite.
    finite = {"special": False}
    logistic = LogisticRegression()
    yield sklearn_case("logistic_binary", logistic, BINARY)
    yield sklearn_case("logistic_three", logistic, THREE, **finite)
    yield sklearn_case("logistic_texts", logistic, NAMES, **finite)
    # onnxruntime's ZipMap takes singles only.
    double = {"dtype": np.float64, "options": {"zipmap": False}, **finite}
    yield sklearn_case("logistic_double", logistic, BINARY, **double)
    yield sklearn_case("linear_regression", LinearRegression(), NUMBER)
    yield sklearn_case("linear_regression_double", LinearRegression(), NUMBER, dtype=np.float64)
    yield sklearn_case("ridge_two", Ridge(), np.stack([NUMBER, -NUMBER], axis=1))
    yield sklearn_case("linear_svc", LinearSVC(), THREE, **finite)
    yield sklearn_case("gaussian_bayes", GaussianNB(), THREE, **finite)
    yield sklearn_case("k_means", KMeans(3, n_init=1, random_state=1), None, close=1e-5, **finite)
    svc = {"close": 1e-5, **finite}
    yield sklearn_case("svc_binary", SVC(), BINARY, **svc)
    yield sklearn_case("svc_three", SVC(kernel="poly"), THREE, **svc)
    yield sklearn_case("svc_linear", SVC(kernel="linear"), NAMES, **svc)
    yield sklearn_case("svr", SVR(), NUMBER, **svc)
    yield sklearn_case("svc_probability", SVC(probability=True, random_state=1), THREE, **svc)
    layers = {"hidden_layer_sizes": (8, 5), "max_iter": 60, "random_state": 1}
    for activation in ["relu", "tanh", "logistic"]:
        model = MLPClassifier(activation=activation, **layers)
        yield sklearn_case(f"perceptron_{activation}", model, BINARY, **finite)
    yield sklearn_case("perceptron_three", MLPClassifier(**layers), THREE, **finite)
    yield sklearn_case("perceptron_texts", MLPClassifier(**layers), NAMES, **finite)
    yield sklearn_case("perceptron_regression", MLPRegressor(**layers), NUMBER, **finite)


def pipelines():
    logistic = LogisticRegression()
    yield sklearn_case("scaled_logistic", make_pipeline(StandardScaler(), logistic), BINARY)
    yield sklearn_case("scaled_double", make_pipeline(StandardScaler(), logistic), BINARY,
                       dtype=np.float64, special=False, options={"zipmap": False})
    yield sklearn_case("imputed", make_pipeline(SimpleImputer(), logistic), BINARY)
    yield sklearn_case("imputed_marked", make_pipeline(SimpleImputer(strategy="median"),
                       RandomForestClassifier(5, random_state=1)), BINARY)
    yield sklearn_case("min_max", make_pipeline(MinMaxScaler(clip=True), Ridge()), NUMBER,
                       special=False)
    for norm in ["l1", "l2", "max"]:
        yield sklearn_case(f"normalizer_{norm}", make_pipeline(Normalizer(norm), Ridge()), NUMBER,
                           special=False)
    yield columns_case()
    yield columns_case(single=True)


def columns_case(single=False):
    """Named columns of several types, one input each."""
    random = np.random.default_rng(3)
    table = pd.DataFrame({
        "speed": random.normal(size=300).astype(np.float32),
        "load": random.normal(size=300).astype(np.float32),
        "machine": random.choice(["a", "b", "c"], size=300),
        "shift": random.integers(1, 4, size=300),
    })
    target = ((table.speed + (table.machine == "b") + 0.3 * table["shift"]) > 1).astype(int)
    encoder = OneHotEncoder(handle_unknown="ignore")
    parts = [("numbers", make_pipeline(SimpleImputer(), StandardScaler()), ["speed", "load"])]
    parts += [("machine", encoder, ["machine"])]
    if not single:
        parts += [("shift", OneHotEncoder(handle_unknown="ignore"), ["shift"])]
    model = make_pipeline(ColumnTransformer(parts), RandomForestClassifier(8, random_state=1))
    model.fit(table, target)
    types = [
        ("speed", FloatTensorType([None, 1])),
        ("load", FloatTensorType([None, 1])),
        ("machine", StringTensorType([None, 1])),
    ]
    if not single:
        types.append(("shift", Int64TensorType([None, 1])))
    converted = to_onnx(model, initial_types=types)
    size = 200
    inputs = {
        "speed": random.normal(size=(size, 1)).astype(np.float32),
        "load": np.where(random.random((size, 1)) < 0.2, np.nan, 1.5).astype(np.float32),
        "machine": random.choice(["a", "b", "c", "other", ""], size=(size, 1)).astype(object),
        "shift": random.integers(0, 6, size=(size, 1)),
    }
    inputs = {name: inputs[name] for name, _ in types}
    return Case("columns_" + ("single" if single else "mixed"), converted, inputs)


def tensor(name, values):
    return numpy_helper.from_array(np.asarray(values), name)


def graph_case(name, nodes, constants, inputs, outputs, opset=17, ir=8, ml=3, close=1e-6):
    """A graph as an exporter writes it; inputs are arrays, whose first dimension is the batch."""
    def port(name, kind, dims):
        return helper.make_tensor_value_info(name, kind, dims)

    ports = [
        port(key, helper.np_dtype_to_tensor_dtype(np.dtype(v.dtype)), ["batch", *v.shape[1:]])
        for key, v in inputs.items()
    ]
    graph = helper.make_graph(nodes, name, ports, [port(*output) for output in outputs],
                              [tensor(key, value) for key, value in constants.items()])
    imports = [helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", ml)]
    model = helper.make_model(graph, opset_imports=imports, ir_version=ir, producer_name="pytorch")
    return Case(name, model, inputs, close)


def torch_like():
    random = np.random.default_rng(5)
    constants = {
        "0.weight": random.normal(size=(8, WIDTH)).astype(np.float32),
        "0.bias": random.normal(size=8).astype(np.float32),
        "2.weight": random.normal(size=(3, 8)).astype(np.float32),
        "2.bias": random.normal(size=3).astype(np.float32),
    }
    nodes = [
        helper.make_node("Flatten", ["x"], ["flat"], axis=1),
        helper.make_node("Gemm", ["flat", "0.weight", "0.bias"], ["/0/Gemm"], transB=1),
        helper.make_node("Relu", ["/0/Gemm"], ["/1/Relu"]),
        helper.make_node("Gemm", ["/1/Relu", "2.weight", "2.bias"], ["y"], transB=1, alpha=0.5, beta=2.0),
        helper.make_node("Softmax", ["y"], ["p"], axis=-1),
        helper.make_node("ArgMax", ["p"], ["label"], axis=1, keepdims=0),
    ]
    x = random.normal(size=(50, WIDTH)).astype(np.float32)
    outputs = [
        ("y", TensorProto.FLOAT, ["batch", 3]),
        ("p", TensorProto.FLOAT, ["batch", 3]),
        ("label", TensorProto.INT64, ["batch"]),
    ]
    yield graph_case("torch_perceptron", nodes, constants, {"x": x}, outputs)
    yield graph_case("torch_perceptron_opset_9", nodes, constants, {"x": x}, outputs, opset=9, ir=4)
    keras = [
        helper.make_node("MatMul", ["x", "w"], ["a"]),
        helper.make_node("Add", ["a", "b"], ["c"]),
        helper.make_node("Elu", ["c"], ["d"]),
        helper.make_node("BatchNormalization", ["d", "scale", "shift", "mean", "var"], ["e"]),
        helper.make_node("Dropout", ["e"], ["f"]),
        helper.make_node("Sigmoid", ["f"], ["y"]),
    ]
    constants = {
        "w": random.normal(size=(WIDTH, 6)).astype(np.float32),
        **{key: random.normal(size=6).astype(np.float32) for key in ["b", "scale", "shift", "mean"]},
        "var": random.random(6).astype(np.float32),
    }
    outputs = [("y", TensorProto.FLOAT, ["batch", 6])]
    yield graph_case("keras_perceptron", keras, constants, {"x": x}, outputs)


def mlflow_cases():
    """The same models in MLflow's folders."""
    mixed = columns_case()
    yield dataclasses.replace(mixed, name="mlflow_columns", mlflow="columns")
    forest = sklearn_case("mlflow_matrix", RandomForestClassifier(5, random_state=1), THREE,
                          special=False)
    yield dataclasses.replace(forest, mlflow="columns")
    yield dataclasses.replace(forest, name="mlflow_tensor", mlflow="tensor")
    # Large enough that MLflow moves the weights to a file of their own.
    random = np.random.default_rng(17)
    weights = {"w": random.normal(size=(40, 30)).astype(np.float32)}
    x = random.normal(size=(20, 40)).astype(np.float32)
    nodes = [helper.make_node("MatMul", ["x", "w"], ["a"]), helper.make_node("Tanh", ["a"], ["y"])]
    case = graph_case("mlflow_external", nodes, weights, {"x": x},
                      [("y", TensorProto.FLOAT, ["batch", 30])], close=1e-5)
    yield dataclasses.replace(case, mlflow="tensor")


def all_cases():
    yield from mlflow_cases()
    yield from trees()
    yield from linear()
    yield from pipelines()
    yield from torch_like()

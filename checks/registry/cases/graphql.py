"""The four operations that MLflow's web page sends, and queries that have to be refused."""

from cases.models import model
from cases.runs import experiment, run

RUN_FIELDS = """
    info { runName status runUuid experimentId artifactUri endTime lifecycleStage startTime userId }
    experiment { experimentId name tags { key value } artifactLocation lifecycleStage lastUpdateTime }
    modelVersions { status version name source }
    data { metrics { key value step timestamp } params { key value } tags { key value } }
    inputs {
      datasetInputs { dataset { digest name profile schema source sourceType } tags { key value } }
      modelInputs { modelId }
    }
    outputs { modelOutputs { modelId step } }
"""
GET_RUN = f"""
query GetRun($data: MlflowGetRunInput!) @component(name: "MLflow.ExperimentRunTracking") {{
  mlflowGetRun(input: $data) {{ apiError {{ helpUrl code message }} run {{ {RUN_FIELDS} }} }}
}}"""
SEARCH_RUNS = f"""
query SearchRuns($data: MlflowSearchRunsInput!) {{
  mlflowSearchRuns(input: $data) {{ apiError {{ helpUrl code message }} runs {{ {RUN_FIELDS} }} }}
}}"""
HISTORY = """
query GetMetricHistoryBulkInterval($data: MlflowGetMetricHistoryBulkIntervalInput!)
@component(name: "MLflow.ExperimentRunTracking") {
  mlflowGetMetricHistoryBulkInterval(input: $data) {
    __typename
    metrics { timestamp step runId key value }
    apiError { code message }
  }
}"""
GET_EXPERIMENT = """
query MlflowGetExperimentQuery($input: MlflowGetExperimentInput!) @component(name: "MLflow.ExperimentRunTracking") {
  mlflowGetExperiment(input: $input) {
    apiError { code message }
    experiment {
      artifactLocation creationTime effectiveTraceArchivalRetention experimentId lastUpdateTime lifecycleStage name
      tags { key value }
    }
  }
}"""


def ask(talk, query, variables=None, label=None, **more):
    body = {"query": query} | ({"variables": variables} if variables is not None else {}) | more
    return talk.call("POST", "/graphql", body=body, label=label)


def fill(talk):
    where = experiment(talk)
    talk.post("experiments/set-experiment-tag", {"experiment_id": where, "key": "k", "value": "v"})
    made = run(talk, where, run_name="first", start_time=5, user_id="u")
    rows = [{"key": "m", "value": n / 4, "timestamp": 100 + n, "step": n} for n in range(12)]
    rows.append({"key": "nan", "value": "NaN", "timestamp": 1, "step": 0})
    body = {
        "run_id": made,
        "metrics": rows,
        "params": [{"key": "p", "value": "1"}],
        "tags": [{"key": "t", "value": "ü"}],
    }
    talk.post("runs/log-batch", body)
    data = {"name": "rows", "digest": "d", "source_type": "local", "source": "s", "schema": "c", "profile": "p"}
    talk.post(
        "runs/log-inputs", {"run_id": made, "datasets": [{"tags": [{"key": "k", "value": "v"}], "dataset": data}]}
    )
    logged = talk.post("logged-models", {"experiment_id": where, "name": "m"})["model"]["info"]["model_id"]
    talk.post("runs/outputs", {"run_id": made, "models": [{"model_id": logged, "step": 2}]})
    model(talk, "a")
    talk.post("model-versions/create", {"name": talk.name("a"), "source": "s3://b/a", "run_id": made})
    talk.post("runs/update", {"run_id": made, "status": "FINISHED", "end_time": 9})
    return where, made


def operations(talk):
    where, made = fill(talk)
    ask(talk, GET_RUN, {"data": {"runId": made}}, "run")
    ask(talk, GET_RUN, {"data": {"runUuid": made}}, "run by runUuid")
    ask(talk, GET_RUN, {"data": {"runId": "0" * 32}}, "unknown run")
    ask(talk, GET_RUN, {"data": {}}, "no run")
    ask(talk, GET_EXPERIMENT, {"input": {"experimentId": where}}, "experiment")
    ask(talk, GET_EXPERIMENT, {"input": {"experimentId": "987654321"}}, "unknown experiment")
    ask(talk, GET_EXPERIMENT, {"input": {"experimentId": 3}}, "experiment as a number")
    ask(talk, SEARCH_RUNS, {"data": {"experimentIds": [where]}}, "search")
    ask(talk, SEARCH_RUNS, {"data": {"experimentIds": [where], "filter": "metrics.m > 100"}}, "search nothing")
    ask(talk, SEARCH_RUNS, {"data": {"experimentIds": [where], "filter": "nonsense"}}, "search wrongly")
    view = {"experimentIds": [where], "runViewType": "DELETED_ONLY", "maxResults": 5, "orderBy": ["start_time"]}
    ask(talk, SEARCH_RUNS, {"data": view}, "search the deleted")
    wanted = {"runIds": [made], "metricKey": "m"}
    ask(talk, HISTORY, {"data": wanted}, "history")
    ask(talk, HISTORY, {"data": wanted | {"maxResults": 3}}, "history of 3")
    ask(talk, HISTORY, {"data": wanted | {"startStep": 2, "endStep": 5}}, "history between")
    ask(talk, HISTORY, {"data": wanted | {"startStep": 5, "endStep": 2}}, "history backwards")
    ask(talk, HISTORY, {"data": {"runIds": ["0" * 32], "metricKey": "m"}}, "history of nobody")
    ask(talk, HISTORY, {"data": wanted | {"metricKey": "nan"}}, "history of NaN")
    operation = GET_RUN + GET_EXPERIMENT
    ask(talk, operation, {"data": {"runId": made}}, "one of two", operationName="GetRun")
    ask(talk, operation, {"data": {"runId": made}}, "which of two")
    by_id = f'mlflowGetRun(input: {{runId: "{made}"}})'
    ask(talk, f"{{ {by_id} {{ run {{ info {{ runId status }} }} }} }}", label="in the text")
    fragment = "fragment f on MlflowRunExtension { info { runName } }"
    ask(talk, f"query {{ {by_id} {{ run {{ ...f }} }} }} {fragment}", label="a fragment")
    ask(talk, f"{{ a: {by_id} {{ run {{ info {{ name: runName }} }} }} }}", label="aliases")
    skipping = "info @skip(if: $no) { runName } data { params { key } }"
    ask(talk, f"query q($no: Boolean!) {{ {by_id} {{ run {{ {skipping} }} }} }}", {"no": True}, "skip")
    ask(talk, '{ test(inputString: "abc") { output } }', label="test")
    query = {"query": "{ __typename }"}
    talk.call("GET", "/graphql", query=query, label="GET")


def refusals(talk):
    talk.call("POST", "/graphql", raw=b"{}", headers={"Content-Type": "text/plain"}, label="wrong type")
    talk.call("POST", "/graphql", body={}, label="no query")
    for label, query in {
        "empty": "",
        "broken": "{ mlflowGetRun(",
        "unknown field": "{ nonsense }",
        "unknown inner field": '{ mlflowGetRun(input: {runId: "x"}) { nonsense } }',
        "unknown argument": '{ mlflowGetRun(nonsense: "x") { run { info { runName } } } }',
        "no selection": '{ mlflowGetRun(input: {runId: "x"}) }',
        "no variable": GET_RUN,
        "11 root fields": "{ " + " ".join(f'a{n}: test(inputString: "a") {{ output }}' for n in range(11)) + " }",
        "11 aliases": '{ mlflowGetRun(input: {runId: "x"}) { run { info { '
        + " ".join(f"a{n}: runName" for n in range(11))
        + " } } } }",
        "too deep": "{ a " * 11 + "}" * 11,
        "too wide": '{ mlflowGetRun(input: {runId: "x"}) { run { info { ' + "runName " * 1001 + " } } } }",
        "a cycle": "{ ...f } fragment f on Query { ...f }",
        "subscription": "subscription { a }",
        "typename": "{ __typename }",
        "two anonymous": "{ __typename } { __typename }",
    }.items():
        ask(talk, query, label=label)


CASES = [operations, refusals]

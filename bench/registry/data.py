"""The data that all servers answer from: 10,000 runs, and 10 registered models with 100 versions each.

The rows go straight into the tables that MLflow made, so that no server's own writing shapes them.
"""

import json
import random
import sqlite3
import uuid

RUNS, MODELS, VERSIONS = 10_000, 10, 100
NOW = 1_700_000_000_000


def fill(path):
    """Fills an empty database of MLflow's and returns the ids of some runs that benchmarks write to."""
    draw = random.Random(7)
    database = sqlite3.connect(path)
    database.execute(
        "INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time,"
        " last_update_time, workspace) VALUES (1, 'bench', 'mlflow-artifacts:/1', 'active', ?, ?, 'default')",
        (NOW, NOW),
    )
    ids = [uuid.UUID(int=draw.getrandbits(128)).hex for _ in range(RUNS)]
    for number, run in enumerate(ids):
        database.execute(
            "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status,"
            " start_time, end_time, source_version, lifecycle_stage, artifact_uri, experiment_id)"
            " VALUES (?, ?, 'UNKNOWN', '', '', 'bench', 'FINISHED', ?, ?, '', 'active', ?, 1)",
            (run, f"run-{number}", NOW + number, NOW + number + 1, f"mlflow-artifacts:/1/{run}/artifacts"),
        )
        params = {"depth": str(draw.randrange(10)), "rate": str(draw.random()), "seed": str(number)}
        database.executemany(
            "INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?)",
            [(key, value, run) for key, value in params.items()],
        )
        tags = {"mlflow.runName": f"run-{number}", "mlflow.user": "bench", "mlflow.source.name": "bench"}
        database.executemany(
            "INSERT INTO tags (key, value, run_uuid) VALUES (?, ?, ?)",
            [(key, value, run) for key, value in tags.items()],
        )
        metrics = [(key, draw.random(), NOW, 0, False, run) for key in ("accuracy", "loss", "auc", "f1", "recall")]
        for table in ("metrics", "latest_metrics"):
            database.executemany(
                f"INSERT INTO {table} (key, value, timestamp, step, is_nan, run_uuid) VALUES (?, ?, ?, ?, ?, ?)",
                metrics,
            )
    for model in range(MODELS):
        name = f"bench_{model}"
        database.execute(
            "INSERT INTO registered_models (name, creation_time, last_updated_time, description, workspace)"
            " VALUES (?, ?, ?, '', 'default')",
            (name, NOW, NOW),
        )
        for version in range(1, VERSIONS + 1):
            run = ids[model * VERSIONS + version]
            database.execute(
                "INSERT INTO model_versions (name, version, creation_time, last_updated_time, description,"
                " user_id, current_stage, source, run_id, status, storage_location, workspace)"
                " VALUES (?, ?, ?, ?, '', 'bench', 'None', ?, ?, 'READY', ?, 'default')",
                (name, version, NOW, NOW, f"mlflow-artifacts:/1/{run}/artifacts/model", run,
                 f"mlflow-artifacts:/1/{run}/artifacts/model"),
            )
            database.execute(
                "INSERT INTO model_version_tags (key, value, name, version, workspace)"
                " VALUES ('quality', ?, ?, ?, 'default')",
                (json.dumps(draw.random()), name, version),
            )
        database.execute(
            "INSERT INTO registered_model_aliases (alias, version, name, workspace)"
            " VALUES ('champion', ?, ?, 'default')",
            (VERSIONS, name),
        )
    database.commit()
    database.execute("ANALYZE")
    database.commit()
    database.close()
    return ids[:64]

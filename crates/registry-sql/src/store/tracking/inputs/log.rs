//! Logging what runs read.
//!
//! A dataset is one row per experiment, name and digest, whoever logs it; that a run read it is an edge with
//! tags of its own, written once.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::FutureExt as _;
use gauntlet_mlflow::{
    Backend, Dataset, DatasetInput, Empty, Error, LogInputs, ModelInput, Result,
};

use super::super::runs::active;
use super::super::{check, fresh, many};
use crate::Store;
use crate::db::{Conn, DbError, Value, sql};
use crate::store::errors::Failed;

/// Up to its rows of identifier, source's kind and identifier, destination's kind and identifier, and step.
pub(super) const EDGE: &str = "INSERT INTO inputs
    (input_uuid, source_type, source_id, destination_type, destination_id, step) VALUES";
const ONCE: &str =
    " ON CONFLICT (source_type, source_id, destination_type, destination_id) DO NOTHING";

impl Backend<LogInputs> for Store {
    async fn call(&self, request: LogInputs) -> Result<Empty> {
        let run_id = check::run_id(request.run_id, None);
        check::strict_run_id(&run_id)?;
        for input in &request.datasets {
            checked(input)?;
        }
        let (datasets, models) = (request.datasets, request.models);
        self.write(move |db| {
            async move {
                let run = active(db, &run_id).await?;
                log_datasets(db, run.experiment_id, &run_id, datasets).await?;
                log_models(db, &run_id, models).await?;
                Ok::<_, Failed>(Empty {})
            }
            .boxed()
        })
        .await
    }
}

fn checked(input: &DatasetInput) -> Result<()> {
    let none = Dataset::default();
    let dataset = input.dataset.as_ref().unwrap_or(&none);
    for (what, limit, text) in [
        ("name", 500, &dataset.name),
        ("digest", 36, &dataset.digest),
        ("source", 65_535, &dataset.source),
        ("schema", 1_048_575, &dataset.schema),
        ("profile", 16_777_215, &dataset.profile),
    ] {
        check::within(what, limit, text.as_deref().unwrap_or_default())?;
    }
    let mut keys = BTreeSet::new();
    for tag in &input.tags {
        let key = tag.key.as_deref().unwrap_or_default();
        check::within("key", 255, key)?;
        check::within("value", 500, tag.value.as_deref().unwrap_or_default())?;
        if !keys.insert(key) {
            return Err(Error::invalid(format!(
                "the tag '{key}' of an input is given more than once"
            )));
        }
    }
    Ok(())
}

/// A dataset's name and digest.
type Named = (String, String);

async fn log_datasets(
    db: &mut Conn,
    experiment: i64,
    run_id: &str,
    inputs: Vec<DatasetInput>,
) -> Result<(), Failed> {
    let mut first: BTreeMap<Named, DatasetInput> = BTreeMap::new();
    for input in inputs {
        let dataset = input.dataset.clone().unwrap_or_default();
        let named = (dataset.name.unwrap_or_default(), dataset.digest.unwrap_or_default());
        first.entry(named).or_insert(input);
    }
    if first.is_empty() {
        return Ok(());
    }
    let rows = first.iter().map(|((name, digest), input)| -> [Value; 8] {
        let dataset = input.dataset.clone().unwrap_or_default();
        [
            fresh::id().into(),
            experiment.into(),
            name.into(),
            digest.into(),
            dataset.source_type.unwrap_or_default().into(),
            dataset.source.unwrap_or_default().into(),
            dataset.schema.into(),
            dataset.profile.into(),
        ]
    });
    let head =
        "INSERT INTO datasets (dataset_uuid, experiment_id, name, digest, dataset_source_type,
        dataset_source, dataset_schema, dataset_profile) VALUES";
    let tail = " ON CONFLICT (experiment_id, name, digest) DO NOTHING";
    many::insert(db, head, tail, rows.collect()).await?;
    let known = identifiers(db, experiment, &first).await?;
    let edges = known.values().map(|dataset| -> [Value; 6] {
        [
            fresh::id().into(),
            "DATASET".into(),
            dataset.into(),
            "RUN".into(),
            run_id.into(),
            0_i64.into(),
        ]
    });
    let mine: Vec<[Value; 6]> = edges.collect();
    let made: BTreeSet<String> = mine.iter().filter_map(|row| text(&row[0])).collect();
    many::insert(db, EDGE, ONCE, mine).await?;
    log_tags(db, run_id, first, &known, &made).await
}

/// The tags of the edges that this request made; others keep those that they have.
async fn log_tags(
    db: &mut Conn,
    run_id: &str,
    inputs: BTreeMap<Named, DatasetInput>,
    known: &BTreeMap<Named, String>,
    made: &BTreeSet<String>,
) -> Result<(), Failed> {
    let ids: Vec<&str> = known.values().map(String::as_str).collect();
    let mut edges: BTreeMap<String, String> = BTreeMap::new();
    for ids in ids.chunks(many::LONGEST_LIST) {
        let mut select = sql("SELECT source_id, input_uuid FROM inputs
            WHERE source_type = 'DATASET' AND destination_type = 'RUN' AND destination_id = ?
                AND source_id")
        .bind(run_id);
        many::push_in(&mut select, ids);
        for row in db.rows(select).await? {
            edges.insert(row.get(0)?, row.get(1)?);
        }
    }
    let mut rows: Vec<[Value; 3]> = Vec::new();
    for (named, input) in inputs {
        let edge = known.get(&named).and_then(|dataset| edges.get(dataset));
        let Some(edge) = edge.filter(|edge| made.contains(*edge)) else {
            continue;
        };
        rows.extend(input.tags.into_iter().map(|tag| -> [Value; 3] {
            [edge.into(), tag.key.unwrap_or_default().into(), tag.value.unwrap_or_default().into()]
        }));
    }
    many::insert(db, "INSERT INTO input_tags (input_uuid, name, value) VALUES", "", rows).await?;
    Ok(())
}

/// The identifiers of datasets, whoever logged them first.
async fn identifiers(
    db: &mut Conn,
    experiment: i64,
    inputs: &BTreeMap<Named, DatasetInput>,
) -> Result<BTreeMap<Named, String>, DbError> {
    let names: BTreeSet<&str> = inputs.keys().map(|(name, _)| name.as_str()).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let mut known = BTreeMap::new();
    for names in names.chunks(many::LONGEST_LIST) {
        let mut select =
            sql("SELECT name, digest, dataset_uuid FROM datasets WHERE experiment_id = ? AND name")
                .bind(experiment);
        many::push_in(&mut select, names);
        for row in db.rows(select).await? {
            let named: Named = (row.get(0)?, row.get(1)?);
            if inputs.contains_key(&named) {
                known.insert(named, row.get(2)?);
            }
        }
    }
    Ok(known)
}

async fn log_models(db: &mut Conn, run_id: &str, models: Vec<ModelInput>) -> Result<(), DbError> {
    let ids: BTreeSet<String> =
        models.into_iter().map(|model| model.model_id.unwrap_or_default()).collect();
    let rows = ids.into_iter().map(|model| -> [Value; 6] {
        [
            fresh::id().into(),
            "RUN_INPUT".into(),
            run_id.into(),
            "MODEL_INPUT".into(),
            model.into(),
            0_i64.into(),
        ]
    });
    many::insert(db, EDGE, ONCE, rows.collect()).await?;
    Ok(())
}

fn text(value: &Value) -> Option<String> {
    if let Value::Text(text) = value { text.clone() } else { None }
}

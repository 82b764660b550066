//! Parameters: logged once, and never changed.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::FutureExt as _;
use gauntlet_mlflow::{Backend, Empty, Error, KeyValue, LogParam, Result};

use super::runs::active;
use super::{check, many, quote};
use crate::Store;
use crate::db::{Conn, sql};
use crate::store::errors::Failed;

const INSERT: &str = "INSERT INTO params (key, value, run_uuid) VALUES";

impl Backend<LogParam> for Store {
    async fn call(&self, request: LogParam) -> Result<Empty> {
        let run_id = check::run_id(request.run_id, request.run_uuid);
        let param = check::param(KeyValue { key: request.key, value: request.value }, "")?;
        self.write(move |db| {
            async move {
                active(db, &run_id).await?;
                let changed = log(db, &run_id, std::slice::from_ref(&param)).await?;
                if let Some(Changed { key, old, new }) = changed.first() {
                    return Err(Failed::from(Error::invalid(format!(
                        "Changing param values is not allowed. Param with key='{key}' was already logged with \
                        value='{old}' for run ID='{run_id}'. Attempted logging new value '{new}'."
                    ))));
                }
                Ok(Empty {})
            }
            .boxed()
        })
        .await
    }
}

/// A parameter that has another value already.
pub(super) struct Changed {
    key: String,
    old: String,
    new: String,
}

/// Logs the parameters of a batch.
pub(super) async fn log_all(
    db: &mut Conn,
    run_id: &str,
    params: &[(String, String)],
) -> Result<(), Failed> {
    let changed = log(db, run_id, params).await?;
    if changed.is_empty() {
        return Ok(());
    }
    let shown: Vec<String> = changed
        .iter()
        .map(|Changed { key, old, new }| {
            let [key, old, new] = [key, old, new].map(|text| quote::text(text));
            format!("{{'key': {key}, 'old_value': {old}, 'new_value': {new}}}")
        })
        .collect();
    Err(Error::invalid(format!(
        "Changing param values is not allowed. Params were already logged='[{}]' for run ID='{run_id}'.",
        shown.join(", ")
    ))
    .into())
}

/// Refuses keys that a batch has twice.
pub(super) fn once_each(params: &[(String, String)]) -> Result<()> {
    let mut seen = BTreeSet::new();
    let twice: Vec<&str> =
        params.iter().map(|(key, _)| key.as_str()).filter(|key| !seen.insert(*key)).collect();
    if twice.is_empty() {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "Duplicate parameter keys have been submitted: {}. Please ensure the request contains only one param \
        value per param key.",
        quote::list(twice)
    )))
}

/// Logs parameters with different keys; what differs from what is there is returned, for the caller to refuse.
async fn log(
    db: &mut Conn,
    run_id: &str,
    params: &[(String, String)],
) -> Result<Vec<Changed>, Failed> {
    // One order in all transactions, so that none waits for another in a circle.
    let params: BTreeMap<&String, &String> =
        params.iter().map(|(key, value)| (key, value)).collect();
    let rows = params.iter().map(|(key, value)| [(*key).into(), (*value).into(), run_id.into()]);
    let tail = " ON CONFLICT (key, run_uuid) DO NOTHING";
    let written = many::insert(db, INSERT, tail, rows.collect()).await?;
    if written == params.len() as u64 {
        return Ok(Vec::new());
    }
    let mut changed = Vec::new();
    let keys: Vec<&str> = params.keys().map(|key| key.as_str()).collect();
    for keys in keys.chunks(many::LONGEST_LIST) {
        let mut select =
            sql("SELECT key, value FROM params WHERE run_uuid = ? AND key").bind(run_id);
        many::push_in(&mut select, keys);
        for row in db.rows(select).await? {
            let (key, old): (String, String) = (row.get(0)?, row.get(1)?);
            if let Some(new) = params.get(&key).filter(|new| ***new != old) {
                changed.push(Changed { new: (**new).clone(), key, old });
            }
        }
    }
    Ok(changed)
}

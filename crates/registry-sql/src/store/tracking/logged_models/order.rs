//! What a search of logged models is sorted by.

use gauntlet_mlflow::filter::{Subject, logged_models};
use gauntlet_mlflow::{Result, SearchLoggedModelsOrderBy};

use crate::db::{Sql, sql};

/// Joins of what is sorted by, and the clause itself. What is not there comes last in either direction.
pub(super) fn order(list: &[SearchLoggedModelsOrderBy]) -> Result<(Sql, String)> {
    let mut joins = Sql::default();
    let mut order = Vec::new();
    let mut attributes = Vec::new();
    for (place, by) in list.iter().enumerate() {
        let value = match logged_models::sorted_by(by.field_name.as_deref().unwrap_or_default())? {
            Subject::Attribute(name) => {
                attributes.push(name);
                format!("m.{name}")
            }
            Subject::Metric(key) => {
                joins.push_sql(latest(place, &key, by));
                format!("s{place}.metric_value")
            }
            Subject::Param(_) | Subject::Tag(_) | Subject::Dataset(_) => continue,
        };
        let direction = if by.ascending.unwrap_or(true) { "" } else { " DESC" };
        order.push(format!("CASE WHEN {value} IS NULL THEN 1 ELSE 0 END, {value}{direction}"));
    }
    if !attributes.contains(&"creation_timestamp_ms") {
        order.push("m.creation_timestamp_ms DESC".to_owned());
    }
    if !attributes.contains(&"model_id") {
        order.push("m.model_id".to_owned());
    }
    Ok((joins, order.join(", ")))
}

/// The latest value of a metric of each model, of one dataset or of any.
fn latest(place: usize, key: &str, by: &SearchLoggedModelsOrderBy) -> Sql {
    let mut join = sql(" LEFT JOIN (SELECT model_id, metric_value FROM (
        SELECT model_id, metric_value, row_number() OVER (PARTITION BY model_id
            ORDER BY metric_timestamp_ms DESC, metric_step DESC, run_id) AS place
        FROM logged_model_metrics WHERE metric_name = ");
    join.push_bind(key);
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    if let Some(name) = given(&by.dataset_name) {
        join.push(" AND dataset_name = ").push_bind(name);
    }
    if let Some(digest) = given(&by.dataset_digest) {
        join.push(" AND dataset_digest = ").push_bind(digest);
    }
    join.push(&format!(") f WHERE place = 1) s{place} ON s{place}.model_id = m.model_id"));
    join
}

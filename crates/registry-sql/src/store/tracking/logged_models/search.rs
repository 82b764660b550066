//! Finding logged models.

use gauntlet_mlflow::filter::{Condition, Subject, Test, logged_models};
use gauntlet_mlflow::{
    Backend, Error, LoggedModelStatus, Result, SearchLoggedModels, SearchLoggedModelsAnswer,
    SearchLoggedModelsDataset,
};

use super::super::test::push_test;
use super::super::{check, many};
use super::row::{COLUMNS, ModelRow, whole};
use super::{order, page};
use crate::Store;
use crate::db::{Dialect, Sql, sql};
use crate::store::errors::Failed;

/// The protocol's page size, and the store's for clients that ask for 0.
const PAGE: i32 = 50;
const PAGE_OF_ZERO: i64 = 100;

impl Backend<SearchLoggedModels> for Store {
    async fn call(&self, request: SearchLoggedModels) -> Result<SearchLoggedModelsAnswer> {
        let size = match request.max_results.unwrap_or(PAGE) {
            0 => PAGE_OF_ZERO,
            asked => check::max_results(asked.into())?,
        };
        if request.experiment_ids.is_empty() {
            return Ok(SearchLoggedModelsAnswer::default());
        }
        let start = page::start(&request)?;
        let mut select = statement(&request, self.db.dialect())?;
        select.push(" LIMIT ").push_bind(size + 1).push(" OFFSET ").push_bind(start);
        let found = async {
            let mut db = self.read().await?;
            let rows = db.rows(select).await?;
            let page = rows.iter().take(size as usize).map(ModelRow::read);
            let page: Vec<ModelRow> = page.collect::<Result<_, _>>()?;
            Ok::<_, Failed>((whole(&mut db, page).await?, rows.len() as i64 > size))
        };
        let (models, more) = found.await?;
        let next_page_token = more.then(|| page::token(&request, start + size));
        Ok(SearchLoggedModelsAnswer { models, next_page_token })
    }
}

fn statement(request: &SearchLoggedModels, dialect: Dialect) -> Result<Sql> {
    let ids = request.experiment_ids.iter().map(|id| check::experiment_id(id));
    let ids: Vec<i64> = ids.collect::<Result<_>>()?;
    if request.datasets.iter().any(|set| set.dataset_name.as_ref().is_none_or(String::is_empty)) {
        return Err(Error::invalid("`dataset_name` in the `datasets` clause must be specified."));
    }
    let conditions = logged_models::filter(request.filter.as_deref().unwrap_or_default())?;
    let (joins, order) = order::order(&request.order_by)?;
    let mut select = sql(format!("SELECT {COLUMNS} FROM logged_models m"));
    select.push_sql(joins);
    select.push(" WHERE m.lifecycle_stage <> 'deleted' AND m.experiment_id");
    many::push_in(&mut select, &ids);
    for condition in &conditions {
        select.push(" AND ");
        push_condition(&mut select, dialect, condition, &request.datasets)?;
    }
    let by_metric = |condition: &Condition| matches!(condition.subject, Subject::Metric(_));
    if !request.datasets.is_empty() && !conditions.iter().any(by_metric) {
        select.push(
            " AND EXISTS (SELECT 1 FROM logged_model_metrics v WHERE v.model_id = m.model_id",
        );
        push_datasets(&mut select, &request.datasets);
        select.push(")");
    }
    select.push(" ORDER BY ").push(&order);
    Ok(select)
}

fn push_condition(
    select: &mut Sql,
    dialect: Dialect,
    condition: &Condition,
    datasets: &[SearchLoggedModelsDataset],
) -> Result<()> {
    let Condition { subject, test } = condition;
    let mut exists = |table: &str, column: &str, key: &str| {
        select.push(&format!(
            "EXISTS (SELECT 1 FROM {table} v WHERE v.model_id = m.model_id AND v.{column} = "
        ));
        select.push_bind(key).push(" AND ");
    };
    match subject {
        Subject::Attribute("status") => push_status(select, test)?,
        Subject::Attribute("experiment_id") => {
            push_test(select, dialect, "CAST(m.experiment_id AS TEXT)", test);
        }
        Subject::Attribute(name) => push_test(select, dialect, &format!("m.{name}"), test),
        Subject::Metric(key) => {
            exists("logged_model_metrics", "metric_name", key);
            push_test(select, dialect, "v.metric_value", test);
            push_datasets(select, datasets);
            select.push(")");
        }
        Subject::Param(key) => {
            exists("logged_model_params", "param_key", key);
            push_test(select, dialect, "v.param_value", test);
            select.push(")");
        }
        Subject::Tag(key) => {
            exists("logged_model_tags", "tag_key", key);
            push_test(select, dialect, "v.tag_value", test);
            select.push(")");
        }
        Subject::Dataset(_) => {}
    }
    Ok(())
}

/// Of any of these datasets; one without a digest is a metric's dataset without a digest, as in MLflow.
fn push_datasets(select: &mut Sql, datasets: &[SearchLoggedModelsDataset]) {
    for (place, dataset) in datasets.iter().enumerate() {
        select.push(if place == 0 { " AND ((v.dataset_name = " } else { " OR (v.dataset_name = " });
        select.push_bind(dataset.dataset_name.as_deref()).push(" AND v.dataset_digest ");
        match dataset.dataset_digest.as_deref().filter(|digest| !digest.is_empty()) {
            Some(digest) => select.push("= ").push_bind(digest),
            None => select.push("IS NULL"),
        };
        select.push(")");
    }
    if !datasets.is_empty() {
        select.push(")");
    }
}

/// A status is a number in the table and a name to people, with or without its prefix.
fn push_status(select: &mut Sql, test: &Test) -> Result<()> {
    let number = |text: &String| -> i64 {
        let named = LoggedModelStatus::of_name(text)
            .or_else(|| LoggedModelStatus::of_name(&format!("LOGGED_MODEL_{text}")));
        // A name that no status has is a number that no row has.
        named.map_or_else(|| text.parse().unwrap_or(-1), |status| status.number().into())
    };
    select.push("m.status");
    match test {
        Test::Text(op @ ("=" | "!="), text) => {
            select.push(" ").push(op).push(" ").push_bind(number(text));
        }
        Test::In(list) => many::push_in(select, &list.iter().map(number).collect::<Vec<_>>()),
        Test::NotIn(list) => {
            select.push(" NOT");
            many::push_in(select, &list.iter().map(number).collect::<Vec<_>>());
        }
        _ => return Err(Error::invalid("a status is compared with =, !=, IN and NOT IN")),
    }
    Ok(())
}

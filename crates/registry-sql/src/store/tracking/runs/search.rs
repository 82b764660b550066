//! Finding runs.
//!
//! Conditions on what a run logged are `EXISTS` over the primary keys (key, run), so each run costs one
//! look-up per condition; what is sorted by is joined over the same keys. In SQLite a parameter that has to have
//! one value comes first, because an index of ours knows the runs that have it.

use gauntlet_mlflow::filter::{Condition, Sort, Subject, Test, runs};
use gauntlet_mlflow::{Backend, PageToken, Result, SearchRuns, SearchRunsAnswer, ViewType};

use super::super::table;
use super::super::test::push_test;
use super::super::{check, many};
use super::row::COLUMNS;
use super::{NAME_TAG, RunRow, pages};
use crate::Store;
use crate::db::{Dialect, Sql, sql};
use crate::store::errors::Failed;

impl Backend<SearchRuns> for Store {
    async fn call(&self, request: SearchRuns) -> Result<SearchRunsAnswer> {
        let size = check::max_results(request.max_results.unwrap_or(1000).into())?;
        let select = statement(&request, size, self.db.dialect())?;
        let runs = async {
            let mut db = self.read().await?;
            let lines = table::read(&mut db, &COLUMNS, select).await?;
            let more = lines.len() as i64 > size;
            let page = lines.into_iter().take(size as usize).map(RunRow::read).collect();
            Ok::<_, Failed>((pages::whole(&mut db, page).await?, more))
        };
        let (runs, more) = runs.await?;
        let start = PageToken::read(request.page_token.as_deref())?.0;
        let next_page_token = more.then(|| PageToken(start + size).write());
        Ok(SearchRunsAnswer { runs, next_page_token })
    }
}

/// What follows the columns. One row more than a page: whether there is one tells whether there is a next page.
fn statement(request: &SearchRuns, size: i64, dialect: Dialect) -> Result<Sql> {
    let mut conditions = runs::filter(request.filter.as_deref().unwrap_or_default())?;
    // SQLite looks at them in this order, and at none after one that fails.
    conditions.sort_by_key(effort);
    let sorts = runs::order_by(&request.order_by)?;
    let start = PageToken::read(request.page_token.as_deref())?.0;
    let experiments: Vec<i64> =
        request.experiment_ids.iter().map(|id| check::experiment_id(id)).collect::<Result<_>>()?;
    let first = conditions.iter().position(is_param_value).filter(|_| dialect == Dialect::Sqlite);
    let first = first.map(|place| conditions.remove(place));
    let mut select = sql(match first {
        // The left side of a cross join is the outer loop.
        Some(_) => "FROM params p CROSS JOIN runs r ON r.run_uuid = p.run_uuid",
        None => "FROM runs r",
    });
    for (place, sort) in sorts.iter().enumerate() {
        push_join(&mut select, place, &sort.subject);
    }
    select.push(" WHERE ");
    if let Some(Condition { subject: Subject::Param(key), test }) = &first {
        select.push("p.key = ").push_bind(key).push(" AND ");
        push_test(&mut select, dialect, "p.value", test);
        select.push(" AND ");
    }
    select.push("r.experiment_id");
    many::push_in(&mut select, &experiments);
    select.push(match request.run_view_type.unwrap_or(ViewType::ActiveOnly) {
        ViewType::ActiveOnly => " AND r.lifecycle_stage = 'active'",
        ViewType::DeletedOnly => " AND r.lifecycle_stage = 'deleted'",
        ViewType::All => " AND r.lifecycle_stage IN ('active', 'deleted')",
    });
    for condition in &conditions {
        select.push(" AND ");
        push_condition(&mut select, dialect, condition);
    }
    select.push(" ORDER BY ");
    push_order(&mut select, &sorts);
    select.push(" LIMIT ").push_bind(size + 1).push(" OFFSET ").push_bind(start);
    Ok(select)
}

/// Whether a parameter has to have one value.
fn is_param_value(condition: &Condition) -> bool {
    matches!((&condition.subject, &condition.test), (Subject::Param(_), Test::Text("=", _)))
}

/// The table that holds a subject's values by key.
fn table(subject: &Subject) -> Option<(&'static str, &str)> {
    match subject {
        Subject::Metric(key) => Some(("latest_metrics", key)),
        Subject::Param(key) => Some(("params", key)),
        Subject::Tag(key) => Some(("tags", key)),
        Subject::Attribute(_) | Subject::Dataset(_) => None,
    }
}

fn push_join(select: &mut Sql, place: usize, subject: &Subject) {
    if let Some((table, key)) = table(subject) {
        select.push(&format!(
            " LEFT JOIN {table} s{place} ON s{place}.run_uuid = r.run_uuid AND s{place}.key = "
        ));
        select.push_bind(key);
    }
}

fn push_order(select: &mut Sql, sorts: &[Sort]) {
    for (place, sort) in sorts.iter().enumerate() {
        let value = match &sort.subject {
            Subject::Attribute(name) => format!("r.{}", column(name)),
            _ => format!("s{place}.value"),
        };
        // Numbers, then what is not a number, then what is not there: in either direction.
        let rank = match &sort.subject {
            Subject::Metric(_) => {
                format!("CASE WHEN s{place}.is_nan THEN 1 WHEN {value} IS NULL THEN 2 ELSE 0 END")
            }
            _ => format!("CASE WHEN {value} IS NULL THEN 1 ELSE 0 END"),
        };
        let direction = if sort.ascending { "" } else { " DESC" };
        select.push(&format!("{rank}, {value}{direction}, "));
    }
    if sorts.iter().all(|sort| sort.subject != Subject::Attribute("start_time")) {
        select.push("r.start_time DESC, ");
    }
    select.push("r.run_uuid");
}

/// The column of an attribute.
fn column(attribute: &str) -> &str {
    match attribute {
        "run_id" => "run_uuid",
        "run_name" => "name",
        other => other,
    }
}

/// Conditions that need no look-up first, then those that few runs fulfil.
fn effort(condition: &Condition) -> u8 {
    match (&condition.subject, &condition.test) {
        (Subject::Attribute(name), _) if *name != "run_name" => 0,
        (_, Test::Text("=", _) | Test::In(_)) => 1,
        (_, Test::Number("=", _)) => 2,
        (_, Test::Text("LIKE" | "ILIKE", _)) => 3,
        (_, Test::Number("!=", _) | Test::Text(..) | Test::NotIn(_) | Test::Present(_)) => 5,
        (_, Test::Number(..)) => 4,
    }
}

fn push_condition(select: &mut Sql, dialect: Dialect, condition: &Condition) {
    let Condition { subject, test } = condition;
    match subject {
        // The column is empty for runs of releases before 1.30; the tag never is.
        Subject::Attribute("run_name") => {
            push_exists(select, dialect, &Subject::Tag(NAME_TAG.to_owned()), test);
        }
        Subject::Attribute(name) => {
            push_test(select, dialect, &format!("r.{}", column(name)), test)
        }
        Subject::Dataset(field) => push_dataset(select, dialect, field, test),
        Subject::Metric(_) | Subject::Param(_) | Subject::Tag(_) => {
            push_exists(select, dialect, subject, test);
        }
    }
}

fn push_exists(select: &mut Sql, dialect: Dialect, subject: &Subject, test: &Test) {
    let Some((table, key)) = table(subject) else {
        return;
    };
    if *test == Test::Present(false) {
        select.push("NOT ");
    }
    select.push(&format!("EXISTS (SELECT 1 FROM {table} v WHERE v.key = ")).push_bind(key);
    select.push(" AND v.run_uuid = r.run_uuid");
    match (subject, test) {
        (_, Test::Present(_)) => {}
        // What is not a number differs from every number, and compares with none.
        (Subject::Metric(_), Test::Number("!=", _)) => {
            select.push(" AND (v.is_nan OR ");
            push_test(select, dialect, "v.value", test);
            select.push(")");
        }
        (Subject::Metric(_), _) => {
            select.push(" AND NOT v.is_nan AND ");
            push_test(select, dialect, "v.value", test);
        }
        _ => {
            select.push(" AND ");
            push_test(select, dialect, "v.value", test);
        }
    }
    select.push(")");
}

fn push_dataset(select: &mut Sql, dialect: Dialect, field: &str, test: &Test) {
    select.push("EXISTS (SELECT 1 FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id");
    if field == "context" {
        select.push(
            " JOIN input_tags t ON t.input_uuid = i.input_uuid AND t.name = 'mlflow.data.context'",
        );
    }
    select.push(
        " WHERE i.destination_type = 'RUN' AND i.destination_id = r.run_uuid AND i.source_type = 'DATASET' AND ",
    );
    let expression = match field {
        "context" => "t.value".to_owned(),
        field => format!("d.{field}"),
    };
    push_test(select, dialect, &expression, test);
    select.push(")");
}

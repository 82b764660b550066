//! Finding experiments.

use gauntlet_mlflow::filter::{Condition, Subject, Test, experiments};
use gauntlet_mlflow::{
    Backend, PageToken, Result, SearchExperiments, SearchExperimentsAnswer, ViewType,
};

use super::super::check;
use super::super::many;
use super::super::test::push_test;
use super::row::{COLUMNS, ExperimentRow, whole};
use crate::Store;
use crate::db::{Dialect, Sql, sql};
use crate::store::errors::Failed;

impl Backend<SearchExperiments> for Store {
    async fn call(&self, request: SearchExperiments) -> Result<SearchExperimentsAnswer> {
        // Without a default, on purpose: MLflow's clients always say how many.
        let size = check::max_results(request.max_results.unwrap_or_default())?;
        let start = PageToken::read(request.page_token.as_deref())?.0;
        let select = statement(&request, size, start, self.db.dialect())?;
        let found = async {
            let mut db = self.read().await?;
            let rows = db.rows(select).await?;
            let page = rows.iter().take(size as usize).map(ExperimentRow::read);
            let page: Vec<ExperimentRow> = page.collect::<Result<_, _>>()?;
            Ok::<_, Failed>((whole(&mut db, page).await?, rows.len() as i64 > size))
        };
        let (experiments, more) = found.await?;
        let next_page_token = more.then(|| PageToken(start + size).write());
        Ok(SearchExperimentsAnswer { experiments, next_page_token })
    }
}

fn statement(request: &SearchExperiments, size: i64, start: i64, dialect: Dialect) -> Result<Sql> {
    let conditions = experiments::filter(request.filter.as_deref().unwrap_or_default())?;
    let mut sorts = experiments::order_by(&request.order_by)?;
    let mut select = sql(format!("SELECT {COLUMNS} FROM experiments e WHERE "));
    select.push(match request.view_type.unwrap_or(ViewType::ActiveOnly) {
        ViewType::ActiveOnly => "e.lifecycle_stage = 'active'",
        ViewType::DeletedOnly => "e.lifecycle_stage = 'deleted'",
        ViewType::All => "e.lifecycle_stage IN ('active', 'deleted')",
    });
    for condition in &conditions {
        select.push(" AND ");
        push_condition(&mut select, dialect, condition)?;
    }
    if sorts.is_empty() {
        sorts = experiments::order_by(&["creation_time DESC".into(), "experiment_id ASC".into()])?;
    }
    let mut order: Vec<String> = Vec::new();
    for sort in &sorts {
        if let Subject::Attribute(name) = sort.subject {
            order.push(format!("e.{name} {}", if sort.ascending { "ASC" } else { "DESC" }));
        }
    }
    if sorts.iter().all(|sort| sort.subject != Subject::Attribute("experiment_id")) {
        order.push("e.experiment_id DESC".to_owned());
    }
    select.push(&format!(" ORDER BY {} LIMIT ", order.join(", "))).push_bind(size + 1);
    select.push(" OFFSET ").push_bind(start);
    Ok(select)
}

fn push_condition(select: &mut Sql, dialect: Dialect, condition: &Condition) -> Result<()> {
    let Condition { subject, test } = condition;
    match subject {
        Subject::Attribute("experiment_id") => push_number(select, test)?,
        Subject::Attribute(name) => push_test(select, dialect, &format!("e.{name}"), test),
        Subject::Tag(key) => {
            if *test == Test::Present(false) {
                select.push("NOT ");
            }
            select.push("EXISTS (SELECT 1 FROM experiment_tags t WHERE t.key = ").push_bind(key);
            select.push(" AND t.experiment_id = e.experiment_id");
            if !matches!(test, Test::Present(_)) {
                select.push(" AND ");
                push_test(select, dialect, "t.value", test);
            }
            select.push(")");
        }
        Subject::Metric(_) | Subject::Param(_) | Subject::Dataset(_) => {}
    }
    Ok(())
}

/// The number of an experiment is a text in filters and none in the table.
fn push_number(select: &mut Sql, test: &Test) -> Result<()> {
    let numbers = |list: &[String]| -> Result<Vec<i64>> {
        list.iter().map(|id| check::experiment_id(id)).collect()
    };
    select.push("e.experiment_id");
    match test {
        Test::Text(op, text) => {
            select.push(" ").push(op).push(" ").push_bind(check::experiment_id(text)?);
        }
        Test::In(list) => many::push_in(select, &numbers(list)?),
        Test::NotIn(list) => {
            select.push(" NOT");
            many::push_in(select, &numbers(list)?);
        }
        Test::Number(..) | Test::Present(_) => {
            select.push(" IS NOT NULL");
        }
    }
    Ok(())
}

//! The search for registered models: three statements, however many models and versions there are.

use gauntlet_mlflow::filter::parse_order_by;
use gauntlet_mlflow::{
    Backend, Error, PageToken, Result, SearchRegisteredModels, SearchRegisteredModelsAnswer,
};

use super::super::errors::Failed;
use super::filter::{self, Page, Subject};
use super::rows::{self, MODEL, Order};
use crate::Store;
use crate::db::sql;

const PAGE: i64 = 100;
const LARGEST_PAGE: i64 = 1000;

const SUBJECT: Subject = Subject {
    texts: &[("name", "m.name")],
    lists: &["name"],
    numbers: &[],
    tags: ("registered_model_tags", "t.name = m.name"),
    prompts: "p.name = m.name",
};

impl Backend<SearchRegisteredModels> for Store {
    async fn call(&self, request: SearchRegisteredModels) -> Result<SearchRegisteredModelsAnswer> {
        let size = match request.max_results.unwrap_or(PAGE) {
            size @ 0..=LARGEST_PAGE => size,
            size if size > 0 => return Err(filter::too_many(size)),
            size => {
                return Err(Error::invalid(format!(
                    "Invalid value for max_results. It must be a positive integer, but got {size}"
                )));
            }
        };
        let conditions = filter::conditions(
            &SUBJECT,
            self.db.dialect(),
            request.filter.as_deref().unwrap_or_default(),
        )?;
        let order = order(&request.order_by)?;
        let page = Page { size, offset: PageToken::read(request.page_token.as_deref())? };
        let mut select =
            sql(format!("SELECT {MODEL} FROM registered_models m WHERE m.workspace = 'default'"));
        select.push_sql(conditions).push(" ORDER BY ").push(&order);
        page.limit(&mut select);
        let mut db = self.db.read().await.map_err(Failed::from)?;
        let mut found = db.rows(select).await.map_err(Failed::from)?;
        let next_page_token = page.cut(&mut found);
        let registered_models =
            rows::models(&mut db, &found, Order::Stage).await.map_err(Failed::from)?;
        Ok(SearchRegisteredModelsAnswer { registered_models, next_page_token })
    }
}

/// `ORDER BY`, which always ends with the name.
fn order(clauses: &[String]) -> Result<String> {
    let mut order = String::new();
    let mut seen = Vec::new();
    for clause in clauses {
        let by = parse_order_by(clause)?;
        let column = match (by.entity.as_deref(), by.key.as_str()) {
            (None, "name") => "m.name",
            (None, "timestamp" | "last_updated_timestamp") => "m.last_updated_time",
            (entity, key) => {
                let dot = entity.map(|entity| format!("{entity}.")).unwrap_or_default();
                return Err(Error::invalid(format!(
                    "Invalid order by key '{dot}{key}' specified. Valid keys are '{{'name', 'timestamp'}}'"
                )));
            }
        };
        filter::once(&mut seen, column, clauses)?;
        order.push_str(&format!("{column} {}, ", if by.ascending { "ASC" } else { "DESC" }));
    }
    order.push_str("m.name ASC");
    Ok(order)
}

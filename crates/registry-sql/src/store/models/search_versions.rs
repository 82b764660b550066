//! The search for versions: one statement.

use gauntlet_mlflow::filter::parse_order_by;
use gauntlet_mlflow::{
    Backend, Error, PageToken, Result, SearchModelVersions, SearchModelVersionsAnswer,
};

use super::super::errors::Failed;
use super::filter::{self, Page, Subject};
use super::rows::{self, VERSION, WITH_TAGS};
use crate::Store;
use crate::db::sql;

const LARGEST_PAGE: i64 = 200_000;

const SUBJECT: Subject = Subject {
    texts: &[("name", "v.name"), ("run_id", "v.run_id"), ("source_path", "v.source")],
    lists: &["name", "run_id"],
    numbers: &[("version_number", "v.version")],
    tags: ("model_version_tags", "t.name = v.name AND t.version = v.version"),
    prompts: "p.name = v.name",
};

/// What versions are sorted by, and the columns.
const ORDERS: [(&str, &str); 4] = [
    ("name", "v.name"),
    ("version_number", "v.version"),
    ("creation_timestamp", "v.creation_time"),
    ("last_updated_timestamp", "v.last_updated_time"),
];

impl Backend<SearchModelVersions> for Store {
    async fn call(&self, request: SearchModelVersions) -> Result<SearchModelVersionsAnswer> {
        let size = match request.max_results.unwrap_or(LARGEST_PAGE) {
            size @ 1..=LARGEST_PAGE => size,
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
        let mut select = sql(format!(
            "SELECT {VERSION} FROM (SELECT v.* FROM model_versions v
                WHERE v.workspace = 'default' AND v.current_stage <> 'Deleted_Internal'"
        ));
        select.push_sql(conditions).push(&format!(" ORDER BY {order}"));
        page.limit(&mut select);
        select.push(&format!(") AS v {WITH_TAGS} ORDER BY {order}"));
        let mut db = self.db.read().await.map_err(Failed::from)?;
        let found = db.rows(select).await.map_err(Failed::from)?;
        let mut model_versions = rows::versions(&found).map_err(Failed::from)?;
        let next_page_token = page.cut(&mut model_versions);
        Ok(SearchModelVersionsAnswer { model_versions, next_page_token })
    }
}

/// `ORDER BY`, which always ends with name and number, so that it is whole.
fn order(clauses: &[String]) -> Result<String> {
    if clauses.is_empty() {
        return Ok("v.last_updated_time DESC, v.name ASC, v.version DESC".to_owned());
    }
    let mut order = String::new();
    let mut seen = Vec::new();
    for clause in clauses {
        let by = parse_order_by(clause)?;
        let tag = filter::sorts_by_tag(&by)?;
        let known = ORDERS.iter().find(|(name, _)| *name == by.key);
        let keys = || filter::set(ORDERS.iter().map(|(name, _)| *name));
        let Some((_, column)) = known else {
            return Err(Error::invalid(if tag {
                format!("Invalid order by key '{}' specified. Valid keys are {}", by.key, keys())
            } else {
                let key = &by.key;
                format!("Invalid attribute key '{key}' specified. Valid keys are '{}'", keys())
            }));
        };
        filter::once(&mut seen, column, clauses)?;
        order.push_str(&format!("{column} {}, ", if by.ascending { "ASC" } else { "DESC" }));
    }
    order.push_str("v.name ASC, v.version DESC");
    Ok(order)
}

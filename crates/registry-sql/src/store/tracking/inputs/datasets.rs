//! Datasets that runs read.

use gauntlet_mlflow::{
    Backend, Dataset, DatasetInput, DatasetSummary, Error, KeyValue, Result, SearchDatasets,
    SearchDatasetsAnswer,
};

use super::super::{check, many};
use crate::Store;
use crate::db::{Conn, DbError, Row, sql};
use crate::store::errors::Failed;

const EXPERIMENTS: usize = 20;

/// Hands over the datasets that runs read, each with its run.
pub(in super::super) async fn of(
    db: &mut Conn,
    runs: &[String],
    mut give: impl FnMut(&str, DatasetInput),
) -> Result<(), DbError> {
    let mut select =
        sql("SELECT i.destination_id, i.input_uuid, d.name, d.digest, d.dataset_source_type,
            d.dataset_source, d.dataset_schema, d.dataset_profile, t.name, t.value
        FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id
            LEFT JOIN input_tags t ON t.input_uuid = i.input_uuid
        WHERE i.destination_type = 'RUN' AND i.source_type = 'DATASET' AND i.destination_id");
    many::push_in(&mut select, runs);
    select.push(" ORDER BY i.destination_id, d.name, d.digest, t.name");
    let mut open: Option<(String, String, DatasetInput)> = None;
    for row in db.rows(select).await? {
        let (run_id, edge): (String, String) = (row.get(0)?, row.get(1)?);
        if open.as_ref().is_none_or(|(_, known, _)| *known != edge) {
            let input = DatasetInput { tags: Vec::new(), dataset: Some(dataset(&row)?) };
            if let Some((run_id, _, input)) = open.replace((run_id, edge, input)) {
                give(&run_id, input);
            }
        }
        if let (Some((_, _, input)), Some(key)) = (&mut open, row.get::<Option<String>>(8)?) {
            input.tags.push(KeyValue { key: Some(key), value: row.get(9)? });
        }
    }
    if let Some((run_id, _, input)) = open {
        give(&run_id, input);
    }
    Ok(())
}

fn dataset(row: &Row) -> Result<Dataset, DbError> {
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    Ok(Dataset {
        name: row.get(2)?,
        digest: row.get(3)?,
        source_type: row.get(4)?,
        source: row.get(5)?,
        schema: given(row.get(6)?),
        profile: given(row.get(7)?),
    })
}

impl Backend<SearchDatasets> for Store {
    async fn call(&self, request: SearchDatasets) -> Result<SearchDatasetsAnswer> {
        let ids = request.experiment_ids;
        if ids.is_empty() {
            return Err(Error::invalid(
                "SearchDatasets request must specify at least one experiment_id.",
            ));
        }
        if ids.len() > EXPERIMENTS {
            return Err(Error::invalid(format!(
                "SearchDatasets request cannot specify more than {EXPERIMENTS} experiment_ids. Received {} \
                experiment_ids.",
                ids.len()
            )));
        }
        let ids: Vec<i64> = ids.iter().map(|id| check::experiment_id(id)).collect::<Result<_>>()?;
        let mut select = sql("SELECT DISTINCT d.experiment_id, d.name, d.digest, t.value FROM datasets d
                JOIN inputs i ON i.source_id = d.dataset_uuid AND i.source_type = 'DATASET'
                LEFT JOIN input_tags t ON t.input_uuid = i.input_uuid AND t.name = 'mlflow.data.context'
            WHERE d.experiment_id");
        many::push_in(&mut select, &ids);
        select.push(" ORDER BY d.experiment_id, d.name, d.digest, t.value LIMIT 1000");
        let found = async {
            let mut db = self.read().await?;
            let rows = db.rows(select).await?;
            let summaries = rows.iter().map(|row| {
                Ok(DatasetSummary {
                    experiment_id: Some(row.get::<i64>(0)?.to_string()),
                    name: row.get(1)?,
                    digest: row.get(2)?,
                    context: row.get(3)?,
                })
            });
            Ok::<_, Failed>(summaries.collect::<Result<_, DbError>>()?)
        };
        Ok(SearchDatasetsAnswer { dataset_summaries: found.await? })
    }
}

//! The guide's search for anomalies.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::response::Response;
use gauntlet_core::{ModelName, Task};

use super::{RequestId, respond};
use crate::anomaly::{Detect, Detection, moved_threshold};
use crate::app::{App, Asking};
use crate::live::Slot;
use crate::model::task_name;
use crate::problem::Problem;
use crate::read::{Asked, parse};

pub(super) async fn detect(
    State(app): State<Arc<App>>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    App::check_json(&parts.headers)?;
    let bytes = app.read(&parts.headers, body).await?;
    let request: Detect<'_> = parse(&bytes)?;
    request.check()?;
    let (asked, sensitivity) = (request.model_version, request.sensitivity);
    let slot = detector(&app, request.model_name.as_ref(), asked)?;
    let served = match asked {
        Asked::Auto => slot.pick(&id.0),
        Asked::Number(_) => slot.current(),
    };
    let scores = served.typical.as_ref().and_then(|typical| typical.scores.as_ref());
    let stored = served.model.threshold().unwrap_or_default();
    let threshold = moved_threshold(stored, sensitivity, scores)?;
    let readings = request.rows(served.model.fields())?;
    let (fields, policy) = (served.model.fields(), served.model.policy());
    let rows = readings.table.fit_named(fields, policy, |row| readings.row_name(row))?;
    let asking = Asking { id: &id.0, sensor: readings.only_sensor() };
    let answered = app.answer(&slot, &served, &rows, &asking)?;
    let answer = Detection::new(&served, &readings, &rows, &answered, threshold, &id.0);
    Ok(respond::by(&served, rows.rows, respond::json(&answer)?))
}

/// The place that finds anomalies: the one that is named, or the only one there is.
fn detector(app: &App, name: Option<&ModelName>, asked: Asked) -> Result<Arc<Slot>, Problem> {
    let Some(name) = name else {
        let detectors = app.models.of_task(&Task::Anomaly);
        return match detectors.as_slice() {
            [only] => app.models.find(only.as_str(), asked),
            [] => Err(Problem::not_found(format!(
                "no model that finds anomalies is served; served are {}",
                app.models.with_tasks()
            ))),
            several => {
                let names: Vec<&str> = several.iter().map(ModelName::as_str).collect();
                let names = names.join(", ");
                let detail =
                    format!("several models find anomalies: name one as `model_name`: {names}");
                Err(Problem::unprocessable(detail))
            }
        };
    };
    let slot = app.models.find(name.as_str(), asked)?;
    let task = task_name(slot.current().model.task());
    if slot.current().model.task() != Some(&Task::Anomaly) {
        let detail =
            format!("`model_name`: model `{name}` does not find anomalies, its task is {task}");
        return Err(Problem::unprocessable(detail));
    }
    Ok(slot)
}

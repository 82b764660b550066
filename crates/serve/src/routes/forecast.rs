//! The guide's forecasts: checked, and refused, since no trainer makes forecasters.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use gauntlet_core::ModelName;
use serde::Deserialize;

use crate::app::App;
use crate::problem::Problem;
use crate::read::{Asked, parse};

/// The body of `POST /api/v1/ml/forecast`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Forecast {
    sensor_id: String,
    model_name: ModelName,
    #[serde(default)]
    model_version: Asked,
    #[serde(default = "day_of_five_minutes")]
    history_window: u32,
    #[serde(default = "hour_of_five_minutes")]
    horizon_steps: u32,
    #[serde(default)]
    cadence_minutes: Option<f64>,
}

fn day_of_five_minutes() -> u32 {
    288
}

fn hour_of_five_minutes() -> u32 {
    12
}

impl Forecast {
    fn check(&self) -> Result<(), Problem> {
        let cadence = self.cadence_minutes.is_none_or(|minutes| minutes > 0.0);
        for (good, field, range) in [
            (!self.sensor_id.is_empty(), "sensor_id", "the name of a sensor"),
            ((10..=1_000).contains(&self.history_window), "history_window", "10 to 1000"),
            ((1..=288).contains(&self.horizon_steps), "horizon_steps", "1 to 288"),
            (cadence, "cadence_minutes", "above 0"),
        ] {
            if !good {
                return Err(Problem::unprocessable(format!("`{field}` must be {range}")));
            }
        }
        Ok(())
    }
}

pub(super) async fn forecast(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    App::check_json(&parts.headers)?;
    let bytes = app.read(&parts.headers, body).await?;
    let request: Forecast = parse(&bytes)?;
    request.check()?;
    let version = match request.model_version {
        Asked::Auto => String::new(),
        Asked::Number(version) => format!(" in version {version}"),
    };
    Err(Problem::not_found(format!(
        "no model that forecasts is served, so not `{}`{version}; served are {}",
        request.model_name,
        app.models.with_tasks()
    )))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn refused(key: &str, value: Value) -> Option<String> {
        let mut body = json!({ "sensor_id": "s", "model_name": "m" });
        body[key] = value;
        let body = body.to_string();
        let checked = parse::<Forecast>(body.as_bytes()).and_then(|request| request.check());
        checked.err().map(|problem| problem.detail().to_owned())
    }

    #[test]
    fn ranges_are_those_of_the_guide() {
        for (key, good, bad) in [
            ("sensor_id", json!("pump"), json!("")),
            ("history_window", json!(1_000), json!(9)),
            ("history_window", json!(10), json!(1_001)),
            ("horizon_steps", json!(288), json!(0)),
            ("horizon_steps", json!(1), json!(289)),
            ("cadence_minutes", json!(0.5), json!(0)),
            ("model_version", json!("3"), json!("newest")),
        ] {
            assert_eq!(refused(key, good), None);
            assert!(refused(key, bad).unwrap().contains(key), "{key}");
        }
        assert!(refused("horizon", json!(1)).unwrap().contains("`horizon`"));
    }
}

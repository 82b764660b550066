//! Comparing a version in the shadow with the one that answered.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::served::Served;
use crate::eyes::metrics::Metrics;
use crate::model::Answered;
use crate::read::Rows;

/// Comparisons at a time; requests beyond are not compared, and counted as such.
static TURNS: Semaphore = Semaphore::const_new(2);

/// Lets `shadow` answer the same rows after the answer was given, and counts how far both agree.
pub(super) fn compare(
    metrics: &Metrics,
    answering: &Served,
    answered: &Answered,
    shadow: Arc<Served>,
    rows: &Rows,
) {
    let model = answering.located.model.as_str();
    let counts = metrics.shadow(model, &shadow.located.version.to_string());
    let fields = |served: &Served| -> Vec<_> {
        let fields = served.model.fields().iter();
        fields.map(|field| (field.name.clone(), field.kind.clone())).collect()
    };
    let Ok(turn) = TURNS.try_acquire() else { return counts.drop_one() };
    if fields(answering) != fields(&shadow) {
        return counts.drop_one();
    }
    let (rows, answered) = (rows.clone(), answered.clone());
    tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let Ok(other) = shadow.model.answer(&rows) else { return counts.drop_one() };
        let pairs = answered.labels().iter().zip(other.labels());
        let disagreements = pairs.filter(|(a, b)| a != b).count();
        let scores = answered.scores().iter().zip(other.scores());
        let differences = scores.map(|(a, b)| f64::from((a - b).abs())).sum();
        counts.note(rows.rows, disagreements, differences);
    });
}

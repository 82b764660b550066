//! The vector that a model of remaining life sees at each snapshot.

use gauntlet_features::Matrix;

use super::growth::window_starts;
use super::line::Line;
use super::track::Track;
use super::{Life, RulError, Setup};

/// Growth per minute below which one is like another: a doubling in some 48 days.
const SLOWEST: f64 = 1e-5;

/// Named columns, one value per snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct Vectors {
    /// One name per column.
    pub names: Vec<String>,
    /// `columns[feature][snapshot]`, all finite.
    pub columns: Vec<Vec<f64>>,
}

/// Vectors of every snapshot of a life, from the past alone; degradation starts at [`Life::onset`].
///
/// Before the onset, and without one, the present snapshot counts as the onset, so that neither is known
/// early. Times enter as `ln(1 + minutes)` and growth rates as logarithms: remaining life is learned as a
/// logarithm, and in an exponential course it is the distance to the failure level divided by the rate.
///
/// | column | what it is |
/// | --- | --- |
/// | `<feature>_growth` | trailing mean of the logarithm of the feature over its first minutes' median |
/// | `<feature>_slope` | trailing slope of that, per minute |
/// | `indicator`, `indicator_slope` | the same of the degradation indicator |
/// | `indicator_rise` | the indicator less its value at the onset |
/// | `indicator_rate_log` | logarithm of its least-squares growth per minute since the onset |
/// | `since_onset_log`, `onset_log`, `age_log` | minutes since the onset, at it, and since the first snapshot |
/// | `condition_<name>` | 1 at that condition |
///
/// # Errors
/// What [`Setup::check`] and [`Life::check`] find.
pub fn vectors(life: &Life, setup: &Setup) -> Result<Vectors, RulError> {
    setup.check()?;
    life.check(setup)?;
    Ok(of_track(life, &Track::follow(life, life.onset, setup), setup))
}

/// Names of the columns of [`vectors`].
#[must_use]
pub fn vector_names(setup: &Setup) -> Vec<String> {
    let each = |ending: &'static str| {
        setup.feature_names.iter().map(move |name| format!("{name}_{ending}"))
    };
    let fixed = [
        "indicator",
        "indicator_slope",
        "indicator_rise",
        "indicator_rate_log",
        "since_onset_log",
        "onset_log",
        "age_log",
    ];
    let conditions = setup.conditions.iter().map(|name| format!("condition_{name}"));
    each("growth").chain(each("slope")).chain(fixed.map(String::from)).chain(conditions).collect()
}

/// The columns along a track.
pub(super) fn of_track(life: &Life, track: &Track, setup: &Setup) -> Vectors {
    let windows = window_starts(&life.minutes, setup.long_minutes);
    let slopes = |values: &[f64]| -> Vec<f64> {
        let slope = |(now, &start): (usize, &usize)| {
            let points = (start..=now).map(|at| (life.minutes[at], values[at]));
            Line::through(points).slope()
        };
        windows.iter().enumerate().map(slope).collect()
    };
    let along = |f: &dyn Fn(usize) -> f64| -> Vec<f64> { (0..life.snapshots()).map(f).collect() };
    let since_first = |at: usize| life.minutes[at] - life.minutes[0];
    let start = |at: usize| track.start[at];
    let mut columns = track.smooth.clone();
    columns.extend(track.smooth.iter().map(|growth| slopes(growth)));
    columns.push(track.level.clone());
    columns.push(slopes(&track.level));
    columns.push(along(&|at| track.level[at] - track.level[start(at)]));
    columns.push(along(&|at| track.slope[at].max(SLOWEST).ln()));
    columns.push(along(&|at| (life.minutes[at] - life.minutes[start(at)]).ln_1p()));
    columns.push(along(&|at| since_first(start(at)).ln_1p()));
    columns.push(along(&|at| since_first(at).ln_1p()));
    let here = |name: &String| f64::from(u8::from(*name == life.condition));
    columns.extend(setup.conditions.iter().map(|name| vec![here(name); life.snapshots()]));
    Vectors { names: vector_names(setup), columns }
}

impl Vectors {
    /// The vectors of some snapshots, in the precision of models.
    #[must_use]
    pub fn rows(&self, snapshots: &[usize]) -> Matrix {
        let narrow = |column: &Vec<f64>| snapshots.iter().map(|&at| column[at] as f32).collect();
        Matrix {
            names: self.names.clone(),
            columns: self.columns.iter().map(narrow).collect(),
            limits: vec![None; self.names.len()],
        }
    }
}

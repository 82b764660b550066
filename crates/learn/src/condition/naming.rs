//! Which part of a bearing is damaged: the envelope band that has grown most.

use serde::{Deserialize, Serialize};

/// The growth of an envelope band at an alarm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FaultBand {
    /// The element whose defect frequency the band holds, such as `outer_race`.
    pub fault: String,
    /// The logarithm of the band's amplitude over its baseline and over the same growth on the rest of the shaft,
    /// row by row, oldest first.
    pub growth: Vec<f64>,
}

/// The element that was named.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Named {
    /// The element.
    pub fault: String,
    /// By which factor its band has grown against its own first hours and the rest of the shaft.
    pub factor: f64,
    /// The same of every band, in the order given.
    pub factors: Vec<(String, f64)>,
}

/// Names the band with the largest median growth over the rows; of equal ones the first. `None` without bands or
/// rows.
#[must_use]
pub fn name_fault(bands: &[FaultBand]) -> Option<Named> {
    let factors: Vec<(String, f64)> = bands
        .iter()
        .map(|band| {
            let mut growth: Vec<f64> =
                band.growth.iter().copied().filter(|g| g.is_finite()).collect();
            growth.sort_by(f64::total_cmp);
            Some((band.fault.clone(), growth.get(growth.len() / 2)?.exp()))
        })
        .collect::<Option<_>>()?;
    let best = factors.iter().reduce(|best, next| if next.1 > best.1 { next } else { best })?;
    Some(Named { fault: best.0.clone(), factor: best.1, factors })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_band_that_grew_most_is_named_and_one_odd_row_decides_nothing() {
        let band = |fault: &str, growth: &[f64]| FaultBand {
            fault: fault.to_owned(),
            growth: growth.to_vec(),
        };
        let named = name_fault(&[
            band("outer_race", &[0.1, 9.0, 0.2]),
            band("inner_race", &[0.9, 1.0, 1.1]),
        ])
        .unwrap();
        assert_eq!(named.fault, "inner_race");
        assert!((named.factor - 1.0_f64.exp()).abs() < 1e-12);
        assert_eq!(name_fault(&[]), None);
        assert_eq!(name_fault(&[band("cage", &[])]), None);
    }
}

//! A finding in words, all of them from its evidence.

use serde_json::Value;

use super::evidence::Compared;

/// Readings that a description names.
const NAMED: usize = 3;

/// Below this, a sensor does not trust its own reading.
const DOUBTFUL: f64 = 0.5;

/// What kind of anomaly the strongest reading makes it.
pub(super) fn kind(features: &[Compared<'_>], has_reference: bool) -> &'static str {
    match features.first().filter(|first| first.stands_out()) {
        _ if !has_reference => "high_score",
        Some(first) if first.value.is_null() => "missing_value",
        Some(first) if first.is_outside() => "outside_training_range",
        Some(_) => "unusual_value",
        None => "unusual_combination",
    }
}

/// What was found.
pub(super) fn description(
    score: f32,
    threshold: f32,
    timestamp: &str,
    features: &[Compared<'_>],
    has_reference: bool,
) -> String {
    let reached = format!(
        "at {timestamp} the anomaly score is {}, the threshold {}",
        short(score.into()),
        short(threshold.into())
    );
    if !has_reference {
        return format!(
            "{reached}; the bundle holds no training distribution to compare readings with"
        );
    }
    let odd: Vec<String> =
        features.iter().filter(|f| f.stands_out()).take(NAMED).map(described).collect();
    if odd.is_empty() {
        let far = features.first().map(described).unwrap_or_default();
        return format!("{reached}; no reading stands out alone, the farthest from usual: {far}");
    }
    format!("{reached}: {}", odd.join("; "))
}

/// A reading beside what training saw.
fn described(feature: &Compared<'_>) -> String {
    let (name, unit) = (feature.feature, unit(feature));
    match (&feature.value, feature.training_median, feature.robust_z) {
        (Value::Null, ..) => {
            format!("`{name}` is missing, as in {} of the training rows", percent(feature))
        }
        (Value::Number(value), Some(median), z) => {
            let value = short(value.as_f64().unwrap_or_default());
            let apart = match z {
                Some(z) => format!(
                    "{} robust standard deviations {} the training median of {}{unit}",
                    short((z.abs() * 10.0).round() / 10.0),
                    if z < 0.0 { "below" } else { "above" },
                    short(median)
                ),
                None => format!("and training saw hardly anything but {}{unit}", short(median)),
            };
            format!("`{name}` is {value}{unit}, {apart}")
        }
        (value, ..) if feature.training_share.is_some() => {
            format!("`{name}` is {value}, as in {} of the training rows", percent(feature))
        }
        (value, ..) => format!("`{name}` is {value}{unit}"),
    }
}

/// What to look at.
pub(super) fn actions(features: &[Compared<'_>], has_reference: bool) -> Vec<String> {
    let doubtful = features.iter().filter(|f| f.quality.is_some_and(|q| q < DOUBTFUL));
    let mut actions: Vec<String> = doubtful
        .map(|feature| {
            let (sensor, name) = (feature.sensor_id, feature.feature);
            let quality = short(feature.quality.unwrap_or_default());
            format!("read sensor `{sensor}` again: its `{name}` has a quality of {quality}")
        })
        .collect();
    let odd = features.iter().filter(|feature| feature.stands_out()).take(NAMED);
    actions.extend(odd.map(action));
    if actions.is_empty() && has_reference {
        let names: Vec<String> =
            features.iter().take(NAMED).map(|f| format!("`{}`", f.feature)).collect();
        let names = names.join(", ");
        actions.push(format!(
            "look at {names} together: each alone is usual, their combination is not"
        ));
    }
    if actions.is_empty() {
        actions.push("compare the readings with earlier ones of the same asset".to_owned());
    }
    actions
}

fn action(feature: &Compared<'_>) -> String {
    let (sensor, name) = (feature.sensor_id, feature.feature);
    match feature.training_range {
        _ if feature.value.is_null() => {
            format!("see why sensor `{sensor}` sends no `{name}`")
        }
        Some([low, high]) => {
            let (low, high, unit) = (short(low), short(high), unit(feature));
            let fault =
                if feature.is_outside() { "rule out a fault of the sensor, then " } else { "" };
            format!(
                "{fault}check what sensor `{sensor}` measures: training saw `{name}` from {low} to {high}{unit}"
            )
        }
        None => format!("check whether `{name}` of sensor `{sensor}` is right"),
    }
}

fn unit(feature: &Compared<'_>) -> String {
    if feature.unit.is_empty() { String::new() } else { format!(" {}", feature.unit) }
}

fn percent(feature: &Compared<'_>) -> String {
    let share = feature.training_share.unwrap_or_default();
    if share > 0.0 { format!("{} %", short(100.0 * share)) } else { "none".to_owned() }
}

/// A number with four digits that matter.
fn short(number: f64) -> String {
    let digits = if number == 0.0 { 0.0 } else { number.abs().log10().floor() };
    if !(-4.0..=6.0).contains(&digits) {
        return format!("{number:.3e}");
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 7")]
    let decimals = (3.0 - digits).max(0.0) as usize;
    let text = format!("{number:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(value: Value, z: Option<f64>) -> Compared<'static> {
        Compared {
            feature: "load",
            sensor_id: "s1",
            value,
            unit: "kN",
            quality: None,
            training_median: Some(20.0),
            robust_z: z,
            training_range: Some([0.0, 40.0]),
            training_share: None,
            oddness: z.map_or(f64::INFINITY, f64::abs),
        }
    }

    #[test]
    fn a_description_says_what_was_measured_and_what_was_usual() {
        let features = [compared(65.0.into(), Some(3.035))];
        let text = description(7.25, 3.5, "T", &features, true);
        assert_eq!(
            text,
            "at T the anomaly score is 7.25, the threshold 3.5: `load` is 65 kN, 3 robust standard \
             deviations above the training median of 20 kN"
        );
        assert_eq!(kind(&features, true), "outside_training_range");
        let actions = actions(&features, true);
        assert_eq!(
            actions,
            [
                "rule out a fault of the sensor, then check what sensor `s1` measures: training saw `load` \
             from 0 to 40 kN"
            ]
        );
    }

    #[test]
    fn nothing_is_blamed_that_is_usual() {
        let features = [compared(25.0.into(), Some(0.4))];
        assert!(
            description(7.0, 3.5, "T", &features, true).contains("no reading stands out alone")
        );
        assert_eq!(kind(&features, true), "unusual_combination");
        assert!(actions(&features, true)[0].contains("their combination is not"));
        assert_eq!(kind(&features, false), "high_score");
        assert!(description(7.0, 3.5, "T", &features, false).contains("no training distribution"));
        assert!(actions(&features, false)[0].contains("earlier ones"));
    }

    #[test]
    fn missing_rare_and_doubtful_readings_are_named_as_such() {
        let mut missing = compared(Value::Null, None);
        missing.training_share = Some(0.001);
        assert_eq!(kind(&[missing.clone()], true), "missing_value");
        assert!(
            description(1.0, 0.5, "T", &[missing.clone()], true).contains("0.1 % of the training")
        );
        assert!(actions(&[missing], true)[0].contains("sends no `load`"));
        let doubtful = Compared { quality: Some(0.2), ..compared(21.0.into(), Some(0.1)) };
        assert_eq!(
            actions(&[doubtful], true),
            ["read sensor `s1` again: its `load` has a quality of 0.2"]
        );
    }

    #[test]
    fn numbers_keep_four_digits() {
        for (number, text) in [
            (0.0, "0"),
            (1.0, "1"),
            (0.123_456, "0.1235"),
            (1551.4, "1551"),
            (-3.25, "-3.25"),
            (1e9, "1.000e9"),
            (1e-9, "1.000e-9"),
            (100.0, "100"),
            (9.9996, "10"),
        ] {
            assert_eq!(short(number), text);
        }
    }
}

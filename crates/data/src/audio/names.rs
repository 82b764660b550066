//! What the names of folders, files and cells say, in their several spellings.

/// Decibels as they stand in names of folders and in cells: `-6_dB`, `min6dB`, `6dB`, `0`.
#[must_use]
pub fn decibels_of(text: &str) -> Option<f64> {
    let lower = text.trim().to_lowercase().replace('\u{2212}', "-");
    let number = lower.strip_suffix("db").unwrap_or(&lower).trim_end_matches(['_', ' ']);
    let number = match number.strip_prefix("min").or_else(|| number.strip_prefix("minus")) {
        Some(size) => format!("-{}", size.trim_start_matches(['_', ' ', 'u', 's'])),
        None => number.strip_prefix('+').unwrap_or(number).to_owned(),
    };
    let plain = number.chars().all(|c| c.is_ascii_digit() || "-.".contains(c));
    number.parse().ok().filter(|_| plain)
}

/// The one spelling of an SNR: a number of decibels where it is one, else the text itself.
pub(super) fn snr(text: &str) -> String {
    match decibels_of(text) {
        // There is no negative zero in names.
        Some(decibels) => (decibels + 0.0).to_string(),
        None => text.to_owned(),
    }
}

/// The one spelling of an id: `id_0`, `0` and `00` are `00`.
pub(super) fn id(text: &str) -> String {
    let bare = text.strip_prefix("id_").unwrap_or(text);
    let digits = !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_digit());
    if digits { format!("{bare:0>2}") } else { bare.to_owned() }
}

/// SNR and machine of a folder called like `-6_dB_fan`, or an SNR alone.
pub(super) fn noisy_folder(name: &str) -> Option<(String, Option<&str>)> {
    if decibels_of(name).is_some() {
        return Some((snr(name), None));
    }
    let lower = name.to_ascii_lowercase();
    let end = lower.find("db_")? + 2;
    decibels_of(&name[..end])?;
    let machine = &name[end + 1..];
    (!machine.is_empty()).then(|| (snr(&name[..end]), Some(machine)))
}

/// Whether a name says `normal`, or one of the words for its opposite.
pub(super) fn is_abnormal(name: &str) -> Option<bool> {
    match name.to_ascii_lowercase().as_str() {
        "normal" | "0" | "false" => Some(false),
        "abnormal" | "anomaly" | "anomalous" | "1" | "true" => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_an_snr_is_one() {
        for text in ["-6_dB", "min6dB", "-6dB", "-6", "\u{2212}6 dB", "minus6dB"] {
            assert_eq!(snr(text), "-6", "{text}");
        }
        assert_eq!((snr("0_dB"), snr("6dB"), snr("+6.0")), ("0".into(), "6".into(), "6".into()));
        assert_eq!(snr("-0"), "0");
        assert_eq!(snr("clean"), "clean");
        for text in ["", "dB", "inf", "nan", "1e3", "fan"] {
            assert_eq!(decibels_of(text), None, "{text}");
        }
    }

    #[test]
    fn folders_of_clips_tell_snr_and_machine() {
        assert_eq!(noisy_folder("-6_dB_fan"), Some(("-6".into(), Some("fan"))));
        assert_eq!(noisy_folder("min6dB_pump"), Some(("-6".into(), Some("pump"))));
        assert_eq!(noisy_folder("0dB"), Some(("0".into(), None)));
        for name in ["fan", "0_dB_", "x_dB_fan", "id_00"] {
            assert_eq!(noisy_folder(name), None, "{name}");
        }
    }

    #[test]
    fn ids_have_two_digits() {
        assert_eq!([id("id_00"), id("0"), id("id_4"), id("a1")], ["00", "00", "04", "a1"]);
    }
}

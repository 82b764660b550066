//! Words in headers and cells.

/// Whether one of `words` stands anywhere in `text`.
pub(super) fn has(text: &str, words: &[&str]) -> bool {
    let text = text.to_lowercase();
    words.iter().any(|word| text.contains(word))
}

/// Whether one of `words` is a whole word of `text`: `ts` is one of `sensor_ts`, and none of `volts`.
pub(super) fn token(text: &str, words: &[&str]) -> bool {
    let text = text.to_lowercase();
    text.split(|c: char| !c.is_alphanumeric()).any(|part| words.contains(&part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_anywhere_and_tokens_alone() {
        assert!(has("Fault Status", &["fault"]) && token("Sensor_TS", &["ts"]));
        assert!(!token("Volts", &["ts"]));
    }
}

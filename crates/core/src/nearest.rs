//! The nearest known word, for messages about unknown ones.

/// The word among `known` with the fewest edits to `word`, upper and lower case alike; the first of equals.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    known
        .into_iter()
        .min_by_key(|candidate| strsim::damerau_levenshtein(&word, &candidate.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_misspelt_word() {
        let known = ["contenders", "baselines", "split"];
        assert_eq!(nearest("contender", known), Some("contenders"));
        assert_eq!(nearest("Basleines", known), Some("baselines"));
        assert_eq!(nearest("x", []), None);
    }
}

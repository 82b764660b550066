//! Patterns with named holes, such as `Bearing{bearing}_ch{channel}_{feature}`.

/// A hole that stands for any text, none included.
pub(crate) const ANYTHING: &str = "*";

/// What the holes of `pattern` stand for in `text`, in order; nothing if it does not fit.
///
/// A part is as short as the text after it allows, but not empty, and ends before the character `end` if there is
/// one; only `{*}` may be empty and hold it. A hole that stands twice has to mean the same twice.
pub(crate) fn parts<'p, 't>(
    pattern: &'p str,
    text: &'t str,
    end: Option<char>,
) -> Option<Vec<(&'p str, &'t str)>> {
    let mut found = Vec::new();
    fit(pattern, text, end, &mut found).then_some(found)
}

/// The names of the holes of `pattern`, in order; nothing if a brace is not closed.
pub(crate) fn holes(pattern: &str) -> Option<Vec<&str>> {
    let mut names = Vec::new();
    let mut rest = pattern;
    while let Some((_, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        names.push(name);
        rest = after;
    }
    (!rest.contains('}')).then_some(names)
}

fn fit<'p, 't>(
    pattern: &'p str,
    text: &'t str,
    end: Option<char>,
    found: &mut Vec<(&'p str, &'t str)>,
) -> bool {
    let Some((literal, rest)) = pattern.split_once('{') else { return pattern == text };
    let Some((hole, after)) = rest.split_once('}') else { return false };
    let Some(text) = text.strip_prefix(literal) else { return false };
    let anything = hole == ANYTHING;
    let longest = match end {
        Some(end) if !anything => text.find(end).unwrap_or(text.len()),
        _ => text.len(),
    };
    let least = if anything { 0 } else { 1 };
    let ends = (least..=longest).filter(|&at| text.is_char_boundary(at));
    for at in ends {
        let (part, left) = text.split_at(at);
        let other = |(name, value): &(&str, &str)| *name == hole && *value != part;
        if !anything && found.iter().any(other) {
            continue;
        }
        let before = found.len();
        found.push((hole, part));
        if fit(after, left, end, found) {
            return true;
        }
        found.truncate(before);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_taken_apart() {
        let pattern = "Bearing{bearing}_ch{channel}_{feature}";
        let found = parts(pattern, "Bearing12_ch2_peak_to_peak", None).unwrap();
        assert_eq!(found, [("bearing", "12"), ("channel", "2"), ("feature", "peak_to_peak")]);
        for header in ["Bearing1_rms", "file_index", "Bearing_ch1_rms", "Bearing1_ch1_"] {
            assert_eq!(parts(pattern, header, None), None, "{header}");
        }
    }

    #[test]
    fn paths_are_taken_apart_folder_by_folder() {
        let pattern = "{*}{snr}_dB_{machine}/{machine}/id_{id}/{recording}.wav";
        let found = parts(pattern, "/data/x/-6_dB_fan/fan/id_00/07.wav", Some('/')).unwrap();
        let of = |hole: &str| found.iter().find(|(name, _)| *name == hole).unwrap().1;
        assert_eq!((of("machine"), of("id"), of("recording")), ("fan", "00", "07"));
        let mixed = "/data/0_dB_fan/pump/id_00/07.wav";
        assert_eq!(parts(pattern, mixed, Some('/')), None);
        let clean = parts("{*}/{snr}_dB_{machine}/{*}", "a/b/0_dB_fan/x.wav", Some('/')).unwrap();
        assert_eq!(clean[1], ("snr", "0"));
    }

    #[test]
    fn holes_are_listed_and_braces_must_pair() {
        assert_eq!(holes("a{b}c{*}").unwrap(), ["b", "*"]);
        assert_eq!(holes("a{b"), None);
        assert_eq!(holes("a}b"), None);
    }
}

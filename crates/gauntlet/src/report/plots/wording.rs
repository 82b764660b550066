//! Text in pictures: how wide it is, where it breaks, and how numbers are written.
//!
//! Widths are those of DejaVu Sans, the widest of the fonts a reader is likely to have, so what fits here fits there.

/// Advance widths of the characters from space to `~`, in thousandths of the font size.
const ADVANCE: [u16; 95] = [
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636,
    636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632,
    575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685,
    611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579,
    278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
];

/// Width of any other character.
const UNKNOWN: u16 = 1000;

/// Bold letters are at most this much wider on average.
const BOLD: f64 = 1.12;

/// Pixels that `text` takes at `size` pixels.
pub(super) fn width(text: &str, size: f64, bold: bool) -> f64 {
    let thousandths: u64 = text.chars().map(|c| u64::from(advance(c))).sum();
    thousandths as f64 / 1000.0 * size * if bold { BOLD } else { 1.0 }
}

fn advance(c: char) -> u16 {
    let index = (c as usize).checked_sub(32);
    index.and_then(|i| ADVANCE.get(i)).copied().unwrap_or(UNKNOWN)
}

/// `text` if it fits into `room` pixels, else its beginning and its end around an ellipsis: names of participants
/// begin with what they are and end with what they are given, and differ in either.
pub(super) fn shorten(text: &str, size: f64, room: f64) -> String {
    if width(text, size, false) <= room {
        return text.to_owned();
    }
    let characters: Vec<char> = text.chars().collect();
    let cut = |kept: usize| -> String {
        let (head, tail) = (kept.div_ceil(2), kept / 2);
        let ends = [&characters[..head], &['…'], &characters[characters.len() - tail..]];
        ends.into_iter().flatten().collect()
    };
    let fitting = (0..characters.len()).rev().map(cut).find(|cut| width(cut, size, false) <= room);
    fitting.unwrap_or_default()
}

/// `text` in lines of at most `room` pixels, broken at spaces; a longer word is shortened.
pub(super) fn wrap(text: &str, size: f64, bold: bool, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match (longer, lines.last_mut()) {
            (Some(longer), Some(line)) if width(&longer, size, bold) <= room => *line = longer,
            _ => lines.push(shorten(word, if bold { size * BOLD } else { size }, room)),
        }
    }
    lines
}

/// `value` with `decimals` decimals, a comma between thousands and no minus before zero.
pub(super) fn number(value: f64, decimals: usize) -> String {
    let plain = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain.as_str(), ""));
    let mut text = String::new();
    if value < 0.0 && plain.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        text.push('−');
    }
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

/// `part` of `whole` as a percentage with one decimal, or a dash if there is no whole.
pub(super) fn percent(part: f64, whole: f64) -> String {
    if whole > 0.0 { format!("{} %", number(100.0 * part / whole, 1)) } else { "–".to_owned() }
}

/// A share from 0 to 1 with four decimals, which tell a small one from none.
pub(super) fn share(value: f64) -> String {
    if value > 0.0 && value < 0.000_05 { "< 0.0001".to_owned() } else { number(value, 4) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_separated_thousands_and_no_negative_zero() {
        assert_eq!(number(1_234_567.0, 0), "1,234,567");
        assert_eq!(number(-1_234.5, 1), "−1,234.5");
        assert_eq!(number(-0.000_1, 3), "0.000");
        assert_eq!(number(999.0, 0), "999");
        assert_eq!(number(0.0, 2), "0.00");
    }

    #[test]
    fn a_small_share_differs_from_none() {
        assert_eq!(share(0.0), "0.0000");
        assert_eq!(share(0.0342), "0.0342");
        assert_eq!(share(0.000_05), "0.0001");
        assert_eq!(share(1e-9), "< 0.0001");
    }

    #[test]
    fn a_percentage_of_nothing_is_a_dash() {
        assert_eq!(percent(1.0, 3.0), "33.3 %");
        assert_eq!(percent(0.0, 0.0), "–");
    }

    #[test]
    fn wrapped_and_shortened_text_fits_its_room() {
        let words = "sealed test, n = 2,000 rows, 68 failures, 95 % intervals by tool";
        let lines = wrap(words, 15.0, true, 180.0);
        assert!(lines.len() > 1);
        assert!(lines.iter().all(|line| width(line, 15.0, true) <= 180.0));
        assert_eq!(lines.join(" "), words);
        let name = "a_very_long_contender_name".repeat(5);
        let short = shorten(&name, 13.0, 200.0);
        assert!(short.starts_with("a_very") && short.ends_with("_name"), "{short}");
        assert!(width(&short, 13.0, false) <= 200.0);
        assert_eq!(shorten("short", 13.0, 200.0), "short");
        assert!(width(&wrap(&name, 20.0, true, 200.0)[0], 20.0, true) <= 200.0);
    }

    #[test]
    fn text_outside_ascii_is_counted_by_characters() {
        assert!(width("é", 10.0, false) <= 10.0);
        assert_eq!(shorten(&"é".repeat(100), 10.0, 55.0), "éé…éé");
    }
}

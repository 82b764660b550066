//! The order in which people count files.

use std::cmp::Ordering;

/// Compares texts with the numbers in them taken as numbers: `2.csv` is before `10.csv`.
pub(crate) fn natural(a: &str, b: &str) -> Ordering {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let (mut left, mut right) = (a, b);
    while let (Some(x), Some(y)) = (left.chars().next(), right.chars().next()) {
        let (m, n) = (digits(left), digits(right));
        let (order, m, n) = if m > 0 && n > 0 {
            let significant =
                |text: &'_ str, end: usize| text[..end].trim_start_matches('0').to_owned();
            let (p, q) = (significant(left, m), significant(right, n));
            (p.len().cmp(&q.len()).then_with(|| p.cmp(&q)), m, n)
        } else {
            (x.cmp(&y), x.len_utf8(), y.len_utf8())
        };
        if order != Ordering::Equal {
            return order;
        }
        (left, right) = (&left[m..], &right[n..]);
    }
    left.len().cmp(&right.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_are_numbers() {
        let mut names = ["b10", "b9", "a", "b010x", "b1", ""];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["", "a", "b1", "b9", "b10", "b010x"]);
    }
}

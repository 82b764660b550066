//! Time stamps as file names.

/// The name of the file so many hours after the file `first`, both like `2004.02.12.10.32.39`.
pub(super) fn name(first: &str, hours: f64) -> String {
    let mut fields = first.split('.').map(|field| field.parse::<i64>().unwrap_or_default());
    let mut next = || fields.next().unwrap_or_default();
    let (year, month, day) = (next(), next(), next());
    let (hour, minute, second) = (next(), next(), next());
    let seconds = ((hour * 60 + minute) * 60 + second) + (hours * 3600.0).round() as i64;
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = later(year, month, day, days);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}.{month:02}.{day:02}.{hour:02}.{minute:02}.{second:02}")
}

/// The date so many days later.
fn later(mut year: i64, mut month: i64, mut day: i64, days: i64) -> (i64, i64, i64) {
    for _ in 0..days {
        day += 1;
        if day > length(year, month) {
            (day, month) = (1, month + 1);
        }
        if month > 12 {
            (month, year) = (1, year + 1);
        }
    }
    (year, month, day)
}

fn length(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_run_over_midnight_and_leap_days() {
        assert_eq!(name("2004.02.12.10.32.39", 0.0), "2004.02.12.10.32.39");
        assert_eq!(name("2004.02.12.10.32.39", 163.0 + 50.0 / 60.0), "2004.02.19.06.22.39");
        assert_eq!(name("2004.02.28.23.59.59", 24.0), "2004.02.29.23.59.59");
        assert_eq!(name("2003.12.31.23.00.00", 1.0), "2004.01.01.00.00.00");
    }
}

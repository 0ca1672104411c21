//! Times as FILETIMEs, and as mail headers write them.

/// 100 ns in a second.
pub const SECOND: u64 = 10_000_000;

/// 2 January 2024, 08:00 UTC: when the first mail is sent.
pub const START: u64 = (11_644_473_600 + 1_704_182_400) * SECOND;

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// The date of a FILETIME as RFC 5322 writes it, in UTC.
pub fn header_date(filetime: u64) -> String {
    let seconds = filetime / SECOND;
    let (days, clock) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
    let weekday = DAYS[(days % 7) as usize];
    let name = MONTHS[month];
    format!("{weekday}, {day:02} {name} {year} {hour:02}:{minute:02}:{second:02} +0000")
}

/// Year, month from zero and day of the `days`th day after 1 January 1601, a Monday.
fn civil(days: u64) -> (u64, usize, u64) {
    let (mut year, mut left) = (1601, days);
    while left >= year_days(year) {
        left -= year_days(year);
        year += 1;
    }
    let mut month = 0;
    while left >= month_days(year, month) {
        left -= month_days(year, month);
        month += 1;
    }
    (year, month, left + 1)
}

fn is_leap(year: u64) -> bool {
    (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400)
}

fn year_days(year: u64) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

fn month_days(year: u64, month: usize) -> u64 {
    match month {
        1 if is_leap(year) => 29,
        1 => 28,
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_is_the_day_it_claims_to_be() {
        assert_eq!(header_date(START), "Tue, 02 Jan 2024 08:00:00 +0000");
    }
}

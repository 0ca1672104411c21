//! FILETIMEs as people write them.

const TICKS_PER_SECOND: u64 = 10_000_000;
const SECONDS_PER_DAY: u64 = 86_400;
/// Days from 0000-03-01 to 1601-01-01 in the proleptic Gregorian calendar.
const DAYS_TO_1601: u64 = 584_694;

/// `2026-11-20T12:34:56.1234567Z`; nothing for zero and for years after 9999.
pub fn utc(filetime: u64) -> Option<String> {
    if filetime == 0 {
        return None;
    }
    let seconds = filetime / TICKS_PER_SECOND;
    let (year, month, day) = civil(seconds / SECONDS_PER_DAY);
    if year > 9999 {
        return None;
    }
    let (ticks, time) = (filetime % TICKS_PER_SECOND, seconds % SECONDS_PER_DAY);
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    Some(format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ticks:07}Z"
    ))
}

/// Year, month and day of a day since 1601, by years that begin in March.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + DAYS_TO_1601;
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    (era * 400 + year + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments() {
        assert_eq!(utc(1).as_deref(), Some("1601-01-01T00:00:00.0000001Z"));
        assert_eq!(
            utc(116_444_736_000_000_000).as_deref(),
            Some("1970-01-01T00:00:00.0000000Z")
        );
        assert_eq!(
            utc(131_631_018_579_388_912).as_deref(),
            Some("2018-02-14T17:10:57.9388912Z")
        );
        assert_eq!(
            utc(125_962_560_000_000_000).as_deref(),
            Some("2000-02-29T00:00:00.0000000Z")
        );
    }

    #[test]
    fn zero_and_far_futures_have_no_date() {
        assert_eq!(utc(0), None);
        assert_eq!(utc(u64::MAX), None);
        assert_eq!(
            utc(2_650_467_743_999_999_999).as_deref(),
            Some("9999-12-31T23:59:59.9999999Z")
        );
        assert_eq!(utc(2_650_467_744_000_000_000), None);
    }
}

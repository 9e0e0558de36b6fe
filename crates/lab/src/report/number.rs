//! Numbers as people read them.

/// A number with a comma every three digits.
#[must_use]
pub(crate) fn grouped(number: u64) -> String {
    grouped_digits(&number.to_string())
}

/// A measured figure with at most four digits that say something, and no zeros after them.
#[must_use]
pub(crate) fn figure(value: f64) -> String {
    if !value.is_finite() {
        return "–".into();
    }
    let size = value.abs();
    if size == 0.0 {
        return "0".into();
    }
    if !(1e-4..1e15).contains(&size) {
        let text = format!("{value:.2e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let mantissa = match without_zeros(mantissa) {
            "1" => String::new(),
            mantissa => format!("{mantissa}×"),
        };
        return signed(&format!("{mantissa}10{}", superscript(exponent)));
    }
    // 0 for 1,234; 3 for 0.1234; 7 for 0.0001234.
    let decimals = (3 - size.log10().floor() as i32).clamp(0, 7) as usize;
    decimal(value, decimals)
}

/// A number with at most so many decimals.
#[must_use]
pub(crate) fn decimal(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let rest = rest.trim_end_matches('0');
    let whole = grouped_digits(whole);
    let text = if rest.is_empty() { whole } else { format!("{whole}.{rest}") };
    if value < 0.0 && text != "0" { format!("−{text}") } else { text }
}

/// A power of ten as `10⁻⁶`.
pub(crate) fn power_of_ten(exponent: i32) -> String {
    format!("10{}", superscript(&exponent.to_string()))
}

/// `1 row`, `2 rows`.
pub(crate) fn counted(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{} {many}", grouped(number as u64)) }
}

fn grouped_digits(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() * 4 / 3 + 1);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn without_zeros(mantissa: &str) -> &str {
    if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa }
}

fn signed(text: &str) -> String {
    text.replace('-', "−")
}

fn superscript(digits: &str) -> String {
    digits
        .chars()
        .map(|digit| match digit {
            '-' => '⁻',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            '0' | '4'..='9' => char::from_u32('⁰' as u32 + (digit as u32 - '0' as u32)).unwrap_or(digit),
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short_and_say_what_they_are() {
        let shown =
            [0.0, 1.0, 0.5, 1234.0, 12_345.678, 0.001_236_7, 0.000_012, -3.25, 2.5e18, 99.999_9, f64::NAN]
                .map(figure);
        assert_eq!(
            shown,
            ["0", "1", "0.5", "1,234", "12,346", "0.001237", "1.2×10⁻⁵", "−3.25", "2.5×10¹⁸", "100", "–"]
        );
    }

    #[test]
    fn nothing_is_minus_zero() {
        assert_eq!(decimal(-0.001, 2), "0");
    }

    #[test]
    fn one_is_not_plural() {
        assert_eq!([counted(1, "row", "rows"), counted(1_200, "row", "rows")], ["1 row", "1,200 rows"]);
    }
}

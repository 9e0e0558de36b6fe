//! Punycode (RFC 3492): labels with other letters than those of ASCII, in ASCII.

use alloc::{borrow::Cow, format, string::String, vec::Vec};

/// What follows `xn--`, if a label begins so.
pub fn encoded(label: &str) -> Option<&str> {
    let (prefix, code) = label.split_at_checked(PREFIX.len())?;
    prefix.eq_ignore_ascii_case(PREFIX).then_some(code)
}

/// A label in its ASCII form.
pub fn to_ascii(label: &str) -> Cow<'_, str> {
    if label.is_ascii() { label.into() } else { format!("{PREFIX}{}", encode(label)).into() }
}

/// RFC 3492 §6.2. None when it is no punycode, or of more letters than a label can have.
pub fn decode(code: &str) -> Option<String> {
    let (basic, digits) = code.rsplit_once('-').unwrap_or(("", code));
    let mut letters: Vec<char> = basic.to_ascii_lowercase().chars().collect();
    let (mut n, mut i, mut bias) = (INITIAL_N, 0_u32, INITIAL_BIAS);
    let mut digits = digits.bytes().peekable();
    while digits.peek().is_some() {
        let before = i;
        let mut weight = 1_u32;
        for k in (1..).map(|step| step * BASE) {
            let digit = digit_value(digits.next()?)?;
            i = i.checked_add(digit.checked_mul(weight)?)?;
            let threshold = threshold(k, bias);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(BASE - threshold)?;
        }
        let count = letters.len() as u32 + 1;
        bias = adapt(i - before, count, before == 0);
        n = n.checked_add(i / count)?;
        i %= count;
        letters.insert(i as usize, char::from_u32(n)?);
        i += 1;
        if letters.len() > LETTERS_MAX {
            return None;
        }
    }
    Some(letters.into_iter().collect())
}

/// RFC 3492 §6.3, without the prefix.
pub fn encode(label: &str) -> String {
    let mut code: String = label.chars().filter(char::is_ascii).collect();
    let basic = code.len() as u32;
    let letters: Vec<u32> = label.chars().map(u32::from).take(LETTERS_MAX).collect();
    if basic > 0 {
        code.push('-');
    }
    let (mut n, mut delta, mut bias) = (INITIAL_N, 0_u32, INITIAL_BIAS);
    let mut done = basic;
    while let Some(next) = letters.iter().copied().filter(|letter| *letter >= n).min() {
        // No overflow: at most LETTERS_MAX letters, each below 2²¹.
        delta += (next - n) * (done + 1);
        n = next;
        for letter in &letters {
            delta += u32::from(*letter < n);
            if *letter == n {
                let mut rest = delta;
                for k in (1..).map(|step| step * BASE) {
                    let threshold = threshold(k, bias);
                    if rest < threshold {
                        break;
                    }
                    code.push(digit(threshold + (rest - threshold) % (BASE - threshold)));
                    rest = (rest - threshold) / (BASE - threshold);
                }
                code.push(digit(rest));
                bias = adapt(delta, done + 1, done == basic);
                delta = 0;
                done += 1;
            }
        }
        delta += 1;
        n += 1;
    }
    code
}

fn threshold(k: u32, bias: u32) -> u32 {
    k.saturating_sub(bias).clamp(T_MIN, T_MAX)
}

/// RFC 3492 §6.1.
fn adapt(delta: u32, count: u32, is_first: bool) -> u32 {
    let mut delta = if is_first { delta / DAMP } else { delta / 2 };
    delta += delta / count;
    let mut k = 0;
    while delta > (BASE - T_MIN) * T_MAX / 2 {
        delta /= BASE - T_MIN;
        k += BASE;
    }
    k + (BASE - T_MIN + 1) * delta / (delta + SKEW)
}

fn digit_value(byte: u8) -> Option<u32> {
    match byte {
        b'a'..=b'z' => Some(u32::from(byte - b'a')),
        b'A'..=b'Z' => Some(u32::from(byte - b'A')),
        b'0'..=b'9' => Some(u32::from(byte - b'0') + 26),
        _ => None,
    }
}

fn digit(value: u32) -> char {
    let value = value as u8;
    char::from(if value < 26 { b'a' + value } else { b'0' + value - 26 })
}

const PREFIX: &str = "xn--";

/// A label has at most 63 bytes, and punycode is at least one byte a letter.
const LETTERS_MAX: usize = 63;

// RFC 3492 §5.
const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const INITIAL_BIAS: u32 = 72;
const INITIAL_N: u32 = 128;

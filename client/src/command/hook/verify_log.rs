//! `airlock hook verify-log`: whether the audit log is the one that was written.

use airlock_engine::LogHead;
use serde_json::json;

use super::Context;
use crate::{command::hex, exit::Exit, problem::Problem, remedies};

pub(super) fn run(noted: Option<&str>, context: &Context) -> Result<Exit, Problem> {
    let noted = noted.map(parse_head).transpose()?;
    let engine = context.engine()?;
    let head = engine.verify_log(noted).map_err(|error| remedies::audit(&error))?;
    let written = format!("{}:{}", head.number, hex(&head.hash));
    let record = json!({ "entries": head.number, "head": written, "noted_is_there": noted.is_some() });
    context.output.result("log", &record, || {
        let noted = if noted.is_some() { ", and the one that you noted is among them" } else { "" };
        format!("{} entries, unbroken{noted}; it ends with\n{written}", head.number)
    })?;
    context.output.note(
        "Write the last line down elsewhere. Whoever can write to this home could make the whole log anew, and \
         `airlock hook verify-log --head` then tells.",
    );
    Ok(Exit::Ok)
}

fn parse_head(text: &str) -> Result<LogHead, Problem> {
    let parse = || {
        let (number, hash) = text.split_once(':')?;
        Some(LogHead { number: number.parse().ok()?, hash: unhex(hash)? })
    };
    parse().ok_or_else(|| {
        Problem::usage(
            "bad-head",
            format_args!("`{text}` is not where a log ends"),
            "it should be a number, a colon and 64 hexadecimal digits",
            "copy the whole last line that `airlock hook verify-log` printed",
        )
    })
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 32];
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_is_printed() {
        let head = LogHead { number: 12, hash: [0xAB; 32] };
        assert_eq!(parse_head(&format!("12:{}", hex(&head.hash))).unwrap(), head);
        for wrong in [
            "",
            "12",
            "12:ab",
            "x:00",
            &format!("12:{}é", "a".repeat(62)),
            &format!("12:+{}", "a".repeat(63)),
        ] {
            assert_eq!(parse_head(wrong).unwrap_err().code, "bad-head", "{wrong}");
        }
    }
}

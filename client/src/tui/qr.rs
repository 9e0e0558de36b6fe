//! A QR code in half blocks: two modules a cell, dark on light whatever the terminal's colours are.

use qrcode::{Color as Module, EcLevel, QrCode};
use ratatui::{
    style::{Color, Style},
    text::{Line, Span},
};

/// Modules of light margin. The standard asks for four; every reader tried takes two, and it saves a fifth of the
/// screen.
const QUIET_MODULES: usize = 2;

/// The rows of the code for `text`. None when it is too long for any code.
pub(crate) fn rows(text: &str) -> Option<Vec<String>> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let side = code.width();
    let dark = |x: usize, y: usize| {
        let inside = |at: usize| at.checked_sub(QUIET_MODULES).filter(|at| *at < side);
        matches!((inside(x), inside(y)), (Some(x), Some(y)) if code[(x, y)] == Module::Dark)
    };
    let total = side + 2 * QUIET_MODULES;
    let rows = (0..total).step_by(2).map(|y| {
        let cell = |x| match (dark(x, y), y + 1 >= total || dark(x, y + 1)) {
            (true, true) => ' ',
            (true, false) => '▄',
            (false, true) => '▀',
            (false, false) => '█',
        };
        (0..total).map(cell).collect()
    });
    Some(rows.collect())
}

/// The same as drawn lines, light modules in white on black.
pub(crate) fn lines(text: &str) -> Option<Vec<Line<'static>>> {
    let style = Style::new().fg(Color::White).bg(Color::Black);
    Some(rows(text)?.into_iter().map(|row| Line::from(Span::styled(row, style))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_three_corners_and_a_light_margin() {
        let rows = rows("airlock:x").unwrap();
        assert!(rows[0].chars().all(|cell| cell == '█'), "the margin is light");
        assert_eq!(&rows[1].chars().skip(2).take(7).collect::<String>(), " ▄▄▄▄▄ ");
        let columns = rows[0].chars().count();
        assert!(rows.iter().all(|row| row.chars().count() == columns));
    }

    #[test]
    fn a_text_too_long_for_a_code_gives_none() {
        assert!(rows(&"x".repeat(5_000)).is_none());
    }
}

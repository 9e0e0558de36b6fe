//! Where the areas of the chat screen are. Drawing and mouse clicks ask here, so that they agree.

use ratatui::layout::Rect;

/// Below this nothing useful fits, and the screen says so.
pub(crate) const COLUMNS_MIN: u16 = 32;
/// As [`COLUMNS_MIN`].
pub(crate) const ROWS_MIN: u16 = 10;

/// From this width on there is room for the list of contacts beside the conversation.
const COLUMNS_FOR_CONTACTS: u16 = 60;

/// Columns of the list of contacts.
const CONTACT_COLUMNS: u16 = 22;

/// Most rows that the composer takes before it scrolls: the conversation must stay in view.
const COMPOSER_ROWS_MAX: u16 = 8;

/// Columns before the text of the composer.
pub(crate) const PROMPT_COLUMNS: u16 = 2;

/// The areas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Areas {
    pub(crate) title: Rect,
    pub(crate) contacts: Option<Rect>,
    pub(crate) conversation: Rect,
    /// The rule above the gate line.
    pub(crate) rule: Rect,
    pub(crate) gate: Rect,
    pub(crate) composer: Rect,
    pub(crate) hint: Rect,
}

/// The areas of a window. None when it is too small.
pub(crate) fn areas(window: Rect, gate_rows: usize, composer_rows: usize) -> Option<Areas> {
    if window.width < COLUMNS_MIN || window.height < ROWS_MIN {
        return None;
    }
    let rows = |count: usize, max: u16| u16::try_from(count).unwrap_or(max).clamp(1, max);
    let gate = rows(gate_rows, window.height / 2);
    let left = window.height - 3 - gate.min(window.height - 5);
    let composer = rows(composer_rows, COMPOSER_ROWS_MAX.min(left / 2).max(1));
    let gate = gate.min(window.height - 4 - composer);

    let mut y = window.y;
    let mut strip = |height: u16| {
        let rect = Rect { y, height, ..window };
        y += height;
        rect
    };
    let title = strip(1);
    let middle = strip(window.height - 3 - gate - composer);
    let rule = strip(1);
    let gate = strip(gate);
    let composer = strip(composer);
    let hint = strip(1);

    let (contacts, conversation) = if window.width >= COLUMNS_FOR_CONTACTS {
        let contacts = Rect { width: CONTACT_COLUMNS, ..middle };
        // One column for the line between them.
        let beside = CONTACT_COLUMNS + 1;
        (Some(contacts), Rect { x: middle.x + beside, width: middle.width - beside, ..middle })
    } else {
        (None, middle)
    };
    Some(Areas { title, contacts, conversation, rule, gate, composer, hint })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_areas_fill_the_window_and_do_not_overlap(
            width in 0_u16..250, height in 0_u16..100, gate in 0_usize..9, composer in 0_usize..99,
        ) {
            let window = Rect { x: 0, y: 0, width, height };
            let Some(areas) = areas(window, gate, composer) else {
                prop_assert!(width < COLUMNS_MIN || height < ROWS_MIN);
                return Ok(());
            };
            let strips = [areas.title, areas.conversation, areas.rule, areas.gate, areas.composer, areas.hint];
            let mut y = 0;
            for strip in strips {
                prop_assert_eq!(strip.y, y);
                prop_assert!(strip.height >= 1, "{areas:?}");
                y = strip.bottom();
            }
            prop_assert_eq!(y, height);
        }
    }
}

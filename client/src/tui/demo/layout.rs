//! Where the three panes of the demo screen are.

use ratatui::layout::Rect;

use super::app::Side;

/// Below this three panes can't be read, and the screen says so.
pub(crate) const COLUMNS_MIN: u16 = 66;
/// As [`COLUMNS_MIN`].
pub(crate) const ROWS_MIN: u16 = 18;

/// Most rows of a composer before it scrolls.
const COMPOSER_ROWS_MAX: u16 = 4;

/// Most rows of the explanation at the bottom.
const STORY_ROWS_MAX: u16 = 4;

/// How many rows parts would like to have, for a width.
pub(crate) struct Needs<'a> {
    pub(crate) gate: &'a dyn Fn(Side, usize) -> usize,
    pub(crate) writing: &'a dyn Fn(Side, usize) -> usize,
    pub(crate) story: &'a dyn Fn(usize) -> usize,
}

/// One person's pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pane {
    pub(crate) whole: Rect,
    pub(crate) title: Rect,
    pub(crate) conversation: Rect,
    pub(crate) rule: Rect,
    pub(crate) gate: Rect,
    pub(crate) composer: Rect,
}

/// All areas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Areas {
    pub(crate) alice: Pane,
    pub(crate) bob: Pane,
    pub(crate) middle_title: Rect,
    pub(crate) middle: Rect,
    pub(crate) rule: Rect,
    pub(crate) story: Rect,
    pub(crate) keys: Rect,
}

impl Areas {
    pub(crate) fn pane(&self, side: Side) -> &Pane {
        match side {
            Side::Alice => &self.alice,
            Side::Bob => &self.bob,
        }
    }
}

/// The areas of a window. None when it is too small.
pub(crate) fn areas(window: Rect, needs: &Needs<'_>) -> Option<Areas> {
    if window.width < COLUMNS_MIN || window.height < ROWS_MIN {
        return None;
    }
    let story_rows = rows((needs.story)(usize::from(window.width.saturating_sub(2))), STORY_ROWS_MAX);
    let below = story_rows + 2;
    let top = Rect { height: window.height - below, ..window };
    let rule = Rect { y: top.bottom(), height: 1, ..window };
    let story = Rect { x: window.x + 1, width: window.width - 2, y: rule.bottom(), height: story_rows };
    let keys = Rect { y: story.bottom(), height: 1, ..window };

    // One column between panes.
    let side = (window.width - 2) / 3;
    let left = Rect { width: side, ..top };
    let right = Rect { x: window.right() - side, width: side, ..top };
    let middle = Rect { x: left.right() + 1, width: window.width - 2 * side - 2, ..top };
    Some(Areas {
        alice: pane(Side::Alice, left, needs),
        bob: pane(Side::Bob, right, needs),
        middle_title: Rect { height: 1, ..middle },
        middle: Rect { y: middle.y + 1, height: middle.height - 1, ..middle },
        rule,
        story,
        keys,
    })
}

fn pane(side: Side, whole: Rect, needs: &Needs<'_>) -> Pane {
    let columns = usize::from(whole.width);
    let gate = rows((needs.gate)(side, columns), whole.height / 3);
    let composer = rows((needs.writing)(side, columns), COMPOSER_ROWS_MAX);
    let mut y = whole.y;
    let mut strip = |height: u16| {
        let rect = Rect { y, height, ..whole };
        y += height;
        rect
    };
    let title = strip(1);
    let conversation = strip(whole.height.saturating_sub(2 + gate + composer));
    let rule = strip(1);
    let gate = strip(gate);
    let composer = strip(composer);
    Pane { whole, title, conversation, rule, gate, composer }
}

fn rows(wanted: usize, max: u16) -> u16 {
    u16::try_from(wanted).unwrap_or(max).clamp(1, max.max(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_part_has_a_place_inside_the_window(
            width in 0_u16..250, height in 0_u16..100, gate in 0_usize..9, writing in 0_usize..99, story in 0_usize..9,
        ) {
            let window = Rect { x: 0, y: 0, width, height };
            let (gate, writing, story) = (|_, _| gate, |_, _| writing, |_| story);
            let Some(areas) = areas(window, &Needs { gate: &gate, writing: &writing, story: &story }) else {
                prop_assert!(width < COLUMNS_MIN || height < ROWS_MIN);
                return Ok(());
            };
            let panes = [areas.alice, areas.bob];
            let parts = panes.iter().flat_map(|pane| [pane.conversation, pane.gate, pane.composer, pane.title]);
            for part in parts.chain([areas.middle, areas.story, areas.keys]) {
                prop_assert!(!part.is_empty() && window.union(part) == window, "{part:?}");
            }
            prop_assert!(areas.alice.whole.right() < areas.middle.x && areas.middle.right() < areas.bob.whole.x);
        }
    }
}

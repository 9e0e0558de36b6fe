// The step from draft to checked is private to the crate.
use airlock_protocol::{Checked, Draft};

fn skip(draft: Draft) -> Checked {
    draft.into_checked(None)
}

fn main() {
    let _ = skip;
}

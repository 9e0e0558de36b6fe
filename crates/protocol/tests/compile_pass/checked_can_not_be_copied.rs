use airlock_protocol::{Checked, Content};

fn keep(checked: &Checked) -> Content {
    checked.content().clone()
}

fn main() {
    let _ = keep;
}

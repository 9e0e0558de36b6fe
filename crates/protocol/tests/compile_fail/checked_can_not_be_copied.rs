// A `Checked` is not Clone: what was checked once is not kept to be sent again in another conversation.
use airlock_protocol::Checked;

fn keep(checked: &Checked) -> Checked {
    checked.clone()
}

fn main() {
    let _ = keep;
}

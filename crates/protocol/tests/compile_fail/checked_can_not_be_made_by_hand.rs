// A `Checked` has private fields: only the gate makes one.
use airlock_protocol::{Checked, Content, MessageId};

fn forge(content: Content) -> Checked {
    Checked { id: MessageId([0; 16]), content, original: None }
}

fn main() {
    let _ = forge;
}

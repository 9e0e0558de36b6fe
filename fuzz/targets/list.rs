//! A signed list: what parses is in bounds, is read again as it is written, and is only ever signed by its own key.
#![no_main]

use airlock_hooks::{
    SignedList,
    list::{ListDifference, ListKey, ListSource, demo_key},
};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((source, bytes)) = bytes.split_first() else { return };
    let list = if source % 2 == 0 {
        SignedList::parse(bytes).ok()
    } else {
        // Behind the signature: any source, signed with the demo key, whose blob is what follows a zero byte.
        let at = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        let (text, blob) = bytes.split_at(at);
        let blob = blob.get(1..).unwrap_or_default();
        let source = std::str::from_utf8(text).ok().and_then(|text| ListSource::parse(text).ok());
        source.and_then(|source| {
            let signed = match source.blob {
                Some(_) => source.sign_blob(blob.into(), &demo_key()),
                None => source.sign(&demo_key()),
            };
            let list = signed.ok()?;
            assert!(list.is_signed_by(&ListKey::of(&demo_key())));
            Some(list)
        })
    };
    let Some(list) = list else { return };
    assert!(list.entries().len() <= list.kind().entries_max());
    assert!(list.entries().windows(2).all(|pair| pair[0].value < pair[1].value));
    assert!(list.blob().is_some() != list.kind().has_entries());
    let json = list.to_json().expect("its parts are text and numbers");
    assert_eq!(SignedList::parse(json.as_bytes()).as_ref(), Ok(&list));
    assert!(ListDifference::between(&list, &list).changes.is_empty());
});

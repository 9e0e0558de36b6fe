//! What someone attaches: a picture file, and the views that are made of it.
#![no_main]

use airlock_hooks::views::{LUMA_SIDE, Picture, RGB_SIDE, luma, rgb};

/// Larger ones would only be slower.
const PIXELS_MAX: usize = 1_000_000;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(Some(picture)) = Picture::decode(bytes) else { return };
    let pixels = picture.width() * picture.height();
    assert_eq!(picture.rgb().len(), 3 * pixels);
    if pixels > PIXELS_MAX {
        return;
    }
    assert_eq!(rgb(&picture).len(), 3 * RGB_SIDE * RGB_SIDE);
    if let Some(luma) = luma(&picture) {
        assert_eq!(luma.len(), LUMA_SIDE * LUMA_SIDE);
        assert!(luma.iter().all(|value| (-0.1..=255.1).contains(value)));
    }
});

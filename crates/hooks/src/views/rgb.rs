//! The view `image-rgb`: a picture for a classifier.
//!
//! The whole picture is squeezed into a square, whatever its shape: cropping would leave edges that no hook sees.
//! Each pixel of the view is the mean of the area that it covers, parts of pixels in proportion, rounded to the
//! nearest. All of it is integer arithmetic, so it is the same everywhere.

use super::picture::Picture;

/// Pixels in a row and in a column of the view.
pub const RGB_SIDE: usize = 224;

/// The picture as [`RGB_SIDE`] by [`RGB_SIDE`] pixels of red, green and blue, by rows.
#[must_use]
pub fn rgb(picture: &Picture) -> Vec<u8> {
    let across = spans(picture.width());
    let down = spans(picture.height());
    let area = (picture.width() * picture.height()) as u64;
    let mut view = Vec::with_capacity(RGB_SIDE * RGB_SIDE * CHANNELS);
    let rows: Vec<&[u8]> = picture.rows().collect();
    // A row that two rows of the view share is squeezed once.
    let mut squeezed: Option<(usize, Vec<u32>)> = None;
    let mut sums = vec![0_u64; RGB_SIDE * CHANNELS];
    for span in &down {
        sums.fill(0);
        for (source, weight) in span.weights() {
            let line = match squeezed.take() {
                Some((index, line)) if index == source => line,
                _ => squeeze(rows[source], &across),
            };
            for (sum, value) in sums.iter_mut().zip(&line) {
                *sum += u64::from(*value) * weight as u64;
            }
            squeezed = Some((source, line));
        }
        view.extend(sums.iter().map(|sum| ((sum + area / 2) / area) as u8));
    }
    view
}

/// One row of the picture, summed into the view's columns: each value is a mean times the picture's width.
fn squeeze(row: &[u8], across: &[Span]) -> Vec<u32> {
    let pixels = row.as_chunks::<CHANNELS>().0;
    across
        .iter()
        .flat_map(|span| {
            let mut sums = [0_u32; CHANNELS];
            for (source, weight) in span.weights() {
                for (sum, value) in sums.iter_mut().zip(pixels[source]) {
                    *sum += u32::from(value) * weight as u32;
                }
            }
            sums
        })
        .collect()
}

/// What one pixel of the view covers along one side, in units of 1/[`RGB_SIDE`] of a pixel of the picture.
struct Span {
    from: usize,
    to: usize,
}

impl Span {
    /// The picture's pixels that it covers, and how much of each.
    fn weights(&self) -> impl Iterator<Item = (usize, usize)> {
        let Self { from, to } = *self;
        (from / RGB_SIDE..to.div_ceil(RGB_SIDE)).map(move |source| {
            let covered = to.min((source + 1) * RGB_SIDE) - from.max(source * RGB_SIDE);
            (source, covered)
        })
    }
}

/// Divides `side` pixels into [`RGB_SIDE`] equal spans. The weights of each add up to `side`.
fn spans(side: usize) -> Vec<Span> {
    (0..RGB_SIDE).map(|index| Span { from: index * side, to: (index + 1) * side }).collect()
}

/// Red, green, blue.
const CHANNELS: usize = 3;

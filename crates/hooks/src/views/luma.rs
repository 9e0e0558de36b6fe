//! The view `image-luma`: what the picture hash PDQ compares, before its cosine transform.
//!
//! PDQ ("The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", 2019) takes the luminance of
//! every pixel, filters it twice along rows and columns (a Jarosz filter: two box filters make a tent), and keeps
//! 64 by 64 values of the result. This file does the same additions and divisions in the same order, so that the
//! bits of a hash are the same, but row by row: the reference keeps two copies of the whole picture as floating
//! point, and this keeps a dozen rows.

use super::picture::Picture;

/// Values in a row and in a column of the view.
pub const LUMA_SIDE: usize = 64;

/// The filtered luminance, [`LUMA_SIDE`] by [`LUMA_SIDE`] values from 0 (black) to 255 by rows, not rounded. None
/// for a picture of fewer than five pixels a side, for which PDQ is not defined.
#[must_use]
pub fn luma(picture: &Picture) -> Option<Vec<f32>> {
    let (width, height) = (picture.width(), picture.height());
    if width.min(height) < SIDE_MIN {
        return None;
    }
    let mut luminance = vec![0.0; width];
    // A picture that has the size already is taken as it is.
    if (width, height) == (LUMA_SIDE, LUMA_SIDE) {
        let mut view = Vec::with_capacity(LUMA_SIDE * LUMA_SIDE);
        for row in picture.rows() {
            luminance_of(row, &mut luminance);
            view.extend_from_slice(&luminance);
        }
        return Some(view);
    }
    let (across, down) = (window(width), window(height));
    let kept_columns: [usize; LUMA_SIDE] = std::array::from_fn(|index| kept(index, width));
    let mut filtered = vec![0.0; width];
    let mut twice = vec![0.0; width];
    let mut first = Columns::new(width, down);
    let mut second = Columns::new(LUMA_SIDE, down);
    let mut sink = Kept { height, row: 0, next: 0, view: Vec::with_capacity(LUMA_SIDE * LUMA_SIDE) };
    let mut pass_two = |row: &[f32]| {
        along_row(row, across, &mut twice);
        let narrow = kept_columns.map(|column| twice[column]);
        second.push(&narrow, |row| sink.push(row));
    };
    for row in picture.rows() {
        luminance_of(row, &mut luminance);
        along_row(&luminance, across, &mut filtered);
        first.push(&filtered, &mut pass_two);
    }
    first.finish(&mut pass_two);
    second.finish(|row| sink.push(row));
    Some(sink.view)
}

/// The rows that the view keeps of those that come out of the last filter.
struct Kept {
    height: usize,
    row: usize,
    next: usize,
    view: Vec<f32>,
}

impl Kept {
    fn push(&mut self, row: &[f32]) {
        // A picture with fewer than 64 rows has some of them in the view more than once.
        while self.next < LUMA_SIDE && kept(self.next, self.height) == self.row {
            self.view.extend_from_slice(row);
            self.next += 1;
        }
        self.row += 1;
    }
}

/// A box filter down the columns, fed with rows from the top.
struct Columns {
    width: usize,
    window: usize,
    /// The rows in the window, in a ring: `window` times `width` values.
    rows: Vec<f32>,
    /// Where in the ring the oldest row is, counted in rows.
    oldest: usize,
    /// How many rows are in the window.
    count: usize,
    sums: Vec<f32>,
    means: Vec<f32>,
}

impl Columns {
    fn new(width: usize, window: usize) -> Self {
        let rows = vec![0.0; width * window];
        Self { width, window, rows, oldest: 0, count: 0, sums: vec![0.0; width], means: vec![0.0; width] }
    }

    /// Takes the next row, and hands on the row that is now known.
    fn push(&mut self, row: &[f32], mut emit: impl FnMut(&[f32])) {
        let full = self.count == self.window;
        let place = if full { self.oldest } else { self.count };
        let slot = &mut self.rows[place * self.width..][..self.width];
        if full {
            // First added, then subtracted: floating point minds the order.
            for ((sum, old), new) in self.sums.iter_mut().zip(slot.iter()).zip(row) {
                *sum = (*sum + new) - old;
            }
            self.oldest = (self.oldest + 1) % self.window;
        } else {
            for (sum, new) in self.sums.iter_mut().zip(row) {
                *sum += new;
            }
            self.count += 1;
        }
        slot.copy_from_slice(row);
        if self.count >= reach(self.window) {
            self.emit(&mut emit);
        }
    }

    /// Hands on the rows at the bottom, whose windows reach beyond the picture.
    fn finish(&mut self, mut emit: impl FnMut(&[f32])) {
        for _ in 1..reach(self.window) {
            let slot = &self.rows[self.oldest * self.width..][..self.width];
            for (sum, old) in self.sums.iter_mut().zip(slot) {
                *sum -= old;
            }
            self.oldest = (self.oldest + 1) % self.window;
            self.count -= 1;
            self.emit(&mut emit);
        }
    }

    fn emit(&mut self, emit: &mut impl FnMut(&[f32])) {
        let count = self.count as f32;
        for (mean, sum) in self.means.iter_mut().zip(&self.sums) {
            *mean = sum / count;
        }
        emit(&self.means);
    }
}

/// A box filter along one row.
fn along_row(row: &[f32], window: usize, out: &mut [f32]) {
    let reach = reach(window);
    let mut sum = 0.0;
    for value in &row[..reach - 1] {
        sum += value;
    }
    let mut count = reach - 1;
    let (head, rest) = out.split_at_mut(window - reach + 1);
    for (mean, value) in head.iter_mut().zip(&row[reach - 1..]) {
        sum += value;
        count += 1;
        *mean = sum / count as f32;
    }
    let (middle, tail) = rest.split_at_mut(row.len() - window);
    let full = count as f32;
    for ((mean, new), old) in middle.iter_mut().zip(&row[window..]).zip(row) {
        sum = (sum + new) - old;
        *mean = sum / full;
    }
    for (mean, old) in tail.iter_mut().zip(&row[row.len() - window..]) {
        sum -= old;
        count -= 1;
        *mean = sum / count as f32;
    }
}

/// Luminance of one row of pixels, weighted as ITU-R BT.601 does; computed in double precision, as `pdqhash` does.
fn luminance_of(rgb: &[u8], out: &mut [f32]) {
    for (value, [red, green, blue]) in out.iter_mut().zip(rgb.as_chunks().0) {
        *value = (f64::from(*red) * 0.299 + f64::from(*green) * 0.587 + f64::from(*blue) * 0.114) as f32;
    }
}

/// Values in the window of a box filter: two of them in a row cover one value of the view.
fn window(side: usize) -> usize {
    side.div_ceil(2 * LUMA_SIDE)
}

/// How many values of a window lie from its place on, the place itself included.
fn reach(window: usize) -> usize {
    window / 2 + 1
}

/// Which of `side` rows or columns is the view's `index`: the one in the middle of its share.
fn kept(index: usize, side: usize) -> usize {
    (2 * index + 1) * side / (2 * LUMA_SIDE)
}

/// The least side for which PDQ is defined.
const SIDE_MIN: usize = 5;

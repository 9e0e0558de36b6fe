//! Decodes a picture, strictly and bounded, in steps that give the same pixels on every machine.
//!
//! The steps, which `docs/hooks.md` promises:
//!
//! 1. The first bytes tell the format: JPEG, PNG or WebP. Anything else is not a picture here, whatever its name
//!    or its caption says, and makes no view.
//! 2. Width and height are read and held against [`PICTURE_PIXELS_MAX`] and [`PICTURE_SIDE_MAX`] before anything
//!    is allocated for pixels.
//! 3. Every pixel is decoded or none: a file that is cut off, or whose checksums are wrong, is refused and not
//!    shown in part. What comes after the end of the picture is ignored. Of an animation, only the first picture is
//!    decoded.
//! 4. Samples become eight bits of red, green and blue each: of sixteen bits the upper eight, grey as three equal
//!    values, palettes and CMYK as what they stand for. A pixel that is partly transparent is laid over white,
//!    which is what most screens show.
//! 5. Nothing else is done. A colour profile, a gamma value and the camera's note on how the picture should be
//!    turned are ignored.
//!
//! Decoders are compiled without the instructions of one processor family, so that a replay elsewhere decodes to
//! the same pixels.

use std::io::Cursor;

use image_webp::WebPDecoder;
use zune_jpeg::{
    JpegDecoder,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

use crate::limits::{PICTURE_PIXELS_MAX, PICTURE_SIDE_MAX};

/// A decoded picture: opaque pixels of red, green and blue, by rows.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

/// Why a file that begins like a picture is not one that can be shown to a hook.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// The decoder refuses it.
    #[error("it begins like a {format} and can't be decoded: {why}")]
    Malformed {
        /// What its first bytes say.
        format: Format,
        /// What the decoder says.
        why: String,
    },
    /// More pixels than the limit.
    #[error(
        "it is {width} by {height} pixels, and at most {PICTURE_PIXELS_MAX} pixels and {PICTURE_SIDE_MAX} a side \
         are decoded"
    )]
    TooLarge {
        /// Pixels in a row.
        width: u64,
        /// Rows.
        height: u64,
    },
    /// Pixels that are not as many as width and height say.
    #[error("{width} by {height} pixels of three bytes are not {got} bytes")]
    Shape {
        /// Pixels in a row.
        width: usize,
        /// Rows.
        height: usize,
        /// Bytes that are there.
        got: usize,
    },
}

/// What the first bytes of a file say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Baseline or progressive.
    Jpeg,
    /// The first picture, if it is animated.
    Png,
    /// Lossy or lossless; the first picture, if it is animated.
    WebP,
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
        })
    }
}

impl Format {
    /// By the bytes with which every file of the format begins. None when it is none of them.
    #[must_use]
    pub fn sniff(file: &[u8]) -> Option<Self> {
        match file {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            _ => None,
        }
    }
}

impl Picture {
    /// The picture in a file, or none when the file does not begin like one.
    ///
    /// # Errors
    /// When it begins like a picture and is damaged, cut off or too large.
    pub fn decode(file: &[u8]) -> Result<Option<Self>, PictureError> {
        let Some(format) = Format::sniff(file) else { return Ok(None) };
        let decoded = match format {
            Format::Jpeg => jpeg(file),
            Format::Png => png(file),
            Format::WebP => webp(file),
        };
        decoded.map(Some).map_err(|error| match error {
            Undecoded::Refused(why) => PictureError::Malformed { format, why },
            Undecoded::TooLarge { width, height } => PictureError::TooLarge { width, height },
        })
    }

    /// A picture of pixels that somebody else decoded.
    ///
    /// # Errors
    /// When it is too large, or the bytes are not `width` × `height` × 3.
    pub fn from_rgb(width: usize, height: usize, rgb: Vec<u8>) -> Result<Self, PictureError> {
        let (wide, high) = (width as u64, height as u64);
        let pixels = bounded(wide, high).map_err(|_| PictureError::TooLarge { width: wide, height: high })?;
        if pixels == 0 || rgb.len() != pixels * CHANNELS {
            return Err(PictureError::Shape { width, height, got: rgb.len() });
        }
        Ok(Self { width, height, rgb })
    }

    /// Pixels in a row, at least 1.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows, at least 1.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// Red, green and blue of every pixel, by rows.
    #[must_use]
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// The rows from the top.
    pub(crate) fn rows(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.rgb.chunks_exact(self.width * CHANNELS)
    }
}

/// Shows the size alone.
impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({} by {})", self.width, self.height)
    }
}

/// Why a decoder stopped.
enum Undecoded {
    Refused(String),
    TooLarge { width: u64, height: u64 },
}

impl<E: std::fmt::Display> From<E> for Undecoded {
    fn from(error: E) -> Self {
        Self::Refused(error.to_string())
    }
}

fn jpeg(file: &[u8]) -> Result<Picture, Undecoded> {
    // The decoder fills up what a file lacks at its very end.
    if !reaches_its_end(file) {
        return Err("it has no end".into());
    }
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(PICTURE_SIDE_MAX)
        .set_max_height(PICTURE_SIDE_MAX)
        .jpeg_set_max_scans(JPEG_SCANS_MAX)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(file), options);
    decoder.decode_headers()?;
    let info = decoder.info().ok_or("it has no header")?;
    let (width, height) = (usize::from(info.width), usize::from(info.height));
    let pixels = bounded(width as u64, height as u64)?;
    let mut rgb = vec![0; pixels * CHANNELS];
    decoder.decode_into(&mut rgb)?;
    Picture::from_rgb(width, height, rgb).map_err(Undecoded::from)
}

/// Whether a JPEG has the marker that ends it (ITU-T T.81, annex B): what comes after that is no part of the picture.
fn reaches_its_end(file: &[u8]) -> bool {
    let mut rest = file;
    while let Some(at) = rest.iter().position(|byte| *byte == 0xff) {
        rest = &rest[at + 1..];
        match rest {
            [0xd9, ..] => return true,
            // Filling, a stuffed byte of the data, and what has no length of its own.
            [0xff, ..] => {}
            [0x00 | 0x01 | 0xd0..=0xd8, after @ ..] => rest = after,
            [_, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                let Some(after) = rest.get(1 + length..) else { return false };
                rest = after;
            }
            _ => return false,
        }
    }
    false
}

fn png(file: &[u8]) -> Result<Picture, Undecoded> {
    let mut options = png::DecodeOptions::default();
    options.set_ignore_checksums(false);
    options.set_ignore_text_chunk(true);
    options.set_ignore_iccp_chunk(true);
    let mut decoder = png::Decoder::new_with_options(Cursor::new(file), options);
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let (width, height) = decoder.read_header_info()?.size();
    bounded(width.into(), height.into())?;
    let mut reader = decoder.read_info()?;
    let mut samples = vec![0; reader.output_buffer_size().ok_or("its size overflows")?];
    let frame = reader.next_frame(&mut samples)?;
    // Reads to the end: a file that stops after its pixels was cut off too.
    reader.finish()?;
    samples.truncate(frame.buffer_size());
    let rgb = match frame.color_type {
        png::ColorType::Rgb => samples,
        png::ColorType::Rgba => {
            samples.as_chunks().0.iter().flat_map(|&[r, g, b, a]| over_white([r, g, b], a)).collect()
        }
        png::ColorType::Grayscale => samples.iter().flat_map(|&grey| [grey; CHANNELS]).collect(),
        png::ColorType::GrayscaleAlpha => {
            samples.as_chunks().0.iter().flat_map(|&[grey, a]| over_white([grey; CHANNELS], a)).collect()
        }
        png::ColorType::Indexed => return Err("its palette was not expanded".into()),
    };
    Picture::from_rgb(width as usize, height as usize, rgb).map_err(Undecoded::from)
}

fn webp(file: &[u8]) -> Result<Picture, Undecoded> {
    let announced = file.get(4..8).and_then(|size| size.try_into().ok()).map(u32::from_le_bytes);
    if announced.is_none_or(|size| file.len() < size as usize + 8) {
        return Err("it is shorter than it says".into());
    }
    let mut decoder = WebPDecoder::new(Cursor::new(file))?;
    let (width, height) = decoder.dimensions();
    let pixels = bounded(width.into(), height.into())?;
    decoder.set_memory_limit(pixels * 4 * CHANNELS);
    let mut samples = vec![0; decoder.output_buffer_size().ok_or("its size overflows")?];
    decoder.read_image(&mut samples)?;
    let rgb = if decoder.has_alpha() {
        samples.as_chunks().0.iter().flat_map(|&[r, g, b, a]| over_white([r, g, b], a)).collect()
    } else {
        samples
    };
    Picture::from_rgb(width as usize, height as usize, rgb).map_err(Undecoded::from)
}

/// How many pixels, if they are within the limits.
fn bounded(width: u64, height: u64) -> Result<usize, Undecoded> {
    let within = width.max(height) <= PICTURE_SIDE_MAX as u64 && width * height <= PICTURE_PIXELS_MAX as u64;
    if within { Ok((width * height) as usize) } else { Err(Undecoded::TooLarge { width, height }) }
}

/// Rounded to the nearest; without transparency it changes nothing.
fn over_white(rgb: [u8; CHANNELS], alpha: u8) -> [u8; CHANNELS] {
    let alpha = u32::from(alpha);
    rgb.map(|value| ((u32::from(value) * alpha + 255 * (255 - alpha) + 127) / 255) as u8)
}

/// Red, green, blue.
const CHANNELS: usize = 3;

/// Most scans of a progressive JPEG. Encoders make about ten, and each costs as much as decoding once.
const JPEG_SCANS_MAX: usize = 64;

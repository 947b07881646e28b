// SPDX-License-Identifier: GPL-2.0-or-later
//! Pictures of the screen.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};

/// Writes the picture `ppm` (binary PPM, magic P6, 8 bits a channel) as PNG.
///
/// Source: netpbm, ppm(5).
pub fn ppm_to_png(ppm: &[u8], target: &Path) -> Result<()> {
    let (width, height, pixels) = parse_ppm(ppm).ok_or_else(|| anyhow!("QEMU wrote no PPM"))?;
    ensure!(
        pixels.len() as u64 == 3 * u64::from(width) * u64::from(height),
        "QEMU's PPM is cut"
    );
    let place = || format!("{}", target.display());
    let file = BufWriter::new(File::create(target).with_context(place)?);
    let mut encoder = png::Encoder::new(file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(pixels))
        .with_context(place)
}

fn parse_ppm(ppm: &[u8]) -> Option<(u32, u32, &[u8])> {
    let (magic, rest) = word(ppm)?;
    let (width, rest) = word(rest)?;
    let (height, rest) = word(rest)?;
    let (maximum, pixels) = word(rest)?;
    let known = magic == "P6" && maximum == "255";
    known.then_some((width.parse().ok()?, height.parse().ok()?, pixels))
}

/// Splits off a word and the one blank behind it.
fn word(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.iter().position(u8::is_ascii_whitespace)?;
    Some((std::str::from_utf8(&bytes[..end]).ok()?, &bytes[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ppm_is_taken_apart() {
        assert_eq!(
            parse_ppm(b"P6\n2 1\n255\nabcdef"),
            Some((2, 1, &b"abcdef"[..]))
        );
        assert_eq!(parse_ppm(b"P5\n2 1\n255\nab"), None);
        assert_eq!(parse_ppm(b"P6\n2"), None);
    }
}

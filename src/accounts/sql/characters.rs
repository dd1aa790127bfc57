//! Text of ODBC's functions for wide characters, of two bytes (UTF-16) or four (UTF-32).

/// Text as the driver manager takes it, with a terminator.
pub(super) fn encoded(text: &str, width: usize) -> Vec<u8> {
    // At once as large as it can become, so that a secret is in one place.
    let mut bytes = Vec::with_capacity((text.len() + 1) * 4);
    if width == 4 {
        text.chars().for_each(|char| bytes.extend(u32::from(char).to_ne_bytes()));
    } else {
        text.encode_utf16().for_each(|unit| bytes.extend(unit.to_ne_bytes()));
    }
    bytes.extend([0; 4].iter().take(width));
    bytes
}

/// The same the other way.
pub(super) fn decoded(bytes: &[u8], width: usize) -> String {
    if width == 4 {
        let units = bytes.as_chunks::<4>().0.iter();
        let char = |unit: &[u8; 4]| char::from_u32(u32::from_ne_bytes(*unit));
        return units.map(|unit| char(unit).unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    }
    let units = bytes.as_chunks::<2>().0.iter().map(|unit| u16::from_ne_bytes(*unit));
    char::decode_utf16(units).map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_goes_there_and_back() {
        for text in ["", "alice", "zo\u{eb}", "\u{65e5}\u{672c}", "a\u{1f600}b"] {
            for width in [2, 4] {
                let bytes = encoded(text, width);
                assert!(bytes.ends_with(&[0; 4][..width]));
                assert_eq!(decoded(&bytes[..bytes.len() - width], width), text);
            }
        }
        assert_eq!(encoded("\u{1f600}", 2).len(), 6);
        assert_eq!(encoded("\u{1f600}", 4).len(), 8);
    }

    #[test]
    fn what_is_no_text_is_replaced() {
        assert_eq!(decoded(&0xD83D_u16.to_ne_bytes(), 2), "\u{fffd}");
        assert_eq!(decoded(&0xD83D_u32.to_ne_bytes(), 4), "\u{fffd}");
        assert_eq!(decoded(&[0x41], 2), "");
    }
}

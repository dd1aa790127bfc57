//! Lower-case hexadecimal digits, the only form in which hashes are hashed again (RFC 2831 §2.1.2.1).

/// The two digits of every octet.
const DIGITS: [[u8; 2]; 256] = {
    let digits = b"0123456789abcdef";
    let mut table = [[0; 2]; 256];
    let mut octet = 0;
    while octet < table.len() {
        table[octet] = [digits[octet >> 4], digits[octet & 15]];
        octet += 1;
    }
    table
};

/// The 32 digits of a 16-octet hash: `HEX` of RFC 2831 §2.1.2.1.
#[must_use]
pub fn of_hash(hash: &[u8; 16]) -> [u8; 32] {
    let mut text = [0; 32];
    write(hash, &mut text);
    text
}

/// Writes two digits for each of `octets` to the front of `text`, and returns how many octets of
/// `text` were written. Octets whose digits have no room are left out.
pub fn write(octets: &[u8], text: &mut [u8]) -> usize {
    let mut written = 0;
    for (octet, pair) in octets.iter().zip(text.as_chunks_mut::<2>().0) {
        *pair = DIGITS[usize::from(*octet)];
        written += 2;
    }
    written
}

/// Reads as many octets as `octets` has from lower-case digits; `None` where there are more or
/// fewer of them, or others.
#[must_use]
pub fn read(digits: &[u8], octets: &mut [u8]) -> Option<()> {
    let (pairs, rest) = digits.as_chunks::<2>();
    if pairs.len() != octets.len() || !rest.is_empty() {
        return None;
    }
    for (octet, [high, low]) in octets.iter_mut().zip(pairs) {
        *octet = value(*high)? << 4 | value(*low)?;
    }
    Some(())
}

fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// The octets of hex digits, for the vectors of tests.
#[cfg(test)]
pub(crate) fn unhex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_octet_is_written_as_the_formatter_writes_it() {
        for octet in 0..=255_u8 {
            let mut text = [0; 2];
            assert_eq!(write(&[octet], &mut text), 2);
            assert_eq!(text.as_slice(), format!("{octet:02x}").as_bytes());
        }
    }

    #[test]
    fn lower_case_digits_alone_are_read() {
        let mut octets = [0; 2];
        assert_eq!(read(b"0af9", &mut octets), Some(()));
        assert_eq!(octets, [0x0A, 0xF9]);
        for digits in [&b"0AF9"[..], b"0af", b"0af90", b"0af9aa", b"0ag9", b"", b"0a 9"] {
            assert_eq!(read(digits, &mut [0; 2]), None, "{digits:?}");
        }
    }

    #[test]
    fn a_hash_has_32_digits_in_order() {
        let hash = std::array::from_fn(|index| u8::try_from(index * 17).unwrap());
        assert_eq!(&of_hash(&hash), b"00112233445566778899aabbccddeeff");
    }

    #[test]
    fn digits_without_room_are_left_out() {
        let mut text = *b"-----";
        assert_eq!(write(&[0xAB, 0xCD, 0xEF], &mut text), 4);
        assert_eq!(&text, b"abcd-");
    }
}

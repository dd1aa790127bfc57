//! Hexadecimal digits, in lower case the only form in which hashes are hashed again (RFC 2831 §2.1.2.1).
//! Nothing here reads a table or branches by a digit's value, since some stand for passwords.

use crate::kernels::hex::write as write_sixteen;

/// The 32 digits of a 16-byte hash: `HEX` of RFC 2831 §2.1.2.1.
#[must_use]
#[inline]
pub fn of_hash(hash: &[u8; 16]) -> [u8; 32] {
    let mut digits = [0; 32];
    write_sixteen(hash, &mut digits);
    digits
}

/// Writes the digits of [`of_hash`].
#[inline]
pub fn write_hash(hash: &[u8; 16], digits: &mut [u8; 32]) {
    write_sixteen(hash, digits);
}

/// Writes two digits for each of `bytes` to the front of `text`, and returns how many bytes of
/// `text` were written. Bytes whose digits have no room are left out.
#[inline]
pub fn write(bytes: &[u8], text: &mut [u8]) -> usize {
    let count = bytes.len().min(text.len() / 2);
    let (bytes, _) = bytes.split_at(count);
    let (text, _) = text.split_at_mut(2 * count);
    for (bytes, text) in bytes.as_chunks().0.iter().zip(text.as_chunks_mut().0) {
        write_sixteen(bytes, text);
    }
    // The last sixteen, some of them for a second time.
    if let (Some(bytes), Some(text)) = (bytes.last_chunk(), text.last_chunk_mut()) {
        write_sixteen(bytes, text);
    } else {
        let mut padded = [0; 16];
        padded.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        text.iter_mut().zip(of_hash(&padded)).for_each(|(to, from)| *to = from);
    }
    text.len()
}

/// Reads as many bytes as `bytes` has from lower-case digits; `None` where there are more or
/// fewer of them, or others.
#[must_use]
pub fn read(digits: &[u8], bytes: &mut [u8]) -> Option<()> {
    read_cases::<false>(digits, bytes)
}

/// As [`read`], of digits in either case, as files of accounts have them.
#[must_use]
pub fn read_either_case(digits: &[u8], bytes: &mut [u8]) -> Option<()> {
    read_cases::<true>(digits, bytes)
}

fn read_cases<const EITHER: bool>(digits: &[u8], bytes: &mut [u8]) -> Option<()> {
    if digits.len() != 2 * bytes.len() {
        return None;
    }
    let mut all = true;
    for (digits, bytes) in digits.chunks(32).zip(bytes.chunks_mut(16)) {
        if let (Ok(digits), Ok(bytes)) = (digits.try_into(), <&mut [u8; 16]>::try_from(&mut *bytes))
        {
            let good;
            (*bytes, good) = read_sixteen::<EITHER>(digits);
            all &= good;
            continue;
        }
        let mut padded = [b'0'; 32];
        padded.iter_mut().zip(digits).for_each(|(to, from)| *to = *from);
        let (read, good) = read_sixteen::<EITHER>(&padded);
        bytes.iter_mut().zip(read).for_each(|(to, from)| *to = from);
        all &= good;
    }
    all.then_some(())
}

/// The bytes that 32 digits stand for, and whether they all are digits; in a form that compilers
/// compute all at once.
#[inline]
fn read_sixteen<const EITHER: bool>(digits: &[u8; 32]) -> ([u8; 16], bool) {
    // The bit that lower-case letters have set.
    let case = if EITHER { 0x20 } else { 0 };
    let mut values = [0; 32];
    let mut bad = 0;
    for (value, digit) in values.iter_mut().zip(digits) {
        let (number, letter) = (digit.wrapping_sub(b'0'), (digit | case).wrapping_sub(b'a'));
        *value = if number < 10 { number } else { letter.wrapping_add(10) };
        bad |= u8::from(number > 9) & u8::from(letter > 5);
    }
    let mut bytes = [0; 16];
    for (byte, [high, low]) in bytes.iter_mut().zip(values.as_chunks::<2>().0) {
        *byte = high << 4 | low;
    }
    (bytes, bad == 0)
}

/// The number of eight hexadecimal digits in either case; `None` where one is none. All at once, since
/// it cannot be foreseen which of a count's are letters.
#[must_use]
pub fn read_number(digits: [u8; 8]) -> Option<u32> {
    const EACH: u64 = u64::from_le_bytes([1; 8]);
    let digits = u64::from_be_bytes(digits);
    let letters = (digits >> 6) & EACH;
    let values = (digits & (EACH * 0x0F)) + letters * 9;
    // A byte that is no digit has no value below sixteen, or is not the one that is written so.
    let above_nine = ((values + EACH * 6) >> 4) & EACH;
    let written = values + EACH * u64::from(b'0') + above_nine * u64::from(b'a' - b'9' - 1);
    if values & (EACH * 0xF0) != 0 || written != (digits | (letters << 5)) {
        return None;
    }
    // Two digits to a byte, then four to two of them, then all.
    let values = (values | (values >> 4)) & 0x00FF_00FF_00FF_00FF;
    let values = (values | (values >> 8)) & 0x0000_FFFF_0000_FFFF;
    u32::try_from((values | (values >> 16)) & 0xFFFF_FFFF).ok()
}

/// The bytes of hex digits, for the vectors of tests.
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
    fn every_byte_is_written_as_the_formatter_writes_it() {
        for byte in 0..=255_u8 {
            let mut text = [0; 2];
            assert_eq!(write(&[byte], &mut text), 2);
            assert_eq!(text.as_slice(), format!("{byte:02x}").as_bytes());
        }
    }

    #[test]
    fn bytes_of_every_number_are_written_in_order() {
        let bytes: [u8; 70] = std::array::from_fn(|index| u8::try_from(index * 3).unwrap());
        let all = bytes.map(|byte| format!("{byte:02x}")).concat();
        for count in 0..bytes.len() {
            let mut text = [b'-'; 142];
            assert_eq!(write(&bytes[..count], &mut text), 2 * count);
            assert_eq!(text[..2 * count], all.as_bytes()[..2 * count]);
            assert!(text[2 * count..].iter().all(|byte| *byte == b'-'));
        }
    }

    #[test]
    fn lower_case_digits_alone_are_read() {
        let mut bytes = [0; 2];
        assert_eq!(read(b"0af9", &mut bytes), Some(()));
        assert_eq!(bytes, [0x0A, 0xF9]);
        for digits in [&b"0AF9"[..], b"0af", b"0af90", b"0af9aa", b"0ag9", b"", b"0a 9"] {
            assert_eq!(read(digits, &mut [0; 2]), None, "{digits:?}");
        }
    }

    #[test]
    fn every_byte_is_a_digit_or_refused_wherever_it_stands() {
        for place in [0, 1, 31, 32, 69] {
            for byte in 0..=u8::MAX {
                let mut digits = [b'7'; 70];
                digits[place] = byte;
                let mut bytes = [0; 35];
                let value = char::from(byte).to_digit(16);
                let either = read_either_case(&digits, &mut bytes);
                assert_eq!(either.is_some(), value.is_some(), "{byte:02x} at {place}");
                if value.is_some() {
                    let mut written = [0; 70];
                    write(&bytes, &mut written);
                    assert!(written.eq_ignore_ascii_case(&digits));
                }
                let read = read(&digits, &mut bytes);
                let value = value.filter(|_| !byte.is_ascii_uppercase());
                assert_eq!(read.is_some(), value.is_some(), "{byte:02x} at {place}");
                if value.is_some() {
                    let mut written = [0; 70];
                    write(&bytes, &mut written);
                    assert_eq!(written, digits);
                }
            }
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

    #[test]
    fn r20_every_byte_is_a_digit_of_a_count_or_none() {
        for byte in 0..=u8::MAX {
            for place in 0..8 {
                let mut digits = *b"0a9F10cE";
                digits[place] = byte;
                let text = std::str::from_utf8(&digits).ok();
                let text = text.filter(|text| text.bytes().all(|digit| digit.is_ascii_hexdigit()));
                let expected = text.map(|text| u32::from_str_radix(text, 16).unwrap());
                assert_eq!(read_number(digits), expected, "{byte} {place}");
            }
        }
    }
}

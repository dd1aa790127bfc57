//! Base64, as tokens and messages travel.

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Reads base64 up to the first byte that is not of it.
pub(crate) fn decode(base64: &str) -> Vec<u8> {
    let values = base64.bytes().map_while(|c| (0..).zip(DIGITS).find(|(_, digit)| **digit == c));
    let (mut group, mut bits, mut bytes) = (0_u32, 0, Vec::new());
    for (value, _) in values {
        group = (group << 6 | value) & 0xFFFF;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.extend((group >> bits).to_be_bytes().last());
        }
    }
    bytes
}

/// Writes base64; "-" for nothing, as the line protocol has it.
pub(crate) fn encode(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "-".to_owned();
    }
    let digit = |value: u32| char::from(DIGITS[(value & 63) as usize]);
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = (0..3).fold(0, |group: u32, place| {
            group << 8 | chunk.get(place).map_or(0, |byte| u32::from(*byte))
        });
        text.extend([digit(group >> 18), digit(group >> 12)]);
        text.push(if chunk.len() > 1 { digit(group >> 6) } else { '=' });
        text.push(if chunk.len() > 2 { digit(group) } else { '=' });
    }
    text
}

#[test]
fn bytes_are_read() {
    for (bytes, base64) in
        [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
    {
        assert_eq!(decode(base64), bytes.as_bytes());
        assert_eq!(encode(bytes.as_bytes()).trim_start_matches('-'), base64);
    }
}

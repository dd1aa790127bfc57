//! Base64, as tokens and messages travel.

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Reads base64 up to the first octet that is not of it.
pub(crate) fn decode(base64: &str) -> Vec<u8> {
    let values = base64.bytes().map_while(|c| (0..).zip(DIGITS).find(|(_, digit)| **digit == c));
    let (mut group, mut bits, mut octets) = (0_u32, 0, Vec::new());
    for (value, _) in values {
        group = (group << 6 | value) & 0xFFFF;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            octets.extend((group >> bits).to_be_bytes().last());
        }
    }
    octets
}

/// Writes base64.
pub(crate) fn encode(octets: &[u8]) -> String {
    let mut base64 = String::new();
    for three in octets.chunks(3) {
        let group = (0..3).fold(0, |group, at| {
            group << 8 | usize::from(three.get(at).copied().unwrap_or_default())
        });
        for at in 0..4 {
            let digit = DIGITS[group >> (18 - 6 * at) & 63];
            base64.push(if at > three.len() { '=' } else { char::from(digit) });
        }
    }
    base64
}

#[test]
fn there_and_back() {
    for (octets, base64) in
        [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
    {
        assert_eq!(encode(octets.as_bytes()), base64);
        assert_eq!(decode(base64), octets.as_bytes());
    }
}

//! Base64, as tokens and messages travel.

use data_encoding::BASE64;

/// Reads base64 up to the first byte that is not of it.
pub(crate) fn decode(base64: &str) -> Vec<u8> {
    let of_it = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
    let length = base64.bytes().take_while(of_it).count();
    // What is cut off in between is no token that anybody takes, as nothing is none.
    BASE64.decode(&base64.as_bytes()[..length]).unwrap_or_default()
}

/// Writes base64; "-" for nothing, as the line protocol has it.
pub(crate) fn encode(bytes: &[u8]) -> String {
    if bytes.is_empty() { "-".to_owned() } else { BASE64.encode(bytes) }
}

#[test]
fn nothing_is_a_word_of_its_own() {
    for (bytes, base64) in [("", "-"), ("f", "Zg=="), ("foob", "Zm9vYg==")] {
        assert_eq!(decode(base64), bytes.as_bytes());
        assert_eq!(encode(bytes.as_bytes()), base64);
    }
    assert_eq!(decode("Zg==\r\n"), b"f");
}

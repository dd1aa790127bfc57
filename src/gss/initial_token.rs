//! The frame around a mechanism's first token (RFC 2743 §3.1), by which tokens are told apart.

/// 1.2.840.113554.1.2.2, and 1.2.840.48018.1.2.2 as an early Windows wrote it.
const KERBEROS: [&[u8]; 2] = [
    b"\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02",
    b"\x06\x09\x2a\x86\x48\x82\xf7\x12\x01\x02\x02",
];
/// 1.3.6.1.5.5.2.
const SPNEGO: &[u8] = b"\x06\x06\x2b\x06\x01\x05\x05\x02";

/// Whether this is a first token of Kerberos (RFC 4121 §4.1).
pub(crate) fn is_kerberos(token: &[u8]) -> bool {
    begins_with(token, &KERBEROS)
}

/// Whether this is a first token of SPNEGO (RFC 4178 §4.2).
pub(crate) fn is_spnego(token: &[u8]) -> bool {
    begins_with(token, &[SPNEGO])
}

/// Whether a token has the frame with one of `identifiers`: 0x60, a DER length, the identifier.
fn begins_with(token: &[u8], identifiers: &[&[u8]]) -> bool {
    let Some((&0x60, rest)) = token.split_first() else { return false };
    let Some((&length, rest)) = rest.split_first() else { return false };
    let more = if length & 0x80 == 0 { 0 } else { usize::from(length & 0x7F) };
    let body = rest.get(more..).filter(|_| more <= 4).unwrap_or_default();
    identifiers.iter().any(|identifier| body.starts_with(identifier))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_told_apart_by_their_identifier() {
        let frame = |length: &[u8], body: &[u8]| [b"\x60", length, body].concat();
        let rows = [
            (frame(b"\x10", KERBEROS[0]), true, false),
            (frame(b"\x82\x01\x00", KERBEROS[0]), true, false),
            (frame(b"\x82\x01\x00", KERBEROS[1]), true, false),
            (frame(b"\x81\x80", SPNEGO), false, true),
            (frame(b"\x84\0\0\x01\0", SPNEGO), false, true),
            (frame(b"\x85\0\0\0\x01\0", SPNEGO), false, false),
            (frame(b"\x82\x01", b""), false, false),
            (frame(b"", b""), false, false),
            (b"realm=\"x\"".to_vec(), false, false),
            (Vec::new(), false, false),
        ];
        for (token, kerberos, negotiate) in rows {
            assert_eq!(is_kerberos(&token), kerberos, "{token:02x?}");
            assert_eq!(is_spnego(&token), negotiate, "{token:02x?}");
        }
    }
}

//! The kinds of text in a message, and how far each reaches.

use crate::kernels::scan;

/// Bytes of a directive's name: those of a token (RFC 2831 §7.1).
pub(super) const NAME: u8 = 1;
/// Bytes that stand for themselves between quotes.
pub(super) const QUOTED: u8 = 2;
/// Bytes of a bare value, blanks included.
pub(super) const BARE: u8 = 4;

/// For each byte, the kinds of text it may be part of.
static KINDS: [u8; 256] = kinds();

/// How many bytes at the start are of this kind.
#[inline]
pub(super) fn span(bytes: &[u8], kind: u8) -> usize {
    let other = bytes.iter().position(|byte| KINDS[usize::from(*byte)] & kind == 0);
    let length = other.unwrap_or(bytes.len());
    scan::look_at(length);
    length
}

/// As [`span`] for QUOTED and BARE, whose text is longer: sixteen bytes at a time as long as none
/// is a control character or one of these `stops`, among which are all others not of this kind.
#[inline]
pub(super) fn long_span<const N: usize>(bytes: &[u8], kind: u8, stops: [u8; N]) -> usize {
    let mut clear = 0;
    for sixteen in bytes.as_chunks::<16>().0 {
        let marks = scan::marks(sixteen, stops);
        if marks != 0 {
            clear += marks.trailing_zeros() as usize;
            break;
        }
        clear += 16;
    }
    match bytes.get(clear) {
        Some(byte) if stops.contains(byte) => clear,
        _ => clear + span(bytes.get(clear..).unwrap_or_default(), kind),
    }
}

const fn kinds() -> [u8; 256] {
    let mut kinds = [0; 256];
    let mut byte = u8::MAX;
    loop {
        kinds[byte as usize] = kind_of(byte);
        if byte == 0 {
            return kinds;
        }
        byte -= 1;
    }
}

const fn kind_of(byte: u8) -> u8 {
    const SEPARATORS: &[u8] = b"\t ()<>@;:/[]?={}";
    let mut left = SEPARATORS;
    while let [separator, rest @ ..] = left {
        if byte == *separator {
            return QUOTED | BARE;
        }
        left = rest;
    }
    match byte {
        b'"' | 0..b' ' | 0x7F => 0,
        b'\\' => BARE,
        b',' => QUOTED,
        0x80.. => QUOTED | BARE,
        _ => NAME | QUOTED | BARE,
    }
}

//! The forms in which databases and directories keep an account's secret.

use zeroize::Zeroize;

use super::{Algorithm, Stored, Unavailable};
use crate::hex;
use crate::secret::Secret;
use crate::system::heap;

/// What a column or an attribute holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// `H(user:realm:password)`: hexadecimal digits of either case, with `{DIGEST-MD5}` before them or
    /// blanks behind them; or the bytes themselves, where the value is one of bytes.
    Hash,
    /// The password, with `{PLAIN}` or `{CLEARTEXT}` before it or nothing.
    Password,
    /// The realm, a colon, and digits as above: values of other realms are passed over.
    RealmHash,
}

/// A value as it was stored.
#[derive(Clone, Copy)]
pub struct Value<'a> {
    /// Its bytes; text is UTF-8.
    pub bytes: &'a [u8],
    /// Whether it is one of bytes, which may be a hash itself, rather than text.
    pub binary: bool,
}

/// What a value says of an account.
pub enum Meaning {
    /// Its secret.
    Secret(Stored),
    /// Nothing: the value is empty.
    Nothing,
    /// Nothing of this realm or algorithm, but of another one.
    Foreign,
    /// That whoever wrote it meant another form.
    Malformed(&'static str),
}

/// Bytes of a hash.
#[must_use]
pub const fn length_of(algorithm: Algorithm) -> usize {
    match algorithm {
        Algorithm::Md5 => 16,
        Algorithm::Sha256 | Algorithm::Sha512_256 => 32,
    }
}

impl Form {
    /// Reads a value for an account of `realm`.
    ///
    /// # Errors
    /// For want of memory.
    pub fn read(
        self,
        value: Value<'_>,
        realm: &[u8],
        algorithm: Algorithm,
    ) -> Result<Meaning, Unavailable> {
        if value.bytes.is_empty() {
            return Ok(Meaning::Nothing);
        }
        match self {
            Self::Password => password(value.bytes),
            Self::Hash => Ok(hash(value, algorithm)),
            Self::RealmHash => {
                let Some(colon) = value.bytes.iter().rposition(|byte| *byte == b':') else {
                    return Ok(Meaning::Malformed("the value is not realm:hash"));
                };
                let (its_realm, rest) = value.bytes.split_at(colon);
                if its_realm != realm {
                    return Ok(Meaning::Foreign);
                }
                let digits = rest.get(1..).unwrap_or_default();
                Ok(hash(Value { bytes: digits, binary: false }, algorithm))
            }
        }
    }
}

fn hash(value: Value<'_>, algorithm: Algorithm) -> Meaning {
    let length = length_of(algorithm);
    let mut hash = Secret::new([0; 32]);
    if value.binary && value.bytes.len() == length {
        hash.expose_mut().iter_mut().zip(value.bytes).for_each(|(to, from)| *to = *from);
        return Meaning::Secret(Stored::Hash(hash));
    }
    let digits = without_scheme(value.bytes, b"DIGEST-MD5").unwrap_or(value.bytes).trim_ascii_end();
    let space = hash.expose_mut().get_mut(..digits.len() / 2).unwrap_or_default();
    if ![16, 32].contains(&space.len()) || hex::read_either_case(digits, space).is_none() {
        return Meaning::Malformed("the value is neither a hash's digits nor its bytes");
    }
    if space.len() != length {
        return Meaning::Foreign;
    }
    Meaning::Secret(Stored::Hash(hash))
}

fn password(bytes: &[u8]) -> Result<Meaning, Unavailable> {
    let plain = without_scheme(bytes, b"PLAIN").or_else(|| without_scheme(bytes, b"CLEARTEXT"));
    // A hash must not become a password.
    if plain.is_none() && has_scheme(bytes) {
        let reason = "the value's {SCHEME} is neither {PLAIN} nor {CLEARTEXT}";
        return Ok(Meaning::Malformed(reason));
    }
    Ok(Meaning::Secret(Stored::Password(Secret::new(to_text(plain.unwrap_or(bytes))?))))
}

/// What stands behind `{name}`, in any case.
fn without_scheme<'a>(bytes: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (scheme, rest) = bytes.strip_prefix(b"{")?.split_at_checked(name.len())?;
    if scheme.eq_ignore_ascii_case(name) { rest.strip_prefix(b"}") } else { None }
}

/// Whether it begins as RFC 2307's values do.
fn has_scheme(bytes: &[u8]) -> bool {
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.+/".contains(byte);
    bytes.strip_prefix(b"{").is_some_and(|rest| {
        let name = rest.iter().take_while(|byte| is_of_name(byte)).count();
        name > 0 && rest.get(name) == Some(&b'}')
    })
}

/// UTF-8, else read as ISO 8859-1, as for `pGetKeyFn`.
///
/// # Errors
/// For want of memory.
pub fn to_text(bytes: &[u8]) -> Result<String, Unavailable> {
    let no_memory = |_| Unavailable::no_memory();
    match String::from_utf8(heap::copied(bytes).map_err(no_memory)?) {
        Ok(text) => Ok(text),
        Err(error) => {
            let mut text = heap::list(2 * bytes.len()).map_err(no_memory)?;
            for byte in bytes {
                let mut space = [0; 2];
                text.extend_from_slice(char::from(*byte).encode_utf8(&mut space).as_bytes());
            }
            error.into_bytes().zeroize();
            Ok(String::from_utf8(text).unwrap_or_default())
        }
    }
}

/// Whether two secrets are the same.
#[must_use]
pub fn are_same(one: &Stored, other: &Stored) -> bool {
    match (one, other) {
        (Stored::Hash(one), Stored::Hash(other)) => one.expose() == other.expose(),
        (Stored::Password(one), Stored::Password(other)) => one.expose() == other.expose(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MD5: &str = "543e1aec5d3614f03141652d6ada51b2";

    fn said(form: Form, value: &[u8], binary: bool, algorithm: Algorithm) -> String {
        match form.read(Value { bytes: value, binary }, b"r:s", algorithm).unwrap() {
            Meaning::Secret(Stored::Hash(hash)) => {
                let hash = &hash.expose()[..length_of(algorithm)];
                hash.iter().fold(String::new(), |digits, byte| format!("{digits}{byte:02x}"))
            }
            Meaning::Secret(Stored::Password(password)) => password.expose().clone(),
            Meaning::Nothing => "nothing".to_owned(),
            Meaning::Foreign => "foreign".to_owned(),
            Meaning::Malformed(_) => "malformed".to_owned(),
        }
    }

    #[test]
    fn hashes() {
        let long = MD5.repeat(2);
        let raw = [&[0, 0xFF][..], &[7; 14]].concat();
        let md5 = Algorithm::Md5;
        for (value, binary, algorithm, expected) in [
            (MD5.as_bytes(), false, md5, MD5),
            (MD5.to_uppercase().as_bytes(), false, md5, MD5),
            (format!("{{digest-MD5}}{MD5}").as_bytes(), false, md5, MD5),
            (format!("{MD5}        ").as_bytes(), false, md5, MD5),
            (MD5.as_bytes(), true, md5, MD5),
            (&raw, true, md5, "00ff0707070707070707070707070707"),
            (&raw, false, md5, "malformed"),
            (b"", false, md5, "nothing"),
            (b"", true, md5, "nothing"),
            (&MD5.as_bytes()[1..], false, md5, "malformed"),
            (b"secret", false, md5, "malformed"),
            (format!("{{SSHA}}{MD5}").as_bytes(), false, md5, "malformed"),
            (format!("{}g", &MD5[1..]).as_bytes(), false, md5, "malformed"),
            (format!(" {MD5}").as_bytes(), false, md5, "malformed"),
            (long.as_bytes(), false, md5, "foreign"),
            (long.as_bytes(), false, Algorithm::Sha256, &long),
            (MD5.as_bytes(), false, Algorithm::Sha256, "foreign"),
            (&[9; 32], true, Algorithm::Sha256, &"09".repeat(32)),
        ] {
            assert_eq!(said(Form::Hash, value, binary, algorithm), expected, "{value:?}");
        }
    }

    #[test]
    fn passwords() {
        for (value, expected) in [
            (&b"secret"[..], "secret"),
            ("p\u{20ac}ss".as_bytes(), "p\u{20ac}ss"),
            (b"p\xE4ss", "p\u{e4}ss"),
            (b"{PLAIN}secret", "secret"),
            (b"{Cleartext}{SSHA}x", "{SSHA}x"),
            (b" padded ", " padded "),
            (b"{", "{"),
            (b"{}x", "{}x"),
            (b"{not a name}", "{not a name}"),
            (b"{PLAIN", "{PLAIN"),
            (b"{SSHA}abc", "malformed"),
            (b"{SHA512-CRYPT}$6$", "malformed"),
            (b"{PLAIN.b64}c2VjcmV0", "malformed"),
            (b"", "nothing"),
        ] {
            assert_eq!(said(Form::Password, value, false, Algorithm::Sha512_256), expected);
        }
    }

    #[test]
    fn hashes_with_their_realm() {
        for (value, expected) in [
            (format!("r:s:{MD5}"), MD5),
            (format!("r:{MD5}"), "foreign"),
            (format!("R:S:{MD5}"), "foreign"),
            (MD5.to_owned(), "malformed"),
            ("r:s:secret".to_owned(), "malformed"),
            ("other:secret".to_owned(), "foreign"),
        ] {
            assert_eq!(said(Form::RealmHash, value.as_bytes(), true, Algorithm::Md5), expected);
        }
    }
}

//! Whom the servers know: names and secrets in each form, and in wrong ones.

use std::fmt::Write as _;

use data_encoding::{BASE64, HEXLOWER};
use md5::{Digest, Md5};
use secur32::accounts::{Account, Algorithm, Source, Stored};
use sha2::Sha256;

pub(crate) const REALM: &str = "example.org";

/// Keys of the password `secret`, which Python's hashlib made.
pub(crate) const SHA1: &str = "SCRAM-SHA-1$4096:AAECAwQFBgcICQoLDA0ODw==$Y70Wjxts9xDvZXVZpf765VU+gt4=:\
    6tMKK7QnVeI0U1t+EDZXP1e5Qys=";
pub(crate) const SHA256: &str = "SCRAM-SHA-256$4096:AAECAwQFBgcICQoLDA0ODw==$\
    THoPhoTAuqyoQsK4dUHncUzgfD8fdmhsgKZhWVqNP5U=:7YiHMMi2OcXGRogub03Ek06JRZ9bkhTOdCzHa5iPLiQ=";

/// Names that have an account each, whose password is `secret of NAME`.
pub(crate) const NAMES: &[&str] = &[
    "alice",
    "Bob",
    "zo\u{eb}",
    "\u{65e5}\u{672c}",
    "o'hara",
    "50%",
    "under_score",
    "st*r",
    "(paren)",
    "back\\slash",
    "qu\"ote",
    "semi;colon--",
    "a b",
    "\u{1f600}",
];

pub(crate) fn password(name: &str) -> String {
    format!("secret of {name}")
}

pub(crate) fn md5(name: &str) -> Vec<u8> {
    Md5::digest(format!("{name}:{REALM}:{}", password(name))).to_vec()
}

pub(crate) fn sha256(name: &str) -> Vec<u8> {
    Sha256::digest(format!("{name}:{REALM}:{}", password(name))).to_vec()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

/// Values that stand for themselves: a name, and what both text columns hold.
pub(crate) fn oddities() -> Vec<(&'static str, Option<String>)> {
    vec![
        ("upper", Some(hex(&md5("upper")).to_uppercase())),
        ("dovecot", Some(format!("{{DIGEST-MD5}}{}", hex(&md5("dovecot"))))),
        ("blanks", Some(format!("{}     ", hex(&md5("blanks"))))),
        ("empty", Some(String::new())),
        ("null", None),
        ("short", Some(hex(&md5("short"))[1..].to_owned())),
        ("text", Some("a password".to_owned())),
        ("ssha", Some("{SSHA}c2VjcmV0".to_owned())),
        ("plain", Some("{PLAIN}secret of plain".to_owned())),
        ("clear", Some("{CLEARTEXT}{SSHA}".to_owned())),
        ("long", Some("x".repeat(5000))),
    ]
}

fn quoted(text: &str, escapes_backslashes: bool) -> String {
    let text = text.replace('\'', "''");
    format!("'{}'", if escapes_backslashes { text.replace('\\', "\\\\") } else { text })
}

/// The table, where a column of bytes has this type and a value of it is written between these.
pub(crate) fn sql(bytes: &str, before: &str, after: &str) -> String {
    let escapes = bytes.starts_with("VARBINARY");
    let mut text = format!(
        "CREATE TABLE accounts (username VARCHAR(100), realm VARCHAR(100), ha1 VARCHAR(6000), \
         sha256 VARCHAR(100), raw {bytes}, pw VARCHAR(6000), padded CHAR(40));\n"
    );
    for name in NAMES {
        let (md5, sha256) = (hex(&md5(name)), hex(&sha256(name)));
        writeln!(
            text,
            "INSERT INTO accounts VALUES ({}, '{REALM}', '{md5}', '{sha256}', {before}{md5}{after}, {}, \
             '{md5}');",
            quoted(name, escapes),
            quoted(&password(name), escapes)
        )
        .expect("text");
    }
    for (name, value) in oddities() {
        let value = value.map_or("NULL".to_owned(), |value| quoted(&value, escapes));
        writeln!(
            text,
            "INSERT INTO accounts VALUES ('{name}', '{REALM}', {value}, NULL, NULL, {value}, NULL);"
        )
        .expect("text");
    }
    text += "INSERT INTO accounts (username, realm, ha1, pw) VALUES ('twice', 'example.org', 'a', 'a');\n";
    text += "INSERT INTO accounts (username, realm, ha1, pw) VALUES ('twice', 'example.org', 'b', 'b');\n";
    text
}

fn entry(text: &mut String, name: &str, attributes: &[(&str, Vec<u8>)]) {
    writeln!(
        text,
        "dn:: {}",
        BASE64.encode(format!("cn={},dc=example", hex(name.as_bytes())).as_bytes())
    )
    .expect("text");
    text.push_str("changetype: add\nobjectClass: inetOrgPerson\nobjectClass: digestUser\nsn: x\n");
    writeln!(text, "cn: {}\nuid:: {}", hex(name.as_bytes()), BASE64.encode(name.as_bytes()))
        .expect("text");
    for (attribute, value) in attributes {
        writeln!(text, "{attribute}:: {}", BASE64.encode(value)).expect("text");
    }
    text.push('\n');
}

/// The same in a directory.
pub(crate) fn ldif() -> String {
    let mut text = "dn: dc=example\nchangetype: add\nobjectClass: dcObject\n\
                    objectClass: organization\no: x\ndc: example\n\n\
                    dn: uid=proxy,dc=example\nchangetype: add\nobjectClass: account\n\
                    objectClass: simpleSecurityObject\nuid: proxy\nuserPassword: of the proxy\n\n"
        .to_owned();
    for name in NAMES {
        let with_realm = |hash: &[u8]| format!("{REALM}:{}", hex(hash)).into_bytes();
        let attributes = [
            ("digestHA1", with_realm(&md5(name))),
            ("digestHA1", with_realm(&sha256(name))),
            ("digestHA1", format!("elsewhere:{}", hex(&[7; 16])).into_bytes()),
            ("userPassword", password(name).into_bytes()),
            ("carLicense", hex(&md5(name)).into_bytes()),
        ];
        entry(&mut text, name, &attributes);
    }
    entry(&mut text, "raw", &[("userPassword", md5("raw"))]);
    entry(&mut text, "none", &[]);
    entry(
        &mut text,
        "elsewhere",
        &[("digestHA1", format!("other:{}", hex(&[7; 16])).into_bytes())],
    );
    entry(&mut text, "malformed", &[("digestHA1", b"no colon".to_vec())]);
    entry(&mut text, "ssha", &[("userPassword", b"{SSHA}c2VjcmV0".to_vec())]);
    let both =
        [("userPassword", b"{SSHA}c2VjcmV0".to_vec()), ("userPassword", password("both").into())];
    entry(&mut text, "both", &both);
    entry(
        &mut text,
        "two",
        &[("userPassword", b"one".to_vec()), ("userPassword", b"other".to_vec())],
    );
    // The second has the name of the first as another value.
    entry(&mut text, "twice", &[("userPassword", b"one".to_vec())]);
    let values = ["{SSHA}abc", SHA1, SHA256].map(|value| ("userPassword", value.into()));
    entry(&mut text, "scram", &values);
    let wrong = SHA256.replace("4096", "0");
    entry(&mut text, "wrong scram", &[("userPassword", wrong.into())]);
    entry(&mut text, "once", &[("uid", b"twice".to_vec()), ("userPassword", b"other".to_vec())]);
    text
}

/// What a source says of a name of the realm: a hash's digits, a password, `nobody`, or why it cannot
/// tell.
pub(crate) fn ask(
    source: &dyn Source,
    name: &[u8],
    algorithm: Algorithm,
) -> Result<String, String> {
    ask_in(source, name, REALM.as_bytes(), algorithm)
}

pub(crate) fn ask_in(
    source: &dyn Source,
    name: &[u8],
    realm: &[u8],
    algorithm: Algorithm,
) -> Result<String, String> {
    match source.find(&Account { user: name, realm }, algorithm) {
        Err(unavailable) => Err(unavailable.0),
        Ok(None) => Ok("nobody".to_owned()),
        Ok(Some(Stored::Password(password))) => Ok(password.expose().clone()),
        Ok(Some(Stored::Hash(hash))) => {
            let length = if algorithm == Algorithm::Md5 { 16 } else { 32 };
            Ok(hex(&hash.expose()[..length]))
        }
    }
}

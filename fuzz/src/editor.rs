//! The editor on the wire: takes a message on its way and passes on another, as the fuzzer chooses.

use crate::input::Input;

/// No message grows beyond this.
const LONGEST: usize = 80_000;

/// What directives are made of.
pub const NAMES: &[&str] = &[
    "username",
    "realm",
    "nonce",
    "cnonce",
    "nc",
    "qop",
    "digest-uri",
    "response",
    "maxbuf",
    "charset",
    "authzid",
    "cipher",
    "uri",
    "algorithm",
    "opaque",
    "stale",
    "rspauth",
    "domain",
    "userhash",
    "username*",
    "nextnonce",
    "hashed-dirs",
    "service-name",
    "channel-binding",
    "x",
];
/// What some of them may say.
pub const VALUES: &[&str] = &[
    "",
    "alice",
    "bob",
    "josé",
    "jos\u{FFFD}",
    "DOM\\\\carol",
    "DOM\\carol",
    "example.org",
    "other.org",
    "auth",
    "auth-int",
    "auth-conf",
    "auth,auth-int,auth-conf",
    "3des",
    "des",
    "rc4",
    "rc4-40",
    "rc4-56",
    "00000001",
    "00000002",
    "ffffffff",
    "utf-8",
    "UTF-8",
    "md5-sess",
    "MD5",
    "MD5-sess",
    "SHA-256",
    "SHA-256-sess",
    "SHA-512-256",
    "SHA-512-256-sess",
    "true",
    "false",
    "17",
    "65536",
    "16777215",
    "16777216",
    "4294967296",
    "imap/mail.example.org",
    "/",
    "00000000000000000000000000000000",
    "UTF-8''jos%C3%A9",
    "service-name,channel-binding",
];

/// What messages are made of: names, what some of them may say, and what stands around a value.
pub struct Words {
    pub names: &'static [&'static str],
    pub values: &'static [&'static str],
    pub quote: &'static str,
}

/// The directives of Digest.
pub static DIGEST: Words = Words { names: NAMES, values: VALUES, quote: "\"" };

/// The wire between two ends, which remembers what went over it.
pub struct Wire {
    words: &'static Words,
    earlier: Vec<Vec<u8>>,
    /// Whether a message arrived other than it was sent.
    pub touched: bool,
}

impl Default for Wire {
    fn default() -> Self {
        Self::of(&DIGEST)
    }
}

impl Wire {
    pub fn of(words: &'static Words) -> Self {
        Self { words, earlier: vec![], touched: false }
    }

    /// What arrives of `message`.
    pub fn pass(&mut self, input: &mut Input<'_>, message: &[u8]) -> Vec<u8> {
        let mut arrives = message.to_vec();
        for _ in 0..input.below(4) {
            self.edit(input, &mut arrives);
            arrives.truncate(LONGEST);
        }
        self.touched |= arrives != message;
        self.earlier.push(message.to_vec());
        arrives
    }

    fn edit(&mut self, input: &mut Input<'_>, message: &mut Vec<u8>) {
        let at = input.below(message.len() + 1);
        let span = at..(at + input.below(33)).min(message.len());
        match input.below(16) {
            0 => drop(message.drain(span)),
            1 => drop(message.splice(span, input.short().iter().copied())),
            2 => drop(message.splice(at..at, input.short().iter().copied())),
            3 => message.extend_from_slice(input.short()),
            4 => {
                let mask = input.byte();
                message[span].iter_mut().for_each(|byte| *byte ^= mask);
            }
            5 => {
                let copy = message[span].to_vec();
                message.splice(at..at, copy);
            }
            6 => {
                if !self.earlier.is_empty() {
                    message.clone_from(input.one_of(&self.earlier));
                }
            }
            7 => message.truncate(at),
            8 => {
                // A run of one byte, which may be long.
                let length = usize::from(input.byte()) * usize::from(input.byte());
                message.splice(at..at, std::iter::repeat_n(input.byte(), length));
            }
            choice => edit_directives(input, message, choice, self.words),
        }
    }
}

/// The directives of a message, cut at its commas outside of quotes.
fn cut(message: &[u8], words: &Words) -> Vec<Vec<u8>> {
    let mut parts = vec![vec![]];
    let (mut quoted, mut escaped) = (false, false);
    for byte in message {
        if *byte == b',' && !quoted {
            parts.push(vec![]);
            continue;
        }
        if words.quote.as_bytes() == [*byte] && !escaped {
            quoted = !quoted;
        }
        escaped = quoted && *byte == b'\\' && !escaped;
        parts.last_mut().unwrap().push(*byte);
    }
    parts
}

fn edit_directives(
    input: &mut Input<'_>,
    message: &mut Vec<u8>,
    choice: usize,
    words: &'static Words,
) {
    let quote = words.quote.as_bytes();
    let mut parts = cut(message, words);
    let count = parts.len();
    let place = input.below(count);
    let value = |input: &mut Input<'_>| -> Vec<u8> {
        if input.flag() {
            input.short().to_vec()
        } else {
            input.one_of(words.values).as_bytes().to_vec()
        }
    };
    match choice {
        9 => drop(parts.remove(place)),
        10 => parts.push(parts[place].clone()),
        11 => {
            let other = input.below(count);
            parts.swap(place, other);
        }
        12 => {
            let name = parts[place].split(|byte| *byte == b'=').next().unwrap_or_default().to_vec();
            let new = value(input);
            parts[place] = [&name, &b"="[..], quote, &new, quote].concat();
        }
        13 => {
            let new =
                [input.one_of(words.names).as_bytes(), b"=", quote, &value(input), quote].concat();
            parts.insert(place, new);
        }
        14 => {
            let part = &mut parts[place];
            if input.flag() {
                part.retain(|byte| *byte != b'"');
            } else {
                part.make_ascii_uppercase();
            }
        }
        _ => {
            // The value of one directive in another.
            let other = input.below(count);
            let from = parts[other].iter().position(|byte| *byte == b'=');
            let to = parts[place].iter().position(|byte| *byte == b'=');
            if let (Some(from), Some(to)) = (from, to) {
                let value = parts[other].split_off(from);
                parts[other].extend_from_slice(&value);
                parts[place].truncate(to);
                parts[place].extend_from_slice(&value);
            }
        }
    }
    *message = parts.join(&b',');
}

//! A second parser of Digest messages, written from the grammar (RFC 2831 §7, RFC 7616 §3.4) and not
//! from the library: what the library takes, this must take too, and find the same values in it.

/// A directive as this parser finds it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Directive {
    /// The name in lower case.
    pub name: Vec<u8>,
    /// The value as it stands, without its quotes.
    pub raw: Vec<u8>,
    /// The value that is meant.
    pub value: Vec<u8>,
    pub quoted: bool,
}

/// Where the parser stands.
struct Parser<'a> {
    message: &'a [u8],
    at: usize,
}

/// A character of a token.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_graphic() && !br#"()<>@,;:\"/[]?={}"#.contains(&byte)
}

fn is_blank(byte: Option<u8>) -> bool {
    matches!(byte, Some(b' ' | b'\t'))
}

impl Parser<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.message.get(self.at + ahead).copied()
    }

    /// Linear white space: blanks, and line ends with a blank after them.
    fn blanks(&mut self) {
        loop {
            if is_blank(self.peek(0)) {
                self.at += 1;
            } else if self.peek(0) == Some(b'\r')
                && self.peek(1) == Some(b'\n')
                && is_blank(self.peek(2))
            {
                self.at += 3;
            } else {
                return;
            }
        }
    }

    fn directive(&mut self) -> Option<Directive> {
        let start = self.at;
        while self.peek(0).is_some_and(is_token) {
            self.at += 1;
        }
        let name = self.message[start..self.at].to_ascii_lowercase();
        self.blanks();
        if name.is_empty() || self.peek(0) != Some(b'=') {
            return None;
        }
        self.at += 1;
        self.blanks();
        if self.peek(0) == Some(b'"') { self.quoted(name) } else { self.bare(name) }
    }

    /// A value in quotes. Lines do not fold in it: what is shown again would end a line.
    fn quoted(&mut self, name: Vec<u8>) -> Option<Directive> {
        self.at += 1;
        let (mut raw, mut value) = (vec![], vec![]);
        loop {
            let byte = self.peek(0)?;
            match byte {
                b'"' => {
                    self.at += 1;
                    return Some(Directive { name, raw, value, quoted: true });
                }
                b'\\' => {
                    let next =
                        self.peek(1).filter(|next| matches!(next, b'\t' | b' '..=b'~' | 0x80..))?;
                    raw.extend_from_slice(&[byte, next]);
                    value.push(next);
                    self.at += 2;
                }
                0x7F => return None,
                b'\t' | b' '.. => {
                    raw.push(byte);
                    value.push(byte);
                    self.at += 1;
                }
                _ => return None,
            }
        }
    }

    /// A bare value: to the next comma, which is more than a token may hold; peers need it.
    fn bare(&mut self, name: Vec<u8>) -> Option<Directive> {
        let start = self.at;
        while let Some(byte) = self.peek(0) {
            match byte {
                b',' | b'\r' => break,
                b'"' | 0x7F => return None,
                b'\t' | b' '.. => self.at += 1,
                _ => return None,
            }
        }
        let raw = self.message[start..self.at].trim_ascii_end().to_vec();
        if raw.is_empty() {
            return None;
        }
        Some(Directive { name, value: raw.clone(), raw, quoted: false })
    }
}

/// `message` without NULs at its end.
pub fn unterminated(message: &[u8]) -> &[u8] {
    let end = message.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    &message[..end]
}

/// The directives of a message, where it is one.
pub fn directives(message: &[u8]) -> Option<Vec<Directive>> {
    let mut parser = Parser { message: unterminated(message), at: 0 };
    let mut all = vec![];
    loop {
        parser.blanks();
        match parser.peek(0) {
            None => return Some(all),
            Some(b',') => parser.at += 1,
            Some(_) => {
                all.push(parser.directive()?);
                parser.blanks();
                if !matches!(parser.peek(0), None | Some(b',')) {
                    return None;
                }
            }
        }
    }
}

/// The directives of one message by name.
#[derive(Debug)]
pub struct Message(pub Vec<Directive>);

impl Message {
    /// Reads a message in which each of these names may stand once at most.
    pub fn read(message: &[u8], once: &[&str]) -> Option<Self> {
        let all = Self(directives(message)?);
        once.iter().all(|name| all.count(name) <= 1).then_some(all)
    }

    pub fn count(&self, name: &str) -> usize {
        self.0.iter().filter(|directive| directive.name == name.as_bytes()).count()
    }

    pub fn get(&self, name: &str) -> Option<&Directive> {
        self.0.iter().find(|directive| directive.name == name.as_bytes())
    }

    pub fn value(&self, name: &str) -> Option<&[u8]> {
        self.get(name).map(|directive| directive.value.as_slice())
    }

    /// The names in a list of words.
    pub fn list(&self, name: &str) -> Vec<Vec<u8>> {
        let value = self.value(name).unwrap_or_default();
        let words = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        words.filter(|word| !word.is_empty()).map(<[u8]>::to_ascii_lowercase).collect()
    }
}

const RESPONSE: &[&str] = &[
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
];

fn is_hash(digits: &[u8], length: usize) -> bool {
    digits.len() == length && digits.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// A digest-response of RFC 2831 §2.1.2, where it is one.
pub fn sasl_response(message: &[u8]) -> Option<Message> {
    let read = Message::read(message, RESPONSE)?;
    let filled = |name| read.value(name).is_some_and(|value| !value.is_empty());
    let qop = read.value("qop").unwrap_or(b"auth").to_ascii_lowercase();
    let nc = read.value("nc")?;
    let good = unterminated(message).len() < 4096
        && read.value("username").is_some()
        && filled("nonce")
        && filled("cnonce")
        && filled("digest-uri")
        && is_hash(read.value("response")?, 32)
        && nc.len() == 8
        && nc.iter().all(u8::is_ascii_hexdigit)
        && [&b"auth"[..], b"auth-int", b"auth-conf"].contains(&&*qop)
        && read.value("maxbuf").is_none_or(is_maxbuf)
        && read.value("charset").is_none_or(|value| value.eq_ignore_ascii_case(b"utf-8"))
        && read.value("authzid").is_none_or(|value| !value.is_empty())
        && (qop != b"auth-conf" || read.count("cipher") == 1);
    good.then_some(read)
}

fn is_maxbuf(value: &[u8]) -> bool {
    let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(value).unwrap_or_default().trim_start_matches('0');
    digits && text.parse::<u64>().is_ok_and(|number| (17..=16_777_215).contains(&number))
}

/// A digest-challenge of RFC 2831 §2.1.1, where it is one.
pub fn sasl_challenge(message: &[u8]) -> Option<Message> {
    let once = ["nonce", "qop", "stale", "maxbuf", "charset", "algorithm"];
    let read = Message::read(message, &once)?;
    let conf = read.list("qop").contains(&b"auth-conf".to_vec());
    let good = unterminated(message).len() < 2048
        && read.value("nonce").is_some_and(|value| !value.is_empty())
        && read.value("algorithm")?.eq_ignore_ascii_case(b"md5-sess")
        && read.value("maxbuf").is_none_or(is_maxbuf)
        && (!conf || read.count("cipher") == 1);
    good.then_some(read)
}

const HTTP: &[&str] = &[
    "username",
    "username*",
    "realm",
    "nonce",
    "uri",
    "response",
    "algorithm",
    "cnonce",
    "opaque",
    "qop",
    "nc",
    "userhash",
    "charset",
];

/// `message` without the word Digest before it.
pub fn without_scheme(message: &[u8]) -> &[u8] {
    match message.split_at_checked(7) {
        Some((word, rest)) if word.eq_ignore_ascii_case(b"digest ") => rest,
        _ => message,
    }
}

/// A digest-response of HTTP, where it is one.
pub fn http_response(message: &[u8]) -> Option<Message> {
    let read = Message::read(without_scheme(message), HTTP)?;
    let digits = read.value("response")?;
    let filled = |name| read.value(name).is_some_and(|value| !value.is_empty());
    let good = unterminated(message).len() < 65_536
        && read.value("realm").is_some()
        && filled("nonce")
        && filled("uri")
        && (read.get("username").is_some() != read.get("username*").is_some())
        && digits.iter().all(u8::is_ascii_hexdigit)
        && read.get("qop").is_some() == read.get("nc").is_some()
        && (read.get("qop").is_none() || filled("cnonce"))
        && read.value("nc").is_none_or(|nc| nc.len() == 8 && nc.iter().all(u8::is_ascii_hexdigit));
    good.then_some(read)
}

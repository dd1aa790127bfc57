//! An accounts file in htdigest's format, read twice: by the library and by lines here. A file is
//! taken or refused as a whole; who has a line is let in with its hash, and nobody else.

use crate::abi;
use crate::ends::{End, Function};
use crate::fault;
use crate::formulas::Sasl;
use crate::input::Input;
use crate::place;
use crate::strict;

const CONFIGURATION: &str = "[server]\nrealm = \"r\"\naccounts = \"fuzzed.htdigest\"\n";

/// Reads one file.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let choice = usize::from(input.byte());
    let file = input.rest();
    std::fs::write(place::directory().join("fuzzed.htdigest"), file).unwrap();
    let acquired = {
        let _environment = place::configure("accounts.toml", CONFIGURATION.as_bytes());
        place::acquire("WDigest", abi::INBOUND, std::ptr::null_mut(), None)
    };
    let lines = lines(file);
    match (acquired, lines) {
        (Ok(credential), Some(lines)) => {
            login(credential, &lines, choice);
            place::free(credential);
        }
        (Err(_), None) => {}
        (Ok(_), None) => panic!("ORACLE lines: taken with a malformed line"),
        (Err(status), Some(_)) => panic!("ORACLE lines: refused, {status:X}"),
    }
}

struct Line {
    user: Vec<u8>,
    realm: Vec<u8>,
    md5: Option<Vec<u8>>,
}

/// The lines, where all are well formed.
fn lines(file: &[u8]) -> Option<Vec<Line>> {
    let mut all = vec![];
    // Some editors begin a file with the form of U+FEFF in UTF-8.
    for line in
        file.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(file).split(|byte| *byte == b'\n')
    {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.trim_ascii().is_empty() || line.starts_with(b"#") {
            continue;
        }
        all.push(read_line(line)?);
    }
    Some(all)
}

/// `user:realm:hash`, or as lighttpd has it `user:realm:hash:hash`; a realm may hold colons.
fn read_line(line: &[u8]) -> Option<Line> {
    let mut fields: Vec<&[u8]> = line.split(|byte| *byte == b':').collect();
    let is_hash =
        |text: &[u8]| [32, 64].contains(&text.len()) && text.iter().all(u8::is_ascii_hexdigit);
    let mut hash = fields.pop().filter(|hash| is_hash(hash))?;
    if fields.len() > 2
        && fields.last().is_some_and(|last| is_hash(last) && last.len() == hash.len())
    {
        hash = fields.pop()?;
    }
    let (user, realm) =
        fields.split_first().filter(|(user, realm)| !user.is_empty() && !realm.is_empty())?;
    let md5 = (hash.len() == 32).then(|| unhex(hash));
    Some(Line { user: user.to_vec(), realm: realm.join(&b':'), md5 })
}

fn unhex(digits: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| u8::try_from(char::from(byte).to_digit(16).unwrap()).unwrap();
    digits.as_chunks::<2>().0.iter().map(|[high, low]| digit(*high) << 4 | digit(*low)).collect()
}

/// The lines of one account that count.
const LINES: usize = 4;

/// Logs in as one of the file's users, by the hash in its line, and then by another hash.
fn login(credential: abi::SecHandle, lines: &[Line], choice: usize) {
    let known: Vec<&Line> = lines.iter().filter(|line| line.md5.is_some()).collect();
    if known.is_empty() {
        return;
    }
    let line = known[choice % known.len()];
    let secret = line.md5.as_ref().unwrap();
    let mut counted: Vec<&Vec<u8>> = vec![];
    for other in known.iter().filter(|other| other.user == line.user && other.realm == line.realm) {
        let hash = other.md5.as_ref().unwrap();
        if counted.len() < LINES && !counted.contains(&hash) {
            counted.push(hash);
        }
    }
    let offered = line.realm == b"r" || line.realm.is_empty();
    let expected = offered && counted.contains(&secret);
    let mut good = attempt(credential, line, secret) == abi::OK;
    if fault::is("line-lost") {
        good = false;
    }
    assert!(
        good || !expected || !sendable(line),
        "ORACLE account: refused with the hash of its line"
    );
    assert!(!good || expected, "ORACLE account: let in");
    let mut wrong = secret.clone();
    wrong[choice % 16] ^= 1;
    let let_in = attempt(credential, line, &wrong) == abi::OK;
    assert!(
        !let_in || offered && counted.contains(&&wrong),
        "ORACLE account: let in with another hash"
    );
}

/// Whether names arrive in quotes as they are, and are looked up as they are.
fn sendable(line: &Line) -> bool {
    [&line.user, &line.realm].iter().all(|name| name.iter().all(|byte| (b' '..0x7F).contains(byte)))
        && line.user.len() + line.realm.len() < 1500
}

fn attempt(credential: abi::SecHandle, line: &Line, secret: &[u8]) -> i32 {
    let nothing = &mut Input::new(&[]);
    let mut server = End::new(Function::SaslAccept, credential, 0);
    let challenge = server.step(nothing, &[(abi::TOKEN, &[])]);
    let read = strict::sasl_challenge(challenge.token()).expect("ORACLE grammar: a challenge");
    let covered = Sasl {
        nonce: read.value("nonce").unwrap(),
        cnonce: b"0123456789abcdef",
        nc: b"00000001",
        qop: b"auth",
        digest_uri: b"imap/host",
        authzid: None,
    };
    let quoted = |bytes: &[u8]| -> Vec<u8> {
        let escape =
            |byte: &u8| if b"\"\\".contains(byte) { vec![b'\\', *byte] } else { vec![*byte] };
        bytes.iter().flat_map(escape).collect()
    };
    let response = [
        b"username=\"".as_slice(),
        &quoted(&line.user),
        b"\",realm=\"",
        &quoted(&line.realm),
        b"\",nonce=\"",
        covered.nonce,
        b"\",cnonce=\"0123456789abcdef\",nc=00000001,qop=auth,digest-uri=\"imap/host\",response=",
        &covered.proof(secret, b"AUTHENTICATE"),
    ]
    .concat();
    if response.len() >= 4096 {
        return abi::INVALID_TOKEN;
    }
    server.step(nothing, &[(abi::TOKEN, &response)]).status
}

use super::*;

const MD5: &str = "000102030405060708090a0b0c0d0e0f";
const OTHER: &str = "ffffffffffffffffffffffffffffffff";
const SHA256: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

impl Table {
    pub(crate) fn of(text: impl AsRef<[u8]>) -> Result<Self, Malformed> {
        let text = text.as_ref();
        Self::read(&mut &*text, text.len(), 0).map_err(|unread| match unread {
            Unread::Malformed(malformed) => malformed,
            Unread::Failed(error) => panic!("{error}"),
        })
    }
}

fn find(table: &Table, user: &[u8], realm: &[u8], algorithm: Algorithm) -> Option<[u8; 32]> {
    find_number(table, user, realm, algorithm, 0)
}

fn find_number(
    table: &Table,
    user: &[u8],
    realm: &[u8],
    algorithm: Algorithm,
    number: usize,
) -> Option<[u8; 32]> {
    match table.find(&Account { user, realm }, algorithm, number)? {
        Stored::Hash(hash) => Some(*hash.expose()),
        Stored::Password(_) => panic!("a password from a file of hashes"),
    }
}

fn first_md5(text: impl AsRef<[u8]>, user: &[u8], realm: &[u8]) -> Option<u8> {
    let table = Table::of(text).unwrap();
    find(&table, user, realm, Algorithm::Md5).map(|hash| hash[0])
}

#[test]
fn good_lines() {
    let both = format!("\u{FEFF}{MD5}:r:{OTHER}\n");
    for (text, user, realm) in [
        (format!("alice:example.org:{OTHER}"), &b"alice"[..], &b"example.org"[..]),
        (format!("alice::{OTHER}\n"), b"alice", b""),
        (format!("alice:r:{OTHER}\r\n"), b"alice", b"r"),
        (format!("\n\r\n  \n# a: comment\n#a:b:c\nalice:r:{OTHER}"), b"alice", b"r"),
        (format!(" al ice : r :{OTHER}"), b" al ice ", b" r "),
        (format!("a@b:Digest realm:{}", OTHER.to_uppercase()), b"a@b", b"Digest realm"),
        (format!("DOM\\alice::{OTHER}"), b"DOM\\alice", b""),
        (format!("a:b:c:{OTHER}"), b"a", b"b:c"),
        (format!("a::::{OTHER}"), b"a", b"::"),
        (both, MD5.as_bytes(), b"r"),
        // lighttpd's fourth field
        (format!("a:r:{OTHER}:{MD5}"), b"a", b"r"),
        (format!("a::{OTHER}:{MD5}"), b"a", b""),
    ] {
        assert_eq!(first_md5(&text, user, realm), Some(0xff), "{text}");
    }
}

#[test]
fn malformed_lines_name_their_number() {
    for line in [
        "alice",
        "alice:r",
        ":",
        "::",
        "alice:r:",
        &format!("alice:{OTHER}"),
        &format!(":r:{OTHER}"),
        &format!("alice:r:{OTHER}0"),
        &format!("alice:r:{}", &OTHER[1..]),
        &format!("alice:r:{}g", &OTHER[1..]),
        &format!("alice:r:{OTHER} "),
        &format!("alice:r: {OTHER}"),
        &format!("alice:r:{OTHER}\r\r"),
        &format!("alice:r:{OTHER}:"),
        &format!("alice:r:{OTHER}\0"),
        " # not a comment",
        "alice:r:secret password",
    ] {
        let text = format!("# first\nbob:r:{MD5}\n\n{line}\ncarol:r:{MD5}\n");
        let malformed = Table::of(&text).err().unwrap();
        assert_eq!(malformed.line, 4, "{line:?}");
        assert!(!malformed.expected.contains("secret"));
    }
}

#[test]
fn names_are_bytes() {
    let mut text = b"Ren\xE9:caf\xC3\xA9:".to_vec();
    text.extend(OTHER.as_bytes());
    assert_eq!(first_md5(&text, b"Ren\xE9", b"caf\xC3\xA9"), Some(0xff));
    assert_eq!(first_md5(&text, "René".as_bytes(), b"caf\xC3\xA9"), None);
    assert_eq!(first_md5(&text, b"ren\xE9", b"caf\xC3\xA9"), None);
}

#[test]
fn the_first_lines_of_an_account_count_in_their_order() {
    let hashes = |table: &Table, user: &[u8], algorithm| -> Vec<u8> {
        (0..9)
            .map_while(|number| find_number(table, user, b"r", algorithm, number))
            .map(|hash| hash[0])
            .collect()
    };
    let md5 = |digit: &str| digit.repeat(32);
    for (hashes_of_a, found, most) in [
        (vec![md5("1")], &[0x11][..], 1),
        (vec![md5("1"), md5("2")], &[0x11, 0x22], 2),
        (vec![md5("2"), md5("1"), md5("3")], &[0x22, 0x11, 0x33], 3),
        // One that is there already is none more, in whatever case its digits are.
        (vec![md5("a"), md5("A"), md5("b"), md5("a")], &[0xaa, 0xbb], 2),
        (vec![md5("1"), md5("2"), md5("3"), md5("4"), md5("5")], &[0x11, 0x22, 0x33, 0x44], 4),
        (vec![md5("1"), SHA256.into(), md5("2"), "ab".repeat(32)], &[0x11, 0x22], 2),
        (vec![SHA256.into(), "ab".repeat(32), md5("1")], &[0x11], 2),
    ] {
        let lines: Vec<_> =
            hashes_of_a.iter().map(|hash| format!("a:r:{hash}\na:s:{MD5}\n")).collect();
        let text = format!("b:r:{MD5}\n{}", lines.concat());
        let table = Table::of(&text).unwrap();
        assert_eq!(hashes(&table, b"a", Algorithm::Md5), found, "{text}");
        let sha256: &[u8] = if text.contains(SHA256) { &[0, 0xab] } else { &[] };
        assert_eq!(hashes(&table, b"a", Algorithm::Sha256), sha256, "{text}");
        assert_eq!(hashes(&table, b"b", Algorithm::Md5), [0], "{text}");
        assert_eq!(first_md5(&text, b"a", b"s"), Some(0));
        assert_eq!(table.most(), most, "{text}");
    }
}

#[test]
fn an_account_may_have_a_line_for_each_algorithm() {
    let text = format!("a:r:{SHA256}\na:r:{OTHER}\na:r:{}\nb:r:{MD5}", "e".repeat(64));
    let table = Table::of(&text).unwrap();
    let counted: [u8; 32] = std::array::from_fn(|byte| u8::try_from(byte).unwrap());
    assert_eq!(find(&table, b"a", b"r", Algorithm::Sha256), Some(counted));
    let mut padded = [0; 32];
    padded[..16].fill(0xff);
    assert_eq!(find(&table, b"a", b"r", Algorithm::Md5), Some(padded));
    assert_eq!(find(&table, b"a", b"r", Algorithm::Sha512_256), None);
    assert_eq!(find(&table, b"b", b"r", Algorithm::Sha256), None);
}

#[test]
fn r41_a_colon_moves_no_account() {
    let text = format!("a:b:c:{OTHER}\nx:y:{OTHER}\n");
    for (user, realm) in [
        (&b"a:b"[..], &b"c"[..]),
        (b"a:b:c", b""),
        (b"", b"a:b:c"),
        (b"a", b"b"),
        (b"x:y", b""),
        (b"", b"x:y"),
        (b"x", b"y:"),
        (b"x:", b"y"),
    ] {
        assert_eq!(first_md5(&text, user, realm), None, "{user:?} {realm:?}");
    }
}

#[test]
fn r41_line_ends_comments_and_nul_in_names_match_nothing() {
    let text = format!("a:r:{OTHER}\r\nb:r:{OTHER}\n#c:r:{OTHER}\n");
    for (user, realm) in [
        (&b"a\n"[..], &b"r"[..]),
        (b"a", b"r\r"),
        (b"a\r\nb", b"r"),
        (b"a", format!("r:{OTHER}\r\nb:r").as_bytes()),
        (b"\nb", b"r"),
        (b"#c", b"r"),
        (b"c", b"r"),
        (b"a\0", b"r"),
        (b"", b""),
        (b"*", b"r"),
        (b"A", b"r"),
    ] {
        assert_eq!(first_md5(&text, user, realm), None, "{user:?} {realm:?}");
    }
    assert_eq!(first_md5(&text, b"a", b"r"), Some(0xff));
}

#[test]
fn every_account_of_many_is_found() {
    let lines: Vec<_> = (0..1000)
        .map(|user| format!("user{user}:realm{}:{user:032x}\nuser{user}:r:{user:064x}", user % 7))
        .collect();
    let table = Table::of(lines.join("\n")).unwrap();
    assert_eq!(table.len(), 2000);
    for number in 0..1000_u16 {
        let user = format!("user{number}");
        let realm = format!("realm{}", number % 7);
        let other = format!("realm{}", (number + 1) % 7);
        let md5 = find(&table, user.as_bytes(), realm.as_bytes(), Algorithm::Md5).unwrap();
        assert_eq!(md5[14..16], number.to_be_bytes());
        let sha256 = find(&table, user.as_bytes(), b"r", Algorithm::Sha256).unwrap();
        assert_eq!(sha256[30..], number.to_be_bytes());
        assert_eq!(find(&table, user.as_bytes(), other.as_bytes(), Algorithm::Md5), None);
        assert_eq!(find(&table, user.as_bytes(), b"r", Algorithm::Md5), None);
    }
}

#[test]
fn a_file_without_lines_has_no_accounts() {
    assert_eq!(first_md5("", b"a", b"r"), None);
    assert_eq!(first_md5("#\n", b"", b""), None);
}

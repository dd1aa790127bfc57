use super::*;

const SALT: &str = "W22ZaJ0SNY7soEsUEjb6gQ==";

/// Keys of SCRAM-SHA-256 that are all made of one character.
fn keys(count: u32, salt: &str, of: char) -> String {
    let key = format!("{}A=", of.to_string().repeat(42));
    format!("SCRAM-SHA-256${count}:{salt}${key}:{key}")
}

fn usual_keys(of: char) -> String {
    keys(4096, SALT, of)
}

/// The first byte of each pair's StoredKey, where there are any.
fn found(table: &Table, name: &str, hash: Hash) -> Option<Vec<u8>> {
    let stored = table.find(name.as_bytes(), hash).unwrap()?;
    assert_eq!(stored.hash, hash);
    Some(stored.pairs.iter().map(|pair| pair.stored_key.bytes()[0]).collect())
}

fn refused(text: &str) -> (usize, &'static str) {
    let Malformed { line, expected } = Table::read(text.as_bytes()).err().expect(text);
    (line, expected)
}

#[test]
fn lines_of_all_forms_are_found() {
    let sha1 = "SCRAM-SHA-1$4096:QSXCR+Q6sek8bf92$6dlGYMOdZcOPutkcNY8U2g7vK9Y=:D+CSWLOshSulAsxiupA+qs2/fTE=";
    let key = format!("{}A=", "C".repeat(42));
    let text = format!(
        "\u{feff}# accounts\r\n\r\nalice:{}\r\n\
         bob:{{SCRAM-SHA-256}}10000,{SALT},{key},{key}:1000:1000::/home/bob::\n\
         alice:{sha1}\n  \nZo\u{eb}:{}",
        usual_keys('B'),
        usual_keys('D')
    );
    let table = Table::read(text.as_bytes()).unwrap();
    assert_eq!((table.len(), table.few()), (4, None));
    for (name, hash, expected) in [
        ("alice", Hash::Sha256, Some(0x04)),
        ("alice", Hash::Sha1, Some(0xE9)),
        ("alice", Hash::Sha512, None),
        ("bob", Hash::Sha256, Some(0x08)),
        ("bob", Hash::Sha1, None),
        ("Zo\u{eb}", Hash::Sha256, Some(0x0C)),
        ("Alice", Hash::Sha256, None),
        ("alic", Hash::Sha256, None),
        ("", Hash::Sha256, None),
    ] {
        assert_eq!(found(&table, name, hash), expected.map(|byte| vec![byte]), "{name}");
    }
    let bob = table.find(b"bob", Hash::Sha256).unwrap().unwrap();
    assert_eq!((bob.iterations, bob.salt.len()), (10_000, 16));
}

#[test]
fn an_account_has_up_to_four_pairs_of_one_salt_and_count() {
    let line = |of| format!("alice:{}\n", usual_keys(of));
    let text = [line('B'), format!("bob:{}\n", usual_keys('Z')), line('C'), line('B'), line('D')];
    let table = Table::read(text.concat().as_bytes()).unwrap();
    assert_eq!(found(&table, "alice", Hash::Sha256), Some(vec![0x04, 0x08, 0x0C]));
    assert_eq!(found(&table, "bob", Hash::Sha256), Some(vec![0x65]));
    let five = ['B', 'C', 'D', 'E', 'F'].map(line).concat();
    assert_eq!(refused(&five), (5, TOO_MANY));
    let other_count = format!("{}alice:{}\n", line('B'), keys(4097, SALT, 'C'));
    assert_eq!(refused(&other_count), (2, DIFFER));
    let other_salt =
        format!("{}alice:{}\n", line('B'), keys(4096, "X22ZaJ0SNY7soEsUEjb6gQ==", 'C'));
    assert_eq!(refused(&other_salt), (2, DIFFER));
}

#[test]
fn a_wrong_line_is_named() {
    let good = format!("alice:{}\n", usual_keys('B'));
    let mechanism = "expected keys of SCRAM-SHA-1, SCRAM-SHA-256 or SCRAM-SHA-512";
    let name = "expected the name of a user, in UTF-8, before the first colon";
    for (line, expected) in [
        ("bob".to_owned(), "expected name:keys"),
        (format!(":{}", usual_keys('B')), name),
        (format!("b\0b:{}", usual_keys('B')), name),
        ("bob:pencil".to_owned(), mechanism),
        ("bob:{PLAIN}pencil".to_owned(), mechanism),
        ("bob:r:0123456789abcdef0123456789abcdef".to_owned(), mechanism),
        ("bob:SCRAM-SHA-224$4096:AAAA$AAAA:AAAA".to_owned(), mechanism),
        (
            format!("bob:{}", keys(4096, "AAAA", 'B')),
            "expected a salt of 8 to 1024 bytes in base64",
        ),
        (
            format!("bob:{}:", usual_keys('B')),
            "expected two keys in base64, each as long as the mechanism's hash",
        ),
        (
            format!("{}:{}", "b".repeat(65_536 - usual_keys('B').len()), usual_keys('B')),
            "expected a line of at most 65536 bytes",
        ),
    ] {
        assert_eq!(refused(&format!("{good}#\n{line}\n{good}")), (3, expected), "{line}");
    }
    let longest = format!("{}:{}", "b".repeat(65_535 - usual_keys('B').len()), usual_keys('B'));
    assert_eq!(Table::read(longest.as_bytes()).map(|table| table.len()), Ok(1));
    let bytes = [good.as_bytes(), b"b\xF6b:", usual_keys('B').as_bytes()].concat();
    assert_eq!(Table::read(&bytes).err().map(|malformed| malformed.line), Some(2));
}

#[test]
fn the_commonest_form_of_each_mechanism_is_known() {
    let lines = [
        ("a", 4096, "AAAAAAAAAAA="),
        ("b", 10_000, SALT),
        ("c", 1, SALT),
        ("d", 10_000, SALT),
        ("e", 4096, SALT),
    ];
    let text = lines.map(|(name, count, salt)| format!("{name}:{}\n", keys(count, salt, 'B')));
    let text = text.concat();
    let table = Table::read(text.as_bytes()).unwrap();
    assert_eq!(table.usual(Hash::Sha256), Some(Usual { salt: 16, iterations: 10_000 }));
    assert_eq!((table.usual(Hash::Sha1), table.few()), (None, Some(3)));
    let empty = Table::read(b"").unwrap();
    assert_eq!((empty.usual(Hash::Sha256), empty.len()), (None, 0));
    assert_eq!(found(&empty, "alice", Hash::Sha256), None);
}

#[test]
fn every_user_of_many_is_found() {
    let letters: Vec<char> = ('A'..='Z').collect();
    let line = |number: usize| format!("user{number}:{}\n", usual_keys(letters[number % 26]));
    let text: String = (0..2000).map(line).collect();
    let table = Table::read(text.as_bytes()).unwrap();
    let room = table.keys.expose().capacity();
    assert_eq!((table.len(), room), (2000, 2000 * 64));
    for number in 0..2000 {
        let letter = u8::try_from(number % 26).unwrap();
        let byte = letter << 2 | letter >> 4;
        assert_eq!(found(&table, &format!("user{number}"), Hash::Sha256), Some(vec![byte]));
    }
    assert_eq!(found(&table, "user2000", Hash::Sha256), None);
}

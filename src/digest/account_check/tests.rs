use std::cell::{Cell, RefCell};
use std::sync::Mutex;

use super::*;
use crate::digest::message::names::candidates_of_unquoted;

type Answer = std::result::Result<Option<Stored>, Unavailable>;

/// `one` and `two` have as many hashes, the others passwords; notes every question.
struct Accounts {
    most: usize,
    tells: bool,
    asked: Mutex<Vec<usize>>,
}

impl Accounts {
    fn answer(&self, account: &Account<'_>, number: usize) -> Option<Stored> {
        self.asked.lock().unwrap().push(number);
        let hash = |first| Some(Stored::Hash(Secret::new([first; 32])));
        let password = |text: &str| Some(Stored::Password(Secret::new(text.into())));
        match (account.user, number) {
            (b"one" | b"two" | b"k\xF6nig", 0) => hash(10),
            (b"two", 1) => hash(11),
            // The last under one of its two candidates.
            (b"spoken" | b"m\xC3\xBCller", 0) => password("secret"),
            (b"latin" | b"m\xFCller" | b"j\xE4ger", 0) => password("gr\u{fc}n"),
            (b"compose", 0) => password("gru\u{308}n"),
            (b"beyond", 0) => password("gr\u{fc}n\u{20ac}"),
            (b"long", 0) => password(&"gr\u{fc}n".repeat(12)),
            _ => None,
        }
    }
}

impl Source for Accounts {
    fn find(&self, account: &Account<'_>, _: Algorithm) -> Answer {
        Ok(self.answer(account, 0))
    }

    fn find_further(&self, account: &Account<'_>, _: Algorithm, number: usize) -> Answer {
        Ok(self.answer(account, number))
    }

    fn secrets_per_account(&self) -> usize {
        self.most
    }

    fn tells_passwords(&self) -> bool {
        self.tells
    }
}

/// Takes the hash that begins with this byte, or the password; notes what it compares, and how many
/// blocks it hashes for that.
struct Expects {
    byte: u8,
    compared: RefCell<Vec<u8>>,
    blocks: Cell<usize>,
}

impl Verifier for Expects {
    type Match = u8;

    fn algorithm(&self) -> Algorithm {
        Algorithm::Md5
    }

    fn verify_hash(&self, hash: &Secret<[u8; 32]>) -> Option<u8> {
        let [byte, ..] = *hash.expose();
        self.compared.borrow_mut().push(byte);
        // Absent users' is random.
        (byte == self.byte && hash.expose().iter().all(|other| *other == byte)).then_some(byte)
    }

    fn verify_password(&self, candidate: &NameCandidate<'_>, password: &[u8]) -> Option<u8> {
        self.hash_password(candidate, password);
        self.compared.borrow_mut().push(b'p');
        (self.byte == b'p' && password == b"secret").then_some(b'p')
    }

    fn hash_password(&self, candidate: &NameCandidate<'_>, password: &[u8]) {
        // MD5's blocks: of the text, a byte, zeroes, and eight of length.
        let text = candidate.user.len() + 1 + candidate.realm.len() + 1 + password.len();
        self.blocks.set(self.blocks.get() + (text + 8) / 64 + 1);
    }
}

/// What was found, the numbers asked for, and how many secrets were compared.
fn search_for(
    user: &str,
    eligible: bool,
    byte: u8,
    most: usize,
) -> (Option<u8>, Vec<usize>, usize) {
    let accounts = Accounts { most, tells: false, asked: Mutex::default() };
    let candidates = candidates_of_unquoted(user.as_bytes().into(), b"r".as_slice().into());
    let expects = Expects { byte, compared: RefCell::default(), blocks: Cell::default() };
    let found = search(&accounts, &candidates, eligible, &expects).unwrap();
    let compared = expects.compared.borrow().len();
    (found.map(|(_, found)| found), accounts.asked.into_inner().unwrap(), compared)
}

#[test]
fn each_secret_of_an_account_is_tried() {
    for (user, byte, most, found, asked) in [
        ("one", 10, 1, Some(10), &[0][..]),
        ("one", 11, 1, None, &[0]),
        ("two", 10, 2, Some(10), &[0]),
        ("two", 11, 2, Some(11), &[0, 1]),
        ("two", 12, 2, None, &[0, 1]),
        ("spoken", b'p', 1, Some(b'p'), &[0]),
    ] {
        let (its, numbers, _) = search_for(user, true, byte, most);
        assert_eq!((its, &numbers[..]), (found, asked), "{user} {byte}");
    }
}

#[test]
fn a_refusal_costs_the_same_whoever_it_is() {
    for most in 1..4 {
        for (user, candidates) in [("one", 1), ("two", 1), ("nobody", 1), ("ümlaut", 2)] {
            for eligible in [true, false] {
                let (found, asked, compared) = search_for(user, eligible, 99, most);
                assert_eq!(found, None);
                let numbers: Vec<_> = (0..candidates).flat_map(|_| 0..most).collect();
                assert_eq!((asked, compared), (numbers, candidates * most), "{user} {eligible}");
            }
        }
    }
}

#[test]
fn nobody_is_found_where_nobody_is_eligible() {
    for (user, byte) in [("one", 10), ("two", 11), ("spoken", b'p')] {
        assert_eq!(search_for(user, false, byte, 2).0, None, "{user}");
    }
}

/// Secrets that were compared and blocks that were hashed until a source that may tell passwords let
/// nobody in.
fn refusal(user: &str, realm: &str, eligible: bool, most: usize) -> (usize, usize) {
    let accounts = Accounts { most, tells: true, asked: Mutex::default() };
    let candidates = candidates_of_unquoted(user.as_bytes().into(), realm.as_bytes().into());
    let expects = Expects { byte: 99, compared: RefCell::default(), blocks: Cell::default() };
    assert!(search(&accounts, &candidates, eligible, &expects).unwrap().is_none());
    let compared = expects.compared.borrow().len();
    (compared, expects.blocks.get())
}

#[test]
fn whether_there_is_a_password_and_of_which_characters_changes_no_refusal() {
    for realm_length in 0..70 {
        let realm = "r".repeat(realm_length);
        for eligible in [true, false] {
            for most in [1, 2] {
                let nobody = refusal("nobody", &realm, true, most);
                assert_eq!(nobody.0, TRIES + most - 1);
                // Names of the same length.
                for user in ["spoken", "beyond"] {
                    let its = refusal(user, &realm, eligible, most);
                    assert_eq!(its, nobody, "{user} {realm_length} {eligible} {most}");
                }
                let absent = refusal("nobod", &realm, true, most);
                assert_eq!(refusal("latin", &realm, eligible, most), absent);
                let absent = refusal("nobodie", &realm, true, most);
                assert_eq!(refusal("compose", &realm, eligible, most), absent);
                let absent = refusal("who", &realm, true, most);
                assert_eq!(refusal("one", &realm, eligible, most), absent);
                assert_eq!(refusal("two", &realm, eligible, most), absent);
                let absent = refusal("none", &realm, true, most);
                assert_eq!(refusal("long", &realm, eligible, most), absent);
            }
        }
    }
}

#[test]
fn of_two_candidates_it_does_not_matter_which_is_known() {
    for (users, nobody) in
        [(&["m\u{fc}ller"][..], "m\u{fc}lles"), (&["j\u{e4}ger", "k\u{f6}nig"], "j\u{e4}ges")]
    {
        for user in users {
            for eligible in [true, false] {
                let expected = refusal(nobody, "r", true, 1);
                assert_eq!(expected.0, TRIES + 1);
                assert_eq!(refusal(user, "r", eligible, 1), expected, "{user} {eligible}");
            }
        }
    }
}

#[test]
fn a_source_that_tells_passwords_lets_in_after_as_many_hashes_as_that_takes() {
    let accounts = Accounts { most: 1, tells: true, asked: Mutex::default() };
    let candidates = candidates_of_unquoted(b"spoken".as_slice().into(), b"r".as_slice().into());
    let expects = Expects { byte: b'p', compared: RefCell::default(), blocks: Cell::default() };
    assert!(search(&accounts, &candidates, true, &expects).unwrap().is_some());
    assert_eq!((expects.compared.borrow().len(), expects.blocks.get()), (1, 1));
}

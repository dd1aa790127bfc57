use std::cell::RefCell;
use std::sync::Mutex;

use super::*;
use crate::digest::names::readings_of_text;

type Answer = std::result::Result<Option<Stored>, Unavailable>;

/// `one` and `two` have as many hashes, `spoken` a password; notes every question.
struct Accounts {
    most: usize,
    asked: Mutex<Vec<usize>>,
}

impl Accounts {
    fn answer(&self, account: &Account<'_>, number: usize) -> Option<Stored> {
        self.asked.lock().unwrap().push(number);
        let hash = |first| Some(Stored::Hash(Secret::new([first; 32])));
        match (account.user, number) {
            (b"one" | b"two", 0) => hash(10),
            (b"two", 1) => hash(11),
            (b"spoken", 0) => Some(Stored::Password(Secret::new("secret".into()))),
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
}

/// Takes the hash that begins with this octet, or the password; notes what it compares.
struct Expects {
    octet: u8,
    compared: RefCell<Vec<u8>>,
}

impl Verifier for Expects {
    type Match = u8;

    fn algorithm(&self) -> Algorithm {
        Algorithm::Md5
    }

    fn verify_hash(&self, hash: &Secret<[u8; 32]>) -> Option<u8> {
        let [octet, ..] = *hash.expose();
        self.compared.borrow_mut().push(octet);
        // Absent users' is random.
        (octet == self.octet && hash.expose().iter().all(|other| *other == octet)).then_some(octet)
    }

    fn verify_password(&self, _: &Reading<'_>, password: &[u8]) -> Option<u8> {
        self.compared.borrow_mut().push(b'p');
        (self.octet == b'p' && password == b"secret").then_some(b'p')
    }
}

/// What was found, the numbers asked for, and how many secrets were compared.
fn search_for(
    user: &str,
    eligible: bool,
    octet: u8,
    most: usize,
) -> (Option<u8>, Vec<usize>, usize) {
    let accounts = Accounts { most, asked: Mutex::default() };
    let candidates = readings_of_text(user.as_bytes().into(), b"r".as_slice().into());
    let expects = Expects { octet, compared: RefCell::default() };
    let found = search(&accounts, &candidates, eligible, &expects).unwrap();
    let compared = expects.compared.borrow().len();
    (found.map(|(_, found)| found), accounts.asked.into_inner().unwrap(), compared)
}

#[test]
fn each_secret_of_an_account_is_tried() {
    for (user, octet, most, found, asked) in [
        ("one", 10, 1, Some(10), &[0][..]),
        ("one", 11, 1, None, &[0]),
        ("two", 10, 2, Some(10), &[0]),
        ("two", 11, 2, Some(11), &[0, 1]),
        ("two", 12, 2, None, &[0, 1]),
        ("spoken", b'p', 1, Some(b'p'), &[0]),
    ] {
        let (its, numbers, _) = search_for(user, true, octet, most);
        assert_eq!((its, &numbers[..]), (found, asked), "{user} {octet}");
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
    for (user, octet) in [("one", 10), ("two", 11), ("spoken", b'p')] {
        assert_eq!(search_for(user, false, octet, 2).0, None, "{user}");
    }
}

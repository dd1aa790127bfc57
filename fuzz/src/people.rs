//! The users that every target knows, and what proves that a client is one of them.

use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::{Mutex, PoisonError};

use crate::abi;
use crate::fault;
use crate::formulas::Hash;

/// A user.
#[derive(PartialEq, Eq, Hash, Debug)]
pub struct Account {
    pub user: &'static str,
    pub realm: &'static str,
    pub password: &'static str,
}

/// The realm that servers offer.
pub const REALM: &str = "example.org";

const fn account(user: &'static str, realm: &'static str, password: &'static str) -> Account {
    Account { user, realm, password }
}

/// Names of one user in several realms, of several users that look alike when joined, beyond ASCII,
/// and with characters that messages escape.
pub static ALL: &[Account] = &[
    account("alice", REALM, "secret"),
    account("alice", "", "secret"),
    account("alice", "other.org", "secret"),
    account("bob", "other.org", "secret"),
    account("josé", REALM, "pässword"),
    account("DOM\\carol", "", "secret"),
    account("carol", "DOM", "secret"),
    account("example.org\\alice", "", "secret"),
    account("dave@example.org", "", "secret"),
    account("q\"uote", REALM, "secret"),
    account("白", REALM, "密"),
];

/// A text as its bytes are read: UTF-8, else ISO 8859-1.
pub fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}

/// A text in ISO 8859-1, where it fits.
pub fn latin1(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect()
}

/// Both ways to write a text that clients have.
pub fn forms(text: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![text.as_bytes().to_vec()];
    forms.extend(latin1(text).filter(|latin1| *latin1 != forms[0]));
    forms
}

/// The accounts file: for each user a line in UTF-8 and one in ISO 8859-1, each for both hashes.
pub fn htdigest() -> Vec<u8> {
    let mut lines = vec![];
    for account in ALL {
        let (users, realms) = (forms(account.user), forms(account.realm));
        let passwords = forms(account.password);
        for (form, user) in users.iter().enumerate() {
            let realm = realms.get(form).unwrap_or(&realms[0]);
            let password = passwords.get(form).unwrap_or(&passwords[0]);
            for hash in [Hash::Md5, Hash::Sha256] {
                let digits = hash.joined(&[user, realm, password]);
                lines.extend_from_slice(&[user, &b":"[..], realm, b":", &digits, b"\n"].concat());
            }
        }
    }
    lines
}

/// The secrets that a client may prove to know which names this user and realm: for each account
/// that the names can mean, each hash that it can have.
pub fn secrets(hash: Hash, user: &[u8], realm: &[u8]) -> Vec<(&'static Account, Vec<u8>)> {
    let mut found = vec![];
    for account in ALL {
        if text(user) != account.user || text(realm) != account.realm {
            continue;
        }
        for user in forms(account.user) {
            for realm in forms(account.realm) {
                for password in forms(account.password) {
                    found.push((account, hash.of(&[&user, b":", &realm, b":", &password])));
                }
            }
        }
    }
    found
}

/// `pGetKeyFn`: answers with the passwords of these users. From `AcquireCredentialsHandleA`, texts
/// are UTF-8.
pub unsafe extern "C" fn get_key(
    _argument: *mut c_void,
    principal: *mut c_void,
    _version: u32,
    key: *mut *mut c_void,
    status: *mut i32,
) {
    // SAFETY: the library passes a SEC_WINNT_AUTH_IDENTITY_A and a SecBuffer, as the header says.
    unsafe {
        let identity = &*principal.cast::<abi::Identity>();
        let bytes = |start: *const c_void, length: u32| {
            std::slice::from_raw_parts(start.cast::<u8>(), length as usize)
        };
        let user = bytes(identity.user, identity.user_length);
        let realm = bytes(identity.domain, identity.domain_length);
        // Both are terminated as well.
        assert_eq!(*identity.user.cast::<u8>().add(user.len()), 0);
        assert_eq!(*identity.domain.cast::<u8>().add(realm.len()), 0);
        *status = abi::OK;
        let buffer = &mut **key.cast::<*mut abi::SecBuffer>();
        assert_eq!((buffer.kind, buffer.length), (0, 1024));
        let known = ALL
            .iter()
            .find(|account| account.user.as_bytes() == user && account.realm.as_bytes() == realm);
        if let Some(account) = known {
            let memory = std::slice::from_raw_parts_mut(buffer.memory.cast::<u8>(), 1024);
            memory[..account.password.len()].copy_from_slice(account.password.as_bytes());
            buffer.length = u32::try_from(account.password.len()).unwrap();
            buffer.kind = abi::DATA;
        }
    }
}

/// Holds the name that the library gives an established context against all others: two accounts
/// never have one.
pub fn check_names(context: &mut abi::SecHandle, account: &'static Account) {
    static NAMES: Mutex<Option<HashMap<String, &'static Account>>> = Mutex::new(None);
    let text = String::from_utf8_lossy(&abi::name_of(context)).into_owned();
    let text = if fault::is("names-alike") { "everybody".to_owned() } else { text };
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    let names = names.get_or_insert_default();
    if fault::is("names-alike") {
        names.insert(text.clone(), &ALL[3]);
    }
    let known = *names.entry(text.clone()).or_insert(account);
    assert!(known == account, "ORACLE names: {text:?} is {known:?} and {account:?}");
}

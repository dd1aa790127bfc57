//! The users of the SCRAM target, what servers keep of them, and the credentials of both ends.

use std::ffi::c_void;
use std::ptr;
use std::sync::{Mutex, PoisonError};

use crate::abi::{self, SecHandle};
use crate::place;
use crate::scram::{Hash, Keys, base64};

/// The fewest and the most iterations that clients take here, so that inputs are run fast.
pub const COUNTS: std::ops::RangeInclusive<u32> = 1..=4096;
/// What processes share, in the configuration.
const SECRET: &str = "sixteen bytes and more";

/// A package: its name, hash, and whether it has bindings.
pub type Package = (&'static str, Hash, bool);

pub const PACKAGES: &[Package] = &[
    ("SCRAM-SHA-256", Hash::Sha256, false),
    ("SCRAM-SHA-256-PLUS", Hash::Sha256, true),
    ("SCRAM-SHA-1", Hash::Sha1, false),
    ("SCRAM-SHA-1-PLUS", Hash::Sha1, true),
    ("SCRAM-SHA-512", Hash::Sha512, false),
    ("SCRAM-SHA-512-PLUS", Hash::Sha512, true),
];

/// A user that clients say they are.
#[derive(Debug)]
pub struct User {
    pub name: &'static str,
    pub password: &'static str,
    /// As SASLprep has both.
    pub sent: &'static str,
    pub hashed: &'static str,
}

const fn user(name: &'static str, password: &'static str) -> User {
    User { name, password, sent: name, hashed: password }
}

pub const USERS: &[User] = &[
    user("alice", "pencil"),
    user("alice", "Pencil"),
    user("josé", "pässword"),
    User { sent: "josé", hashed: "pässword", ..user("jose\u{301}", "pa\u{308}ssword") },
    user("bob", "secret"),
    user("a=b,c", "p,w=1"),
    User { sent: "IX", ..user("\u{2168}", "roman") },
    User { hashed: "café", ..user("dora", "cafe\u{301}") },
    // SASLprep has no such character.
    user("erin\u{1F511}", "\u{1F511}"),
    user("", "empty"),
    user("nobody", "pencil"),
];

/// How a server keeps a user.
enum Kept {
    /// As keys, of each of these spellings; the salt and count of them all.
    Keys(&'static [&'static str], &'static [u8], u32),
    /// As a password, of which these spellings are tried.
    Password(&'static str, &'static [&'static str]),
}

const SALT: &[u8] = b"0123456789abcdef";

/// Name, for which hashes, and what is kept. Users with a password, and the one without a name, are
/// the callback's alone.
const ACCOUNTS: &[(&str, &[Hash], Kept)] = &[
    ("alice", &Hash::ALL, Kept::Keys(&["pencil"], SALT, 2)),
    ("josé", &Hash::ALL, Kept::Keys(&["pässword", "pa\u{308}ssword"], SALT, 2)),
    ("bob", &[Hash::Sha256], Kept::Keys(&["secret"], b"a salt of twenty one.", 3)),
    ("a=b,c", &Hash::ALL, Kept::Keys(&["p,w=1"], SALT, 3)),
    ("IX", &Hash::ALL, Kept::Keys(&["roman"], SALT, 2)),
    ("dora", &Hash::ALL, Kept::Password("cafe\u{301}", &["café", "cafe\u{301}"])),
    ("erin\u{1F511}", &Hash::ALL, Kept::Password("\u{1F511}", &["\u{1F511}"])),
    ("", &Hash::ALL, Kept::Keys(&["empty"], SALT, 2)),
];

/// What a server tells in server-first, and verifies client-final by.
pub struct Known {
    pub user: Vec<u8>,
    pub salt: Vec<u8>,
    pub count: u32,
    pub pairs: Vec<Keys>,
}

/// What there is of `sent`; users that there are not have no keys.
pub fn known(hash: Hash, callback: bool, sent: &[u8]) -> Known {
    let find = |name: &[u8]| {
        ACCOUNTS.iter().find(|(known, hashes, kept)| {
            let by_callback = known.is_empty() || matches!(kept, Kept::Password(..));
            known.as_bytes() == name && hashes.contains(&hash) && (callback || !by_callback)
        })
    };
    let (mut user, mut found) = (sent.to_vec(), find(sent));
    if found.is_none() {
        let text = std::str::from_utf8(sent).unwrap();
        // Printable ASCII is what SASLprep makes of it.
        if let Ok(prepared) = stringprep::saslprep(text)
            && !prepared.is_empty()
        {
            user = prepared.as_bytes().to_vec();
            found = find(&user);
        }
    }
    let pairs = |spellings: &[&str], salt: &[u8], count| {
        spellings.iter().map(|spelling| hash.keys(spelling.as_bytes(), salt, count)).collect()
    };
    if let Some((_, _, Kept::Keys(spellings, salt, count))) = found {
        return Known {
            user,
            salt: salt.to_vec(),
            count: *count,
            pairs: pairs(spellings, salt, *count),
        };
    }
    // Like most lines of the file; of a callback nothing is known.
    let count = if callback { 4096 } else { 2 };
    let salt = derived(hash, &user)[..SALT.len()].to_vec();
    let pairs = match found {
        Some((_, _, Kept::Password(_, spellings))) => pairs(spellings, &salt, count),
        _ => vec![],
    };
    Known { user, salt, count, pairs }
}

/// The salt of a name that has none.
fn derived(hash: Hash, name: &[u8]) -> Vec<u8> {
    let key = Hash::Sha256.hmac(SECRET.as_bytes(), b"scram");
    let covered = [b"secur32 scram salt\0", hash.name().as_bytes(), b"\0", name].concat();
    Hash::Sha256.hmac(&key, &covered)
}

/// The lines of an account, one for each spelling, in RFC 5803's form or Dovecot's.
fn lines(hash: Hash, spellings: &[&str], salt: &[u8], count: u32) -> Vec<String> {
    let text = |bytes: &[u8]| String::from_utf8(base64(bytes)).unwrap();
    let line = |(number, spelling): (usize, &&str)| {
        let keys = hash.keys(spelling.as_bytes(), salt, count);
        let (name, salt) = (hash.name(), text(salt));
        let (stored, server) = (text(&keys.stored), text(&keys.server));
        if number.is_multiple_of(2) {
            format!("{name}${count}:{salt}${stored}:{server}")
        } else {
            format!("{{{name}}}{count},{salt},{stored},{server}")
        }
    };
    spellings.iter().enumerate().map(line).collect()
}

fn file() -> String {
    let mut all = String::new();
    for (name, hashes, kept) in ACCOUNTS.iter().filter(|(name, ..)| !name.is_empty()) {
        let Kept::Keys(spellings, salt, count) = kept else { continue };
        for hash in *hashes {
            for line in lines(*hash, spellings, salt, *count) {
                all += &format!("{name}:{line}\n");
            }
        }
    }
    all
}

/// `pGetKeyFn` of these users.
unsafe extern "C" fn get_key(
    _argument: *mut c_void,
    principal: *mut c_void,
    version: u32,
    key: *mut *mut c_void,
    status: *mut i32,
) {
    // SAFETY: the library passes a SEC_WINNT_AUTH_IDENTITY_A and a SecBuffer, as the header says.
    unsafe {
        let identity = &*principal.cast::<abi::Identity>();
        let user = identity.user.cast::<u8>();
        let user = std::slice::from_raw_parts(user, identity.user_length as usize);
        *status = abi::OK;
        let buffer = &mut **key.cast::<*mut abi::SecBuffer>();
        let hash = match version {
            160 => Hash::Sha1,
            256 => Hash::Sha256,
            512 => Hash::Sha512,
            _ => panic!("ORACLE version: {version}"),
        };
        let known = |(name, hashes, _): &&(&str, &[Hash], _)| {
            name.as_bytes() == user && hashes.contains(&hash)
        };
        let (kind, answer) = match ACCOUNTS.iter().find(known) {
            None => return,
            Some((_, _, Kept::Password(password, _))) => (abi::DATA, (*password).to_owned()),
            Some((_, _, Kept::Keys(spellings, salt, count))) => {
                (abi::TOKEN, lines(hash, spellings, salt, *count).join("\n"))
            }
        };
        let memory = std::slice::from_raw_parts_mut(buffer.memory.cast::<u8>(), 1024);
        memory[..answer.len()].copy_from_slice(answer.as_bytes());
        buffer.length = u32::try_from(answer.len()).unwrap();
        buffer.kind = kind;
    }
}

fn text() -> String {
    let accounts = place::directory().join("scram-accounts");
    std::fs::write(&accounts, file()).unwrap();
    let names: Vec<String> = PACKAGES.iter().map(|(name, ..)| format!("\"{name}\"")).collect();
    format!(
        "[server]\nsecret = \"{SECRET}\"\n[sasl]\nprofiles = [{}]\n[scram]\naccounts = \"{}\"\n\
         iterations_min = {}\niterations_max = {}\ncache = 2\n",
        names.join(", "),
        accounts.display(),
        COUNTS.start(),
        COUNTS.end()
    )
}

/// Credentials of this process by package and whether they serve; then the callback, or the user.
type All = Mutex<Vec<((usize, bool, usize), SecHandle)>>;

fn kept(key: (usize, bool, usize), acquire: impl FnOnce() -> SecHandle) -> SecHandle {
    static ALL: All = Mutex::new(vec![]);
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, credential)) = all.iter().find(|(known, _)| *known == key) {
        return *credential;
    }
    let credential = acquire();
    all.push((key, credential));
    credential
}

/// A server's credential, whose accounts are in the file or behind the callback.
pub fn server(package: usize, callback: bool) -> SecHandle {
    kept((package, true, callback.into()), || {
        let _environment = place::configure("scram.toml", text().as_bytes());
        let get_key = callback.then_some(get_key as abi::GetKey);
        place::acquire(PACKAGES[package].0, abi::INBOUND, ptr::null_mut(), get_key).unwrap()
    })
}

/// A client's credential.
pub fn client(package: usize, user: usize) -> SecHandle {
    kept((package, false, user), || {
        let _environment = place::configure("scram.toml", text().as_bytes());
        let length = |text: &str| u32::try_from(text.len()).unwrap();
        let User { name, password, .. } = USERS[user];
        let mut identity = abi::Identity {
            user: name.as_ptr().cast(),
            user_length: length(name),
            domain: ptr::null(),
            domain_length: 0,
            password: password.as_ptr().cast(),
            password_length: length(password),
            flags: abi::IDENTITY_ANSI,
        };
        let identity = (&raw mut identity).cast();
        place::acquire(PACKAGES[package].0, abi::OUTBOUND, identity, None).unwrap()
    })
}

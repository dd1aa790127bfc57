//! Where a server finds its users.

mod cache;
pub mod empty;
pub mod file;
pub mod htdigest;
pub mod ldap;
pub mod question;
pub mod remote;
pub mod scram;
pub mod settings;
pub mod sql;
pub mod stored_form;

use std::sync::Arc;

use crate::secret::Secret;

/// Whom a peer claims to be, as the hash will cover it.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    /// The user name's bytes, as hashed.
    pub user: &'a [u8],
    /// The realm's bytes, as hashed; may be empty.
    pub realm: &'a [u8],
}

/// Which hash of `user:realm:password` is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Algorithm {
    /// MD5, 16 bytes.
    Md5,
    /// SHA-256, 32 bytes.
    Sha256,
    /// SHA-512/256, 32 bytes.
    Sha512_256,
}

/// What a source knows of an account.
#[derive(Clone, Debug)]
pub enum Stored {
    /// H(user:realm:password), in its first [`Algorithm`]-many bytes.
    Hash(Secret<[u8; 32]>),
    /// The password, UTF-8.
    Password(Secret<String>),
}

/// A source could not answer: not the same as not knowing the account. The reason is for the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unavailable(pub String);

impl Unavailable {
    /// For want of memory, which it takes none to say.
    #[must_use]
    pub const fn no_memory() -> Self {
        Self(String::new())
    }

    /// Whether it is for want of memory.
    #[must_use]
    pub const fn is_no_memory(&self) -> bool {
        self.0.is_empty()
    }
}

/// A source of accounts, asked on the threads that accept, by several at once. No lock is held
/// while it is asked, so it may call back into the library.
pub trait Source: Send + Sync {
    /// What is known of `account`; `None` where there is no such account.
    ///
    /// # Errors
    /// [`Unavailable`] when the source cannot tell; becomes `SEC_E_NO_AUTHENTICATING_AUTHORITY`.
    fn find(
        &self,
        account: &Account<'_>,
        algorithm: Algorithm,
    ) -> Result<Option<Stored>, Unavailable>;

    /// A further secret of `account`: the one of this number, where [`Source::find`] gives that of
    /// number 0. Asked for each number below [`Source::secrets_per_account`].
    ///
    /// # Errors
    /// As [`Source::find`].
    fn find_further(
        &self,
        _account: &Account<'_>,
        _algorithm: Algorithm,
        _number: usize,
    ) -> Result<Option<Stored>, Unavailable> {
        Ok(None)
    }

    /// How many secrets of one algorithm the account with most of them has. A response is held
    /// against so many whoever its user is, so that time tells nothing of who has how many.
    fn secrets_per_account(&self) -> usize {
        1
    }

    /// Whether it may answer with passwords. A refusal costs more hashes then, so that time does not
    /// tell who has a password, of which characters, or none.
    fn tells_passwords(&self) -> bool {
        false
    }

    /// The user of `realm` whose `H(user:realm)` these digits are (RFC 7616 §3.4.4, userhash), in
    /// lower case; `None` where there is none, or the source keeps no such index.
    ///
    /// # Errors
    /// As [`Source::find`].
    fn find_hashed(
        &self,
        _digits: &[u8],
        _realm: &[u8],
        _algorithm: Algorithm,
    ) -> Result<Option<Vec<u8>>, Unavailable> {
        Ok(None)
    }

    /// What is known of `user` for SCRAM, which has no realms; `None` where there is no such user, or
    /// nothing of this hash.
    ///
    /// # Errors
    /// As [`Source::find`].
    fn find_scram(
        &self,
        user: &[u8],
        hash: scram::Hash,
    ) -> Result<Option<scram::Known>, Unavailable> {
        empty::NoAccounts.find_scram(user, hash)
    }

    /// Whether a client that names nobody (as libpq does) means an account, which the source knows by itself.
    fn takes_empty_names(&self) -> bool {
        false
    }

    /// How most of the accounts are stored that have keys of this hash; `None` where that is not known.
    fn usual_scram(&self, _hash: scram::Hash) -> Option<scram::Usual> {
        None
    }

    /// Looks whether the source has changed since it was last read, and if so reads it again and
    /// returns true. Asked after a failed verification, so that a new account works at once.
    fn refresh(&self) -> bool {
        false
    }

    /// What tells sources of this kind from each other, where two objects can stand for the same
    /// accounts; `None` where each object has accounts of its own.
    fn identity(&self) -> Option<[usize; 3]> {
        None
    }
}

/// Whether two sources have the same accounts: one object, or two of one [`Source::identity`].
#[must_use]
pub fn are_same(one: &Arc<dyn Source>, other: &Arc<dyn Source>) -> bool {
    if Arc::ptr_eq(one, other) {
        return true;
    }
    let identity = one.identity();
    identity.is_some() && identity == other.identity()
}

//! What databases and directories are asked.

use super::stored_form;
use super::{Account, Algorithm, Unavailable};

/// The longest name or realm in bytes of UTF-8; whoever has a longer one is unknown.
pub const LONGEST_NAME: usize = 1024;

/// What is asked: names are UTF-8 without NUL and not longer than [`LONGEST_NAME`].
#[derive(PartialEq, Eq, Hash, Debug)]
pub struct Question<W = Algorithm> {
    /// The user's name.
    pub user: String,
    /// The realm.
    pub realm: String,
    /// Which hash is wanted.
    pub algorithm: W,
}

impl<W> Question<W> {
    /// `None` where nobody can have such names.
    pub(super) fn of(account: &Account<'_>, algorithm: W) -> Result<Option<Self>, Unavailable> {
        let Some(user) = name(account.user)? else { return Ok(None) };
        let Some(realm) = name(account.realm)? else { return Ok(None) };
        Ok(Some(Self { user, realm, algorithm }))
    }
}

/// `None` where nobody can have such a name.
pub(super) fn name(bytes: &[u8]) -> Result<Option<String>, Unavailable> {
    if bytes.contains(&0) || bytes.len() > LONGEST_NAME {
        return Ok(None);
    }
    let name = stored_form::to_text(bytes)?;
    Ok(Some(name).filter(|name| name.len() <= LONGEST_NAME))
}

//! Who a credential speaks for.

use crate::secret::Secret;

/// A user's name, domain and password as a program supplied them.
///
/// `None` and an empty string differ: a domain that is present but empty is sent as an empty realm,
/// an absent one lets the server's realm be used.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    /// The user's name, which may have the form `DOMAIN\user` or `user@domain`.
    pub user: Option<String>,
    /// The domain, sent as the realm.
    pub domain: Option<String>,
    /// The password.
    pub password: Option<Secret<String>>,
}

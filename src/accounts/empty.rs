//! The source of a machine that has no accounts.

use super::scram::{Hash, Known};
use super::{Account, Algorithm, Source, Stored, Unavailable};

/// No accounts are configured: every question is answered by saying how to configure some.
#[derive(Clone, Copy, Debug)]
pub struct NoAccounts;

impl Source for NoAccounts {
    fn find(&self, _: &Account<'_>, _: Algorithm) -> Result<Option<Stored>, Unavailable> {
        Err(Unavailable(
            "no accounts are configured: set SECUR32_ACCOUNTS to an htdigest file, or `accounts` \
             in the table [server] of secur32.toml, or its table [sql] or [ldap], or pass pGetKeyFn to AcquireCredentialsHandle"
                .to_owned(),
        ))
    }

    fn find_scram(&self, _: &[u8], _: Hash) -> Result<Option<Known>, Unavailable> {
        Err(Unavailable(
            "no accounts are configured for SCRAM: set `accounts` in the table [scram] of secur32.toml, or \
             query_scram in [sql], or attribute_scram in [ldap], or pass pGetKeyFn to AcquireCredentialsHandle"
                .to_owned(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_to_do() {
        let account = Account { user: b"alice", realm: b"" };
        let Unavailable(reason) = NoAccounts.find(&account, Algorithm::Md5).unwrap_err();
        assert!(reason.contains("SECUR32_ACCOUNTS"), "{reason}");
        let Unavailable(reason) = NoAccounts.find_scram(b"alice", Hash::Sha256).unwrap_err();
        assert!(reason.contains("[scram]"), "{reason}");
        assert!(!NoAccounts.refresh());
    }
}

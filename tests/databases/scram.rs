//! What SCRAM wants of databases and directories.

use secur32::accounts::Source;
use secur32::accounts::scram::{Hash, Known};
use secur32::scram::hash::pair_of;

/// What a source says of a name: `keys`, where they are those of the password `secret`; `other keys`; a
/// password; `nobody`; or why it cannot tell.
pub(crate) fn ask(source: &dyn Source, name: &str, hash: Hash) -> Result<String, String> {
    Ok(match source.find_scram(name.as_bytes(), hash).map_err(|unavailable| unavailable.0)? {
        None => "nobody".to_owned(),
        Some(Known::Password(password)) => password.expose().clone(),
        Some(Known::Keys(keys)) => {
            let own = pair_of(&hash.salted_password(b"secret", &keys.salt, keys.iterations));
            let is_own = keys.pairs.iter().any(|pair| {
                pair.stored_key.is_same(&own.stored_key) && pair.server_key.is_same(&own.server_key)
            });
            if is_own { "keys" } else { "other keys" }.to_owned()
        }
    })
}

/// Every answer of a source: name, hash, and what is expected.
pub(crate) fn answers(source: &dyn Source, expected: &[(&str, Hash, &str)]) {
    for (name, hash, expected) in expected {
        assert_eq!(ask(source, name, *hash).as_deref(), Ok(*expected), "{name} {hash:?}");
    }
}

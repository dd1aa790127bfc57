//! The keys of secur32.toml that are Digest's.

use std::time::Duration;

use super::{AuthenticationInfo, Settings};
use crate::config::Key;
use crate::digest::http::formulas::Algorithm;
use crate::digest::http::nonce_counts::Order;
use crate::digest::message::qop::{Cipher, Named, Offer, Qop};
use crate::secret::Secret;

/// The longest realm in bytes.
const MAX_REALM: usize = 255;
/// Fewer bytes of a secret could be guessed.
const MIN_SECRET: usize = 16;

/// The keys of Digest, in the order in which the documentation has them.
pub const KEYS: &[Key<Settings>] = &[
    Key {
        table: "WDigest",
        name: "DigestEncryptionAlgorithms",
        expected: "a string that lists some of 3des,des,rc4,rc4-56,rc4-40",
        shown: "\"3des,rc4\"",
        doc: "of 3des, des, rc4, rc4-56, rc4-40: what servers offer and clients take, in this order",
        read: |settings, value| {
            let names = value.string()?.split(',');
            let ciphers = names.map(|name| Cipher::from_name(name.trim_ascii().as_bytes()));
            settings.ciphers = ciphers.collect::<Option<_>>()?;
            Some(())
        },
    },
    Key {
        table: "WDigest",
        name: "UTF8SASL",
        expected: "0 or 1",
        shown: "1",
        doc: "0: challenges of DIGEST-MD5 without charset=utf-8, for JavaMail's users beyond ASCII",
        read: |settings, value| value.flag().map(|on| settings.utf8_sasl = on),
    },
    Key {
        table: "WDigest",
        name: "UTF8HTTP",
        expected: "0 or 1",
        shown: "1",
        doc: "0: the same of HTTP's, for clients that refuse the directive or its spelling",
        read: |settings, value| value.flag().map(|on| settings.utf8_http = on),
    },
    Key {
        table: "WDigest",
        name: "use_system",
        expected: "0 or 1",
        shown: "0",
        doc: "1: WDigest is left to Windows where Windows has it",
        read: |settings, value| value.flag().map(|on| settings.use_system = on),
    },
    Key {
        table: "server",
        name: "realm",
        expected: REALM,
        shown: "\"example.org\"",
        doc: "default: the host's domain name",
        read: |settings, value| value.string().and_then(realm).map(|realm| settings.realm = realm),
    },
    Key {
        table: "server",
        name: "realms",
        expected: "a list, each of its values a string of at most 255 bytes without control characters",
        shown: "[]",
        doc: "others whose users are let in, such as [\"EXAMPLE\"]",
        read: |settings, value| value.list(realm).map(|realms| settings.realms = realms),
    },
    Key {
        table: "server",
        name: "qop",
        expected: "a string that lists auth, and some of auth-int,auth-conf beside it",
        shown: "\"auth,auth-int,auth-conf\"",
        doc: "what is offered at most, where the program asks for it; \"auth\" serves clients that cannot read a list",
        read: |settings, value| {
            let names = value.string()?.split(',');
            let qops = names.map(|name| Qop::from_name(name.trim_ascii().as_bytes()));
            settings.qops =
                qops.collect::<Option<Offer<_>>>().filter(|it| it.contains(Qop::Auth))?;
            Some(())
        },
    },
    Key {
        table: "server",
        name: "accounts",
        expected: "a path",
        shown: "\"accounts\"",
        doc: "an htdigest file, relative to this one; default: no accounts",
        read: |settings, value| value.path().map(|path| settings.accounts = Some(path)),
    },
    Key {
        table: "server",
        name: "nonce_lifetime",
        expected: "a number of seconds from 1 to 86400",
        shown: "300",
        doc: "seconds in which a challenge must be answered, 1 to 86400",
        read: |settings, value| {
            let seconds = value.number(1..=86400)?;
            settings.nonce_lifetime = Duration::from_secs(seconds.into());
            Some(())
        },
    },
    Key {
        table: "server",
        name: "maxbuf",
        expected: "a number of bytes from 17 to 16777215",
        shown: "65536",
        doc: "bytes of a message, 17 to 16777215, which is sent to peers and then insisted on; default: not sent, which means 65536",
        read: |settings, value| {
            value.number(17..=0xff_ffff).map(|bytes| settings.maxbuf = Some(bytes))
        },
    },
    Key {
        table: "server",
        name: "secret",
        expected: "a string of at least 16 bytes",
        shown: "\"at least sixteen bytes\"",
        doc: "shared by processes that hand contexts, or clients of HTTP, to one another; default: none is shared",
        read: |settings, value| {
            let secret = value.string().filter(|secret| secret.len() >= MIN_SECRET)?;
            settings.secret = Some(Secret::new(secret.as_bytes().to_vec()));
            Some(())
        },
    },
    Key {
        table: "server",
        name: "http_algorithms",
        expected: ALGORITHMS,
        shown: "[\"MD5\"]",
        doc: "on Windows [\"MD5-sess\"]; also SHA-256, SHA-256-sess, SHA-512-256, SHA-512-256-sess: a challenge for each",
        read: |settings, value| {
            value.choice(algorithm).map(|algorithms| settings.http_algorithms = algorithms)
        },
    },
    Key {
        table: "server",
        name: "http_nonce_count",
        expected: "\"strict\" or \"window\"",
        shown: "\"window\"",
        doc: "counts may come out of order, within 64; on Windows \"strict\", each is one more than the last",
        read: |settings, value| {
            let order = value.one_of(&[("strict", Order::Strict), ("window", Order::Window)])?;
            settings.http_nonce_count = order;
            Some(())
        },
    },
    Key {
        table: "server",
        name: "http_sessions",
        expected: "a number from 64 to 16777216",
        shown: "100000",
        doc: "nonces to remember, 64 to 16777216",
        read: |settings, value| {
            let number = value.number(64..=0x100_0000)?;
            settings.http_sessions = usize::try_from(number).unwrap_or(usize::MAX);
            Some(())
        },
    },
    Key {
        table: "server",
        name: "http_opaque",
        expected: "0 or 1",
        shown: "0",
        doc: "1: challenges have an opaque",
        read: |settings, value| value.flag().map(|on| settings.http_opaque = on),
    },
    Key {
        table: "server",
        name: "http_check_uri",
        expected: "0 or 1",
        shown: "0",
        doc: "1: a caller's URI buffer must be what the client hashed, where http://host/path and /path are the same",
        read: |settings, value| value.flag().map(|on| settings.http_check_uri = on),
    },
    Key {
        table: "server",
        name: "http_userhash",
        expected: "0 or 1",
        shown: "0",
        doc: "1: clients are asked to hash names (RFC 7616), and an index of the accounts is kept, 6 to 12 bytes for each",
        read: |settings, value| value.flag().map(|on| settings.http_userhash = on),
    },
    Key {
        table: "server",
        name: "http_authentication_info",
        expected: "\"none\", \"rspauth\" or \"nextnonce\"",
        shown: "\"none\"",
        doc: "\"rspauth\", \"nextnonce\": what answers a valid response; the latter is a nonce for each request",
        read: |settings, value| {
            settings.http_authentication_info = value.one_of(&[
                ("none", AuthenticationInfo::None),
                ("rspauth", AuthenticationInfo::Rspauth),
                ("nextnonce", AuthenticationInfo::NextNonce),
            ])?;
            Some(())
        },
    },
    Key {
        table: "client",
        name: "http_algorithms",
        expected: ALGORITHMS,
        shown: "[\"SHA-512-256-sess\", \"SHA-512-256\", \"SHA-256-sess\", \"SHA-256\", \"MD5-sess\", \"MD5\"]",
        doc: "what HTTP challenges are answered by, the best first",
        read: |settings, value| {
            value.choice(algorithm).map(|algorithms| settings.client_algorithms = algorithms)
        },
    },
    Key {
        table: "client",
        name: "hash_charset",
        expected: "\"ISO-8859-1\" or \"UTF-8\"",
        shown: "\"ISO-8859-1\"",
        doc: "how names and passwords that fit it are hashed for servers of DIGEST-MD5 that know UTF-8; \"UTF-8\" for Dovecot and those of XMPP",
        read: |settings, value| {
            settings.hash_latin1 = value.one_of(&[("ISO-8859-1", true), ("UTF-8", false)])?;
            Some(())
        },
    },
    Key {
        table: "client",
        name: "http_charset",
        expected: "\"ISO-8859-1\" or \"UTF-8\"",
        shown: "\"ISO-8859-1\"",
        doc: "how names and passwords go to HTTP servers that ask for MD5 and name no charset; \"UTF-8\" for those that compare with UTF-8",
        read: |settings, value| {
            let latin1 = value.one_of(&[("ISO-8859-1", true), ("UTF-8", false)])?;
            settings.client_http_latin1 = latin1;
            Some(())
        },
    },
    Key {
        table: "client",
        name: "http_without_integrity",
        expected: "0 or 1",
        shown: "0",
        doc: "1: servers without auth-int are answered where ISC_REQ_INTEGRITY asks for it",
        read: |settings, value| value.flag().map(|on| settings.client_without_integrity = on),
    },
];

/// What a realm is.
pub(super) const REALM: &str = "a string of at most 255 bytes without control characters";
/// What a list of algorithms is.
const ALGORITHMS: &str = "a list of different ones of MD5, MD5-sess, SHA-256, SHA-256-sess, \
                          SHA-512-256, SHA-512-256-sess";

pub(super) fn realm(name: &str) -> Option<String> {
    let fits = name.len() <= MAX_REALM && !name.chars().any(char::is_control);
    fits.then(|| name.to_owned())
}

fn algorithm(name: &str) -> Option<Algorithm> {
    Algorithm::from_name(name.as_bytes())
}

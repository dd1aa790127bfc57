//! What our side of a row is configured with, and what servers keep of the rows' users.

use std::fmt::Write as _;

pub(crate) use crate::setting::Setting;

/// How a server keeps its account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kept {
    /// As stored keys: in our file, or in Cyrus' authPassword.
    Keys,
    /// As a password.
    Password,
}

/// Name, password and stored keys, which Python's hashlib made.
pub(crate) const ACCOUNTS: [(&str, &str, [&str; 3]); 2] = [
    (
        "alice",
        "secret",
        [
            "SCRAM-SHA-1$4096:AAECAwQFBgcICQoLDA0ODw==$Y70Wjxts9xDvZXVZpf765VU+gt4=:\
             6tMKK7QnVeI0U1t+EDZXP1e5Qys=",
            "SCRAM-SHA-256$4096:AAECAwQFBgcICQoLDA0ODw==$THoPhoTAuqyoQsK4dUHncUzgfD8fdmhsgKZhWVqNP5U=:\
             7YiHMMi2OcXGRogub03Ek06JRZ9bkhTOdCzHa5iPLiQ=",
            "SCRAM-SHA-512$4096:AAECAwQFBgcICQoLDA0ODw==$\
             p0NRv7AnRYEnDMi+LJb8mmadO7hlzCayf5kUIROPSkMktBhWBSZC2SSTpwiX/wTgdhXP1yVCxYG20zDPvsYR2w==:\
             bSXNr+94D+xhqC+uXuzD1riNAGhDKr/M6m56dsacFLvOEouvG0Z24H/Oubr0fNZf9S4Z4ThZcUxXGF/QI8ek+A==",
        ],
    ),
    (
        "jäger",
        "grün",
        [
            "SCRAM-SHA-1$4096:AAECAwQFBgcICQoLDA0ODw==$RqbEvtCzPESCMEIu2acuK/eV/E8=:\
             Q1Z6HqgW4drX/dCuwWmpbN8q868=",
            "SCRAM-SHA-256$4096:AAECAwQFBgcICQoLDA0ODw==$aKVicSZpENsxz5+WIhf7ORB0BxguEUePRLt9XEx6jEA=:\
             V7YfGH2kE1WGkC9zobJwPdLxQNAjFBc4HdNOy71J1OM=",
            "SCRAM-SHA-512$4096:AAECAwQFBgcICQoLDA0ODw==$\
             WuITc7rcc7xFQUwpQW5mRGxWANo4coWGDskiAsYriNMGDBaUwI6UrgjkQX5+1dsRZNnxBZDnza8ouBdOBWjBEQ==:\
             dYC4+chQ7K9ppJnVbUY216RX+6KypA742a+nCjFKMZhClpqmuegP2eRAIam1vJuX2fcZ+i4AczgFs3B8YSIChg==",
        ],
    ),
];

/// Every mechanism of SCRAM, in the order in which a program should prefer them.
const PROFILES: &str = "\"SCRAM-SHA-512-PLUS\", \"SCRAM-SHA-256-PLUS\", \"SCRAM-SHA-1-PLUS\", \
    \"SCRAM-SHA-512\", \"SCRAM-SHA-256\", \"SCRAM-SHA-1\", \"DIGEST-MD5\"";

impl Setting {
    /// With a file of accounts of these lines.
    pub(crate) fn new(lines: &str) -> Result<Self, String> {
        let toml = format!("[sasl]\nprofiles = [{PROFILES}]\n[scram]\naccounts = \"accounts\"\n");
        Self::of(lines.as_bytes(), &toml)
    }

    /// With the lines of all accounts and mechanisms.
    pub(crate) fn with_all() -> Result<Self, String> {
        let mut lines = String::new();
        for (user, _, mechanisms) in ACCOUNTS {
            for keys in mechanisms {
                let _ = writeln!(lines, "{user}:{keys}");
            }
        }
        Self::new(&lines)
    }
}

use std::path::Path;

use super::*;
use crate::error::Status;

fn parse(text: &str) -> Result<Settings> {
    Settings::read(&Document::parse(text, Path::new("/etc/secur32.toml"))?)
}

#[test]
fn what_is_not_said_has_its_default() {
    for text in
        ["", "[scram]", "[server]\nrealm = \"x\"\n[sql]\nconnection = \"DSN=x\"\nquery = \"?\""]
    {
        let settings = parse(text).unwrap();
        let counts = [settings.iterations, settings.iterations_min, settings.iterations_max];
        assert_eq!((counts, settings.cache), ([4096, 4096, 1_000_000], 8), "{text}");
        assert!(settings.accounts.is_none() && settings.secret.is_none());
    }
}

#[test]
fn what_is_said_counts() {
    let settings = parse(
        "[scram]\naccounts = \"keys\"\niterations = 65536\niterations_min = 1\n\
         iterations_max = 65536\ncache = 0\n[server]\nsecret = \"at least sixteen bytes\"",
    );
    let settings = settings.unwrap();
    assert_eq!(settings.accounts.as_deref(), Some(Path::new("/etc/keys")));
    let counts = [settings.iterations, settings.iterations_min, settings.iterations_max];
    assert_eq!((counts, settings.cache), ([65536, 1, 65536], 0));
    assert_eq!(settings.secret.unwrap().expose(), b"at least sixteen bytes");
}

#[test]
fn what_is_wrong_is_named() {
    for (text, reason) in [
        ("[scram]\niterations = 4095", "2: scram.iterations: expected a number from 4096"),
        ("[scram]\niterations = 1000001", "2: scram.iterations: expected a number from 4096"),
        ("[scram]\niterations_min = 0", "2: scram.iterations_min: expected"),
        ("[scram]\niterations_max = 4095", "2: scram.iterations_max: expected"),
        ("[scram]\ncache = 65", "2: scram.cache: expected"),
        ("[scram]\naccounts = \"\"", "2: scram.accounts: expected a path"),
        ("[scram]\nmin = 1", "2: scram.min: unknown; [scram] has accounts, iterations"),
        (
            "[scram]\niterations_min = 5000\niterations_max = 4999",
            "1: scram: iterations_min is more than iterations_max",
        ),
    ] {
        let error = parse(text).expect_err(text);
        assert_eq!(error.status(), Status::INTERNAL_ERROR);
        let found = error.reason().strip_prefix("/etc/secur32.toml:").expect(text);
        assert!(found.starts_with(reason), "{text}: {found}");
    }
}

use std::path::Path;

use super::*;
use crate::testing::package::PACKAGES;

fn parse(text: &str) -> Result<Vec<&'static str>> {
    let document = Document::parse(text, Path::new("/etc/secur32.toml"))?;
    PACKAGES.check(&document)?;
    configured_profiles(&document)
}

#[test]
fn packages_are_those_of_the_list() {
    static NONE: Packages = Packages::new(&[], &[]);
    static SYSTEM: Packages = Packages::new(&[], &[&digest::WDigest]);
    for (packages, name, found) in [
        (&PACKAGES, "fake", "Fake"),
        (&PACKAGES, "WDIGEST", "WDigest"),
        (&PACKAGES, "Kerberos", ""),
        (&NONE, "WDigest", ""),
        (&SYSTEM, "WDigest", ""), // another's to acquire
    ] {
        let package = packages.find(name).map_or("", |package| package.info().name);
        assert_eq!(package, found, "{name}");
    }
    for (packages, token, found) in [
        (&PACKAGES, "hello", "Fake"),
        (&PACKAGES, "digest-md5 abc", "WDigest"),
        (&PACKAGES, "DIGEST-MD55", ""),
        (&NONE, "DIGEST-MD5", ""),
        (&SYSTEM, "DIGEST-MD5", "WDigest"),
    ] {
        let package = packages.identify(token.as_bytes()).map_or("", |package| package.info().name);
        assert_eq!(package, found, "{token}");
    }
    assert_eq!((PACKAGES.available().len(), NONE.available().len()), (2, 0));
}

#[test]
fn profiles_are_listed_in_the_configured_order() {
    let known = PROFILES.map(|(profile, _)| profile);
    let all = &known[..LISTED];
    for (text, profiles) in [
        ("", all),
        ("[WDigest]\n[server]\n[client]\n[scram]\n[sasl]\n[log]\n", all),
        (SASL[0].shown, all),
        ("[\"digest-md5\", \"EXTERNAL\"]", &["DIGEST-MD5", "EXTERNAL"]),
        (
            "[\"scram-sha-1-plus\", \"DIGEST-MD5\", \"SCRAM-SHA-512\"]",
            &["SCRAM-SHA-1-PLUS", "DIGEST-MD5", "SCRAM-SHA-512"],
        ),
        ("[\"SCRAM-SHA-1-PLUS\", \"SCRAM-SHA-1\"]\nsasl.channel_bindings = 0", &["SCRAM-SHA-1"]),
    ] {
        let text = if text.starts_with("[\"") {
            format!("sasl.profiles = {text}")
        } else {
            text.to_owned()
        };
        assert_eq!(parse(&text).unwrap(), profiles, "{text}");
    }
    assert!(SASL[0].expected.ends_with(&known.join(", ")));
}

#[test]
fn r41_what_is_wrong_is_named_by_line_and_key_whichever_package_reads() {
    let tables =
        "unknown; the tables are WDigest, server, sql, ldap, shared, client, scram, sasl and log";
    for (text, reason) in [
        ("\n[servers]", format!("2: servers: {tables}")),
        ("realm = \"x\"", format!("1: realm: {tables}")),
        ("[server]\nmaxbuf = 1", "2: server.maxbuf: expected a number of bytes".to_owned()),
        ("[sasl]\nprofiles = []", "2: sasl.profiles: expected a list of different".to_owned()),
        ("[sasl]\nprofiles = \"DIGEST-MD5\"", "2: sasl.profiles: expected".to_owned()),
        ("[sasl]\nprofiles = [\"PLAIN\"]", "2: sasl.profiles: expected".to_owned()),
        ("[sasl]\nprofiles = [\"EXTERNAL\", \"external\"]", "2: sasl.profiles: ex".to_owned()),
        ("[sasl]\nprofiles = [1]", "2: sasl.profiles: expected".to_owned()),
        (
            "[sasl]\nmechanisms = []",
            "2: sasl.mechanisms: unknown; [sasl] has profiles and channel_bindings".to_owned(),
        ),
    ] {
        let error = parse(text).expect_err(text);
        assert_eq!(error.status(), Status::INTERNAL_ERROR);
        let found = error.reason().strip_prefix("/etc/secur32.toml:").expect(text);
        assert!(found.starts_with(&reason), "{text}: {found}");
    }
}

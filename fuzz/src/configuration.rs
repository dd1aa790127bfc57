//! `secur32.toml`. A text that is not TOML is refused; one that is taken is applied as it stands:
//! the challenge shows its realm, its ciphers and its algorithms.

use toml::{Table, Value};

use crate::abi;
use crate::ends::{End, Function};
use crate::fault;
use crate::input::Input;
use crate::place;
use crate::strict;

/// Reads one text.
pub fn run(bytes: &[u8]) {
    let table = std::str::from_utf8(bytes).ok().and_then(|text| text.parse::<Table>().ok());
    // A log is written where its file says: nowhere but here.
    if table.as_ref().is_some_and(has_log) {
        return;
    }
    let acquired = {
        let _environment = place::configure("fuzzed.toml", bytes);
        place::acquire("WDigest", abi::INBOUND, std::ptr::null_mut(), None)
    };
    let credential = match acquired {
        Ok(credential) => credential,
        Err(status) => {
            let known = [abi::INTERNAL_ERROR, abi::NO_AUTHENTICATING_AUTHORITY];
            assert!(known.contains(&status), "ORACLE status: {status:X}");
            return;
        }
    };
    let table = table.filter(|_| !fault::is("wrong-toml"));
    let table = table.expect("ORACLE toml: taken, and not TOML");
    for table in table.values() {
        assert!(table.is_table(), "ORACLE toml: a key outside of the tables");
    }
    challenge(credential, &table);
    place::free(credential);
}

fn has_log(table: &Table) -> bool {
    table.get("log").is_some()
}

fn text<'t>(table: &'t Table, section: &str, key: &str) -> Option<&'t str> {
    table.get(section).and_then(|section| section.get(key)).and_then(Value::as_str)
}

/// Holds a challenge against the text.
fn challenge(credential: abi::SecHandle, table: &Table) {
    let mut server = End::new(Function::SaslAccept, credential, abi::ASC_CONFIDENTIALITY);
    let step = server.step(&mut Input::new(&[]), &[(abi::TOKEN, &[])]);
    assert_eq!(step.status, abi::CONTINUE_NEEDED, "ORACLE challenge: {:X}", step.status);
    let read = strict::sasl_challenge(step.token()).expect("ORACLE grammar: a challenge");
    if let Some(realm) = text(table, "server", "realm") {
        let mut shown = read.value("realm").unwrap_or_default().to_vec();
        if fault::is("half-applied") {
            shown.push(b'x');
        }
        let both = [realm.as_bytes().to_vec(), crate::people::latin1(realm).unwrap_or_default()];
        assert!(both.contains(&shown), "ORACLE realm: {shown:?} for {realm:?}");
    }
    if let Some(ciphers) = text(table, "WDigest", "DigestEncryptionAlgorithms") {
        let names = ciphers.split(',').map(|name| name.trim().to_ascii_lowercase().into_bytes());
        let mut listed: Vec<Vec<u8>> = vec![];
        for name in names.filter(|name| !name.is_empty()) {
            if !listed.contains(&name) {
                listed.push(name);
            }
        }
        assert_eq!(read.list("cipher"), listed, "ORACLE ciphers");
    }
    let server = table.get("server");
    if let Some(maxbuf) = server.and_then(|server| server.get("maxbuf")).and_then(Value::as_integer)
    {
        assert_eq!(read.value("maxbuf"), Some(maxbuf.to_string().as_bytes()), "ORACLE maxbuf");
    }
}

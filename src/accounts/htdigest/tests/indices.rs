//! Users by the hashes of their names.

use super::*;

/// alice, by the MD5 hash of her name and realm.
fn find_hashed(file: &HtdigestFile, names: &str) -> Option<Vec<u8>> {
    let digits = crate::digest::http::formulas::Hash::Md5.of(&[names.as_bytes()]);
    file.find_hashed(&digits, b"r", Algorithm::Md5).unwrap()
}

#[test]
fn users_are_found_by_their_hashes_only_where_that_is_wanted() {
    let directory = Scratch::new();
    let (path, plain) = opened(&directory);
    assert_eq!(find_hashed(&plain, "alice:r"), None);
    let first = shared(&path, &[]).unwrap();
    look_when_told(&first);
    assert_eq!(find_hashed(&first, "alice:r"), None);
    // Another credential wants it: everyone who shares the file has it, and keeps it.
    for algorithms in [&[Algorithm::Md5][..], &[Algorithm::Sha256], &[]] {
        let file = shared(&path, algorithms).unwrap();
        assert!(Arc::ptr_eq(&file, &first));
        assert_eq!(find_hashed(&first, "alice:r").as_deref(), Some(&b"alice"[..]));
    }
    write(&path, &line(TWO).replace("alice", "bob"), 5);
    assert!(first.refresh());
    assert_eq!(find_hashed(&first, "alice:r"), None);
    assert_eq!(find_hashed(&first, "bob:r").as_deref(), Some(&b"bob"[..]));
}

#[test]
fn indices_of_a_file_that_is_broken_meanwhile_are_not_to_be_had() {
    let directory = Scratch::new();
    let path = directory.path().join("accounts");
    write(&path, &line(ONE), 0);
    let file = shared(&path, &[]).unwrap();
    look_when_told(&file);
    write(&path, "alice\n", 1);
    let refused = shared(&path, &[Algorithm::Md5]).unwrap_err();
    assert!(refused.0.contains(":1: expected"), "{refused:?}");
    assert_eq!(alice(&file), Some(0x11));
    write(&path, &line(TWO), 2);
    assert!(file.refresh());
    assert!(find_hashed(&file, "alice:r").is_some());
}

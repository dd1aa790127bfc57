use std::fs;

use std::sync::atomic::Ordering;

use super::*;
use crate::accounts::file::LOOK_EVERY;
use crate::system::clock;
use crate::testing::scratch::Scratch;

const ALICE: &str = "alice:SCRAM-SHA-1$4096:QSXCR+Q6sek8bf92$6dlGYMOdZcOPutkcNY8U2g7vK9Y=:\
    D+CSWLOshSulAsxiupA+qs2/fTE=\n";

fn read(text: &str) -> Result<ScramAccounts, Unread> {
    ScramAccounts::read(&mut text.as_bytes(), text.len(), ())
}

fn knows(file: &ScramFile, user: &str) -> bool {
    match file.find_scram(user.as_bytes(), Hash::Sha1).unwrap() {
        Some(Known::Keys(keys)) => keys.salt.len() == 12 && keys.iterations == 4096,
        Some(Known::Password(_)) => panic!("a password from a file of keys"),
        None => false,
    }
}

#[test]
fn a_change_is_seen_and_a_wrong_one_leaves_the_old_accounts() {
    let directory = Scratch::new();
    let path = directory.file("accounts", ALICE);
    let file = shared(&path).unwrap();
    assert!(Arc::ptr_eq(&file, &shared(&path).unwrap()));
    assert!(knows(&file, "alice") && !knows(&file, "bob"));
    assert_eq!(file.usual_scram(Hash::Sha1), Some(Usual { salt: 12, iterations: 4096 }));
    fs::write(&path, format!("{ALICE}{}", ALICE.replace("alice", "bob"))).unwrap();
    assert!(file.refresh());
    assert!(knows(&file, "alice") && knows(&file, "bob"));
    fs::write(&path, format!("#\n{}", ALICE.replace("4096", "0"))).unwrap();
    assert!(!file.refresh());
    assert!(knows(&file, "bob"));
    let said = ScramFile::open(&path, ()).unwrap_err().0;
    assert_eq!(
        said,
        format!(
            "{}:2: {}",
            path.display(),
            "expected an iteration count from 1 to 4294967295, without a leading zero"
        )
    );
    fs::write(&path, ALICE).unwrap();
    assert!(file.refresh());
    assert!(!knows(&file, "bob"));
}

#[test]
fn a_login_looks_at_the_file_where_nobody_has_for_a_while() {
    let directory = Scratch::new();
    let path = directory.file("accounts", ALICE);
    let file = shared(&path).unwrap();
    fs::write(&path, format!("{ALICE}{}", ALICE.replace("alice", "bob"))).unwrap();
    // As if it had been looked at an hour hence, just so that it is too early, and long ago.
    let source: &dyn Source = &*file;
    file.next_look.store(u64::MAX, Ordering::Relaxed);
    assert!(!source.refresh() && !knows(&file, "bob"));
    let far = clock::coarse_milliseconds() + 3_600_000;
    file.next_look.store(far, Ordering::Relaxed);
    assert!(!source.refresh() && !knows(&file, "bob"));
    // Looked at LOOK_AFTER ago: before a look-up would by itself.
    let due = clock::coarse_milliseconds() + LOOK_EVERY - LOOK_AFTER;
    file.next_look.store(due, Ordering::Relaxed);
    assert!(source.refresh() && knows(&file, "bob"));
}

#[test]
fn few_iterations_are_remarked_upon() {
    let low = ALICE.replace("4096", "4095");
    let accounts = read(&format!("{ALICE}bob{}", &low[5..])).unwrap();
    assert!(accounts.remark().unwrap().starts_with("line 2 has fewer than 4096 iterations"));
    assert_eq!(read(ALICE).unwrap().remark(), None);
}

#[test]
fn it_serves_no_digest_and_an_htdigest_file_no_scram() {
    let directory = Scratch::new();
    let file = shared(&directory.file("keys", ALICE)).unwrap();
    let account = Account { user: b"alice", realm: b"" };
    assert!(Source::find(&*file, &account, Algorithm::Md5).is_err());
    let digest = directory.file("htdigest", format!("alice:r:{}\n", "0".repeat(32)));
    let digest = crate::accounts::htdigest::shared(&digest, &[]).unwrap();
    let Unavailable(reason) = digest.find_scram(b"alice", Hash::Sha1).unwrap_err();
    assert!(reason.contains("[scram]"), "{reason}");
}

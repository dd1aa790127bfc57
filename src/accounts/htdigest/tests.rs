use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use super::*;
use crate::accounts::file::LOOK_EVERY;
use crate::accounts::file::reading::MAX_FILE;
use crate::testing::scratch::Scratch;

mod background;
mod indices;

const ONE: &str = "11111111111111111111111111111111";
const TWO: &str = "22222222222222222222222222222222";

/// The first byte of alice's hash.
fn alice(file: &HtdigestFile) -> Option<u8> {
    let account = Account { user: b"alice", realm: b"r" };
    match Source::find(file, &account, Algorithm::Md5).unwrap()? {
        Stored::Hash(hash) => Some(hash.expose()[0]),
        Stored::Password(_) => panic!("a password from a file of hashes"),
    }
}

fn line(hash: &str) -> String {
    format!("alice:r:{hash}\n")
}

/// A time long ago, so that the state of a file is settled.
fn at(second: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000 + second)
}

/// Writes the file in place, modified at the second given.
fn write(path: &Path, content: &str, second: u64) {
    fs::write(path, content).unwrap();
    modify(path, second);
}

fn modify(path: &Path, second: u64) {
    File::options().write(true).open(path).unwrap().set_modified(at(second)).unwrap();
}

/// Lets no look-up look at the file by itself, however slow the test is.
fn look_when_told(file: &HtdigestFile) {
    file.next_look.store(u64::MAX, Ordering::Relaxed);
}

fn opened(directory: &Scratch) -> (PathBuf, Arc<HtdigestFile>) {
    let path = directory.path().join("accounts");
    write(&path, &line(ONE), 0);
    let file = HtdigestFile::open(&path, Indexed::default()).unwrap();
    look_when_told(&file);
    assert_eq!(alice(&file), Some(0x11));
    (path, file)
}

fn complaint(file: &HtdigestFile) -> Option<String> {
    file.watch.lock().complaint.clone()
}

fn reason(path: &Path) -> String {
    HtdigestFile::open(path, Indexed::default()).unwrap_err().0
}

#[test]
fn a_change_is_seen_by_refresh() {
    let directory = Scratch::new();
    let (path, file) = opened(&directory);
    assert!(!file.refresh());
    write(&path, &line(TWO), 5);
    assert_eq!(alice(&file), Some(0x11));
    assert!(file.refresh());
    assert_eq!(alice(&file), Some(0x22));
    assert!(!file.refresh());
}

#[test]
fn each_sign_of_a_change_counts_alone() {
    let directory = Scratch::new();
    let (path, file) = opened(&directory);
    // the time, by a nanosecond
    let handle = File::options().write(true).open(&path).unwrap();
    handle.set_modified(at(0) + Duration::from_nanos(1)).unwrap();
    assert!(file.refresh());
    // the size
    write(&path, &format!("{}\n", line(TWO)), 0);
    handle.set_modified(at(0) + Duration::from_nanos(1)).unwrap();
    assert!(file.refresh());
    assert_eq!(alice(&file), Some(0x22));
    // the inode
    let other = directory.path().join("other");
    write(&other, &format!("{}\n", line(ONE)), 0);
    let other_handle = File::options().write(true).open(&other).unwrap();
    other_handle.set_modified(at(0) + Duration::from_nanos(1)).unwrap();
    fs::rename(&other, &path).unwrap();
    assert_eq!(file.refresh(), cfg!(unix));
    assert!(!file.refresh());
}

#[test]
fn look_ups_look_once_a_second() {
    let directory = Scratch::new();
    let (path, file) = opened(&directory);
    write(&path, &line(TWO), 5);
    assert_eq!(alice(&file), Some(0x11));
    file.next_look.store(0, Ordering::Relaxed);
    assert_eq!(alice(&file), Some(0x22));
    let next = file.next_look.load(Ordering::Relaxed);
    assert!((LOOK_EVERY..u64::MAX).contains(&next), "{next}");
}

#[test]
fn a_malformed_file_leaves_the_old_accounts() {
    let directory = Scratch::new();
    let (path, file) = opened(&directory);
    write(&path, &format!("{}alice:r:short\n", line(TWO)), 5);
    assert!(!file.refresh());
    assert_eq!(alice(&file), Some(0x11));
    let text = complaint(&file).unwrap();
    assert!(text.starts_with(&format!("{}:2: expected 32 (MD5)", path.display())), "{text}");
    write(&path, &line(TWO), 6);
    assert!(file.refresh());
    assert_eq!(alice(&file), Some(0x22));
    assert_eq!(complaint(&file), None);
}

#[test]
fn a_missing_file_leaves_the_old_accounts() {
    let directory = Scratch::new();
    let (path, file) = opened(&directory);
    let away = directory.path().join("away");
    fs::rename(&path, &away).unwrap();
    assert!(!file.refresh());
    assert_eq!(alice(&file), Some(0x11));
    assert!(complaint(&file).unwrap().contains("stay in use"));
    fs::rename(&away, &path).unwrap();
    assert!(file.refresh());
    assert_eq!(complaint(&file), None);
    assert_eq!(alice(&file), Some(0x11));
}

#[test]
fn a_state_read_too_early_is_read_again() {
    let directory = Scratch::new();
    let path = directory.path().join("accounts");
    write(&path, &line(ONE), 0);
    let file = HtdigestFile::open(&path, Indexed::default()).unwrap();
    file.watch.lock().settled = false;
    // Rewritten with the same size within one step of the clock.
    write(&path, &line(TWO), 0);
    look_when_told(&file);
    assert!(!file.refresh_at(at(1)));
    assert_eq!(alice(&file), Some(0x11));
    assert!(file.refresh_at(at(2)));
    assert_eq!(alice(&file), Some(0x22));
    assert!(!file.refresh_at(at(3)));
}

#[test]
fn a_file_emptied_just_now_may_be_in_the_making() {
    let directory = Scratch::new();
    let (path, file) = opened(&directory);
    write(&path, "", 5);
    assert!(!file.refresh_at(at(5)));
    assert_eq!(alice(&file), Some(0x11));
    assert!(file.refresh_at(at(7)));
    assert_eq!(alice(&file), None);
    assert!(!file.refresh_at(at(8)));
}

#[test]
fn a_thread_learns_of_a_change_that_another_saw_first() {
    let directory = Scratch::new();
    let (path, file) = opened(&directory);
    write(&path, &line(TWO), 5);
    std::thread::scope(|scope| assert!(scope.spawn(|| file.refresh()).join().unwrap()));
    // This thread last asked the old accounts.
    assert!(file.refresh());
    assert!(!file.refresh());
    assert_eq!(alice(&file), Some(0x22));
}

#[test]
fn look_ups_and_changes_on_many_threads() {
    let directory = Scratch::new();
    let (path, file) = opened(&directory);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..2000 {
                    assert!(matches!(alice(&file), Some(0x11 | 0x22)));
                }
            });
        }
        for second in 0..200 {
            write(&path, &line(if second % 2 == 0 { ONE } else { TWO }), second + 10);
            file.refresh();
        }
    });
    assert_eq!(alice(&file), Some(0x22));
}

#[test]
fn unusable_files_are_refused_at_first() {
    let directory = Scratch::new();
    let missing = directory.path().join("missing");
    assert!(reason(&missing).starts_with(&missing.display().to_string()));
    assert!(reason(directory.path()).ends_with("not a regular file"));
    let bad = directory.file("bad", "# accounts\n\nalice:r:password\n");
    assert!(reason(&bad).starts_with(&format!("{}:3: ", bad.display())));
    assert!(!reason(&bad).contains("password"));
    let huge = directory.file("huge", "");
    File::options().write(true).open(&huge).unwrap().set_len(MAX_FILE + 1).unwrap();
    assert!(reason(&huge).ends_with("larger than 256 MiB"));
}

#[test]
#[cfg(unix)]
fn devices_are_refused() {
    assert!(reason(Path::new("/dev/zero")).ends_with("not a regular file"));
}

#[test]
fn an_empty_file_is_a_file_without_accounts() {
    let directory = Scratch::new();
    let file = HtdigestFile::open(&directory.file("accounts", "# none yet\n"), Indexed::default())
        .unwrap();
    assert!(file.is_empty());
    assert_eq!(alice(&file), None);
}

#[test]
fn the_last_account_is_revoked_at_once() {
    let directory = Scratch::new();
    let (path, file) = opened(&directory);
    assert!(alice(&file).is_some());
    fs::write(path, "# nobody any more\n").unwrap();
    assert!(file.refresh());
    assert_eq!(alice(&file), None);
}

#[test]
fn a_file_is_shared_while_somebody_has_it() {
    let directory = Scratch::new();
    let path = directory.file("accounts", line(ONE));
    let first = shared(&path, &[]).unwrap();
    let second = shared(&path, &[]).unwrap();
    assert!(Arc::ptr_eq(&first, &second));
    let id = first.id;
    drop((first, second));
    assert_ne!(shared(&path, &[]).unwrap().id, id);
}

#[test]
fn debug_output_holds_no_hash() {
    let directory = Scratch::new();
    let (_, file) = opened(&directory);
    let text = format!("{file:?}");
    assert!(text.contains("1 accounts"), "{text}");
    assert!(!text.contains("1111") && !text.contains("17, 17"), "{text}");
}

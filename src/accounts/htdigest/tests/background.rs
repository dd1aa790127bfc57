//! Large files, which are read in the background.

use std::cell::RefCell;
use std::io;
use std::sync::Weak;

use super::*;
use crate::accounts::file::reading;
use crate::system::{fork, thread};

thread_local! {
    /// What was to be done on threads of their own.
    static WORK: RefCell<Vec<thread::Work>> = const { RefCell::new(Vec::new()) };
}

/// A file whose threads wait in [`WORK`], with alice's line and more than is read within a look-up.
fn opened_large(directory: &Scratch) -> (PathBuf, Arc<HtdigestFile>) {
    let path = directory.path().join("accounts");
    write(&path, &large(ONE), 0);
    let mut file = Arc::into_inner(HtdigestFile::open(&path, Indexed::default()).unwrap()).unwrap();
    file.spawn = |_, work| {
        WORK.with_borrow_mut(|waiting| waiting.push(work));
        Ok(())
    };
    let file = Arc::new_cyclic(|own| HtdigestFile { own: Weak::clone(own), ..file });
    look_when_told(&file);
    assert_eq!(alice(&file), Some(0x11));
    (path, file)
}

fn large(hash: &str) -> String {
    format!("{}{}", line(hash), "\n".repeat(usize::try_from(reading::IN_PLACE).unwrap()))
}

/// Does what waits, on another thread; says how much that was.
fn work() -> usize {
    let waiting = WORK.take();
    let count = waiting.len();
    for work in waiting {
        std::thread::spawn(work).join().unwrap();
    }
    count
}

#[test]
fn a_large_file_is_read_in_the_background() {
    let directory = Scratch::new();
    let (path, file) = opened_large(&directory);
    for (number, hash, byte) in [(1, TWO, 0x22), (2, ONE, 0x11), (3, TWO, 0x22)] {
        let before = alice(&file);
        write(&path, &large(hash), number);
        // By a refresh, and by a look-up.
        if number == 2 {
            file.next_look.store(0, Ordering::Relaxed);
            assert_eq!(alice(&file), before);
            look_when_told(&file);
        }
        assert!(!file.refresh());
        assert!(!file.refresh());
        assert_eq!(alice(&file), before);
        // One thread is enough, and the thread that asked before learns of it.
        assert_eq!(work(), 1);
        assert!(file.refresh());
        assert_eq!(alice(&file), Some(byte));
        assert!(!file.refresh());
        assert_eq!(work(), 0);
    }
}

#[test]
fn size_decides_of_the_old_accounts_too() {
    let directory = Scratch::new();
    let (path, file) = opened_large(&directory);
    // Wiping the old ones takes as long.
    write(&path, &line(TWO), 1);
    assert!(!file.refresh());
    assert_eq!((alice(&file), work()), (Some(0x11), 1));
    assert_eq!(alice(&file), Some(0x22));
    // Both are small.
    write(&path, &line(ONE), 2);
    assert!(file.refresh());
    assert_eq!((alice(&file), work()), (Some(0x11), 0));
    // As large as may be, and by a byte larger.
    let fitting = large(TWO).replacen(&"\n".repeat(line(TWO).len()), "", 1);
    assert_eq!(fitting.len() as u64, reading::IN_PLACE);
    write(&path, &fitting, 3);
    assert!(file.refresh());
    assert_eq!((alice(&file), work()), (Some(0x22), 0));
    write(&path, &format!("{}{fitting}", "\n"), 4);
    assert!(!file.refresh());
    assert_eq!(work(), 1);
}

#[test]
fn a_large_file_that_cannot_be_read_needs_no_thread_but_to_find_out() {
    let directory = Scratch::new();
    let (path, file) = opened_large(&directory);
    write(&path, &format!("{}alice:r:short\n", large(TWO)), 1);
    assert!(!file.refresh());
    assert_eq!((complaint(&file), work()), (None, 1));
    assert!(complaint(&file).unwrap().contains(":65538: expected 32 (MD5)"));
    assert!(!file.refresh());
    assert_eq!(work(), 0);
    File::options().write(true).open(&path).unwrap().set_len(MAX_FILE + 1).unwrap();
    modify(&path, 2);
    assert!(!file.refresh());
    assert!(complaint(&file).unwrap().contains("larger than 256 MiB"));
    fs::remove_file(&path).unwrap();
    assert!(!file.refresh());
    assert_eq!((alice(&file), work()), (Some(0x11), 0));
}

#[test]
fn without_a_thread_a_large_file_is_read_in_place() {
    let directory = Scratch::new();
    let (path, file) = opened_large(&directory);
    let mut file = Arc::into_inner(file).unwrap();
    file.spawn = |_, _| Err(io::ErrorKind::WouldBlock.into());
    let file = Arc::new_cyclic(|own| HtdigestFile { own: Weak::clone(own), ..file });
    for (second, hash, byte) in [(1, TWO, 0x22), (2, ONE, 0x11)] {
        write(&path, &large(hash), second);
        assert!(file.refresh());
        assert_eq!(alice(&file), Some(byte));
    }
}

#[test]
fn a_child_does_not_wait_for_its_parents_thread() {
    let directory = Scratch::new();
    let (path, file) = opened_large(&directory);
    // Forked while a thread of the parent read.
    file.watch.lock().reader = Some(fork::epoch().wrapping_sub(1));
    write(&path, &large(TWO), 1);
    assert!(!file.refresh());
    assert_eq!((alice(&file), work()), (Some(0x11), 1));
    assert_eq!(alice(&file), Some(0x22));
    assert_eq!(file.watch.lock().reader, None);
}

#[test]
fn what_was_read_before_another_change_is_not_put_into_use() {
    let directory = Scratch::new();
    let (path, file) = opened(&directory);
    let read = |file: &HtdigestFile| {
        let (version, indexed) = file.watch.lock().wanted();
        (version, reading::whole::<Htdigest>(&file.path, indexed))
    };
    write(&path, &line(TWO), 5);
    let (version, early) = read(&file);
    write(&path, &line(ONE).replace("alice", "bob"), 6);
    assert!(file.refresh());
    assert!(file.settle(version, early, at(9)).is_none());
    assert_eq!(alice(&file), None);
    // Nor what has not all that is wanted.
    let (version, early) = read(&file);
    file.want([Algorithm::Md5].into_iter().collect()).unwrap();
    assert!(file.settle(version, early, at(9)).is_none());
    assert_eq!(
        file.read_content(|content| content.accounts.has()),
        [Algorithm::Md5].into_iter().collect()
    );
}

#[test]
fn a_thread_of_its_own_reads_a_large_file() {
    let directory = Scratch::new();
    let path = directory.path().join("accounts");
    write(&path, &large(ONE), 0);
    let file = HtdigestFile::open(&path, Indexed::default()).unwrap();
    look_when_told(&file);
    assert_eq!(alice(&file), Some(0x11));
    write(&path, &large(TWO), 1);
    while !file.refresh() {
        std::thread::yield_now();
    }
    assert_eq!(alice(&file), Some(0x22));
}

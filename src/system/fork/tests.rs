use std::io::Read;
use std::os::fd::FromRawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;

use super::*;

/// What `work` returns in a forked child.
fn in_child<const N: usize>(work: impl Fn() -> [u8; N]) -> [u8; N] {
    let mut ends = [0; 2];
    // SAFETY: `ends` has room for the two descriptors.
    assert_eq!(unsafe { libc::pipe(ends.as_mut_ptr()) }, 0);
    // SAFETY: the child uses what this thread holds alone, then leaves by `_exit`.
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        // A child that waits for ever ends by this, and writes nothing.
        // SAFETY: takes and returns plain numbers.
        unsafe { libc::alarm(20) };
        // A panic must not go on into the parent's other tests: nothing is written then.
        if let Ok(result) = catch_unwind(AssertUnwindSafe(&work)) {
            // SAFETY: `result` is N readable bytes and the descriptor is the pipe's.
            unsafe { libc::write(ends[1], result.as_ptr().cast(), N) };
        }
        // SAFETY: ends the child without running what belongs to its parent.
        unsafe { libc::_exit(0) };
    }
    // SAFETY: the descriptor is this process's and not used after.
    unsafe { libc::close(ends[1]) };
    // SAFETY: the descriptor is this process's, and the file owns it from here.
    let mut pipe = unsafe { std::fs::File::from_raw_fd(ends[0]) };
    let mut result = [0; N];
    pipe.read_exact(&mut result).unwrap();
    // SAFETY: `child` is this process's child, and its status is not asked for.
    unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
    result
}

fn bytes() -> [u8; 16] {
    let mut bytes = [0; 16];
    crate::random::fill(&mut bytes).unwrap();
    bytes
}

#[test]
fn a_child_and_its_child_are_in_other_epochs_and_the_parent_stays() {
    let own = epoch();
    let [child, grandchild] = in_child(|| {
        let child = epoch().to_ne_bytes();
        let grandchild = in_child(|| epoch().to_ne_bytes());
        let mut both = [0; 16];
        both[..8].copy_from_slice(&child);
        both[8..].copy_from_slice(&grandchild);
        both
    })
    .as_chunks::<8>()
    .0
    .iter()
    .map(|half| u64::from_ne_bytes(*half))
    .collect::<Vec<_>>()[..] else {
        panic!("two halves")
    };
    assert_ne!(child, own);
    assert_ne!(grandchild, own);
    assert_ne!(grandchild, child);
    assert_eq!(epoch(), own);
}

#[test]
fn a_child_does_not_repeat_its_parents_random_bytes() {
    bytes();
    let child = in_child(bytes);
    let sibling = in_child(bytes);
    let parent = bytes();
    assert_ne!(child, parent);
    assert_ne!(sibling, parent);
    assert_ne!(child, sibling);
}

/// What `work` finds in a child, forked while another thread is in `busy`, which waits in the closure
/// that it is given until the child has answered.
fn in_child_beside<const N: usize>(
    busy: impl FnOnce(&mut dyn FnMut()) + Send,
    work: impl Fn() -> [u8; N],
) -> [u8; N] {
    let (is_busy, wait_for_busy) = mpsc::channel();
    let (done, wait_for_done) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            busy(&mut || {
                is_busy.send(()).unwrap();
                wait_for_done.recv().unwrap();
            });
        });
        wait_for_busy.recv().unwrap();
        let found = in_child(work);
        done.send(()).unwrap();
        found
    })
}

#[test]
fn a_child_is_told_of_a_lock_that_another_thread_held() {
    let (held, free) = (Mutex::new(1_u8), Mutex::new(2_u8));
    let keep = |wait: &mut dyn FnMut()| {
        let _guard = held.lock().unwrap();
        wait();
    };
    let look = |lock: &Mutex<u8>| lock.lock().map_or(0, |value| *value);
    // Twice: what is held stays so, and what is free stays free.
    let found = in_child_beside(keep, || [&held, &free, &held, &free].map(look));
    assert_eq!(found, [0, 2, 0, 2]);
    assert_eq!([&held, &free].map(look), [1, 2]);
}

#[test]
fn a_lock_of_the_thread_that_forks_is_free_in_the_child_once_it_gives_it_back() {
    let lock = Mutex::new(3_u8);
    let guard = std::cell::Cell::new(lock.lock().ok());
    let found = in_child(|| {
        let held = lock.lock().is_err();
        drop(guard.take());
        [u8::from(held), lock.lock().map_or(0, |value| *value)]
    });
    assert_eq!(found, [1, 3]);
}

#[test]
fn of_many_threads_of_a_child_all_have_a_lock_that_was_free() {
    let lock = Mutex::new(0_u8);
    let found = in_child(|| {
        let count = || (0..10).all(|_| lock.lock().map(|mut count| *count += 1).is_ok());
        let all = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(count)).collect();
            threads.into_iter().all(|thread| thread.join().unwrap_or(false))
        });
        [u8::from(all), lock.lock().map_or(0, |count| *count)]
    });
    assert_eq!(found, [1, 40]);
}

/// Two numbers that a gated lock keeps equal.
static TWINS: Gated<(u64, u64)> = Gated::new((0, 0));

#[test]
fn what_is_gated_is_free_and_whole_in_every_child() {
    let stop = std::sync::atomic::AtomicBool::new(false);
    let count = || {
        while !stop.load(std::sync::atomic::Ordering::Relaxed) {
            let mut twins = TWINS.lock();
            twins.0 += 1;
            // As long as most of what is done under such a lock.
            std::hint::black_box(vec![0_u8; 100]);
            twins.1 += 1;
        }
    };
    std::thread::scope(|scope| {
        let threads = [scope.spawn(count), scope.spawn(count)];
        for _ in 0..if cfg!(miri) { 0 } else { 50 } {
            let found = in_child(|| {
                let first = TWINS.lock();
                let equal = first.0 == first.1;
                drop(first);
                let again = in_child(|| {
                    let twins = TWINS.lock();
                    [u8::from(twins.0 == twins.1)]
                });
                [u8::from(equal), again[0]]
            });
            assert_eq!(found, [1, 1]);
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

#[test]
fn a_thread_that_forks_under_a_gated_lock_does_not_wait_for_itself() {
    static OWN: Gated<u8> = Gated::new(5);
    static INNER: Gated<u8> = Gated::new(6);
    let guard = std::cell::Cell::new(Some(OWN.lock()));
    assert!(inside());
    let found = in_child(|| {
        let inner = *INNER.lock();
        drop(guard.take());
        let again = in_child(|| [*OWN.lock()]);
        [inner, u8::from(inside()), again[0]]
    });
    assert_eq!(found, [6, 0, 5]);
    assert_eq!(*INNER.lock(), 6);
    drop(guard.take());
    assert!(!inside());
}

#[test]
fn a_panic_under_a_lock_leaves_it_free() {
    let (gated, lock) = (Gated::new(()), Mutex::new(()));
    let panics = |work: &dyn Fn()| catch_unwind(AssertUnwindSafe(work)).is_err();
    assert!(panics(&|| {
        let _guard = gated.lock();
        panic!("under the lock");
    }));
    assert!(!inside());
    drop(gated.lock());
    assert!(panics(&|| {
        let _guard = lock.lock();
        panic!("under the lock");
    }));
    assert!(lock.lock().is_ok());
}

use std::sync::{Arc, RwLock};
use std::thread;

use super::slot::MAX_SLOTS;
use super::*;

/// Rounds of what threads do to one another; Miri, which looks for data races, has no time for many.
const ROUNDS: usize = if cfg!(miri) { 20 } else { 20_000 };
/// Objects of a table with many.
const MANY: u32 = if cfg!(miri) { 100 } else { 1000 };

fn table() -> Table<u32> {
    Table::new(Kind::Context)
}

/// How many objects are in the table.
fn live<T>(table: &Table<T>) -> usize {
    let slots = table.chunks.iter().filter_map(OnceBox::get).flatten();
    slots.filter(|slot| slot.object.read().unwrap().is_some()).count()
}

#[test]
fn a_live_handle_finds_its_object() {
    let table = table();
    let handles: Vec<_> = (0..MANY).map(|n| table.insert(n).unwrap()).collect();
    for (n, handle) in (0..).zip(&handles) {
        assert_eq!(*table.get(*handle).unwrap(), n);
    }
    assert_eq!(live(&table), MANY as usize);
}

#[test]
fn r61_forged_stale_swapped_handles_are_invalid() {
    let table = table();
    let good = table.insert(7).unwrap();
    let deleted = table.insert(8).unwrap();
    table.remove(deleted).unwrap();
    let reused = table.insert(9).unwrap();
    let bad = [
        Handle { lower: 0, upper: 0 },
        Handle { lower: usize::MAX, upper: usize::MAX },
        Handle { lower: good.upper, upper: good.lower },
        Handle { lower: good.lower, upper: good.upper ^ 1 },
        Handle { lower: good.lower + 1, upper: good.upper },
        Handle { lower: good.lower, upper: reused.upper },
        deleted,
    ];
    for handle in bad {
        let status = table.get(handle).err().unwrap().status();
        assert_eq!(status, Status::INVALID_HANDLE, "{handle:?}");
    }
    assert_eq!(*table.get(good).unwrap(), 7);
    assert_eq!(*table.get(reused).unwrap(), 9);
}

#[test]
fn r61_a_credential_is_not_a_context_and_tables_do_not_share_handles() {
    let contexts = table();
    let credentials: Table<u32> = Table::new(Kind::Credential);
    let context = contexts.insert(1).unwrap();
    let credential = credentials.insert(2).unwrap();
    assert!(credentials.get(context).is_err());
    assert!(contexts.get(credential).is_err());
    assert!(table().get(context).is_err(), "another process has another key");
}

#[test]
fn r61_one_of_two_threads_removes() {
    let table = table();
    for _ in 0..ROUNDS / 20 {
        let handle = table.insert(7).unwrap();
        let removed = thread::scope(|scope| {
            let other = scope.spawn(|| table.remove(handle).is_ok());
            let own = table.remove(handle).is_ok();
            usize::from(own) + usize::from(other.join().unwrap())
        });
        assert_eq!(removed, 1);
    }
    assert_eq!(live(&table), 0);
}

#[test]
fn r42_an_object_removed_while_in_use_lives_until_the_last_use_ends() {
    let table: Table<Arc<u32>> = Table::new(Kind::Context);
    let object = Arc::new(5);
    let handle = table.insert(Arc::clone(&object)).unwrap();
    let (one, other) = (table.get(handle).unwrap(), table.get(handle).unwrap());
    table.remove(handle).unwrap();
    assert!(table.get(handle).is_err() && table.remove(handle).is_err());
    // Nor is it found where a handle has no room for all of the generation.
    let generation = table.slot(0).unwrap().generation.load(Ordering::Relaxed);
    let handle_now = table.key.get().unwrap().handle(Kind::Context, 0, generation);
    assert!(table.get(handle_now).is_err() && table.remove(handle_now).is_err());
    assert_eq!(**one, 5);
    drop(one);
    assert_eq!((**other, Arc::strong_count(&object)), (5, 2));
    let next = table.insert(Arc::new(6)).unwrap();
    assert_eq!((**other, **table.get(next).unwrap()), (5, 6));
    drop(other);
    assert_eq!(Arc::strong_count(&object), 1, "the last use drops it");
    assert_eq!(live(&table), 1);
    let again = table.insert(Arc::new(7)).unwrap();
    assert_eq!(again.lower & 0xFFFF, handle.lower & 0xFFFF, "its slot is used again");
}

#[test]
fn what_was_removed_in_use_is_dropped_by_the_next_call_at_the_latest() {
    let table: Table<Arc<u32>> = Table::new(Kind::Context);
    for look in [
        |table: &Table<Arc<u32>>, _| drop(table.insert(Arc::new(0))),
        |table: &Table<Arc<u32>>, other| drop(table.get(other)),
        |table: &Table<Arc<u32>>, other| drop(table.remove(other)),
    ] {
        let object = Arc::new(1);
        let other = table.insert(Arc::new(2)).unwrap();
        let handle = table.insert(Arc::clone(&object)).unwrap();
        let used = table.get(handle).unwrap();
        table.remove(handle).unwrap();
        // As if its end had not seen the removal.
        let Use { object: lock, _end: end } = used;
        std::mem::forget(end);
        drop(lock);
        assert_eq!(Arc::strong_count(&object), 2);
        look(&table, other);
        assert_eq!(Arc::strong_count(&object), 1);
    }
}

/// Waits for another thread.
fn wait(until: impl Fn() -> bool) {
    for turn in 0.. {
        if until() {
            return;
        }
        if turn < 1000 { std::hint::spin_loop() } else { thread::yield_now() }
    }
}

#[test]
fn the_last_use_drops_whatever_happens_at_the_same_time() {
    let table: Table<Arc<usize>> = Table::new(Kind::Context);
    let (begun, ended) = (AtomicU32::new(0), AtomicU32::new(0));
    let shared = RwLock::new(None);
    let rounds = u32::try_from(ROUNDS * 10).unwrap();
    let pause = |turns: u32| (0..turns % 97).for_each(|_| std::hint::spin_loop());
    let mut left = 0;
    thread::scope(|scope| {
        scope.spawn(|| {
            for round in 1..=rounds {
                wait(|| begun.load(Ordering::Acquire) == round);
                let handle: Handle = shared.read().unwrap().unwrap();
                if let Ok(used) = table.get(handle) {
                    pause(round);
                    drop(used);
                }
                ended.store(round, Ordering::Release);
            }
        });
        for round in 1..=rounds {
            let object = Arc::new(1);
            let handle = table.insert(Arc::clone(&object)).unwrap();
            *shared.write().unwrap() = Some(handle);
            begun.store(round, Ordering::Release);
            pause(round / 97);
            table.remove(handle).unwrap();
            wait(|| ended.load(Ordering::Acquire) == round);
            left += Arc::strong_count(&object) - 1;
        }
    });
    assert_eq!(left, 0, "objects that neither their removal nor their last use dropped");
}

#[test]
fn what_is_just_being_put_in_is_not_removed_before() {
    let table: Table<Arc<u32>> = Table::new(Kind::Context);
    let first = table.insert(Arc::new(1)).unwrap();
    table.remove(first).unwrap();
    // As `insert` does it.
    let index = table.free_slot().unwrap();
    let slot = table.slot(index).unwrap();
    let generation = slot.generation.load(Ordering::Relaxed);
    let guessed = table.key.get().unwrap().handle(Kind::Context, index, generation);
    let object = Arc::new(2);
    assert!(table.remove(guessed).is_err(), "nothing is there to be removed yet");
    let mut place = slot.object.write().unwrap();
    assert!(table.remove(guessed).is_err(), "nothing is there to be removed yet");
    *place = Some(Arc::clone(&object));
    drop(place);
    table.remove(guessed).unwrap();
    assert_eq!((Arc::strong_count(&object), live(&table)), (1, 0));
    let (one, other) = (table.insert(Arc::new(3)).unwrap(), table.insert(Arc::new(4)).unwrap());
    assert_ne!(one, other);
    assert_eq!((**table.get(one).unwrap(), **table.get(other).unwrap()), (3, 4));
}

#[test]
fn threads_that_use_and_remove_one_another_s_objects_find_none_but_their_own() {
    const OBJECTS: usize = 64;
    let table: Table<Arc<usize>> = Table::new(Kind::Context);
    let handles: Vec<RwLock<Option<Handle>>> = (0..OBJECTS).map(|_| RwLock::new(None)).collect();
    thread::scope(|scope| {
        for thread in 0..4_usize {
            let (table, handles) = (&table, &handles);
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let number = (round * 7 + thread * 13) % OBJECTS;
                    let handle = *handles[number].read().unwrap();
                    match handle {
                        None => {
                            let object = Arc::new(number);
                            let handle = table.insert(object).unwrap();
                            let old = handles[number].write().unwrap().replace(handle);
                            old.map(|old| table.remove(old));
                        }
                        Some(handle) if round % 3 == 0 => {
                            if table.remove(handle).is_ok() {
                                let mut place = handles[number].write().unwrap();
                                *place = place.filter(|now| *now != handle);
                            }
                        }
                        Some(handle) => {
                            if let Ok(object) = table.get(handle) {
                                assert_eq!(**object, number);
                            }
                        }
                    }
                }
            });
        }
    });
    for handle in handles.iter().filter_map(|handle| *handle.read().unwrap()) {
        table.remove(handle).unwrap();
    }
    assert_eq!(live(&table), 0);
    assert!(table.removed.is_empty());
    assert!(table.used.load(Ordering::Relaxed) <= 64 + 8, "slots are used again");
}

#[test]
fn slots_are_used_again() {
    let table = table();
    for _ in 0..ROUNDS / 2 {
        let handle = table.insert(7).unwrap();
        table.remove(handle).unwrap();
    }
    assert_eq!(table.used.load(Ordering::Relaxed), 1);
    let handles: Vec<_> = (0..100).map(|n| table.insert(n).unwrap()).collect();
    for handle in handles {
        table.remove(handle).unwrap();
    }
    // Also by a thread that has another list to use first.
    thread::scope(|scope| {
        scope.spawn(|| (0..100).map(|n| table.insert(n).unwrap()).collect::<Vec<_>>());
    });
    assert_eq!(table.used.load(Ordering::Relaxed), 100);
}

#[test]
fn chunks_follow_one_another_without_gap() {
    let lengths: Vec<usize> = (0..44).map(|chunk| new_chunk::<u8>(chunk).unwrap().len()).collect();
    let mut expected = (0, 0);
    for index in 0..100_000 {
        assert_eq!(place(index), Some(expected), "{index}");
        let (chunk, offset) = expected;
        let full = offset + 1 == lengths[chunk];
        expected = if full { (chunk + 1, 0) } else { (chunk, offset + 1) };
    }
    assert_eq!(place(MAX_SLOTS - 1).map(|(chunk, _)| chunk), Some(CHUNKS - 1));
    assert_eq!(place(MAX_SLOTS), None);
    assert_eq!(place(u32::MAX), None);
}

use std::sync::Arc;

use super::*;
use crate::sspi::{InputBuffer, Inputs, buffer_type};
use crate::testing::package::FakeContext;

const ONE: Handle = Handle { lower: 1, upper: 2 };
const OTHER: Handle = Handle { lower: 3, upper: 4 };

fn buffer(kind: u32, data: &[u8]) -> InputBuffer<'_> {
    InputBuffer { kind, data }
}

fn step<'a>(buffers: &'a [InputBuffer<'a>]) -> StepRequest<'a> {
    let (role, flags, target) = (Role::Server, Flags::INTEGRITY, None);
    StepRequest { role, through_sasl: true, inputs: Inputs(buffers), flags, target }
}

/// The place of a step of this credential with this token.
fn place(credential: Handle, token: &[u8]) -> PendingPlace {
    let buffers = [buffer(buffer_type::TOKEN, token)];
    FirstStep::of(credential, &step(&buffers)).unwrap().reserve().unwrap()
}

/// A session, and how often its context is held: once more while it is.
fn session() -> (Session, Arc<()>) {
    let alive = Arc::new(());
    let context = FakeContext::holding(Arc::clone(&alive));
    (Session::imported(Box::new(context)), alive)
}

/// Keeps a session, and returns what tells whether it is still there.
fn pending(store: &PendingStore, place: PendingPlace, now: Instant) -> Arc<()> {
    let (session, alive) = session();
    store.add(place, session, now);
    alive
}

fn held(alive: &Arc<()>) -> bool {
    Arc::strong_count(alive) == 2
}

#[test]
fn the_same_step_gets_it_once() {
    let (store, now, place) = (PendingStore::new(), Instant::now(), place(ONE, b"token"));
    assert!(store.is_empty() && store.take(&place.key, now).is_none());
    let alive = pending(&store, place, now);
    assert!(!store.is_empty());
    let taken = store.take(&place.key, now);
    assert!(taken.is_some() && held(&alive));
    drop(taken);
    assert!(!held(&alive) && store.is_empty());
    assert!(store.take(&place.key, now).is_none());
}

/// All that a step is decided by is part of what it is known by.
#[test]
fn another_step_does_not_get_it() {
    let token = buffer(buffer_type::TOKEN, b"token");
    let bindings = |data| buffer(buffer_type::CHANNEL_BINDINGS, data);
    let (alone, bound, rebound) = ([token], [token, bindings(b"b")], [token, bindings(b"c")]);
    let (moved, split) = ([token, buffer(3, b"b")], [token, bindings(b""), bindings(b"b")]);
    let steps = [
        (ONE, step(&alone)),
        (OTHER, step(&alone)),
        (ONE, StepRequest { through_sasl: false, ..step(&alone) }),
        (ONE, StepRequest { flags: Flags::INTEGRITY | Flags::HTTP, ..step(&alone) }),
        (ONE, step(&bound)),
        (ONE, step(&rebound)),
        (ONE, step(&moved)),
        (ONE, step(&split)),
    ];
    let (store, now) = (PendingStore::new(), Instant::now());
    let places: Vec<PendingPlace> = steps
        .iter()
        .map(|(credential, step)| FirstStep::of(*credential, step).unwrap().reserve().unwrap())
        .collect();
    for (index, own) in places.iter().enumerate() {
        let alive = pending(&store, *own, now);
        for (_, other) in places.iter().enumerate().filter(|(other, _)| *other != index) {
            assert!(store.take(&other.key, now).is_none(), "{index}");
        }
        assert!(held(&alive));
        assert!(store.take(&own.key, now).is_some(), "{index}");
    }
}

#[test]
fn memory_may_be_asked_for_the_second_time() {
    let buffers = [buffer(buffer_type::TOKEN, b"token")];
    let (plain, mut allocating) = (step(&buffers), step(&buffers));
    allocating.flags = plain.flags | Flags::ALLOCATE_MEMORY;
    let key = |step| FirstStep::of(ONE, step).unwrap().key();
    assert!(key(&plain) == key(&allocating));
}

#[test]
fn only_a_servers_step_with_a_token_is_repeated() {
    let buffers = [buffer(buffer_type::TOKEN, b"token")];
    let mut client = step(&buffers);
    client.role = Role::Client;
    assert!(FirstStep::of(ONE, &client).is_none());
    assert!(FirstStep::of(ONE, &step(&[])).is_none());
    assert!(FirstStep::of(ONE, &step(&[buffer(buffer_type::TOKEN, b"")])).is_none());
    assert!(FirstStep::of(ONE, &step(&buffers)).is_some());
}

#[test]
fn of_threads_that_repeat_it_at_once_one_gets_it() {
    let (store, now, place) = (PendingStore::new(), Instant::now(), place(ONE, b"token"));
    let start = std::sync::Barrier::new(4);
    for _ in 0..100 {
        let alive = pending(&store, place, now);
        let got: usize = std::thread::scope(|scope| {
            let take = || {
                start.wait();
                usize::from(store.take(&place.key, now).is_some())
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!((got, held(&alive)), (1, false));
    }
}

#[test]
fn the_oldest_make_room_for_new_ones() {
    let (store, now) = (PendingStore::new(), Instant::now());
    let token = |number: usize| number.to_le_bytes();
    let of = |number| place(ONE, &token(number));
    let alive: Vec<_> = (0..MOST + 2).map(|number| pending(&store, of(number), now)).collect();
    let left: Vec<bool> = alive.iter().map(held).collect();
    assert!(!left[0] && !left[1] && left[2..].iter().all(|held| *held));
    assert_eq!(store.lock().steps.entries.len(), MOST);
    assert!(store.take(&of(0).key, now).is_none());
    assert!(store.take(&of(MOST + 1).key, now).is_some());
}

#[test]
fn their_inputs_are_bounded_together() {
    let (store, now) = (PendingStore::new(), Instant::now());
    let of = |number: u8| place(ONE, &vec![number; MOST_BYTES / 4]);
    let alive: Vec<_> = (0..5).map(|number| pending(&store, of(number), now)).collect();
    assert_eq!(alive.iter().map(held).collect::<Vec<_>>(), [false, true, true, true, true]);
    let all = pending(&store, place(ONE, &vec![9; MOST_BYTES]), now);
    assert!(held(&all) && !alive.iter().any(held));
    assert_eq!(store.lock().steps.bytes, MOST_BYTES);
    let larger = vec![9; MOST_BYTES + 1];
    let buffers = [buffer(buffer_type::TOKEN, &larger)];
    let refused = FirstStep::of(ONE, &step(&buffers)).unwrap().reserve();
    assert_eq!(refused.err().unwrap().status(), Status::INSUFFICIENT_MEMORY);
}

#[test]
fn a_step_is_not_waited_for_for_ever() {
    let (store, now, place) = (PendingStore::new(), Instant::now(), place(ONE, b"token"));
    let alive = pending(&store, place, now);
    let taken = store.take(&place.key, now + LIFETIME);
    assert!(taken.is_some() && held(&alive));
    let alive = pending(&store, place, now);
    assert!(store.take(&place.key, now + LIFETIME + Duration::from_nanos(1)).is_none());
    assert!(!held(&alive) && store.is_empty());
}

#[test]
fn a_freed_credential_takes_its_steps_with_it() {
    let (store, now) = (PendingStore::new(), Instant::now());
    let [a, b, c] = [(ONE, b"a"), (OTHER, b"b"), (ONE, b"c")]
        .map(|(credential, token)| pending(&store, place(credential, token), now));
    store.forget(ONE);
    assert_eq!([held(&a), held(&b), held(&c)], [false, true, false]);
    store.forget(OTHER);
    assert!(!held(&b) && store.is_empty() && store.lock().steps.bytes == 0);
}

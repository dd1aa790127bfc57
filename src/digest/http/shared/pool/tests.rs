use std::sync::mpsc;

use super::*;

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

#[test]
fn connections_are_kept_and_no_more_than_the_limit_are_taken() {
    let pool = Pool::<u8>::new(2);
    let mut first = pool.take(soon()).unwrap().ok().unwrap();
    assert_eq!(first.connection, None);
    first.connection = Some(1);
    first.give_back();
    let first = pool.take(soon()).unwrap().ok().unwrap();
    assert_eq!(first.connection, Some(1));
    let second = pool.take(soon()).unwrap().ok().unwrap();
    assert_eq!(pool.take(Instant::now()).unwrap().err(), Some(Refusal::Busy));
    drop(second);
    first.give_back();
    assert_eq!(pool.state.lock().taken, 0);
    assert_eq!(pool.take(soon()).unwrap().ok().unwrap().connection, Some(1));
}

#[test]
fn who_waits_is_handed_the_next_that_is_free() {
    let pool = &Pool::<u8>::new(1);
    let mut lease = pool.take(soon()).unwrap().ok().unwrap();
    lease.connection = Some(7);
    std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        for _ in 0..3 {
            let sender = sender.clone();
            scope.spawn(move || {
                let lease = pool.take(soon()).unwrap().ok().unwrap();
                sender.send(lease.connection).unwrap();
                lease.give_back();
            });
        }
        while pool.state.lock().waiting.len() < 3 {
            std::thread::yield_now();
        }
        lease.give_back();
        let found: Vec<_> = receiver.iter().take(3).collect();
        assert_eq!(found, [Some(7); 3]);
    });
    assert_eq!(pool.state.lock().taken, 0);
}

#[test]
fn a_turn_that_comes_too_late_goes_to_the_next() {
    let pool = Pool::<u8>::new(1);
    let mut lease = pool.take(soon()).unwrap().ok().unwrap();
    lease.connection = Some(7);
    assert_eq!(pool.take(Instant::now()).unwrap().err(), Some(Refusal::Busy));
    assert_eq!(pool.state.lock().waiting.len(), 1);
    lease.give_back();
    let state = pool.state.lock();
    assert_eq!((state.taken, &*state.idle, state.waiting.len()), (0, &[7][..], 0));
}

#[test]
fn after_a_failure_one_call_asks_at_a_time_and_pauses_grow() {
    let pool = Pool::<u8>::new(4);
    let mut kept = pool.take(soon()).unwrap().ok().unwrap();
    kept.connection = Some(1);
    kept.give_back();
    let mut pauses = vec![];
    pool.failed();
    for _ in 0..7 {
        // Those of calls that failed with it change nothing.
        pool.failed();
        let mut state = pool.state.lock();
        assert!(state.idle.is_empty());
        let pause = state.pause.as_mut().unwrap();
        pauses.push(pause.length.as_millis());
        assert!(pause.until > Instant::now() || pause.length < Duration::from_millis(200));
        pause.until = Instant::now() + Duration::from_secs(60);
        drop(state);
        assert_eq!(pool.take(soon()).unwrap().err(), Some(Refusal::Pausing));
        pool.state.lock().pause.as_mut().unwrap().until = Instant::now();
        let probe = pool.take(soon()).unwrap().ok().unwrap();
        assert_eq!(pool.take(soon()).unwrap().err(), Some(Refusal::Pausing));
        pool.failed();
        drop(probe);
    }
    // Of a probe that has learned nothing, another takes the place.
    pool.state.lock().pause.as_mut().unwrap().until = Instant::now();
    drop(pool.take(soon()).unwrap().ok().unwrap());
    assert!(pool.take(soon()).unwrap().is_ok());
    assert_eq!(pauses, [100, 200, 400, 800, 1600, 2000, 2000]);
    pool.succeeded();
    assert!(pool.take(soon()).unwrap().is_ok());
}

#[test]
fn who_is_in_line_at_a_failure_is_refused() {
    let pool = &Pool::<u8>::new(1);
    let lease = pool.take(soon()).unwrap().ok().unwrap();
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| pool.take(soon()).unwrap().err());
        while pool.state.lock().waiting.is_empty() {
            std::thread::yield_now();
        }
        pool.failed();
        assert_eq!(waits.join().unwrap(), Some(Refusal::Pausing));
    });
    drop(lease);
}

#[test]
fn what_is_of_another_process_is_dropped() {
    let pool = Pool::<Arc<u8>>::new(1);
    let connection = Arc::new(1);
    let mut lease = pool.take(soon()).unwrap().ok().unwrap();
    lease.connection = Some(Arc::clone(&connection));
    lease.give_back();
    pool.state.lock().process = 0;
    let child = pool.take(soon()).unwrap().ok().unwrap();
    assert!(child.connection.is_none());
    assert_eq!(Arc::strong_count(&connection), 1);
    pool.state.lock().process = 0;
    drop(child);
    assert_eq!(pool.state.lock().taken, 1);
}

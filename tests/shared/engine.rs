//! The library's client against real engines: claims, epochs, failures.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use secur32::config::Document;
use secur32::digest::http::nonce::Epoch;
use secur32::digest::http::nonce_counts::{Counts, Order};
use secur32::digest::http::shared::{self, Answer, Claim, Engine};
use secur32::digest::settings::Settings;
use secur32::error::{Error, Status};

use crate::servers::{Kind, Server};

const REALM: [u8; 16] = *b"0123456789abcdef";

/// Enough for a busy machine; nothing waits it out.
pub(crate) const PATIENT: &str = "timeout = 10000\n";

/// A client of an engine, with connections of its own: no two have the same settings. `lines` are a whole
/// `[shared]`.
pub(crate) fn client(lines: &str) -> Arc<dyn Engine> {
    static NUMBER: AtomicU32 = AtomicU32::new(60);
    let idle = NUMBER.fetch_add(1, Ordering::Relaxed);
    let text = format!("[server]\nsecret = \"sixteen bytes!!!\"\n{lines}\nidle = {idle}\n");
    let document = Document::parse(&text, Path::new("/c")).expect("a file");
    let settings = Settings::read(&document).expect("a configuration");
    shared::engine(&settings.shared.expect("[shared]"), REALM).expect("an engine")
}

pub(crate) fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.expect("a time after 1970").as_secs()
}

/// A claim that may begin; the tests change what they want.
pub(crate) fn claim<'a>(nonce: &'a [u8; 16], epoch: &'a Epoch, count: u32) -> Claim<'a> {
    Claim {
        nonce,
        epoch,
        count,
        order: Order::Window,
        user: b"0123456789abcdef",
        cnonce: b"first",
        life: 60_000,
        may_begin: true,
        now: now(),
    }
}

/// The refusal of a claim, which is for want of an engine.
pub(crate) fn refused<T>(result: Result<T, Error>) -> String {
    let error = result.err().expect("a refusal");
    assert_eq!(error.status(), Status::NO_AUTHENTICATING_AUTHORITY);
    error.reason().to_owned()
}

/// Numbers that look random: a linear congruence, of which the upper half is used.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(self.0 >> 33).expect("31 bits") % limit
    }
}

#[test]
fn random_claims_agree_with_the_counts_of_one_process() {
    for kind in Kind::ALL {
        let Some(server) = Server::start(kind, &[]) else { continue };
        let engine = client(&(server.by_socket() + PATIENT));
        let epoch = engine.epoch(None).unwrap();
        let mut numbers = Numbers(1);
        for round in 0..100_u32 {
            let mut nonce = [0; 16];
            nonce[..4].copy_from_slice(&round.to_be_bytes());
            let mut model: Option<Counts> = None;
            // Near zero, in the middle, and at the end.
            let base = [0, 5_000, u32::MAX - 150][usize::try_from(round % 3).unwrap()];
            for step in 0..60 {
                let order = if numbers.below(4) == 0 { Order::Strict } else { Order::Window };
                let spread = if step % 10 == 9 { 150 } else { 8 + step };
                let count = base + numbers.below(spread);
                let expected = match &mut model {
                    None => {
                        model = Some(Counts::starting(count));
                        Answer::Begun
                    }
                    Some(counts) => {
                        if counts.take(count, order) {
                            Answer::Taken
                        } else {
                            Answer::Used
                        }
                    }
                };
                let found = engine.claim(&Claim { order, ..claim(&nonce, &epoch, count) }).unwrap();
                assert_eq!(found, expected, "{kind:?} {round} {step}: {count} {order:?} {model:?}");
            }
        }
    }
}

#[test]
fn each_answer_and_the_first_cnonce() {
    for kind in Kind::ALL {
        let Some(server) = Server::start(kind, &[]) else { continue };
        let engine = client(&(server.by_tcp() + PATIENT));
        let epoch = engine.epoch(None).unwrap();
        assert_eq!(engine.epoch(None).unwrap(), epoch);
        let nonce = [1; 16];
        let first = claim(&nonce, &epoch, 7);
        assert_eq!(engine.first_cnonce(&nonce).unwrap(), None);
        let begins_not = Claim { may_begin: false, ..first };
        assert_eq!(engine.claim(&begins_not).unwrap(), Answer::Unknown);
        assert_eq!(engine.claim(&first).unwrap(), Answer::Begun);
        assert_eq!(engine.claim(&first).unwrap(), Answer::Used);
        let other = Claim { user: b"another user's..", count: 8, ..first };
        assert_eq!(engine.claim(&other).unwrap(), Answer::OtherUser);
        assert_eq!(engine.claim(&Claim { count: 8, ..begins_not }).unwrap(), Answer::Taken);
        let past = Epoch([7; 48]);
        assert_eq!(engine.claim(&Claim { epoch: &past, ..first }).unwrap(), Answer::OtherEpoch);
        assert_eq!(engine.first_cnonce(&nonce).unwrap().as_deref(), Some(&b"first"[..]));
        // Zero is no count; a response without one is as the last.
        assert_eq!(engine.claim(&Claim { count: 0, ..first }).unwrap(), Answer::Used);
        let spent = Claim { nonce: &[2; 16], count: u32::MAX, ..first };
        assert_eq!(engine.claim(&spent).unwrap(), Answer::Begun);
        assert_eq!(engine.claim(&spent).unwrap(), Answer::Used);
        // Bytes of every value come back, and longer ones are not kept.
        let all: Vec<u8> = (0..=255).collect();
        for (number, length, kept) in [(3, 128, true), (4, 129, false), (5, 0, false)] {
            let nonce = [number; 16];
            let cnonce = &all[all.len() - length..];
            assert!(engine.claim(&Claim { cnonce, ..claim(&nonce, &epoch, 1) }).unwrap().grants());
            let found = engine.first_cnonce(&nonce).unwrap();
            assert_eq!(found.as_deref(), kept.then_some(cnonce));
        }
        let key = format!("s32:{{0123456789abcdef}}:n:{}", "01".repeat(16));
        let life: u32 = server.ask(&["PTTL", &key])[1..].parse().unwrap();
        assert!((1..=60_000).contains(&life), "{life}");
        // Names and passwords are in no key and no value.
        assert_eq!(server.ask(&["DBSIZE"]), ":6");
    }
}

#[test]
fn a_claim_is_one_round_trip_also_after_script_flush() {
    for kind in Kind::ALL {
        let Some(server) = Server::start(kind, &[]) else { continue };
        let engine = client(&(server.by_socket() + PATIENT));
        let epoch = engine.epoch(None).unwrap();
        let calls = |name: &str| -> u32 {
            let text = server.ask(&["INFO", "commandstats"]);
            let line =
                text.lines().find(|line| line.starts_with(&format!("cmdstat_{name}:calls=")));
            line.map_or(0, |line| line.split(['=', ',']).nth(1).unwrap().parse().unwrap())
        };
        let opened = calls("eval");
        let mut count = 0;
        let mut take = || {
            count += 1;
            assert!(engine.claim(&claim(&[1; 16], &epoch, count)).unwrap().grants());
        };
        take();
        assert_eq!((calls("eval") - opened, calls("evalsha")), (1, 1));
        (0..10).for_each(|_| take());
        assert_eq!((calls("eval") - opened, calls("evalsha")), (1, 11));
        server.ask(&["SCRIPT", "FLUSH"]);
        (0..10).for_each(|_| take());
        assert_eq!((calls("eval") - opened, calls("evalsha")), (2, 21));
    }
}

#[test]
fn of_threads_that_race_for_a_count_one_has_it() {
    for kind in Kind::ALL {
        let Some(server) = Server::start(kind, &[]) else { continue };
        let engine = client(&format!("{}connections = 3\ntimeout = 10000\n", server.by_socket()));
        let epoch = engine.epoch(None).unwrap();
        let counts: Vec<u32> = std::thread::scope(|scope| {
            let take = || {
                (1..=300_u32)
                    .filter(|count| {
                        engine.claim(&claim(&[1; 16], &epoch, *count)).unwrap().grants()
                    })
                    .collect::<Vec<_>>()
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(take)).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        let different: HashSet<_> = counts.iter().collect();
        assert_eq!((counts.len(), different.len()), (different.len(), counts.len()));
        assert!(counts.len() > 200, "{}", counts.len());
        let clients = server.ask(&["INFO", "clients"]);
        assert!(clients.contains("connected_clients:4\r"), "three and the asking one: {clients}");
    }
}

#[test]
fn an_epoch_ends_with_the_data_and_with_the_engines_process() {
    for (kind, words) in [
        (Kind::Redis, &[][..]),
        (Kind::Redis, &["--appendonly", "yes", "--appendfsync", "always"]),
        (Kind::Valkey, &[]),
        (Kind::Valkey, &["--appendonly", "yes"]),
    ] {
        let Some(mut server) = Server::start(kind, words) else { continue };
        let engine = client(&(server.by_socket() + PATIENT));
        let first = engine.epoch(None).unwrap();
        assert_eq!(engine.claim(&claim(&[1; 16], &first, 1)).unwrap(), Answer::Begun);
        server.ask(&["FLUSHALL"]);
        // The claim does not make the epoch anew.
        assert_eq!(engine.claim(&claim(&[1; 16], &first, 1)).unwrap(), Answer::OtherEpoch);
        assert_eq!(engine.claim(&claim(&[1; 16], &first, 1)).unwrap(), Answer::OtherEpoch);
        let second = engine.epoch(Some(&first)).unwrap();
        assert_ne!(second, first);
        assert_eq!(engine.epoch(Some(&first)).unwrap(), second);
        assert_eq!(engine.claim(&claim(&[2; 16], &second, 1)).unwrap(), Answer::Begun);
        server.kill();
        server.restart();
        // By a connection that is gone: one more try, whose connection tells the new epoch.
        assert_eq!(engine.claim(&claim(&[2; 16], &second, 1)).unwrap(), Answer::OtherEpoch);
        let third = engine.epoch(None).unwrap();
        assert_ne!(third, second);
        // Whether the file has kept the record does not matter: no nonce of an epoch before is proven.
        let again = engine.claim(&claim(&[2; 16], &third, 1)).unwrap();
        assert!(again == Answer::Begun || !words.is_empty(), "{again:?}");
    }
}

#[test]
fn an_engine_that_is_not_there_is_refused_at_once_and_found_again() {
    let Some(mut server) = Server::start(Kind::Redis, &[]) else { return };
    let lines = [server.by_socket(), server.by_tcp()];
    server.kill();
    for lines in &lines {
        let reason = refused(client(lines).epoch(None));
        assert!(reason.starts_with("shared: the engine cannot be reached: "), "{reason}");
    }
    let engine = client(&lines[0]);
    refused(engine.epoch(None));
    assert_eq!(refused(engine.epoch(None)), "shared: the engine failed a moment ago; not asked");
    server.restart();
    while engine.epoch(None).is_err() {
        std::thread::yield_now();
    }
}

#[test]
fn a_stopped_engine_holds_nobody_longer_than_the_time_out() {
    for kind in Kind::ALL {
        let Some(server) = Server::start(kind, &[]) else { continue };
        let engine = client(&server.by_socket());
        let epoch = engine.epoch(None).unwrap();
        assert!(engine.claim(&claim(&[1; 16], &epoch, 1)).unwrap().grants());
        server.signal("-STOP");
        let reasons: Vec<String> = std::thread::scope(|scope| {
            let ask = |count| {
                let engine = &engine;
                let epoch = &epoch;
                scope.spawn(move || refused(engine.claim(&claim(&[1; 16], epoch, count))))
            };
            let threads: Vec<_> = (2..10).map(ask).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let late = "shared: the engine did not answer within `timeout`";
        assert!(reasons.iter().filter(|reason| *reason == late).count() <= 4, "{reasons:?}");
        assert!(reasons.iter().any(|reason| reason == late), "{reasons:?}");
        server.signal("-CONT");
        // What was sent may have been carried out: such a count is not granted again, and no late answer
        // is taken for another's.
        let mut granted = vec![];
        for count in 20..40 {
            loop {
                if let Ok(answer) = engine.claim(&claim(&[1; 16], &epoch, count)) {
                    granted.push(answer);
                    break;
                }
                std::thread::yield_now();
            }
        }
        assert_eq!(granted, [Answer::Taken; 20]);
    }
}

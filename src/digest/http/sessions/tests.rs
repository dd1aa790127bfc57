use super::*;
use crate::accounts::empty::NoAccounts;
use crate::digest::http::formulas::{self, Hash};
use crate::digest::http::nonce::Text;
use crate::digest::http::nonce_counts::Counts;
use crate::digest::http::response::Response;
use crate::digest::http::session_secret::{Nonces, Request};
use crate::error::Status;

/// A right response without a count, the least that has a secret.
fn secret() -> SessionSecret {
    let secret = Hash::Md5.of(&[b"secret"]);
    let a2 = formulas::request(Hash::Md5, b"GET", b"/", None);
    let digits = formulas::response(Hash::Md5, &secret, b"n", None, &a2);
    let digits = std::str::from_utf8(&digits).unwrap();
    let token = format!("username=a,realm=\"\",nonce=n,uri=\"/\",response={digits}");
    let response = Response::parse(token.as_bytes(), Status::INVALID_TOKEN).unwrap();
    let request = Request { method: b"GET", entity: None };
    SessionSecret::of(&secret, &response, Nonces::of(b"n"), &request).unwrap()
}

/// A nonce of the first shard.
fn nonce(number: u32, issued: u64) -> Proven {
    let mut key = [0; 16];
    key[4..8].copy_from_slice(&number.to_le_bytes());
    Proven { text: Text::of(&key), key, issued, root: key, is_past: false }
}

fn begin_as(sessions: &Arc<Sessions>, user: &str, nonce: Proven) -> Option<Arc<HttpSession>> {
    let beginning = Beginning {
        nonce,
        user: user.as_bytes().into(),
        realm: Box::default(),
        account: (user.as_bytes().into(), Box::default()),
        source: Arc::new(NoAccounts),
        offered: b"r".as_slice().into(),
        issuer: [0; 32],
        secret: secret(),
        root: None,
        started: nonce.issued,
        counts: SharedCounts::new(Counts::starting(1)),
        shared: None,
    };
    sessions.begin(beginning, nonce.issued + 100, LIMIT * SHARDS).unwrap()
}

/// Records of each shard.
const LIMIT: usize = 16;

#[test]
fn a_nonce_begins_one_session_and_none_after_its_end() {
    let sessions = Sessions::new();
    let nonce = nonce(1, 1000);
    assert!(sessions.is_unused(&nonce) && matches!(sessions.find(&nonce.key), Found::Unknown));
    let session = begin_as(&sessions, "a", nonce).unwrap();
    assert!(begin_as(&sessions, "b", nonce).is_none(), "a second one");
    let Found::Live(found) = sessions.find(&nonce.key) else { panic!("the loser took it away") };
    assert!(Arc::ptr_eq(&found, &session));
    drop((found, session));
    assert!(matches!(sessions.find(&nonce.key), Found::Used));
    assert!(!sessions.is_unused(&nonce) && begin_as(&sessions, "a", nonce).is_none());
}

#[test]
fn ended_sessions_give_way_and_stay_used() {
    let sessions = Sessions::new();
    let live = begin_as(&sessions, "a", nonce(0, 1)).unwrap();
    for number in 1..1000_u32 {
        let nonce = nonce(number, 1000 + u64::from(number));
        assert!(begin_as(&sessions, "b", nonce).is_some(), "{number}");
        assert!(sessions.len() <= LIMIT);
    }
    assert!(matches!(sessions.find(&live.nonce.key), Found::Live(_)));
    for number in 1..1000_u32 {
        let nonce = nonce(number, 1000 + u64::from(number));
        assert!(!sessions.is_unused(&nonce), "{number}: dropped, but not forgotten");
        assert!(begin_as(&sessions, "b", nonce).is_none());
    }
    assert!(sessions.is_unused(&nonce(1000, 2001)));
}

#[test]
fn r40_a_user_with_many_sessions_pushes_out_none_but_their_own() {
    let sessions = Sessions::new();
    let mut kept = Vec::new();
    for number in 0..u32::try_from(LIMIT / 2).unwrap() {
        let user = format!("user{number}");
        kept.push(begin_as(&sessions, &user, nonce(number, 1 + u64::from(number))).unwrap());
    }
    let mut flood = Vec::new();
    for number in 100..1100_u32 {
        flood.push(begin_as(&sessions, "flood", nonce(number, u64::from(number))).unwrap());
        assert!(sessions.len() <= LIMIT);
    }
    for session in &kept {
        assert!(matches!(sessions.find(&session.nonce.key), Found::Live(_)));
    }
    let known =
        |session: &&Arc<HttpSession>| matches!(sessions.find(&session.nonce.key), Found::Live(_));
    assert!(flood.iter().filter(known).count() <= LIMIT / 2);
    for session in flood.iter().filter(|session| !known(session)) {
        assert!(!sessions.is_unused(&session.nonce), "never taken again");
    }
}

#[test]
fn r40_the_smallest_limit_keeps_one_record_of_each_shard() {
    let sessions = Sessions::new();
    for number in 1..10 {
        let nonce = nonce(number, u64::from(number));
        let beginning = |secret| Beginning {
            nonce,
            user: Box::default(),
            realm: Box::default(),
            account: Default::default(),
            source: Arc::new(NoAccounts),
            offered: b"r".as_slice().into(),
            issuer: [0; 32],
            secret,
            root: None,
            started: 1,
            counts: SharedCounts::new(Counts::starting(1)),
            shared: None,
        };
        assert!(sessions.begin(beginning(secret()), u64::MAX, 0).unwrap().is_some());
        assert_eq!(sessions.len(), 1);
    }
}

#[test]
fn expired_records_go_first() {
    let sessions = Sessions::new();
    for number in 0..u32::try_from(LIMIT).unwrap() {
        drop(begin_as(&sessions, "old", nonce(number, 10)));
    }
    assert_eq!(sessions.len(), LIMIT);
    drop(begin_as(&sessions, "new", nonce(100, 1000)));
    assert_eq!(sessions.len(), 1);
    assert!(!sessions.is_unused(&nonce(3, 10)));
}

#[test]
fn r35_of_many_threads_one_begins() {
    let sessions = Sessions::new();
    for round in 0..50 {
        let nonce = nonce(round, 1 + u64::from(round));
        let barrier = std::sync::Barrier::new(4);
        let begun: usize = std::thread::scope(|scope| {
            let begin = || {
                barrier.wait();
                begin_as(&sessions, "a", nonce)
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(begin)).collect();
            let sessions: Vec<_> = threads.into_iter().map(|t| t.join().unwrap()).collect();
            sessions.iter().flatten().count()
        });
        assert_eq!(begun, 1);
    }
}

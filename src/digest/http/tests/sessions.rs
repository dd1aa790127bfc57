//! Sessions: handles, nonces that grow old, numbers.

use super::*;
use crate::digest::http::server::HttpServer;
use crate::digest::http::sessions::Sessions;
use crate::digest::message::nonce::FILETIME_SECOND;
use crate::sspi::Outcome::{Complete, Continue, Done};

const NOW: u64 = 133_500_000_000_000_000;

/// A call on a context of its own, at a given time, with records of its own. There is a context
/// only after success.
fn call_at(
    credential: &Arc<DigestCredential>,
    sessions: &Arc<Sessions>,
    token: &str,
    now: u64,
) -> (Option<HttpServer>, Result<(Outcome, String)>) {
    let mut begun = None;
    let result = with_call(token, |call, output| {
        let (context, step) = HttpServer::begin(sessions, credential, call, &|| now, output)?;
        begun = Some(context);
        Ok(step)
    });
    (begun, result)
}

fn call_on(
    context: &HttpServer,
    sessions: &Arc<Sessions>,
    credential: &Arc<DigestCredential>,
    token: &str,
    now: u64,
) -> Result<(Outcome, String)> {
    with_call(token, |call, output| context.step(sessions, credential, call, &|| now, output))
}

fn with_call(
    token: &str,
    take: impl FnOnce(&Call<'_>, &mut dyn TokenSink) -> Result<Step>,
) -> Result<(Outcome, String)> {
    let inputs = inputs(token.as_bytes(), "GET", b"");
    let call = Call {
        inputs: Inputs(&inputs),
        flags: Flags::CONNECTION,
        target: None,
        authorization_allowed: true,
        authorization: b"",
    };
    let mut output = Vec::new();
    let step = take(&call, &mut output)?;
    Ok((step.outcome, String::from_utf8(output).unwrap()))
}

fn challenge_at(credential: &Arc<DigestCredential>, sessions: &Arc<Sessions>, now: u64) -> String {
    call_at(credential, sessions, "", now).1.unwrap().1
}

#[test]
fn a_nonce_is_good_for_its_lifetime_and_then_answered_by_a_stale_challenge() {
    let (credential, sessions) = (server("nonce_lifetime = 10"), Sessions::new());
    for (age, expected) in [(0, Done), (10, Done), (11, Continue), (1_000_000, Continue)] {
        let text = challenge_at(&credential, &sessions, NOW);
        let now = NOW + age * FILETIME_SECOND;
        let wrong = Browser { password: "wrong", ..ALICE }.respond(&text, 1, "GET", "/");
        let (_, refused) = call_at(&credential, &sessions, &wrong, now);
        assert_eq!(status_of(refused), Status::LOGON_DENIED, "stale only for the right hash");
        let response = ALICE.respond(&text, 1, "GET", "/");
        let (context, result) = call_at(&credential, &sessions, &response, now);
        let (outcome, token) = result.unwrap();
        assert_eq!(outcome, expected, "{age}");
        assert_eq!(token.starts_with("stale=true,"), expected == Continue);
        if expected == Continue {
            let response = ALICE.respond(&token, 1, "GET", "/");
            assert_eq!(
                call_on(context.as_ref().unwrap(), &sessions, &credential, &response, now)
                    .unwrap()
                    .0,
                Done
            );
        }
    }
}

#[test]
fn a_session_outlives_its_nonces_lifetime() {
    let (credential, sessions) = (server("nonce_lifetime = 10"), Sessions::new());
    let text = challenge_at(&credential, &sessions, NOW);
    let first = call_at(&credential, &sessions, &ALICE.respond(&text, 1, "GET", "/"), NOW);
    assert_eq!(first.1.unwrap().0, Done);
    let later = NOW + 1_000_000 * FILETIME_SECOND;
    let response = ALICE.respond(&text, 2, "GET", "/");
    assert_eq!(call_at(&credential, &sessions, &response, later).1.unwrap().0, Complete);
    drop(first.0);
    assert_eq!(call_at(&credential, &sessions, &response, later).1.unwrap().0, Continue);
}

#[test]
fn a_challenges_context_may_go_on_with_the_response_or_not() {
    let (credential, sessions) = (server(""), Sessions::new());
    let (context, text) = call_at(&credential, &sessions, "", NOW);
    let response = ALICE.respond(&text.unwrap().1, 1, "GET", "/");
    assert_eq!(
        call_on(context.as_ref().unwrap(), &sessions, &credential, &response, NOW).unwrap().0,
        Done
    );
}

#[test]
fn each_handle_holds_the_session_and_the_last_one_ends_it() {
    let (credential, sessions) = (server(""), Sessions::new());
    let text = challenge_at(&credential, &sessions, NOW);
    let mut handles =
        vec![call_at(&credential, &sessions, &ALICE.respond(&text, 1, "GET", "/"), NOW).0];
    for _ in 0..3 {
        let (context, result) =
            call_at(&credential, &sessions, &ALICE.respond(&text, 2, "GET", "/"), NOW);
        assert_eq!(result.unwrap().0, Complete);
        handles.push(context);
    }
    let response = ALICE.respond(&text, 2, "GET", "/");
    while handles.pop().is_some() {
        let expected = if handles.is_empty() { Continue } else { Complete };
        assert_eq!(call_at(&credential, &sessions, &response, NOW).1.unwrap().0, expected);
    }
}

#[test]
fn a_hundred_thousand_outstanding_challenges_leave_no_record() {
    let (credential, sessions) = (server(""), Sessions::new());
    let mut last = String::new();
    for _ in 0..100_000 {
        last = challenge_at(&credential, &sessions, NOW);
    }
    assert!(sessions.is_empty());
    assert!(size_of::<HttpServer>() <= 96, "what a context holds that waits for a response");
    let response = ALICE.respond(&last, 1, "GET", "/");
    assert_eq!(call_at(&credential, &sessions, &response, NOW).1.unwrap().0, Done);
    let wrong = Browser { password: "wrong", ..ALICE };
    for _ in 0..1000 {
        let text = challenge_at(&credential, &sessions, NOW);
        let response = wrong.respond(&text, 1, "GET", "/");
        let _refused = call_at(&credential, &sessions, &response, NOW);
    }
    assert_eq!(sessions.len(), 1, "nobody without a password makes one");
}

#[test]
fn records_stay_within_the_configured_number_and_none_is_taken_twice() {
    let (credential, sessions) = (server("http_sessions = 64"), Sessions::new());
    let mut responses = Vec::new();
    for number in 0..1000 {
        let now = NOW + number;
        let text = challenge_at(&credential, &sessions, now);
        let response = ALICE.respond(&text, 1, "GET", "/");
        assert_eq!(call_at(&credential, &sessions, &response, now).1.unwrap().0, Done);
        responses.push(response);
        assert!(sessions.len() <= 64);
    }
    for response in responses {
        let result = call_at(&credential, &sessions, &response, NOW + 1000).1.unwrap();
        assert!(result.0 == Continue && result.1.starts_with("stale=true,"));
    }
}

#[test]
fn r36_more_references_to_one_nonce_than_sixteen_bits_count() {
    let (credential, sessions) = (server(""), Sessions::new());
    let text = challenge_at(&credential, &sessions, NOW);
    let first = call_at(&credential, &sessions, &ALICE.respond(&text, 1, "GET", "/"), NOW);
    assert_eq!(first.1.unwrap().0, Done);
    let response = ALICE.respond(&text, 2, "GET", "/");
    let contexts: Vec<_> = (0..66_000)
        .map(|_| {
            let (context, result) = call_at(&credential, &sessions, &response, NOW);
            assert_eq!(result.unwrap().0, Complete);
            context
        })
        .collect();
    assert_eq!(sessions.len(), 1);
    drop(contexts);
    assert_eq!(call_at(&credential, &sessions, &response, NOW).1.unwrap().0, Complete);
}

#[test]
fn r35_of_one_request_on_many_threads_one_is_right() {
    let credential = server("http_nonce_count = \"window\"");
    let text = challenge(&credential);
    let (_first, _) = answer(&credential, &ALICE.respond(&text, 1, "GET", "/"), "GET");
    for nc in 2..40 {
        let response = ALICE.respond(&text, nc, "GET", "/");
        let barrier = std::sync::Barrier::new(4);
        let right: usize = std::thread::scope(|scope| {
            let run = || {
                barrier.wait();
                let (context, result) = answer(&credential, &response, "GET");
                result.unwrap().0 == Complete && complete(&*context, &response, "GET").is_ok()
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
            threads.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum()
        });
        assert_eq!(right, 1);
    }
}

#[test]
fn clients_that_change_their_cnonce_stay_logged_in() {
    for algorithm in ["MD5", "MD5-sess", "SHA-256-sess"] {
        let credential = server(&format!("http_algorithms = [\"{algorithm}\"]"));
        let text = challenge(&credential);
        let (_first, result) = answer(&credential, &ALICE.respond(&text, 1, "GET", "/"), "GET");
        assert_eq!(result.unwrap().0, Done);
        for (nc, cnonce) in [(2, "another"), (3, "0a4f113b"), (4, "a third")] {
            let response = Browser { cnonce, ..ALICE }.respond(&text, nc, "GET", "/");
            let (context, _) = answer(&credential, &response, "GET");
            complete(&*context, &response, "GET").unwrap();
        }
    }
}

#[test]
fn a_sessions_a1_may_stay_though_the_cnonce_changes() {
    // RFC 2617 §3.2.2.2: A1 is made once, of the first nonces.
    let credential = server("");
    let text = challenge(&credential);
    let (_first, _) = answer(&credential, &ALICE.respond(&text, 1, "GET", "/"), "GET");
    let [nonce, realm] = ["nonce", "realm"].map(|name| value(&text, name).unwrap().into_bytes());
    let secret = formulas::password(Hash::Md5, b"alice", &realm, b"secret");
    let a1 = formulas::session(Hash::Md5, &secret, &nonce, ALICE.cnonce.as_bytes());
    let a2 = formulas::request(Hash::Md5, b"GET", b"/", None);
    let counted = formulas::Counted { nc: b"00000002", cnonce: b"another", qop: b"auth" };
    let digits = formulas::response(Hash::Md5, &a1, &nonce, Some(counted), &a2);
    let other = Browser { cnonce: "another", ..ALICE }.respond(&text, 2, "GET", "/");
    let digits = String::from_utf8(digits.to_vec()).unwrap();
    let response = other.replace(&value(&other, "response").unwrap(), &digits);
    assert_ne!(response, other);
    let (context, _) = answer(&credential, &response, "GET");
    complete(&*context, &response, "GET").unwrap();
}

#[test]
fn a_response_without_qop_works_once_for_a_nonce() {
    let credential = server("");
    let text = challenge(&credential);
    let [nonce, realm] = ["nonce", "realm"].map(|name| value(&text, name).unwrap());
    let secret = formulas::password(Hash::Md5, b"alice", realm.as_bytes(), b"secret");
    let a2 = formulas::request(Hash::Md5, b"GET", b"/", None);
    let digits = formulas::response(Hash::Md5, &secret, nonce.as_bytes(), None, &a2);
    let response = format!(
        "username=\"alice\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"/\", response=\"{}\"",
        std::str::from_utf8(&digits).unwrap()
    );
    let (_first, result) = answer(&credential, &response, "GET");
    assert_eq!(result.unwrap().0, Done);
    let (_second, result) = answer(&credential, &response, "GET");
    let (outcome, token) = result.unwrap();
    assert!(outcome == Continue && token.starts_with("stale=true,"));
    let counted = ALICE.respond(&text, 7, "GET", "/");
    assert_eq!(answer(&credential, &counted, "GET").1.unwrap().0, Continue);
}

#[test]
fn stored_hashes_and_names_beyond_ascii_log_in() {
    for (algorithm, user, password) in [
        ("MD5-sess", "hashed", "secret"),
        ("SHA-256", "hashed", "secret"),
        ("SHA-512-256-sess", "hashed", "secret"),
        ("MD5", "jäger", "grün"),
        ("SHA-256", "jäger", "grün"),
    ] {
        let credential = server(&format!("http_algorithms = [\"{algorithm}\"]"));
        let browser = Browser { user, password, ..ALICE };
        let response = browser.respond(&challenge(&credential), 1, "GET", "/");
        assert_eq!(answer(&credential, &response, "GET").1.unwrap().0, Done, "{algorithm} {user}");
    }
}

/// Whoever is logged in at one server of a process is nobody at another one.
#[test]
fn r34_a_session_of_other_accounts_or_of_another_server_is_not_gone_on_with() {
    let sessions = Sessions::new();
    let accounts = Arc::<Accounts>::default();
    let own = server_of("", &accounts);
    let text = challenge_at(&own, &sessions, NOW);
    let (_held, first) = call_at(&own, &sessions, &ALICE.respond(&text, 1, "GET", "/"), NOW);
    assert_eq!(first.unwrap().0, Done);
    let response = ALICE.respond(&text, 2, "GET", "/");
    let others = [
        (server_of("", &accounts), Complete),
        (server_of("", &Arc::default()), Continue),
        (server_of("secret = \"sixteen bytes !!\"", &accounts), Continue),
    ];
    for (place, (credential, expected)) in others.into_iter().enumerate() {
        let (_, result) = call_at(&credential, &sessions, &response, NOW);
        assert_eq!(result.unwrap().0, expected, "{place}");
    }
}

/// What another thread does while a step is being taken.
struct Meanwhile<'a> {
    work: &'a dyn Fn(),
    text: Vec<u8>,
}

impl TokenSink for Meanwhile<'_> {
    fn space(&mut self, length: usize) -> Result<&mut [u8]> {
        (self.work)();
        self.text.space(length)
    }

    fn refused(&self) -> bool {
        self.text.refused()
    }

    fn length(&self) -> usize {
        self.text.length()
    }
}

#[test]
fn one_step_at_a_time_asks_for_a_stale_challenge() {
    let (credential, sessions) = (server(""), Sessions::new());
    let text = challenge_at(&credential, &sessions, NOW);
    let (_held, first) = call_at(&credential, &sessions, &ALICE.respond(&text, 1, "GET", "/"), NOW);
    assert_eq!(first.unwrap().0, Done);
    let response = ALICE.respond(&text, 3, "GET", "/");
    let (context, result) = call_at(&credential, &sessions, &response, NOW);
    assert_eq!(result.unwrap().0, Complete);
    let (mut token, mut method) = (response.into_bytes(), b"GET".to_vec());
    let mut buffers = [message_buffer(TOKEN, &mut token), message_buffer(PARAMS, &mut method)];
    let status = status_of(context.as_ref().unwrap().complete(
        &credential,
        &|| NOW,
        &mut Message(&mut buffers),
    ));
    assert_eq!(status, Status::OUT_OF_SEQUENCE);

    let work = || {
        let status = status_of(call_on(context.as_ref().unwrap(), &sessions, &credential, "", NOW));
        assert_eq!(status, Status::STATUS_LOGON_FAILURE);
    };
    let mut output = Meanwhile { work: &work, text: Vec::new() };
    let inputs = inputs(b"", "GET", b"");
    let call = Call {
        inputs: Inputs(&inputs),
        flags: Flags::CONNECTION,
        target: None,
        authorization_allowed: true,
        authorization: b"",
    };
    let step = context
        .as_ref()
        .unwrap()
        .step(&sessions, &credential, &call, &|| NOW, &mut output)
        .unwrap();
    assert_eq!(step.outcome, Continue);
    assert!(output.text.starts_with(b"stale=true,"));
}

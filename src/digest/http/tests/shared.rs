//! Processes that share an engine, which a test plays.

use std::collections::HashMap;

use super::*;
use crate::digest::http::nonce::{Epoch, Key, UserHash};
use crate::digest::http::nonce_counts::Counts;
use crate::digest::http::shared::{Answer, Claim, Engine};
use crate::error::Error;
use crate::system::fork::Gated;

const CONFIG: &str = "secret = \"sixteen bytes!!!\"\nhttp_nonce_count = \"window\"\n\
                      http_algorithms = [\"MD5\"]\n[shared]\nurl = \"redis://nowhere.invalid\"";

/// Keeps records as the scripts do, and fails when it is told to.
#[derive(Default)]
struct Fake {
    state: Gated<State>,
    fails: Gated<bool>,
    asked: AtomicUsize,
}

#[derive(Default)]
struct State {
    epoch: u8,
    records: HashMap<Key, (Counts, UserHash, Vec<u8>)>,
}

impl Fake {
    fn ask(&self) -> Result<()> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if *self.fails.lock() {
            return Err(Error::new(Status::NO_AUTHENTICATING_AUTHORITY, "shared: told to fail"));
        }
        Ok(())
    }

    fn forget_all(&self) {
        let mut state = self.state.lock();
        state.epoch += 1;
        state.records.clear();
    }
}

/// What one process knows of it.
struct Seen {
    fake: Arc<Fake>,
    epoch: Gated<Option<Epoch>>,
}

impl Engine for Seen {
    fn epoch(&self, past: Option<&Epoch>) -> Result<Epoch> {
        let known = *self.epoch.lock();
        if let Some(known) = known.filter(|known| past != Some(known)) {
            return Ok(known);
        }
        self.fake.ask()?;
        let epoch = Epoch([self.fake.state.lock().epoch; 48]);
        *self.epoch.lock() = Some(epoch);
        Ok(epoch)
    }

    fn claim(&self, claim: &Claim<'_>) -> Result<Answer> {
        self.fake.ask()?;
        let mut state = self.fake.state.lock();
        if *claim.epoch != Epoch([state.epoch; 48]) {
            return Ok(Answer::OtherEpoch);
        }
        assert!((1_860_000..=2_220_000).contains(&claim.life), "{}", claim.life);
        let known = state.records.get_mut(claim.nonce);
        Ok(match known {
            None if !claim.may_begin => Answer::Unknown,
            None => {
                let record = (Counts::starting(claim.count), *claim.user, claim.cnonce.to_vec());
                state.records.insert(*claim.nonce, record);
                Answer::Begun
            }
            Some((_, user, _)) if user != claim.user => Answer::OtherUser,
            Some((counts, ..)) => {
                if counts.take(claim.count, claim.order) {
                    Answer::Taken
                } else {
                    Answer::Used
                }
            }
        })
    }

    fn first_cnonce(&self, nonce: &Key) -> Result<Option<Vec<u8>>> {
        self.fake.ask()?;
        Ok(self.fake.state.lock().records.get(nonce).map(|(.., cnonce)| cnonce.clone()))
    }
}

/// Credentials as of processes of their own.
fn processes<const N: usize>(config: &str, fake: &Arc<Fake>) -> [Arc<DigestCredential>; N] {
    std::array::from_fn(|_| {
        let credential = Arc::into_inner(server(config)).unwrap();
        let seen = Seen { fake: Arc::clone(fake), epoch: Gated::new(None) };
        // Accounts are the credential's own, so that no session is gone on with in another.
        Arc::new(credential.with_engine(Arc::new(seen)))
    })
}

/// What becomes of a request: done, stale, or the status.
fn request(
    credential: &Arc<DigestCredential>,
    response: &str,
) -> (Box<dyn Context>, std::result::Result<&'static str, Status>) {
    let (context, result) = answer(credential, response, "GET");
    let said = match result {
        Ok((Outcome::Done, _)) => Ok("begun"),
        Ok((Outcome::Complete, _)) => match complete(&*context, response, "GET") {
            Ok(_) => Ok("completed"),
            Err(error) => Err(error.status()),
        },
        Ok((_, text)) => Ok(if text.contains("stale=true") { "stale" } else { "challenge" }),
        Err(error) => Err(error.status()),
    };
    (context, said)
}

#[test]
fn a_session_goes_on_in_another_process_and_nothing_is_taken_twice() {
    let fake = Arc::<Fake>::default();
    let [one, other] = processes(CONFIG, &fake);
    let text = challenge(&one);
    let respond = |count| ALICE.respond(&text, count, "GET", "/");
    let (first, said) = request(&one, &respond(1));
    assert_eq!(said, Ok("begun"));
    let (second, said) = request(&other, &respond(2));
    assert_eq!(said, Ok("begun"), "in this process");
    assert_eq!(request(&other, &respond(1)).1, Ok("stale"));
    assert_eq!(request(&one, &respond(4)).1, Ok("completed"));
    // The table of sessions is one in a test, where the other's accounts have it begin anew each time.
    assert_eq!(request(&other, &respond(3)).1, Ok("begun"));
    for count in [1, 2, 3, 4] {
        for process in [&one, &other] {
            let said = request(process, &respond(count)).1;
            assert!(matches!(said, Ok("stale") | Err(Status::OUT_OF_SEQUENCE)), "{said:?}");
        }
    }
    // With its last handle a process forgets the session, and the engine does not.
    drop((first, second));
    assert_eq!(request(&one, &respond(4)).1, Ok("stale"));
    assert_eq!(request(&one, &respond(5)).1, Ok("begun"));
}

#[test]
fn what_is_known_here_to_be_used_is_not_asked_for_and_challenges_are_not_either() {
    let fake = Arc::<Fake>::default();
    let [one] = processes(CONFIG, &fake);
    let text = challenge(&one);
    let asked = || fake.asked.swap(0, Ordering::Relaxed);
    assert_eq!(asked(), 1, "the epoch");
    challenge(&one);
    assert_eq!(asked(), 0);
    let respond = |count| ALICE.respond(&text, count, "GET", "/");
    let (_first, said) = request(&one, &respond(1));
    assert_eq!((said, asked()), (Ok("begun"), 1));
    let (_second, said) = request(&one, &respond(2));
    assert_eq!((said, asked()), (Ok("completed"), 1));
    let wrong = Browser { password: "wrong", ..ALICE }.respond(&text, 3, "GET", "/");
    assert_eq!(request(&one, &wrong).1, Err(Status::MESSAGE_ALTERED));
    assert_eq!(request(&one, &respond(2)).1, Ok("stale"));
    assert_eq!(asked(), 0);
}

#[test]
fn an_engine_that_fails_refuses_and_leaves_the_context_as_it_was() {
    let fake = Arc::<Fake>::default();
    let [one] = processes(CONFIG, &fake);
    *fake.fails.lock() = true;
    let context = begin(&one, Role::Server);
    let unavailable = Status::NO_AUTHENTICATING_AUTHORITY;
    let ask = |token: &str| status_of(accept(&*context, token.as_bytes(), "GET", &mut Vec::new()));
    assert_eq!(ask(""), unavailable);
    *fake.fails.lock() = false;
    let mut output = Vec::new();
    let context = begin(&one, Role::Server);
    accept(&*context, b"", "GET", &mut output).unwrap();
    let text = String::from_utf8(output).unwrap();
    let respond = |count| ALICE.respond(&text, count, "GET", "/");
    let ask = |token: &str| status_of(accept(&*context, token.as_bytes(), "GET", &mut Vec::new()));
    *fake.fails.lock() = true;
    assert_eq!(ask(&respond(1)), unavailable);
    *fake.fails.lock() = false;
    assert_eq!(ask(&respond(1)), Status::OK, "the same context takes it then");
    let (next, result) = answer(&one, &respond(2), "GET");
    assert_eq!(result.unwrap().0, Outcome::Complete);
    *fake.fails.lock() = true;
    assert_eq!(status_of(complete(&*next, &respond(2), "GET")), unavailable);
    *fake.fails.lock() = false;
    assert!(complete(&*next, &respond(2), "GET").is_ok());
    assert_eq!(status_of(complete(&*next, &respond(2), "GET")), Status::INTERNAL_ERROR);
}

#[test]
fn an_epoch_that_is_over_costs_a_stale_challenge() {
    let fake = Arc::<Fake>::default();
    let [one, other] = processes(CONFIG, &fake);
    let text = challenge(&one);
    let (_kept, said) = request(&one, &ALICE.respond(&text, 1, "GET", "/"));
    assert_eq!(said, Ok("begun"));
    challenge(&other);
    fake.forget_all();
    // A session that this process has, and a nonce that it only proves.
    assert_eq!(request(&one, &ALICE.respond(&text, 2, "GET", "/")).1, Err(Status::OUT_OF_SEQUENCE));
    assert_eq!(request(&other, &ALICE.respond(&text, 3, "GET", "/")).1, Ok("stale"));
    // From now on nothing is said of the password, neither by the answer nor by what is asked for.
    for password in [ALICE.password, "wrong"] {
        fake.asked.store(0, Ordering::Relaxed);
        let response = Browser { password, ..ALICE }.respond(&text, 3, "GET", "/");
        assert_eq!(request(&other, &response).1, Ok("stale"));
        assert_eq!(fake.asked.load(Ordering::Relaxed), 1, "{password}");
    }
    // One process knows of the new epoch, the other learns of it by a nonce.
    fake.forget_all();
    assert_eq!(request(&one, &ALICE.respond(&challenge(&one), 1, "GET", "/")).1, Ok("stale"));
    let fresh = challenge(&one);
    assert_eq!(request(&other, &ALICE.respond(&fresh, 1, "GET", "/")).1, Ok("begun"));
}

#[test]
fn a_next_nonce_is_of_its_epoch_too() {
    let fake = Arc::<Fake>::default();
    let config = CONFIG
        .replace("http_algorithms", "http_authentication_info = \"nextnonce\"\nhttp_algorithms");
    let [one, other] = processes(&config, &fake);
    let text = challenge(&one);
    let (_first, result) = answer(&one, &ALICE.respond(&text, 1, "GET", "/"), "GET");
    let told = result.unwrap().1;
    let next = text.replace(&value(&text, "nonce").unwrap(), &value(&told, "nextnonce").unwrap());
    let respond = |count| ALICE.respond(&next, count, "GET", "/");
    assert_eq!(request(&other, &respond(1)).1, Ok("begun"));
    assert_eq!(request(&one, &respond(1)).1, Ok("stale"));
    fake.forget_all();
    assert_eq!(request(&one, &respond(1)).1, Ok("stale"));
    assert_eq!(request(&other, &respond(1)).1, Ok("stale"));
}

#[test]
fn a_nonce_whose_user_is_another_or_whose_time_has_not_come_begins_nothing() {
    let fake = Arc::<Fake>::default();
    let [one, other] = processes(CONFIG, &fake);
    let text = challenge(&one);
    let bob = Browser { user: "bob", password: "hunter2", ..ALICE };
    let (_kept, said) = request(&one, &ALICE.respond(&text, 1, "GET", "/"));
    assert_eq!(said, Ok("begun"));
    assert_eq!(request(&one, &bob.respond(&text, 2, "GET", "/")).1, Ok("stale"));
    assert_eq!(request(&other, &bob.respond(&text, 2, "GET", "/")).1, Ok("stale"));
    // From a clock that is an hour ahead: neither begun with nor refused as a wrong password.
    let issuer = one.issuer().unwrap();
    let epoch = one.engine().unwrap().unwrap().epoch(None).unwrap();
    let now = crate::system::clock::filetime();
    for (issued, said) in
        [(now + 36_000_000_000, "stale"), (now - 36_000_000_000, "stale"), (now, "begun")]
    {
        let nonce = issuer.issue(b"example.org", issued, Some(&epoch)).unwrap();
        let nonce = String::from_utf8(nonce.text.to_vec()).unwrap();
        let text = text.replace(&value(&text, "nonce").unwrap(), &nonce);
        assert_eq!(request(&one, &ALICE.respond(&text, 1, "GET", "/")).1, Ok(said));
    }
}

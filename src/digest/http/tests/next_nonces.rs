//! Next nonces: sessions of clients that make their key once and go from nonce to nonce, as libsoup's do.

use super::*;
use crate::sspi::Outcome::{Complete, Continue, Done};

/// A client that follows RFC 7616 to the letter: A1 is made of the first nonces (§3.4.2), the opaque
/// of the challenge is sent back (§3.3), and the nonce is that of the last answer (§3.5).
struct Client {
    a1: formulas::Digits,
    algorithm: Algorithm,
    name: String,
    user: &'static str,
    nonce: String,
    cnonce: String,
    nc: u32,
    opaque: Option<String>,
}

impl Client {
    fn new(challenge: &str, user: &'static str, password: &str) -> Self {
        let name = value(challenge, "algorithm").unwrap();
        let algorithm = Algorithm::from_name(name.as_bytes()).unwrap();
        let nonce = value(challenge, "nonce").unwrap();
        let (user_bytes, password) = (user.as_bytes(), password.as_bytes());
        let secret = formulas::password(algorithm.hash, user_bytes, b"example.org", password);
        let a1 = if algorithm.session {
            formulas::session(algorithm.hash, &secret, nonce.as_bytes(), b"0123456789abcdef")
        } else {
            secret
        };
        let opaque = value(challenge, "opaque");
        let cnonce = "0123456789abcdef".to_owned();
        Self { a1, algorithm, name, user, nonce, cnonce, nc: 0, opaque }
    }

    fn alice(challenge: &str) -> Self {
        Self::new(challenge, "alice", "secret")
    }

    /// The hash of a request with the last count; of none, what proves the server.
    fn digits(&self, method: &str, uri: &str) -> String {
        let hash = self.algorithm.hash;
        let a2 = formulas::request(hash, method.as_bytes(), uri.as_bytes(), None);
        let nc = format!("{:08x}", self.nc);
        let counted = formulas::Counted {
            nc: nc.as_bytes().try_into().unwrap(),
            cnonce: self.cnonce.as_bytes(),
            qop: b"auth",
        };
        let digits = formulas::response(hash, &self.a1, self.nonce.as_bytes(), Some(counted), &a2);
        String::from_utf8(digits.to_vec()).unwrap()
    }

    fn respond(&mut self, method: &str, uri: &str) -> String {
        self.nc += 1;
        let Self { name, user, nonce, cnonce, nc, opaque, .. } = &*self;
        let opaque = opaque.as_ref().map(|text| format!(", opaque=\"{text}\""));
        format!(
            "username=\"{user}\", realm=\"example.org\", nonce=\"{nonce}\", uri=\"{uri}\", \
             cnonce=\"{cnonce}\", nc={nc:08x}, qop=auth, response=\"{}\", algorithm={name}{}",
            self.digits(method, uri),
            opaque.unwrap_or_default()
        )
    }

    /// Sends a request as a server's example takes it; the handle, and what came with the page.
    fn ask(
        &mut self,
        credential: &Arc<DigestCredential>,
        method: &str,
        uri: &str,
    ) -> (Box<dyn Context>, Result<String>) {
        let response = self.respond(method, uri);
        let (context, result) = answer(credential, &response, method);
        let info = match result {
            Ok((Done, info)) => Ok(info),
            Ok((Complete, _)) => {
                complete(&*context, &response, method).map(|info| String::from_utf8(info).unwrap())
            }
            Ok((_, challenge)) => panic!("{uri}: {challenge}"),
            Err(error) => Err(error),
        };
        if let Ok(info) = &info {
            assert_eq!(value(info, "rspauth").unwrap(), self.digits("", uri), "{info}");
        }
        (context, info)
    }

    /// Goes on with the next nonce.
    fn take(&mut self, info: &str, count_goes_on: bool) {
        self.nonce = value(info, "nextnonce").unwrap();
        self.nc = if count_goes_on { self.nc } else { 0 };
    }
}

const NEXT: &str = "http_authentication_info = \"nextnonce\"";

fn server_with(algorithm: &str, more: &str) -> Arc<DigestCredential> {
    server(&format!("{NEXT}\nhttp_algorithms = [\"{algorithm}\"]\n{more}"))
}

#[test]
fn a_client_goes_from_nonce_to_nonce_with_the_key_and_the_opaque_of_its_challenge() {
    for (algorithm, _) in Algorithm::ALL.iter().map(|(algorithm, name)| (name, algorithm)) {
        for more in ["", "http_opaque = 1", "http_opaque = 1\nhttp_nonce_count = \"window\""] {
            for count_goes_on in [false, true] {
                let credential = server_with(algorithm, more);
                let mut client = Client::alice(&challenge(&credential));
                let mut handles = Vec::new();
                for number in 0..6 {
                    let method = if number == 3 { "POST" } else { "GET" };
                    let uri = format!("/{number}?x=%20");
                    let (context, info) = client.ask(&credential, method, &uri);
                    client.take(&info.unwrap(), count_goes_on);
                    assert!(context.established(), "{algorithm} {more} {number}");
                    handles.push(context);
                }
            }
        }
    }
}

#[test]
fn a_client_may_stay_with_a_nonce_and_change_its_own() {
    for more in ["", "http_nonce_count = \"window\""] {
        let credential = server_with("MD5-sess", more);
        let mut client = Client::alice(&challenge(&credential));
        let (_first, info) = client.ask(&credential, "GET", "/");
        client.take(&info.unwrap(), true);
        let mut handles = Vec::new();
        for number in 0..5 {
            client.cnonce = format!("cnonce {number}");
            let (context, info) = client.ask(&credential, "GET", "/");
            handles.push((context, info.unwrap()));
        }
    }
}

#[test]
fn requests_in_parallel_begin_a_next_nonce_in_any_order_of_a_window() {
    let credential = server_with("SHA-256-sess", "http_nonce_count = \"window\"");
    let mut client = Client::alice(&challenge(&credential));
    let (_first, info) = client.ask(&credential, "GET", "/");
    client.take(&info.unwrap(), false);
    let mut handles = Vec::new();
    for nc in [3, 1, 2, 5, 4] {
        client.nc = nc - 1;
        let (context, info) = client.ask(&credential, "GET", "/");
        info.unwrap();
        handles.push(context);
    }
}

#[test]
fn no_request_is_taken_twice() {
    for algorithm in ["MD5", "MD5-sess"] {
        let credential = server_with(algorithm, "http_nonce_count = \"window\"");
        let mut client = Client::alice(&challenge(&credential));
        let mut taken = Vec::new();
        let mut handles = Vec::new();
        for number in 0..4 {
            let copy = Client { a1: client.a1.clone(), ..Client::alice(&challenge(&credential)) };
            let mut copy = Client { nonce: client.nonce.clone(), nc: client.nc, ..copy };
            taken.push(copy.respond("GET", "/"));
            let (context, info) = client.ask(&credential, "GET", "/");
            handles.push(context);
            if number % 2 == 0 {
                client.take(&info.unwrap(), false);
            }
        }
        for response in &taken {
            let (outcome, text) = answer(&credential, response, "GET").1.unwrap();
            assert!(outcome == Continue && text.starts_with("stale=true,"), "{algorithm}");
        }
        handles.clear();
        for response in &taken {
            let (outcome, _) = answer(&credential, response, "GET").1.unwrap();
            assert_eq!(outcome, Continue, "{algorithm}: after the sessions' end");
        }
    }
}

#[test]
fn a_key_outlives_the_handle_of_its_first_request_while_another_lives() {
    let credential = server_with("MD5-sess", "");
    let mut client = Client::alice(&challenge(&credential));
    let (mut last, info) = client.ask(&credential, "GET", "/");
    client.take(&info.unwrap(), false);
    for _ in 0..5 {
        let (context, info) = client.ask(&credential, "GET", "/");
        client.take(&info.unwrap(), false);
        last = context;
    }
    drop(last);
    let result = answer(&credential, &client.respond("GET", "/"), "GET").1;
    is_asked_again(&credential, result);
}

/// Whether it is right cannot be told: with a fresh nonce, the client tries again.
fn is_asked_again(credential: &Arc<DigestCredential>, result: Result<(Outcome, String)>) {
    let (outcome, token) = result.unwrap();
    assert!(outcome == Continue && token.starts_with("stale=true,"), "{token}");
    let wrong = Client::new(&token, "alice", "wrong").respond("GET", "/");
    assert_eq!(status_of(answer(credential, &wrong, "GET").1), Status::LOGON_DENIED);
    assert!(Client::alice(&token).ask(credential, "GET", "/").1.is_ok());
}

#[test]
fn the_key_of_one_challenge_with_the_next_nonce_of_another_is_asked_again() {
    // So requests in parallel look when one of them was answered by a stale challenge.
    for more in ["", "http_opaque = 1"] {
        for algorithm in ["MD5", "MD5-sess"] {
            let credential = server_with(algorithm, more);
            let mut client = Client::alice(&challenge(&credential));
            let (_held, info) = client.ask(&credential, "GET", "/");
            let mut other = Client::alice(&challenge(&credential));
            other.take(&info.unwrap(), false);
            let result = answer(&credential, &other.respond("GET", "/"), "GET").1;
            match algorithm {
                "MD5" => assert_eq!(result.unwrap().0, Done),
                _ => is_asked_again(&credential, result),
            }
        }
    }
}

#[test]
fn without_a_key_of_the_session_nothing_need_be_kept() {
    let credential = server_with("MD5", "http_opaque = 1");
    let mut client = Client::alice(&challenge(&credential));
    for _ in 0..5 {
        let (context, info) = client.ask(&credential, "GET", "/");
        drop(context);
        client.take(&info.unwrap(), false);
    }
}

#[test]
fn a_next_nonce_lets_in_nobody_who_has_no_password() {
    for algorithm in ["MD5", "MD5-sess", "SHA-256-sess"] {
        let credential = server_with(algorithm, "http_opaque = 1");
        let text = challenge(&credential);
        let mut alice = Client::alice(&text);
        let (_held, info) = alice.ask(&credential, "GET", "/");
        alice.take(&info.unwrap(), false);
        let nonce = alice.nonce.clone();
        let ask = |client: Client| {
            let mut client = Client { nonce: nonce.clone(), nc: 0, ..client };
            answer(&credential, &client.respond("GET", "/"), "GET").1
        };
        let wrong = ask(Client::new(&text, "alice", "wrong"));
        if algorithm.ends_with("-sess") {
            is_asked_again(&credential, wrong);
        } else {
            assert_eq!(status_of(wrong), Status::LOGON_DENIED);
        }
        // It is nobody else's, whatever key and password they have.
        let others = [
            Client::new(&text, "nobody", "secret"),
            Client::new(&text, "bob", "hunter2"),
            Client::new(&text, "bob", "wrong"),
            Client { user: "bob", ..Client::alice(&text) },
        ];
        for other in others {
            let (outcome, token) = ask(other).unwrap();
            assert!(outcome == Continue && token.starts_with("qop="), "{algorithm}: {token}");
        }
        let opaque = Some("0".repeat(32));
        let status = status_of(ask(Client { opaque, ..Client::alice(&text) }));
        assert_eq!(status, Status::INVALID_TOKEN);
        // Alice herself is still welcome.
        assert!(alice.ask(&credential, "GET", "/").1.is_ok());
    }
}

#[test]
fn a_next_nonce_with_a_digit_changed_is_none() {
    let credential = server_with("MD5", "");
    let mut client = Client::alice(&challenge(&credential));
    let (_held, info) = client.ask(&credential, "GET", "/");
    client.take(&info.unwrap(), false);
    let nonce = client.nonce.clone();
    for place in 12..nonce.len() {
        let mut changed = nonce.clone().into_bytes();
        changed[place] = if changed[place] == b'0' { b'1' } else { b'0' };
        client.nonce = String::from_utf8(changed).unwrap();
        let (_, result) = answer(&credential, &client.respond("GET", "/"), "GET");
        let (outcome, token) = result.unwrap();
        assert!(outcome == Continue && token.starts_with("qop="), "{place}: {token}");
    }
}

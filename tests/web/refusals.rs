//! What the example server refuses, and how.

use std::time::{Duration, SystemTime};

use secur32::digest::http::nonce::NonceIssuer;
use secur32::digest::settings::Settings;
use secur32::secret::Secret;

use crate::digest::{Hash, Response, directive};
use crate::example::{REALM, Server, peer, run};

const MD5: &str = "http_algorithms = [\"MD5\"]";
const SHA_256: &str = "http_algorithms = [\"SHA-256\"]";

#[test]
fn a_wrong_password_and_an_unknown_user_are_refused_alike() {
    let server = Server::start_for(1, MD5);
    let mut connection = server.connect();
    for (user, password) in [("alice", "wrong"), ("mallory", "secret"), ("bob", "secret")] {
        let right = Response::to(&connection.challenge());
        let wrong = Response { user, password, ..right };
        let answer = connection.ask("GET", "/", &wrong.text());
        assert!(!answer.is_stale(), "{answer:?}");
        assert_ne!(directive(answer.challenge(), "nonce"), wrong.nonce);
    }
    drop(connection);
    assert_eq!(server.finish().matches("SEC_E_LOGON_DENIED").count(), 3);
}

#[test]
fn a_response_is_for_its_own_method_target_and_query_only() {
    for (lines, hash) in [(MD5, Hash::Md5), (SHA_256, Hash::Sha256)] {
        let server = Server::start_for(1, lines);
        let mut connection = server.connect();
        for (method, target, status) in [
            ("GET", "/a?b=c", 200),
            ("POST", "/a?b=c", 401),
            ("HEAD", "/a?b=c", 401),
            ("GET", "/a?b=d", 400),
            ("GET", "/a?b=c&", 400),
            ("GET", "/a", 400),
            ("GET", "/b?b=c", 400),
            ("GET", "/%61?b=c", 400),
        ] {
            let right = Response { hash, uri: "/a?b=c", ..Response::to(&connection.challenge()) };
            // For the first request of a session, and for one that goes on.
            for count in [1, 2] {
                let answer =
                    connection.ask(method, target, &Response { count, ..right.clone() }.text());
                assert_eq!(answer.status, status, "{method} {target}: {answer:?}");
                assert!(status != 401 || !answer.is_stale(), "{method} {target}");
            }
        }
        drop(connection);
        let told = server.finish();
        assert_eq!(told.matches("this is example.org\\alice").count(), 2, "{told}");
    }
}

#[test]
fn a_later_request_with_a_changed_method_is_refused() {
    let server = Server::start_for(1, MD5);
    let mut connection = server.connect();
    let first = Response::to(&connection.challenge());
    assert_eq!(connection.ask("GET", "/", &first.text()).status, 200);
    let second = Response { count: 2, ..first };
    assert!(!connection.ask("POST", "/", &second.text()).is_stale());
    let forged = Response { password: "wrong", ..second.clone() };
    assert!(!connection.ask("GET", "/", &forged.text()).is_stale());
    // Neither attempt has taken the count from the user.
    assert_eq!(connection.ask("GET", "/", &second.text()).status, 200);
    drop(connection);
    assert_eq!(server.finish().matches("CompleteAuthToken: SEC_E_MESSAGE_ALTERED").count(), 2);
}

#[test]
fn a_request_of_curl_cannot_be_sent_again() {
    let Some(curl) = peer(&["curl"], &["--version"], "curl") else { return };
    for lines in ["", MD5, SHA_256] {
        let server = Server::start_for(3, lines);
        let words = ["-q", "-sS", "-v", "--digest", "-u", "alice:secret", &server.url("/")];
        let ending = run(&curl, &words).expect(0);
        let sent = ending.errors.lines().find_map(|line| line.strip_prefix("> Authorization: "));
        let sent = sent.expect("curl shows what it sends").trim_end();
        // On a connection of its own, and on one where the answer's nonce was asked for.
        for asks in [false, true] {
            let mut connection = server.connect();
            if asks {
                connection.challenge();
            }
            let answer = connection.ask("GET", "/", sent);
            assert!(answer.is_stale(), "{answer:?}");
            assert!(!answer.body.contains("alice"), "{answer:?}");
        }
        assert_eq!(server.finish().matches("this is ").count(), 1);
    }
}

#[test]
fn counts_follow_each_other_or_the_nonce_is_stale() {
    // Strictly the third comes too early and the second then not too late; in a window the third
    // may be first, once.
    for (lines, order) in [
        ("http_nonce_count = \"strict\"", [(3, 401), (2, 200), (2, 401)]),
        ("", [(3, 200), (3, 401), (2, 200)]),
    ] {
        let server = Server::start_for(1, &format!("{MD5}\n{lines}"));
        let mut connection = server.connect();
        let first = Response::to(&connection.challenge());
        assert_eq!(connection.ask("GET", "/", &first.text()).status, 200);
        for (count, status) in order {
            let answer = connection.ask("GET", "/", &Response { count, ..first.clone() }.text());
            assert_eq!(answer.status, status, "{lines}, {count}: {answer:?}");
            assert!(status == 200 || answer.is_stale(), "{lines}, {count}: {answer:?}");
        }
        drop(connection);
        server.finish();
    }
}

/// A nonce as another process with the server's secret and realm issued it, so many seconds ago.
fn nonce_of(secret: &str, realm: &str, seconds: u64) -> String {
    let config =
        Settings { secret: Some(Secret::new(secret.as_bytes().to_vec())), ..Settings::default() };
    let since = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let unix = SystemTime::now().duration_since(since).expect("a time after 1970");
    // FILETIME: tenths of microseconds since 1601.
    let now = (unix.as_secs() + 11_644_473_600) * 10_000_000;
    let issuer = NonceIssuer::new(&config).expect("a issuer");
    let nonce = issuer.issue(realm.as_bytes(), now, None).expect("a nonce");
    String::from_utf8(nonce.text.to_vec()).expect("text")
}

#[test]
fn a_nonce_is_good_for_its_time_and_its_servers_only() {
    const SECRET: &str = "an invented secret of 32 bytes!!";
    let server =
        Server::start_for(1, &format!("{MD5}\nsecret = \"{SECRET}\"\nnonce_lifetime = 60"));
    let mut connection = server.connect();
    let nonces = [
        ("another process's", nonce_of(SECRET, REALM, 0), "200"),
        ("an old one", nonce_of(SECRET, REALM, 90), "stale"),
        ("another secret's", nonce_of("another secret of these 32 byte", REALM, 0), "401"),
        ("another server's", nonce_of(SECRET, "example.com", 0), "401"),
        ("invented", "0123456789abcdef".to_owned(), "401"),
    ];
    for (name, nonce, expected) in nonces {
        let answer = connection.ask("GET", "/", &Response::with_nonce(&nonce).text());
        let found = match answer.status {
            401 if answer.is_stale() => "stale".to_owned(),
            status => status.to_string(),
        };
        assert_eq!(found, expected, "{name}: {answer:?}");
        if found == "stale" {
            let wrong = Response { password: "wrong", ..Response::with_nonce(&nonce) };
            let answer = connection.ask("GET", "/", &wrong.text());
            assert!(!answer.is_stale(), "only whoever has the password is told: {answer:?}");
        }
    }
    drop(connection);
    server.finish();
}

#[test]
fn requests_that_are_none_are_answered_or_cut_off() {
    let long = "x".repeat(20_000);
    let rows: [(String, u16); 14] = [
        ("\0\r\n\r\n".to_owned(), 400),
        ("GET\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/2.0\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/1.1\r\n folded\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/1.1\r\nA : b\r\n\r\n".to_owned(), 400),
        ("GET http://h/ HTTP/1.1\r\n\r\n".to_owned(), 400),
        (format!("GET /{long} HTTP/1.1\r\n\r\n"), 431),
        (format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(65)), 431),
        ("GET / HTTP/1.1\r\nAuthorization: Digest a\r\nAuthorization: b\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/1.1\r\nAuthorization: Digest nonsense\r\n\r\n".to_owned(), 400),
        ("BREW / HTTP/1.1\r\n\r\n".to_owned(), 405),
        ("POST / HTTP/1.1\r\nContent-Length: 65537\r\n\r\n".to_owned(), 413),
        ("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx".to_owned(), 400),
        (
            "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned(),
            400,
        ),
    ];
    let server = Server::start_for(rows.len() + 2, "");
    for (request, status) in &rows {
        let mut connection = server.connect();
        connection.send(request.as_bytes());
        let answer = connection.read().expect("an answer");
        assert_eq!(answer.status, *status, "{request:?}: {answer:?}");
    }
    let mut connection = server.connect();
    for authorization in ["Basic YWxpY2U6c2VjcmV0", "Digest", "Digestion a=b", "Negotiate"] {
        let answer = connection.ask("GET", "/", authorization);
        assert!(!answer.is_stale(), "{authorization}");
    }
    connection
        .send(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\n\r\n");
    assert_eq!(connection.read().expect("an answer").status, 401);
    assert!(connection.is_over());
    server.connect().send(b"GET / HT");
    server.finish();
}

#[test]
fn a_session_that_was_begun_on_one_connection_goes_on_on_another() {
    let server = Server::start_for(3, MD5);
    let first = Response::to(&server.connect().challenge());
    for count in [1, 2] {
        let response = Response { count, ..first.clone() };
        assert_eq!(server.connect().ask("GET", "/", &response.text()).status, 200);
    }
    assert_eq!(server.finish().matches("CompleteAuthToken: SEC_E_OK").count(), 1);
}

#[test]
fn the_server_proves_itself_where_it_is_configured_to() {
    let server = Server::start_for(1, &format!("{MD5}\nhttp_authentication_info = \"rspauth\""));
    let mut connection = server.connect();
    let first = Response::to(&connection.challenge());
    for count in [1, 2] {
        let response = Response { count, ..first.clone() };
        let answer = connection.ask("GET", "/", &response.text());
        let info = answer.field("Authentication-Info").expect("the server's proof");
        assert_eq!(directive(info, "rspauth"), response.rspauth(), "{count}: {info}");
    }
    drop(connection);
    server.finish();
}

#[test]
fn ten_connections_at_once_share_a_session_in_a_window() {
    let server = Server::start_for(11, &format!("{MD5}\nhttp_nonce_count = \"window\""));
    let mut connection = server.connect();
    let first = Response::to(&connection.challenge());
    assert_eq!(connection.ask("GET", "/", &first.text()).status, 200);
    drop(connection);
    std::thread::scope(|scope| {
        for connection in 0..10 {
            let (server, first) = (&server, first.clone());
            scope.spawn(move || {
                let mut line = server.connect();
                for request in 0..5 {
                    let response =
                        Response { count: 2 + connection + 10 * request, ..first.clone() };
                    assert_eq!(line.ask("GET", "/", &response.text()).status, 200);
                }
            });
        }
    });
    assert_eq!(server.finish().matches("CompleteAuthToken: SEC_E_OK").count(), 50);
}

#[test]
fn what_the_server_keeps_is_bounded() {
    let server = Server::start_for(1, MD5);
    let mut connection = server.connect();
    let waiting = Response::to(&connection.challenge());
    let oldest = Response::to(&connection.challenge());
    assert_eq!(connection.ask("GET", "/", &oldest.text()).status, 200);
    for _ in 0..1030 {
        let response = Response::to(&connection.challenge());
        assert_eq!(connection.ask("GET", "/", &response.text()).status, 200);
    }
    // A challenge proves itself, whether or not its context is still there; a session does not.
    assert_eq!(connection.ask("GET", "/", &waiting.text()).status, 200);
    assert!(connection.ask("GET", "/", &Response { count: 2, ..oldest }.text()).is_stale());
    drop(connection);
    server.finish();
}

//! Many processes of the example server, one engine: what is let in.

use std::path::Path;
use std::sync::Barrier;

use crate::digest::{Response, directive};
use crate::engine::PATIENT;
use crate::example::{self, Server as Site};
use crate::raw::Answer;
use crate::servers::{Kind, Server};
use crate::support::skip::find;

/// A line of `[server]` that all processes share.
const SECRET: &str = "secret = \"sixteen bytes!!!\"\n";

/// Pages that a client asks for.
const PAGES: usize = 200;

/// Counts that processes race for.
const COUNTS: u32 = 600;

/// Starts processes with these lines of `[server]` and these of `[shared]`.
fn sites(number: usize, server: &str, shared: &str) -> Vec<Site> {
    let lines = format!("{SECRET}{server}\n{shared}\n");
    (0..number).map(|_| Site::start(&lines)).collect()
}

/// What a request is answered with, by a connection of its own.
fn ask(site: &Site, authorization: &str) -> Answer {
    site.connect().ask("GET", "/", authorization)
}

/// Stops processes, none of which may have ended.
fn stop(sites: Vec<Site>) -> String {
    sites.into_iter().map(Site::stop).collect()
}

/// A client that goes round the processes, and answers stale challenges.
struct Client {
    template: Response,
    challenges: usize,
    sent: Vec<String>,
}

impl Client {
    /// With the challenge of the first.
    fn new(sites: &[Site]) -> Self {
        let template = Response::to(&sites[0].connect().challenge());
        Self { template, challenges: 1, sent: vec![] }
    }

    /// One page; whether it was let in, after one stale challenge at most.
    fn page(&mut self, site: &Site) -> bool {
        for _ in 0..2 {
            let text = self.template.text();
            let answer = ask(site, &text);
            self.template.count += 1;
            if answer.status == 200 {
                self.sent.push(text);
                return true;
            }
            if answer.status != 401 || !answer.is_stale() {
                return false;
            }
            self.challenges += 1;
            self.template.nonce = directive(answer.challenge(), "nonce");
            self.template.count = 1;
        }
        false
    }
}

/// How many of these requests a process lets in.
fn replayed(sites: &[Site], requests: &[String]) -> usize {
    let all = sites.iter().flat_map(|site| requests.iter().map(move |text| (site, text)));
    all.filter(|(site, text)| ask(site, text).status == 200).count()
}

#[test]
fn pages_from_three_processes_in_turns_and_no_replay() {
    for (kind, order, algorithm) in [
        (Kind::Redis, "window", "MD5"),
        (Kind::Redis, "strict", "MD5"),
        (Kind::Redis, "window", "SHA-256"),
        (Kind::Valkey, "window", "MD5"),
    ] {
        let Some(engine) = Server::start(kind, &[]) else { continue };
        let lines = format!("http_nonce_count = \"{order}\"\nhttp_algorithms = [\"{algorithm}\"]");
        let sites = sites(3, &lines, &(engine.by_tcp() + PATIENT));
        let mut client = Client::new(&sites);
        if algorithm == "SHA-256" {
            client.template.hash = crate::digest::Hash::Sha256;
        }
        for page in 0..PAGES {
            assert!(client.page(&sites[page % 3]), "{order} {algorithm} {page}");
        }
        assert_eq!((client.challenges, client.sent.len()), (1, PAGES), "{order} {algorithm}");
        assert_eq!(replayed(&sites, &client.sent), 0, "{order} {algorithm}");
        // In a window counts come out of order, at whichever process.
        if order == "window" {
            client.template.count += 5;
            assert!(client.page(&sites[0]));
            client.template.count -= 3;
            assert!(client.page(&sites[1]));
            assert_eq!(client.challenges, 1);
        }
        stop(sites);
    }
}

#[test]
fn without_an_engine_each_process_lets_a_request_in_once() {
    let sites = sites(3, "http_nonce_count = \"window\"\nhttp_algorithms = [\"MD5\"]", "");
    let mut client = Client::new(&sites);
    assert!((0..5).all(|_| client.page(&sites[0])));
    // What [shared] is for: the README says so too.
    assert_eq!(replayed(&sites, &client.sent), 10);
    stop(sites);
}

#[test]
fn a_key_that_lasts_is_known_to_all_processes() {
    // How A1 is made: with the client's nonce of each request, or with that of the first alone.
    for kind in Kind::ALL {
        let Some(engine) = Server::start(kind, &[]) else { continue };
        let lines = "http_nonce_count = \"window\"\nhttp_algorithms = [\"MD5-sess\"]";
        let sites = sites(3, lines, &(engine.by_socket() + PATIENT));
        for keeps in [true, false] {
            let nonce = directive(&sites[0].connect().challenge(), "nonce");
            let mut sent = vec![];
            for page in 1..=u32::try_from(PAGES).unwrap() {
                let cnonce = format!("cnonce{page}");
                let first = if keeps { "cnonce1" } else { &cnonce };
                let text = session_response(&nonce, page, first, &cnonce);
                let answer = ask(&sites[page as usize % 3], &text);
                assert_eq!(answer.status, 200, "{kind:?} {keeps} {page}: {answer:?}");
                sent.push(text);
            }
            assert_eq!(replayed(&sites, &sent), 0);
            let wrong = session_response(&nonce, 1000, "another", "cnonce1000");
            assert_eq!(ask(&sites[0], &wrong).status, 401);
        }
        stop(sites);
    }
}

/// Alice's response by MD5-sess, whose A1 is made with `first`.
fn session_response(nonce: &str, count: u32, first: &str, cnonce: &str) -> String {
    let hash = |text: &str| crate::digest::Hash::Md5.hex(text);
    let user = hash(&format!("alice:{}:secret", example::REALM));
    let key = hash(&format!("{user}:{nonce}:{first}"));
    let request = hash("GET:/");
    let response = hash(&format!("{key}:{nonce}:{count:08x}:{cnonce}:auth:{request}"));
    format!(
        "Digest username=\"alice\", realm=\"{}\", nonce=\"{nonce}\", uri=\"/\", algorithm=MD5-sess, \
         qop=auth, nc={count:08x}, cnonce=\"{cnonce}\", response=\"{response}\"",
        example::REALM
    )
}

#[test]
fn processes_that_race_for_a_count_let_one_request_in() {
    let Some(engine) = Server::start(Kind::Redis, &[]) else { return };
    let lines = "http_nonce_count = \"window\"\nhttp_algorithms = [\"MD5\"]";
    let sites = sites(8, lines, &format!("{}timeout = 10000\n", engine.by_socket()));
    let template = Response::to(&sites[0].connect().challenge());
    let take = &|site: &Site| {
        let mut connection = site.connect();
        let mut granted = vec![];
        for count in 1..=COUNTS {
            let text = Response { count, ..template.clone() }.text();
            let answer = connection.ask("GET", "/", &text);
            if answer.status == 200 {
                granted.push(count);
            } else {
                assert!(answer.is_stale(), "{count}: {answer:?}");
            }
        }
        granted
    };
    let granted: Vec<u32> = std::thread::scope(|scope| {
        let threads: Vec<_> = sites.iter().map(|site| scope.spawn(move || take(site))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let mut granted = granted;
    granted.sort_unstable();
    // Whoever asks for a count first has it, since nobody is ahead of a count that nobody has asked for.
    assert!(granted.iter().copied().eq(1..=COUNTS), "{granted:?}");
    stop(sites);
}

#[test]
fn of_a_first_response_at_three_processes_at_once_one_is_let_in() {
    for kind in Kind::ALL {
        let Some(engine) = Server::start(kind, &[]) else { continue };
        let lines = "http_nonce_count = \"window\"\nhttp_algorithms = [\"MD5\"]";
        let sites = sites(3, lines, &(engine.by_socket() + PATIENT));
        for round in 0..50 {
            let text = &Response::to(&sites[round % 3].connect().challenge()).text();
            let together = &Barrier::new(sites.len());
            let let_in = std::thread::scope(|scope| {
                let ask = |site| {
                    scope.spawn(move || {
                        together.wait();
                        ask(site, text).status == 200
                    })
                };
                let threads: Vec<_> = sites.iter().map(ask).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
            });
            assert_eq!(let_in.iter().filter(|let_in| **let_in).count(), 1, "{round}: {let_in:?}");
        }
        stop(sites);
    }
}

/// What the engine cannot carry out is refused, and never let in.
#[test]
fn a_primary_without_its_replicas_lets_nobody_in() {
    for kind in Kind::ALL {
        let Some(engine) = Server::start(kind, &[]) else { continue };
        let sites = sites(1, "http_algorithms = [\"MD5\"]", &(engine.by_tcp() + PATIENT));
        let mut client = Client::new(&sites);
        assert!(client.page(&sites[0]));
        engine.ask(&["CONFIG", "SET", "min-replicas-to-write", "1"]);
        for _ in 0..3 {
            assert_eq!(ask(&sites[0], &client.template.text()).status, 500);
        }
        engine.ask(&["CONFIG", "SET", "min-replicas-to-write", "0"]);
        // Not a count was lost.
        while ask(&sites[0], "").status == 500 {}
        let answer = loop {
            let answer = ask(&sites[0], &client.template.text());
            if answer.status != 500 {
                break answer;
            }
        };
        assert_eq!(answer.status, 200, "{answer:?}");
        stop(sites);
    }
}

/// A machine whose clock is wrong lets nobody in, and the others go on; so with the engine's.
#[test]
fn a_clock_that_is_ten_minutes_off_lets_nobody_in() {
    let library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
    if find(&[library], "libfaketime").is_none() {
        return;
    }
    let Some(engine) = Server::start(Kind::Redis, &[]) else { return };
    let lines = format!(
        "{SECRET}http_nonce_count = \"window\"\nhttp_algorithms = [\"MD5\"]\nnonce_lifetime = 300\n{}{PATIENT}",
        engine.by_tcp(),
    );
    let right = Site::start(&lines);
    let mut client = Client::new(std::slice::from_ref(&right));
    assert!(client.page(&right));
    for shift in ["+600s", "-600s"] {
        let name = format!("clock{shift}-{}", std::process::id());
        let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let table = format!("[log]\nlevel = \"error\"\nfile = \"{}\"\n", log.display());
        let variables = [("LD_PRELOAD", library), ("FAKETIME", shift)];
        let wrong = Site::start_with(&variables, &format!("{lines}{table}"));
        // A nonce of the machine whose clock is right, and one of its own.
        let text = client.template.text();
        let other = ask(&wrong, &text);
        let own = Response::to(&wrong.connect().challenge()).text();
        let answer = ask(&wrong, &own);
        assert_eq!(answer.status, 500, "{shift}: {answer:?}");
        let told = std::fs::read_to_string(&log).expect("the log");
        assert!(told.contains("clocks are further apart than `skew`"), "{told}");
        // What one calls stale, or comes from a time ahead, no other lets in.
        assert!([401, 500].contains(&other.status), "{shift}: {other:?}");
        assert_ne!(ask(&right, &own).status, 200, "{shift}");
        assert!(client.page(&right), "{shift}");
        wrong.stop();
        let _ = std::fs::remove_file(log);
    }
    assert_eq!(client.challenges, 1);
    right.stop();
}

#[test]
fn an_engine_whose_clock_is_two_minutes_ahead_lets_nobody_in() {
    if find(&["/usr/bin/faketime"], "faketime").is_none() {
        return;
    }
    // Redis has an allocator that asks for the time before anything is loaded.
    let by = ["faketime", "-f", "+120s"];
    let Some(engine) = Server::start_by(Kind::Valkey, &by, &[]) else { return };
    let sites = sites(1, "http_algorithms = [\"MD5\"]", &(engine.by_tcp() + PATIENT));
    let text = Response::to(&sites[0].connect().challenge()).text();
    for _ in 0..3 {
        assert_eq!(ask(&sites[0], &text).status, 500);
    }
    stop(sites);
}

#[test]
fn no_replay_passes_a_crash_a_flush_or_lost_scripts() {
    for (kind, words) in [
        (Kind::Redis, &[][..]),
        (Kind::Redis, &["--appendonly", "yes", "--appendfsync", "always"]),
        (Kind::Valkey, &[]),
    ] {
        let Some(mut engine) = Server::start(kind, words) else { continue };
        let lines = "http_nonce_count = \"window\"\nhttp_algorithms = [\"MD5\"]";
        let sites = sites(3, lines, &(engine.by_socket() + PATIENT));
        let mut client = Client::new(&sites);
        assert!((0..12).all(|page| client.page(&sites[page % 3])));
        assert_eq!(client.challenges, 1);
        engine.ask(&["SCRIPT", "FLUSH"]);
        assert!((0..6).all(|page| client.page(&sites[page % 3])));
        assert_eq!(client.challenges, 1);
        engine.ask(&["FLUSHALL"]);
        assert_eq!(replayed(&sites, &client.sent), 0, "{kind:?} after a flush");
        assert!((0..6).all(|page| client.page(&sites[page % 3])));
        assert_eq!(client.challenges, 2, "one stale challenge for the client");
        engine.kill();
        let answer = ask(&sites[0], &client.template.text());
        assert_eq!(answer.status, 500, "{answer:?}");
        engine.restart();
        // Each process finds it again by itself. A count that was used here before would be refused unasked.
        for site in &sites {
            while ask(site, &client.template.text()).status == 500 {
                std::thread::yield_now();
            }
        }
        assert_eq!(replayed(&sites, &client.sent), 0, "{kind:?} after a crash");
        assert!((0..6).all(|page| client.page(&sites[page % 3])), "{kind:?} {words:?}");
        assert_eq!(client.challenges, 3, "one more");
        assert_eq!(replayed(&sites, &client.sent), 0);
        stop(sites);
    }
}

#[test]
fn a_server_starts_without_its_engine_and_says_once_a_call_what_is_wrong() {
    let Some(mut engine) = Server::start(Kind::Redis, &["--requirepass", "hush-hush"]) else {
        return;
    };
    let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("log-{}", std::process::id()));
    let shared =
        format!("{}[log]\nlevel = \"error\"\nfile = \"{}\"\n", engine.by_tcp(), log.display());
    engine.kill();
    let site = Site::start(&format!("{SECRET}http_algorithms = [\"MD5\"]\n{shared}"));
    let answer = site.connect().ask("GET", "/", "");
    assert_eq!(answer.status, 500, "{answer:?}");
    engine.restart();
    let told = loop {
        assert_eq!(site.connect().ask("GET", "/", "").status, 500);
        let told = std::fs::read_to_string(&log).expect("the log");
        if told.contains("answers NOAUTH") {
            break told;
        }
        std::thread::yield_now();
    };
    let first = told.lines().next().expect("a line");
    assert!(
        first.contains(" error AcceptSecurityContext SEC_E_NO_AUTHENTICATING_AUTHORITY"),
        "{first}"
    );
    assert!(first.contains("shared: the engine cannot be reached: Connection refused"), "{first}");
    assert!(!told.contains("hush"), "{told}");
    site.stop();
    let _ = std::fs::remove_file(log);
}

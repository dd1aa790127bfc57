//! Many processes of the example server, one engine: what is let in.

use std::path::Path;

use crate::digest::{Response, directive};
use crate::engine::PATIENT;
use crate::example::{self, Server as Site};
use crate::raw::Answer;
use crate::servers::{Kind, Server};

/// A line of `[server]` that all processes share.
const SECRET: &str = "secret = \"sixteen bytes!!!\"\n";

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
        for page in 0..60 {
            assert!(client.page(&sites[page % 3]), "{order} {algorithm} {page}");
        }
        assert_eq!(client.challenges, 1, "{order} {algorithm}");
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
            for page in 1..=12_u32 {
                let cnonce = format!("cnonce{page}");
                let first = if keeps { "cnonce1" } else { &cnonce };
                let text = session_response(&nonce, page, first, &cnonce);
                let answer = ask(&sites[page as usize % 3], &text);
                assert_eq!(answer.status, 200, "{kind:?} {keeps} {page}: {answer:?}");
                sent.push(text);
            }
            assert_eq!(replayed(&sites, &sent), 0);
            let wrong = session_response(&nonce, 20, "another", "cnonce20");
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
        for count in 1..=100 {
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
    let mut different = granted.clone();
    different.sort_unstable();
    different.dedup();
    assert_eq!(different.len(), granted.len(), "a count was granted twice: {granted:?}");
    assert!(different.len() > 60, "{}", different.len());
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
        let sites = sites(3, lines, &engine.by_socket());
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
        // Each process finds it again by itself.
        for site in &sites {
            while ask(site, &client.sent[0]).status == 500 {
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

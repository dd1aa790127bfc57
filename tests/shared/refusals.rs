//! Engines that cannot be trusted with counts, or cannot be asked: each refusal with its reason, which holds no
//! secret.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;

use secur32::digest::http::shared::Answer;

use crate::engine::{PATIENT, claim, client, now, refused};
use crate::servers::{Kind, Server};

/// The lines of `[shared]` with a user and a password.
fn as_user(server: &Server, user: &str, password: &str) -> String {
    let path = server.file("password");
    fs::write(&path, password).expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("its mode");
    let user = if user.is_empty() { String::new() } else { format!("user = \"{user}\"\n") };
    format!("{}{user}password_file = \"{}\"\n", server.by_tcp(), path.display())
}

/// Why the first question is refused.
fn why(lines: &str) -> String {
    let reason = refused(client(&format!("{lines}{PATIENT}")).epoch(None));
    assert!(!reason.contains("hush") && !reason.contains("s32:"), "{reason}");
    reason
}

#[test]
fn engines_that_may_lose_records_or_do_not_take_them() {
    for kind in Kind::ALL {
        for (words, reason) in [
            (&["--maxmemory", "100mb", "--maxmemory-policy", "volatile-lru"][..], "noeviction"),
            (&["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"], "noeviction"),
            (&["--maxmemory", "100kb"], "answers OOM"),
            (&["--min-replicas-to-write", "1"], "answers NOREPLICAS"),
            (&["--cluster-enabled", "yes"], "answers CLUSTERDOWN"),
            (&["--requirepass", "hush"], "answers NOAUTH"),
        ] {
            let Some(server) = Server::start(kind, words) else { continue };
            let found = why(&server.by_tcp());
            assert!(found.contains(reason), "{kind:?} {words:?}: {found}");
        }
        let Some(server) = Server::start(kind, &["--maxmemory", "100mb"]) else { continue };
        assert!(
            client(&(server.by_tcp() + PATIENT)).epoch(None).is_ok(),
            "noeviction is the default"
        );
    }
}

#[test]
fn users_passwords_and_rights() {
    for kind in Kind::ALL {
        let Some(server) = Server::start(kind, &[]) else { continue };
        let rights =
            "on >hush ~s32:* resetchannels -@all +evalsha +eval +get +set +info +time +wait";
        let grant = |more: &str| {
            let words = format!("ACL SETUSER u reset {rights} {more}");
            assert_eq!(server.ask(&words.split_whitespace().collect::<Vec<_>>()), "+OK");
        };
        grant("");
        let engine = client(&(as_user(&server, "u", "hush") + PATIENT));
        let epoch = engine.epoch(None).unwrap();
        assert_eq!(engine.claim(&claim(&[1; 16], &epoch, 1)).unwrap(), Answer::Begun);
        assert_eq!(engine.claim(&claim(&[1; 16], &epoch, 2)).unwrap(), Answer::Taken);
        assert!(engine.first_cnonce(&[1; 16]).unwrap().is_some());
        assert!(why(&as_user(&server, "u", "hush-wrong")).ends_with("answers WRONGPASS"));
        assert!(why(&as_user(&server, "nobody", "hush")).ends_with("answers WRONGPASS"));
        grant("-info");
        assert!(why(&as_user(&server, "u", "hush")).ends_with("its ACL lacks +info"));
        for lacking in ["-set", "-get", "-eval", "resetkeys"] {
            grant(lacking);
            server.ask(&["FLUSHALL"]);
            let found = why(&as_user(&server, "u", "hush"));
            assert!(found.ends_with("answers NOPERM") || found.ends_with("answers ERR"), "{found}");
        }
    }
}

#[test]
fn a_read_only_replica_and_a_failover_that_lost_claims() {
    for kind in Kind::ALL {
        // At once, instead of after the 5 seconds in which other replicas might come.
        let words = ["--repl-diskless-sync-delay", "0"];
        let Some(mut primary) = Server::start(kind, &words) else { continue };
        let port = primary.port.to_string();
        let Some(replica) = Server::start(kind, &["--replicaof", "127.0.0.1", &port]) else {
            continue;
        };
        let engine = client(&(primary.by_tcp() + PATIENT));
        let epoch = engine.epoch(None).unwrap();
        while !replica.ask(&["INFO", "replication"]).contains("master_link_status:up") {}
        // Waits for the second until three quarters of its time are over: it says the script first in short.
        let two = client(&format!("{}replicas = 2\ntimeout = 4000\n", primary.by_tcp()));
        let reason = refused(two.claim(&claim(&[9; 16], &epoch, 1)));
        assert!(reason.contains("fewer replicas"), "{reason}");
        let one = client(&format!("{}replicas = 1\n{PATIENT}", primary.by_tcp()));
        assert_eq!(one.claim(&claim(&[8; 16], &epoch, 1)).unwrap(), Answer::Begun);
        let reason = why(&replica.by_tcp());
        assert!(reason.ends_with("answers READONLY"), "{reason}");
        // What the replica never hears of.
        replica.signal("-STOP");
        for count in 1..=50 {
            assert!(engine.claim(&claim(&[1; 16], &epoch, count)).unwrap().grants());
        }
        primary.kill();
        replica.signal("-CONT");
        assert_eq!(replica.ask(&["REPLICAOF", "NO", "ONE"]), "+OK");
        let promoted = client(&(replica.by_tcp() + PATIENT));
        for count in 1..=50 {
            let answer = promoted.claim(&claim(&[1; 16], &epoch, count)).unwrap();
            assert_eq!(answer, Answer::OtherEpoch, "{kind:?} {count}");
        }
        assert_ne!(promoted.epoch(None).unwrap(), epoch);
    }
}

#[test]
fn clocks_that_are_apart() {
    let Some(server) = Server::start(Kind::Redis, &[]) else { return };
    let engine = client(&(server.by_socket() + PATIENT));
    let epoch = engine.epoch(None).unwrap();
    for (shift, refuses) in [(-600, true), (600, true), (-120, true), (120, true), (20, false)] {
        let here = now().checked_add_signed(shift).unwrap();
        let nonce = [u8::try_from(shift.rem_euclid(251)).unwrap(); 16];
        let mut asked = claim(&nonce, &epoch, 1);
        asked.now = here;
        let answer = engine.claim(&asked);
        if refuses {
            let reason = refused(answer);
            assert!(
                reason.contains(&format!("{here} s here")) && reason.contains("skew"),
                "{reason}"
            );
        } else {
            assert_eq!(answer.unwrap(), Answer::Begun);
        }
    }
}

#[test]
fn connections_that_the_engine_closes_and_an_engine_that_is_busy() {
    for kind in Kind::ALL {
        let Some(server) = Server::start(kind, &["--lua-time-limit", "10", "--maxclients", "5"])
        else {
            continue;
        };
        let engine = client(&server.by_tcp());
        let epoch = engine.epoch(None).unwrap();
        for count in 1..10 {
            assert!(engine.claim(&claim(&[1; 16], &epoch, count)).unwrap().grants());
            server.ask(&["CLIENT", "KILL", "TYPE", "normal"]);
        }
        std::thread::scope(|scope| {
            let busy = scope.spawn(|| server.ask(&["EVAL", "while true do end", "0"]));
            loop {
                match engine.claim(&claim(&[1; 16], &epoch, 50)) {
                    Err(error) if error.reason().ends_with("answers BUSY") => break,
                    Err(error) => assert!(error.reason().starts_with("shared: "), "{error}"),
                    // Before the script began.
                    Ok(_) => {}
                }
            }
            server.ask(&["SCRIPT", "KILL"]);
            assert!(busy.join().unwrap().starts_with('-'));
        });
        let mut others = vec![];
        for _ in 0..8 {
            let mut stream = std::net::TcpStream::connect(("127.0.0.1", server.port)).unwrap();
            stream.write_all(b"PING\r\n").unwrap();
            let mut first = [0; 5];
            let _ = stream.read(&mut first);
            others.push(stream);
        }
        server_is_full(&server);
    }
}

/// All places for clients are taken.
fn server_is_full(server: &Server) {
    let reason = why(&server.by_tcp());
    let known = ["answers ERR", "closed the connection", "Broken pipe", "reset"];
    assert!(known.iter().any(|known| reason.contains(known)), "{reason}");
}

/// The engine's own `timeout` closes what is idle.
#[test]
fn a_connection_that_was_closed_for_being_idle_costs_nobody_anything() {
    for kind in Kind::ALL {
        let Some(server) = Server::start(kind, &["--timeout", "1"]) else { continue };
        let engine = client(&(server.by_tcp() + PATIENT));
        let epoch = engine.epoch(None).unwrap();
        for count in 1..=3 {
            assert!(engine.claim(&claim(&[1; 16], &epoch, count)).unwrap().grants());
            // But for the one that asks.
            while !server.ask(&["INFO", "clients"]).contains("connected_clients:1\r") {}
        }
    }
}

#[test]
#[allow(unsafe_code)] // fork
fn a_forked_child_has_connections_of_its_own() {
    for kind in Kind::ALL {
        let Some(server) = Server::start(kind, &[]) else { continue };
        let engine = client(&(server.by_socket() + PATIENT));
        let epoch = engine.epoch(None).unwrap();
        let take = |count| {
            matches!(
                engine.claim(&claim(&[1; 16], &epoch, count)),
                Ok(Answer::Begun | Answer::Taken)
            )
        };
        assert!(take(1));
        let received = || {
            let text = server.ask(&["INFO", "stats"]);
            let line = text.lines().find(|line| line.starts_with("total_connections_received:"));
            line.unwrap().split(':').nth(1).unwrap().trim().parse::<u32>().unwrap()
        };
        let before = received();
        // SAFETY: the child calls the library and ends by `_exit`.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let seen = || {
                let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
                let of = |name: &str| {
                    status.lines().find(|line| line.starts_with(name)).map(str::to_owned)
                };
                [of("Threads:"), of("SigIgn:"), of("SigCgt:")]
            };
            let before = seen();
            let right = take(2) && take(3) && seen() == before;
            // SAFETY: ends the child without running what belongs to its parent.
            unsafe { libc::_exit(i32::from(right)) };
        }
        let mut status = 0;
        // SAFETY: `child` is this process's child, and `status` can be written.
        unsafe { libc::waitpid(child, &raw mut status, 0) };
        assert_eq!(libc::WEXITSTATUS(status), 1, "the child");
        assert!(take(4) && take(5), "the parent");
        assert!(!take(3));
        // The child's, and that of the asking.
        assert_eq!(received() - before, 2, "the parent's connection lasts");
    }
}

//! Clients of the example's server.

use std::path::Path;
use std::process::Command;

use crate::example::{Ending, LATIN1_USER, Server, UTF8_USER, peer, run};
use crate::{asking_for, count, support};

use super::passed;
use crate::results::Version;

const LET_IN: &str = "AcceptSecurityContext: SEC_E_OK";
const REFUSED: &str = "SEC_E_LOGON_DENIED";

/// The address of a page with a name and a password in it.
fn with_login(server: &Server, password: &str, path: &str) -> String {
    server.url(path).replace("//", &format!("//alice:{password}@"))
}

/// ffmpeg reads a page as sound and writes it as it was.
fn ffmpeg(program: &Path, url: &str) -> Ending {
    let sound = ["-f", "u8", "-ar", "8000", "-ac", "1"];
    let words = [&["-v", "error"][..], &sound, &["-i", url], &sound, &["-"]].concat();
    run(program, &words)
}

#[test]
fn ffmpeg_plays_what_it_logs_in_for() {
    let Some(program) = peer(&["ffmpeg"], &["-version"], "ffmpeg") else { return };
    for algorithm in ["MD5", "MD5-sess"] {
        let server = Server::start(&asking_for(algorithm));
        for path in ["/", "/a/b?c=d&e=%41"] {
            let page = ffmpeg(&program, &with_login(&server, "secret", path)).expect(0).output;
            assert!(page.contains("Hello example.org\\alice"), "{algorithm}: {page}");
        }
        let ending = ffmpeg(&program, &with_login(&server, "wrong", "/"));
        assert_ne!(ending.code, Some(0), "{}", ending.output);
        let told = server.stop();
        assert_eq!(count(&told, LET_IN), 2, "{told}");
        assert!(told.contains(REFUSED), "{told}");
    }
    passed("ffmpeg", Version::Debian("ffmpeg"), "client", "MD5, MD5-sess", "none", "UTF-8");
}

const URLLIB: &str = "
import sys, urllib.request
base, password = sys.argv[1:]
passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
passwords.add_password(None, base, 'alice', password)
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}),
                                     urllib.request.HTTPDigestAuthHandler(passwords))
for path in ['', 'page2', 'page2?a=b', 'c%20d', 'e']:
    print('Hello example.org\\\\alice' in opener.open(base + path).read().decode())
print('with 9 bytes' in opener.open(base + 'form', b'some text').read().decode())
";

#[test]
fn pythons_urllib_goes_from_page_to_page() {
    let Some(python) = peer(&["/usr/bin/python3", "python3"], &["--version"], "python3") else {
        return;
    };
    let server = Server::start(&asking_for("MD5"));
    let ending = run(&python, &["-c", URLLIB, &server.url("/"), "secret"]).expect(0);
    assert_eq!(ending.output, "True\n".repeat(6), "{}", ending.errors);
    assert_ne!(run(&python, &["-c", URLLIB, &server.url("/"), "wrong"]).code, Some(0));
    let told = server.stop();
    assert!(told.contains(REFUSED), "{told}");
    passed(
        "Python's urllib.request",
        Version::Debian("python3"),
        "client",
        "MD5",
        "none; on Windows `http_algorithms = [\"MD5\"]`",
        "ASCII alone",
    );
}

/// The directory in which `.ci/install` puts packages of npm.
fn modules() -> std::path::PathBuf {
    support::root().join("target/node")
}

const NPM_URLLIB: &str = "
const { request } = require('urllib');
const [base, password] = process.argv.slice(1);
const digestAuth = 'alice:' + password;
(async () => {
    for (const path of ['', 'page2', 'page2?a=b', 'c%20d', 'e']) {
        const answer = await request(base + path, { digestAuth, dataType: 'text' });
        console.log(answer.status + ' ' + answer.data.includes('Hello example.org\\\\alice'));
    }
    const answer = await request(base + 'form', { digestAuth, method: 'POST', content: 'some text',
                                                  dataType: 'text' });
    console.log(answer.status + ' ' + answer.data.includes('with 9 bytes'));
})();
";

#[test]
fn npms_urllib_goes_from_page_to_page() {
    let module = modules().join("node_modules/urllib/package.json").display().to_string();
    let probe = format!("require({module:?})");
    let Some(node) = peer(&["node"], &["-e", &probe], "urllib (of npm)") else { return };
    // It answers MD5 whatever is asked.
    for algorithm in ["MD5", "MD5-sess"] {
        let server = Server::start(&asking_for(algorithm));
        let ask = |password: &str| {
            let mut command = Command::new(&node);
            command.args(["-e", NPM_URLLIB, &server.url("/"), password]).current_dir(modules());
            support::succeed(&mut command)
        };
        assert_eq!(ask("secret"), "200 true\n".repeat(6), "{algorithm}");
        assert_eq!(ask("wrong"), "401 false\n".repeat(6), "{algorithm}");
        let told = server.stop();
        assert!(told.contains(REFUSED), "{told}");
    }
    passed("urllib (npm)", Version::Pinned("4.9.2"), "client", "MD5", "none", "UTF-8");
}

/// Rust's `digest_auth`, asked for responses to the challenges of the server.
#[test]
fn rusts_digest_auth_answers_every_algorithm() {
    for algorithm in ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess"] {
        let server = Server::start(&asking_for(algorithm));
        let mut connection = server.connect();
        let challenge = connection.challenge();
        let mut prompt = digest_auth::parse(&challenge).expect("a challenge that it reads");
        for (path, password, status) in
            [("/", "secret", 200), ("/page2?a=b", "secret", 200), ("/e", "wrong", 401)]
        {
            let context = digest_auth::AuthContext::new("alice", password, path);
            let response = prompt.respond(&context).expect("a response").to_string();
            assert_eq!(connection.ask("GET", path, &response).status, status, "{algorithm}");
        }
        for (user, status) in [(UTF8_USER, 200), (LATIN1_USER, 401)] {
            // The lines of these have MD5 alone.
            let challenge = connection.challenge();
            let mut prompt = digest_auth::parse(&challenge).expect("a challenge that it reads");
            let context = digest_auth::AuthContext::new(user, "secret", "/");
            let response = prompt.respond(&context).expect("a response").to_string();
            let status = if algorithm.starts_with("MD5") { status } else { 401 };
            assert_eq!(connection.ask("GET", "/", &response).status, status, "{algorithm}, {user}");
        }
        server.stop();
    }
    passed(
        "digest_auth (Rust)",
        Version::Pinned("0.3.1"),
        "client",
        "MD5, SHA-256 and -sess of both",
        "none",
        "UTF-8",
    );
}

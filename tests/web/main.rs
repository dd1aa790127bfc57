//! HTTP Digest by the example server and client, with the unmodified programs of others.
//!
//! A test needs a peer that is installed (`.ci/install web` installs all of them on Debian). Where it is
//! not, the test is skipped with a line on standard error; where `CI=true` it fails.

#![cfg(unix)]
#![allow(clippy::expect_used, clippy::panic)] // a test fails by panicking

#[path = "../support/mod.rs"]
mod support;

mod applications;
mod browser;
mod daemons;
mod digest;
mod example;
mod names;
mod our_client;
mod raw;
mod refusals;
#[path = "../peers/results.rs"]
mod results;
mod soup;

use applications::passed;
use browser::Browser;
use daemons::Daemon;
use example::{Programs, Server, client, client_with, peer, run};
use results::Version;

/// Every algorithm that a server can be configured to ask for and these peers know.
const ALGORITHMS: [&str; 3] = ["MD5", "MD5-sess", "SHA-256"];

fn asking_for(algorithm: &str) -> String {
    format!("http_algorithms = [\"{algorithm}\"]")
}

/// How often each decision of the server is in its dialogue.
fn count(told: &str, text: &str) -> usize {
    told.matches(text).count()
}

#[test]
fn the_programs_compile_without_a_warning_when_optimized() {
    Programs::build(&["-O2", "-DNDEBUG"]);
}

#[test]
fn curl_gets_and_posts() {
    let Some(curl) = peer(&["curl"], &["--version"], "curl") else { return };
    for algorithm in ALGORITHMS.into_iter().chain(["SHA-256-sess"]) {
        let server = Server::start(&asking_for(algorithm));
        let [first, form, query] = ["/", "/form", "/a/b?c=d&e=%41"].map(|path| server.url(path));
        let words = ["-q", "-sS", "--digest", "-u", "alice:secret"];
        let pages = run(&curl, &[&words[..], &[&first, &query]].concat()).expect(0).output;
        assert_eq!(count(&pages, "Hello example.org\\alice"), 2, "{algorithm}: {pages}");
        assert!(pages.contains("GET <code>/a/b?c=d&#38;e=%41</code>"), "{pages}");
        let posted = run(&curl, &[&words[..], &["-d", "some text", &form]].concat()).expect(0);
        assert!(posted.output.contains("POST <code>/form</code> with 9 bytes"), "{algorithm}");
        let head = run(&curl, &[&words[..], &["-I", &first]].concat()).expect(0).output;
        assert!(head.contains("200 OK"), "{head}");
        let told = server.stop();
        assert!(told.contains(&format!("algorithm={algorithm},")), "{told}");
        // Each of its invocations has one connection, and each of its transfers a challenge.
        assert_eq!(count(&told, "AcceptSecurityContext: SEC_E_OK"), 4, "{told}");
        assert!(!told.contains("[4]"), "{told}");
    }
    let wrong = Server::start("");
    let words = ["-q", "-sS", "--digest", "-u", "alice:wrong", &wrong.url("/")];
    assert!(!run(&curl, &words).expect(0).output.contains("Hello"));
    assert!(wrong.stop().contains("SEC_E_LOGON_DENIED"));
    passed(
        "curl",
        Version::Debian("curl"),
        "client",
        "MD5, SHA-256 and -sess of both",
        "none",
        "UTF-8",
    );
}

#[test]
fn curl_on_ten_connections_at_once() {
    let Some(curl) = peer(&["curl"], &["--version"], "curl") else { return };
    for algorithm in ALGORITHMS {
        let server = Server::start(&asking_for(algorithm));
        let urls: Vec<String> = (0..10).map(|page| server.url(&format!("/{page}"))).collect();
        let mut words = vec!["-q", "-sS", "--digest", "-u", "alice:secret"];
        words.extend(["--parallel", "--parallel-immediate", "--parallel-max", "10"]);
        words.extend(urls.iter().map(String::as_str));
        let pages = run(&curl, &words).expect(0).output;
        assert_eq!(count(&pages, "Hello example.org\\alice"), 10, "{algorithm}: {pages}");
        let told = server.stop();
        assert_eq!(count(&told, "AcceptSecurityContext: SEC_E_OK"), 10, "{told}");
        assert!(told.contains("[10] C: "), "{told}");
    }
}

#[test]
fn wget_gets_and_posts() {
    let Some(wget) = peer(&["wget"], &["--version"], "wget") else { return };
    // It knows no other hash than MD5.
    for algorithm in ["MD5", "MD5-sess"] {
        let server = Server::start(&asking_for(algorithm));
        let [first, second, form] = ["/", "/page2?x", "/form"].map(|path| server.url(path));
        let words = ["--no-config", "-q", "-O", "-", "--user=alice", "--password=secret"];
        let pages = run(&wget, &[&words[..], &[&first, &second]].concat()).expect(0).output;
        assert_eq!(count(&pages, "Hello example.org\\alice"), 2, "{algorithm}: {pages}");
        let posted = run(&wget, &[&words[..], &["--post-data=some text", &form]].concat());
        assert!(posted.expect(0).output.contains("POST <code>/form</code> with 9 bytes"));
        server.stop();
    }
    let wrong = Server::start("");
    let words = ["--no-config", "-q", "-O", "-", "--user=alice", "--password=wrong"];
    assert_ne!(run(&wget, &[&words[..], &[&wrong.url("/")]].concat()).code, Some(0));
    assert!(wrong.stop().contains("SEC_E_LOGON_DENIED"));
    passed("wget", Version::Debian("wget"), "client", "MD5, MD5-sess", "none", "UTF-8");
}

const PYTHON: &str = "
import sys
library, base, password = sys.argv[1:]
if library == 'requests':
    import requests
    client = requests.Session()
    client.auth = requests.auth.HTTPDigestAuth('alice', password)
    client.trust_env = False
else:
    import httpx
    client = httpx.Client(auth=httpx.DigestAuth('alice', password), trust_env=False)
for answer in [client.get(base), client.get(base + 'page2?x=1'), client.get(base + 'page2'),
               client.post(base + 'form', data={'text': 'x'})]:
    print(answer.status_code, 'Hello example.org\\\\alice' in answer.text)
";

#[test]
fn python_libraries_go_on_with_a_nonce() {
    for (library, package) in [("requests", "python3-requests"), ("httpx", "python3-httpx")] {
        let import = format!("import {library}");
        let names = ["/usr/bin/python3", "python3"];
        let Some(python) = peer(&names, &["-c", &import], package) else { continue };
        for algorithm in ALGORITHMS {
            let server = Server::start(&asking_for(algorithm));
            let walk = |password| {
                run(&python, &["-c", PYTHON, library, &server.url("/"), password]).expect(0).output
            };
            let output = walk("secret");
            assert_eq!(walk("wrong"), "401 False\n".repeat(4), "{library}, {algorithm}");
            let told = server.stop();
            assert_eq!(output, "200 True\n".repeat(4), "{library}, {algorithm}\n{told}");
            let again = count(&told, "CompleteAuthToken: SEC_E_OK");
            // httpx began to keep a challenge in 0.24.
            assert!(again == 3 || (library == "httpx" && again == 0), "{algorithm}\n{told}");
        }
        let version = Version::Debian(package);
        let names = if library == "httpx" { "ASCII alone" } else { "UTF-8" };
        passed(library, version, "client", "MD5, MD5-sess, SHA-256", "none", names);
    }
}

#[test]
fn chromium_goes_from_page_to_page() {
    for algorithm in ALGORITHMS {
        let server = Server::start(&asking_for(algorithm));
        let Some(mut browser) = Browser::start() else { return };
        browser.open(&server.url("/").replace("//", "//alice:secret@"));
        for (selector, page) in [("", "GET /"), ("#send", "POST /form"), ("#next", "GET /page2")] {
            if !selector.is_empty() {
                browser.click(selector);
            }
            let told = format!("This is the answer to {page} with ");
            browser.wait_for(&told);
            let text = browser.text();
            // JSON has two backslashes for one.
            assert!(text.contains("Hello example.org\\\\alice"), "{algorithm}: {text}");
            assert!(text.contains(&told), "{algorithm}: {text}");
        }
        browser.open(&server.url("/").replace("//127.0.0.1", "//alice:wrong@localhost"));
        assert!(!browser.text().contains("Hello"), "{algorithm}");
        drop(browser);
        let told = server.stop();
        assert!(told.contains("SEC_E_LOGON_DENIED"), "{algorithm}\n{told}");
        assert!(count(&told, "CompleteAuthToken: SEC_E_OK") >= 2, "{algorithm}\n{told}");
    }
    let version = Version::Debian("chromium");
    passed("Chromium", version, "client", "MD5, MD5-sess, SHA-256", "none", "");
}

#[test]
fn a_client_that_knows_several_algorithms_takes_one_of_several_challenges() {
    let server = Server::start("http_algorithms = [\"SHA-256\", \"MD5\"]");
    for (names, words, package) in [
        (["curl"], &["-q", "-sS", "--digest", "-u", "alice:secret"][..], "curl"),
        (["wget"], &["--no-config", "-q", "-O", "-", "--user=alice", "--password=secret"], "wget"),
    ] {
        let Some(program) = peer(&names, &["--version"], package) else { continue };
        let ending = run(&program, &[words, &[&server.url("/")]].concat());
        assert!(ending.expect(0).output.contains("Hello "), "{package}");
    }
    client(server.port, "secret", &[], &["/", "/page2"]).expect(0);
    server.stop();
}

#[test]
fn our_client_with_our_server() {
    for algorithm in ALGORITHMS.into_iter().chain(["SHA-256-sess"]) {
        let server = Server::start_for(3, &asking_for(algorithm));
        let paths = ["/", "/page2", "/a?b=c", "/page2"];
        let ending = client(server.port, "secret", &[], &paths).expect(0);
        assert_eq!(count(&ending.output, "S: HTTP/1.1 401"), 1, "{}", ending.output);
        client(server.port, "secret", &["--post", "text"], &["/form", "/form"]).expect(0);
        client(server.port, "wrong", &[], &["/"]).expect(1);
        let told = server.finish();
        assert_eq!(count(&told, "CompleteAuthToken: SEC_E_OK"), 4, "{told}");
    }
}

#[test]
fn our_client_with_apache() {
    let Some(apache) = Daemon::apache() else { return };
    let ending = client(apache.port, "secret", &[], &["/", "/page2?a=b", "/page2"]).expect(0);
    for text in ["Server: Apache", "nc=00000003"] {
        assert!(ending.output.contains(text), "{text}\n{}", ending.output);
    }
    assert_eq!(count(&ending.output, "S: HTTP/1.1 401"), 1, "{}", ending.output);
    client(apache.port, "secret", &["--post", "some text"], &["/page2"]).expect(0);
    client(apache.port, "wrong", &[], &["/"]).expect(1);
    // It compares bytes, and its challenge names no charset: a file in UTF-8 needs a client of that.
    let hash = digest::Hash::Md5.hex("j\u{e4}ger:example.org:gr\u{fc}n");
    apache.add_account(&format!("j\u{e4}ger:example.org:{hash}"));
    for (charset, code) in [("ISO-8859-1", 1), ("UTF-8", 0)] {
        let lines = format!("[client]\nhttp_charset = \"{charset}\"\n");
        client_with(&lines, apache.port, "j\u{e4}ger", "gr\u{fc}n").expect(code);
    }
    let names = "as its file has them; in UTF-8 by `http_charset = \"UTF-8\"`";
    passed("Apache httpd", Version::Debian("apache2-bin"), "server", "MD5", "none", names);
}

#[test]
fn our_client_with_lighttpd() {
    for algorithm in ["MD5", "SHA-256", "MD5|SHA-256"] {
        let Some(lighttpd) = Daemon::lighttpd(algorithm) else { return };
        let paths = ["/", "/page2?a=b", "/page2"];
        let ending = client(lighttpd.port, "secret", &[], &paths).expect(0);
        for text in ["Server: lighttpd", "nc=00000003"] {
            assert!(ending.output.contains(text), "{algorithm}: {text}\n{}", ending.output);
        }
        assert_eq!(count(&ending.output, "S: HTTP/1.1 401"), 1, "{}", ending.output);
        client(lighttpd.port, "wrong", &[], &["/"]).expect(1);
    }
    passed("lighttpd", Version::Debian("lighttpd"), "server", "MD5, SHA-256", "none", "");
}

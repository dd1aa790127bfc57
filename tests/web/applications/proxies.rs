//! Proxies: Squid for the example's client, and a proxy of ours for the clients of others.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;

use crate::count;
use crate::daemons::Daemon;
use crate::example::{Server, built, peer, proxy_client, run};

use super::passed;
use crate::results::Version;

/// A web server without any login behind the proxies, which tells what it was asked; for as long as the
/// tests run.
fn origin() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // Whoever broke off is told by its own side.
            std::thread::spawn(move || answer(stream).unwrap_or_default());
        }
    });
    port
}

fn answer(stream: TcpStream) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let (mut first, mut line) = (String::new(), String::new());
    let (mut length, mut leaked) = (0, "");
    stream.read_line(&mut first)?;
    while stream.read_line(&mut line)? > 2 {
        let (name, value) = line.split_once(':').unwrap_or_default();
        if name.eq_ignore_ascii_case("Content-Length") {
            length = value.trim().parse().unwrap_or_default();
        }
        if name.eq_ignore_ascii_case("Proxy-Authorization") {
            leaked = " LEAKED";
        }
        line.clear();
    }
    stream.read_exact(&mut vec![0; length])?;
    let page = format!("asked {} with {length} bytes{leaked}\n", first.trim_end());
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length";
    write!(stream.get_mut(), "{head}: {}\r\n\r\n{page}", page.len())
}

/// Our proxy.
fn proxy() -> PathBuf {
    built(&[
        "c_tests/web/applications/proxy_server.c",
        "examples/listener.c",
        "examples/peer.c",
        "examples/http_gate.c",
        "examples/http_contexts.c",
        "examples/http_link.c",
        "examples/http_text.c",
    ])
}

#[test]
fn our_client_goes_through_squid() {
    let Some(squid) = Daemon::squid() else { return };
    let port = origin();
    let urls: Vec<String> = ["/", "/page2?a=b", "", "/c%20d", "/e"]
        .iter()
        .map(|path| format!("http://127.0.0.1:{port}{path}"))
        .collect();
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    for options in [&[][..], &["--tunnel"]] {
        let told = proxy_client(squid.port, "secret", options, &urls).expect(0).output;
        assert_eq!(count(&told, " 200 OK"), 5, "{told}");
        // Squid takes a nonce for some uses more than it was told to.
        assert!(told.contains("nc=00000002") && told.contains("stale=true"), "{told}");
        assert_eq!(count(&told, "stale=false"), 1, "{told}");
        let refused = proxy_client(squid.port, "wrong", options, &urls).expect(1).output;
        assert!(!refused.contains(" 200 "), "{refused}");
    }
    passed("Squid", Version::Debian("squid"), "proxy", "MD5", "none", "");
}

#[test]
fn our_client_goes_through_our_proxy() {
    let port = origin();
    let urls = [format!("http://127.0.0.1:{port}/a?b=c"), format!("http://127.0.0.1:{port}")];
    let urls = [&urls[0][..], &urls[1][..], &urls[0][..]];
    for algorithm in ["MD5", "MD5-sess", "SHA-256"] {
        let proxy = Server::start_program(&proxy(), 0, &crate::asking_for(algorithm));
        for options in [&[][..], &["--tunnel"]] {
            let told = proxy_client(proxy.port, "secret", options, &urls).expect(0).output;
            assert_eq!(count(&told, " 200 OK"), 3, "{told}");
            assert_eq!(count(&told, " 407 "), 1, "{told}");
            proxy_client(proxy.port, "wrong", options, &urls).expect(1);
        }
        let told = proxy.stop();
        assert_eq!(count(&told, "CompleteAuthToken: SEC_E_OK"), 4, "{told}");
    }
    // Nobody listens there, nor is that a URL.
    let proxy = Server::start_program(&proxy(), 0, "");
    proxy_client(proxy.port, "secret", &[], &["http://127.0.0.1:1/"]).expect(3);
    proxy_client(proxy.port, "secret", &["--tunnel"], &["http://127.0.0.1:1/"]).expect(3);
    proxy_client(proxy.port, "secret", &[], &["https://127.0.0.1/"]).expect(2);
    proxy.stop();
}

#[test]
fn curl_goes_through_our_proxy() {
    let Some(curl) = peer(&["curl"], &["--version"], "curl") else { return };
    let port = origin();
    let [first, second] = ["/a?b=c", "/d"].map(|path| format!("http://127.0.0.1:{port}{path}"));
    for algorithm in ["MD5", "MD5-sess", "SHA-256"] {
        let proxy = Server::start_program(&proxy(), 0, &crate::asking_for(algorithm));
        let address = format!("http://127.0.0.1:{}", proxy.port);
        for options in [&[][..], &["-p"], &["-d", "some text"]] {
            let through = |login: &str| {
                let words =
                    ["-q", "-sS", "--noproxy", "", "-x", &address, "--proxy-digest", "-U", login];
                run(&curl, &[&words[..], options, &[&first, &second]].concat())
            };
            let pages = through("alice:secret").expect(0).output;
            let method = if options.first() == Some(&"-d") { "POST" } else { "GET" };
            for path in ["/a?b=c", "/d"] {
                let asked = format!("asked {method} {path} HTTP/1.1");
                assert!(pages.contains(&asked), "{algorithm}: {pages}");
            }
            assert!(method == "GET" || count(&pages, "with 9 bytes") == 2, "{pages}");
            assert!(!pages.contains("LEAKED"), "{pages}");
            assert!(!through("alice:wrong").output.contains("asked"), "{algorithm}");
        }
        let told = proxy.stop();
        assert!(told.contains("SEC_E_LOGON_DENIED"), "{told}");
        assert!(count(&told, "this is example.org\\alice") >= 6, "{told}");
    }
    passed(
        "curl, through a proxy of ours",
        Version::Debian("curl"),
        "client",
        "MD5, MD5-sess, SHA-256",
        "none",
        "",
    );
}

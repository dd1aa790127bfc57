//! Clients of the example's server that fetch a page each time they are run.

use std::path::Path;

use crate::example::{Server, peer, run};
use crate::results::Version;
use crate::{asking_for, count};

use super::passed;

/// Has it fetch pages and post, and not with a wrong password. `words` have PASSWORD, and BASE or PAGE and FORM in
/// them.
fn fetch(program: &Path, algorithms: &[&str], words: &[&str], posts: bool) {
    for algorithm in algorithms {
        let server = Server::start(&asking_for(algorithm));
        let fetched = |password: &str| {
            let words: Vec<String> = words
                .iter()
                .map(|word| {
                    word.replace("PASSWORD", password)
                        .replace("PAGE", &server.url("/page2?a=b"))
                        .replace("FORM", &server.url("/form"))
                        .replace("BASE", &server.url(""))
                })
                .collect();
            run(program, &words.iter().map(String::as_str).collect::<Vec<_>>())
        };
        let ending = fetched("secret");
        let pages = &ending.output;
        assert!(
            pages.contains("Hello example.org\\alice"),
            "{algorithm}: {pages}{}",
            ending.errors
        );
        let posted = count(pages, "<code>/form</code> with 9 bytes");
        assert_eq!(posted, usize::from(posts), "{algorithm}: {pages}");
        assert!(!fetched("wrong").output.contains("Hello"), "{algorithm}");
        let told = server.stop();
        assert!(told.contains("SEC_E_LOGON_DENIED"), "{algorithm}: {told}");
    }
}

#[test]
fn wget2_fetches_a_page() {
    let Some(program) = peer(&["wget2"], &["--version"], "wget2") else { return };
    let words = ["--no-config", "-q", "-O", "-", "--http-user=alice", "--http-password=PASSWORD"];
    let algorithms = ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess"];
    fetch(&program, &algorithms, &[&words[..], &["PAGE"]].concat(), false);
    let agreed = "MD5, SHA-256 and -sess of both";
    passed("wget2", Version::Debian("wget2"), "client", agreed, "none", "UTF-8");
}

#[test]
fn lftp_fetches_a_page() {
    let Some(program) = peer(&["lftp"], &["--version"], "lftp") else { return };
    fetch(
        &program,
        &["MD5", "MD5-sess"],
        &["-e", "open -u alice,PASSWORD BASE; cat /page2; quit"],
        false,
    );
    passed("lftp", Version::Debian("lftp"), "client", "MD5, MD5-sess", "none", "UTF-8");
}

const HTTPLIB2: &str = "
import httplib2
client = httplib2.Http(proxy_info=None)
client.add_credentials('alice', 'PASSWORD')
print(client.request('PAGE')[1].decode())
print(client.request('FORM', 'POST', 'some text')[1].decode())
";

#[test]
fn httplib2_fetches_and_posts() {
    let names = ["/usr/bin/python3", "python3"];
    let package = "python3-httplib2";
    let Some(program) = peer(&names, &["-c", "import httplib2"], package) else { return };
    fetch(&program, &["MD5"], &["-c", HTTPLIB2], true);
    let settings = "none; on Windows `http_algorithms = [\"MD5\"]`";
    passed("httplib2", Version::Debian(package), "client", "MD5", settings, "UTF-8");
}

const HTTPCLIENT: &str = "
require 'httpclient'
client = HTTPClient.new
client.set_auth('PAGE', 'alice', 'PASSWORD')
client.set_auth('FORM', 'alice', 'PASSWORD')
puts client.get('PAGE').body
puts client.post('FORM', 'some text').body
";

#[test]
fn rubys_httpclient_fetches_and_posts() {
    let package = "ruby-httpclient";
    let Some(program) = peer(&["ruby"], &["-rhttpclient", "-e", "0"], package) else { return };
    fetch(&program, &["MD5", "MD5-sess"], &["-e", HTTPCLIENT], true);
    let version = Version::Debian(package);
    passed("httpclient (Ruby)", version, "client", "MD5, MD5-sess", "none", "UTF-8");
}

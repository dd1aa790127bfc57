//! Our client with servers that a test plays: what they send is chosen, and what they get is looked at.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};

use crate::digest::Hash;
use crate::example::{Ending, client, client_of, peer};

/// Plays the server for one run of our client, with an answer for each request; the client's
/// ending, and what each request's Authorization was.
fn client_against(answers: &[&str], paths: &[&str]) -> (Ending, Vec<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let answers: Vec<String> = answers.iter().map(|text| format!("{text}\r\n\r\n")).collect();
    let peer = std::thread::spawn(move || {
        let mut stream = BufReader::new(listener.accept().expect("a client").0);
        let mut asked = Vec::new();
        for answer in answers {
            let mut authorization = String::new();
            let mut line = String::new();
            while stream.read_line(&mut line).expect("a line") > 2 {
                if let Some(value) = line.strip_prefix("Authorization: ") {
                    value.trim_end().clone_into(&mut authorization);
                }
                line.clear();
            }
            asked.push(authorization);
            stream.get_mut().write_all(answer.as_bytes()).expect("the client reads");
        }
        asked
    });
    let ending = client(port, "secret", &[], paths);
    (ending, peer.join().expect("the script ran"))
}

#[test]
fn our_client_answers_what_a_server_without_qop_asks() {
    let challenge = "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\
                     WWW-Authenticate: Digest realm=\"example.org\", nonce=\"abc\", opaque=\"xyz\"";
    let page = "HTTP/1.1 200 OK\r\nContent-Length: 0";
    let (ending, asked) = client_against(&[challenge, page, page], &["/", "/page2"]);
    ending.expect(0);
    let first = Hash::Md5.hex("alice:example.org:secret");
    for (asked, path) in asked[1..].iter().zip(["/", "/page2"]) {
        let response =
            Hash::Md5.hex(format!("{first}:abc:{}", Hash::Md5.hex(format!("GET:{path}"))));
        assert!(asked.contains(&response), "{path}: {asked}");
        assert!(asked.contains("opaque=\"xyz\"") && !asked.contains("qop="), "{asked}");
    }
}

#[test]
fn our_client_answers_a_stale_challenge_but_no_refusal() {
    let challenge = |more: &str| {
        format!(
            "HTTP/1.1 401 No\r\nContent-Length: 0\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\
             WWW-Authenticate: DIGEST realm=\"example.org\", qop=\"auth\", {more}"
        )
    };
    let (first, second) = (challenge("nonce=\"one\""), challenge("nonce=\"two\", stale=true"));
    let refusal = challenge("nonce=\"three\"");
    let page = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0";
    let (ending, asked) = client_against(&[&first, page, &second, page], &["/", "/page2"]);
    ending.expect(0);
    for (asked, texts) in asked[1..].iter().zip([
        ["nonce=\"one\"", "nc=00000001", "uri=\"/\""],
        ["nonce=\"one\"", "nc=00000002", "uri=\"/page2\""],
        ["nonce=\"two\"", "nc=00000001", "uri=\"/page2\""],
    ]) {
        assert!(texts.iter().all(|text| asked.contains(text)), "{texts:?}: {asked}");
    }
    client_against(&[&first, &refusal], &["/"]).0.expect(1);
    client_against(&[&first, &first], &["/"]).0.expect(1);
    client_against(&[&first, page, &refusal, &second, &first], &["/", "/page2"]).0.expect(1);
    client_against(&["HTTP/1.1 401 No\r\nContent-Length: 0"], &["/"]).0.expect(3);
    client_against(&[&challenge("algorithm=none")], &["/"]).0.expect(3);
}

#[test]
fn our_client_goes_on_where_each_request_has_a_nonce_of_its_own() {
    let challenge = |nonce: &str| {
        format!(
            "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\
             WWW-Authenticate: Digest realm=\"example.org\", qop=\"auth\", nonce=\"{nonce}\""
        )
    };
    let page = "HTTP/1.1 200 OK\r\nContent-Length: 0";
    let nonces = ["one-time 1", "one-time 2", "one-time 3"];
    let [first, second, third] = nonces.map(challenge);
    let answers = [&first, page, &second, page, &third, page];
    let (ending, asked) = client_against(&answers, &["/same", "/same", "/other"]);
    ending.expect(0);
    for (place, nonce) in nonces.iter().enumerate() {
        // The first request has none, the others first try the nonce before.
        let asked = &asked[2 * place + 1];
        let texts = [format!("nonce=\"{nonce}\""), "nc=00000001".to_owned()];
        assert!(texts.iter().all(|text| asked.contains(text)), "{texts:?}: {asked}");
    }
}

/// A web server of Python's own that offers several schemes in one field, and answers as RFC 7616 has it
/// for a name beyond ASCII.
const PYTHON_SERVER: &str = "
import hashlib, http.server, re
USER, REALM, PASSWORD = 'j\u{e4}ger', 'example.org', 'gr\u{fc}n'
OFFER = ('Basic realm=\"x, Digest y\", Digest realm=\"example.org\", nonce=\"abc\", qop=\"auth\", '
         'charset=UTF-8, algorithm=MD5, Digest realm=\"example.org\", nonce=\"abc\", qop=\"auth\", '
         'charset=UTF-8, algorithm=ALGORITHM, Negotiate')
def is_right(method, text):
    field = {k: a or b for k, a, b in re.findall(r'([\\w*]+)=(?:\"([^\"]*)\"|([^,\\s]+))', text)}
    h = lambda t: NEW(t.encode()).hexdigest()
    if 'response' not in field:
        return False
    a1 = h(f'{USER}:{REALM}:{PASSWORD}')
    if field.get('algorithm', '').endswith('-sess'):
        a1 = h(f\"{a1}:{field['nonce']}:{field['cnonce']}\")
    a2 = h(f\"{method}:{field['uri']}\")
    return field['response'] == h(
        f\"{a1}:{field['nonce']}:{field['nc']}:{field['cnonce']}:{field['qop']}:{a2}\")
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def do_GET(self):
        right = is_right(self.command, self.headers.get('Authorization', ''))
        self.send_response(200 if right else 401)
        if not right:
            self.send_header('WWW-Authenticate', OFFER)
        self.send_header('Content-Length', '0')
        self.end_headers()
    def log_message(self, *words):
        pass
server = http.server.HTTPServer(('127.0.0.1', 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
";

#[test]
fn our_client_takes_the_best_of_a_field_and_hashes_names_as_rfc_7616_has_it() {
    let Some(python) = peer(&["python3"], &["--version"], "python3") else { return };
    for (algorithm, new) in [("SHA-256", "sha256"), ("SHA-256-sess", "sha256"), ("MD5", "md5")] {
        let script = PYTHON_SERVER
            .replace("ALGORITHM", algorithm)
            .replace("NEW(", &format!("hashlib.{new}("));
        let mut server = Command::new(&python)
            .args(["-c", &script])
            .stdout(Stdio::piped())
            .spawn()
            .expect("python runs");
        let mut port = String::new();
        let output = server.stdout.as_mut().expect("a pipe");
        BufReader::new(output).read_line(&mut port).expect("a line");
        let port = port.trim().parse().expect("a port");
        let ending = client_of(port, "jäger", "grün", &[], &["/", "/page2?a=b"]);
        let _ = server.kill();
        let _ = server.wait();
        let ending = ending.expect(0);
        assert!(ending.output.contains(&format!("algorithm={algorithm}")), "{}", ending.output);
        assert!(ending.output.contains("nc=00000002"), "{}", ending.output);
    }
}

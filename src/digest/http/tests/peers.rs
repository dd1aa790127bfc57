//! What peers need of a server of HTTP.

use super::*;
use crate::accounts::{Account, Algorithm as Stored, Stored as Secretly};

#[test]
fn auth_int_is_offered_and_taken_where_qop_allows_it() {
    for (keys, offered) in [
        ("", "auth,auth-int"),
        ("qop = \"auth\"", "auth"),
        ("qop = \"auth,auth-conf\"", "auth"),
        ("qop = \"auth-int,auth\"", "auth,auth-int"),
    ] {
        let credential = server(keys);
        let mut output = Vec::new();
        let call = inputs(b"", "", b"");
        let context = begin(&credential, Role::Server);
        step(&*context, &call, Flags::INTEGRITY, None, &mut output).unwrap();
        let text = String::from_utf8(output).unwrap();
        assert!(text.starts_with(&format!("qop=\"{offered}\",")), "{keys}: {text}");

        let client = begin(&client_of("alice", None, "secret"), Role::Client);
        let call = inputs(text.as_bytes(), "GET", b"");
        let mut response = Vec::new();
        let answered = step(&*client, &call[..3], Flags::INTEGRITY, Some("/"), &mut response);
        let has_integrity = offered.contains("auth-int");
        let expected = if has_integrity { Status::OK } else { Status::QOP_NOT_SUPPORTED };
        assert_eq!(status_of(answered), expected, "{keys}");
        // A hash of the body does not make up for what was not offered.
        let text = ALICE.respond(&text, 1, "GET", "/").replace("qop=auth", "qop=auth-int");
        let call = inputs(text.as_bytes(), "GET", b"d41d8cd98f00b204e9800998ecf8427e");
        let context = begin(&credential, Role::Server);
        let status = status_of(step(&*context, &call, Flags::INTEGRITY, None, &mut Vec::new()));
        let expected = if has_integrity { Status::LOGON_DENIED } else { Status::INVALID_TOKEN };
        assert_eq!(status, expected, "{keys}");
    }
}

#[test]
fn a_path_and_the_absolute_form_of_it_are_the_same_uri() {
    for (one, other, same) in [
        ("http://h/page", "/page", true),
        ("HTTP://h:8080/page?a=b", "/page?a=b", true),
        ("https://h/", "/", true),
        ("http://h", "/", true),
        ("http://h//page", "//page", true),
        ("http://h/page", "http://h/page", true),
        ("http://h/page", "http://other/page", false),
        ("http://h/page", "https://h/page", false),
        ("http://h/page", "/page/", false),
        ("http://h/page?a", "/page", false),
        ("http://h?a", "/?a", false),
        ("http://h/page", "page", false),
        ("http:/page", "/page", false),
        ("ftp://h/page", "/page", false),
        ("h/page", "/page", false),
        ("http://", "", false),
    ] {
        for (uri, target) in [(one, other), (other, one)] {
            // Without a target of the caller's nothing is compared.
            if target.is_empty() || uri.is_empty() {
                continue;
            }
            let credential = server("http_check_uri = 1");
            let response = ALICE.respond(&challenge(&credential), 1, "GET", uri);
            let mut buffers = inputs(response.as_bytes(), "GET", b"");
            buffers[2].data = target.as_bytes();
            let context = begin(&credential, Role::Server);
            let status = status_of(step(&*context, &buffers, Flags::NONE, None, &mut Vec::new()));
            let expected = if same { Status::OK } else { Status::INVALID_TOKEN };
            assert_eq!(status, expected, "{uri} for {target}");
        }
    }
}

/// One account, with a password in clear text or its hash.
struct One(Secretly, Vec<u8>);

impl Source for One {
    fn find(
        &self,
        account: &Account<'_>,
        _: Stored,
    ) -> std::result::Result<Option<Secretly>, Unavailable> {
        Ok((account.user == &*self.1).then(|| self.0.clone()))
    }

    fn tells_passwords(&self) -> bool {
        matches!(self.0, Secretly::Password(_))
    }
}

/// Apache `HttpClient` 4.5, where a challenge has charset: it sends ISO 8859-1 and hashes UTF-8.
#[test]
fn a_name_sent_in_iso_8859_1_and_hashed_in_utf_8_is_read() {
    let (user, password) = ("jos\u{e9}", "gr\u{fc}n");
    let latin1 = b"jos\xE9".to_vec();
    let hash = |user: &[u8], password: &[u8]| {
        let digits = formulas::password(Hash::Md5, user, b"example.org", password);
        let mut bytes = [0; 32];
        crate::hex::read(&digits, &mut bytes[..16]).unwrap();
        Secretly::Hash(Secret::new(bytes))
    };
    let of_text = || Secretly::Password(Secret::new(password.to_owned()));
    for (stored, known, expected) in [
        (hash(user.as_bytes(), password.as_bytes()), user.as_bytes(), Status::OK),
        (of_text(), user.as_bytes(), Status::OK),
        (hash(user.as_bytes(), b"gr\xFCn"), user.as_bytes(), Status::LOGON_DENIED),
        (hash(&latin1, b"gr\xFCn"), &latin1, Status::LOGON_DENIED),
    ] {
        let usage = Usage { inbound: true, outbound: false };
        let source = Some(Arc::new(One(stored, known.to_vec())) as Arc<dyn Source>);
        let request = CredentialRequest { usage, source, ..CredentialRequest::default() };
        let text = "[server]\nrealm = \"example.org\"\nhttp_algorithms = [\"MD5\"]";
        let settings = Arc::new(Settings::parse(text).unwrap());
        let credential =
            Arc::new(DigestCredential::with_settings(&WDigest, request, settings).unwrap());
        let jose = Browser { user, password, ..ALICE };
        let response = jose.respond(&challenge(&credential), 1, "GET", "/");
        let (before, after) = response.split_once(user).unwrap();
        let token = [before.as_bytes(), &latin1, after.as_bytes()].concat();
        let context = begin(&credential, Role::Server);
        let result = accept(&*context, &token, "GET", &mut Vec::new());
        assert_eq!(status_of(result), expected, "{known:?}");
        if expected == Status::OK {
            let Ok(Attribute::Names(name)) = context.query(AttributeId::NAMES) else { panic!() };
            assert_eq!(name, "example.org\\jos\u{e9}");
        }
    }
}

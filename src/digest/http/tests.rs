//! Whole exchanges through the package's traits, as IIS-like servers and libcurl take them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::formulas::{self, Algorithm, Hash};
use crate::accounts::{self, Account, Source, Stored, Unavailable};
use crate::digest::WDigest;
use crate::digest::credential::DigestCredential;
use crate::digest::message::qop::Named;
use crate::digest::message::tokenizer::directives;
use crate::digest::settings::Settings;
use crate::error::{Result, Status};
use crate::secret::Secret;
use crate::sspi::{
    Attribute, AttributeId, Call, Context, Credential, CredentialRequest, Data, Flags, Identity,
    InputBuffer, Inputs, Message, MessageBuffer, Outcome, Role, Step, TokenSink, Usage,
    buffer_type,
};

mod claims;
mod clients;
mod completed;
mod configured;
mod file;
mod next_nonces;
mod peers;
mod realms;
mod refused;
mod sessions;
mod shared;
mod vectors;

pub(super) const PARAMS: u32 = buffer_type::PKG_PARAMS;
pub(super) const TOKEN: u32 = buffer_type::TOKEN;

/// `alice`, `bob` and `jäger` with passwords, `hashed` with hashes, in every realm.
#[derive(Default)]
pub(super) struct Accounts {
    pub(super) asked: AtomicUsize,
    pub(super) asked_hashed: AtomicUsize,
}

impl Source for Accounts {
    fn tells_passwords(&self) -> bool {
        true
    }

    fn find(
        &self,
        account: &Account<'_>,
        algorithm: accounts::Algorithm,
    ) -> std::result::Result<Option<Stored>, Unavailable> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let password = |text: &str| Some(Stored::Password(Secret::new(text.into())));
        Ok(match account.user {
            b"alice" | b"tester" => password("secret"),
            b"bob" => password("hunter2"),
            b"j\xc3\xa4ger" | b"j\xe4ger" => password("grün"),
            b"hashed" => {
                let hash = [Hash::Md5, Hash::Sha256, Hash::Sha512_256]
                    .into_iter()
                    .find(|hash| hash.stored() == algorithm)
                    .unwrap();
                let digits = formulas::password(hash, account.user, account.realm, b"secret");
                let mut bytes = [0; 32];
                crate::digest::message::hex::read(&digits, &mut bytes[..digits.len() / 2]).unwrap();
                Some(Stored::Hash(Secret::new(bytes)))
            }
            b"gone" => return Err(Unavailable("the disk is gone".into())),
            _ => None,
        })
    }

    fn find_hashed(
        &self,
        digits: &[u8],
        realm: &[u8],
        algorithm: accounts::Algorithm,
    ) -> std::result::Result<Option<Vec<u8>>, Unavailable> {
        self.asked_hashed.fetch_add(1, Ordering::Relaxed);
        let names: [&[u8]; 3] = [b"alice", b"bob", "jäger".as_bytes()];
        let hash = [Hash::Md5, Hash::Sha256, Hash::Sha512_256]
            .into_iter()
            .find(|hash| hash.stored() == algorithm)
            .unwrap();
        let found = names.into_iter().find(|name| *formulas::user(hash, name, realm) == *digits);
        Ok(found.map(<[u8]>::to_vec))
    }
}

pub(super) fn server_of(settings: &str, source: &Arc<Accounts>) -> Arc<DigestCredential> {
    // Windows' defaults, on every system, where a test says nothing else.
    let mut text = "[server]\nrealm = \"example.org\"\n".to_owned();
    for line in ["http_algorithms = [\"MD5-sess\"]\n", "http_nonce_count = \"strict\"\n"] {
        let (key, _) = line.split_once(' ').unwrap();
        text += if settings.contains(key) { "" } else { line };
    }
    text += settings;
    let settings = Arc::new(Settings::parse(&text).unwrap());
    let usage = Usage { inbound: true, outbound: false };
    let source = Some(Arc::clone(source) as Arc<dyn Source>);
    let request = CredentialRequest { usage, source, ..CredentialRequest::default() };
    Arc::new(DigestCredential::with_settings(&WDigest, request, settings).unwrap())
}

pub(super) fn server(settings: &str) -> Arc<DigestCredential> {
    server_of(settings, &Arc::default())
}

pub(super) fn client_of(user: &str, domain: Option<&str>, password: &str) -> Arc<DigestCredential> {
    let identity = Identity {
        user: Some(user.into()),
        domain: domain.map(Into::into),
        password: Some(Secret::new(password.into())),
    };
    let request = CredentialRequest { identity: Some(identity), ..CredentialRequest::default() };
    let settings = Arc::new(Settings::parse("").unwrap());
    Arc::new(DigestCredential::with_settings(&WDigest, request, settings).unwrap())
}

/// A server's credential and a client's, for tests of the exports.
pub(crate) fn credentials(settings: &str) -> [Arc<dyn Credential>; 2] {
    [server(settings), client_of("alice", None, "secret")]
}

pub(super) fn begin(credential: &Arc<DigestCredential>, role: Role) -> Box<dyn Context> {
    Arc::clone(credential).context(role).unwrap()
}

pub(super) fn status_of<T>(result: Result<T>) -> Status {
    result.err().map_or(Status::OK, |error| error.status())
}

/// An accept call in the form of .NET's listener: five buffers.
pub(super) fn accept(
    context: &dyn Context,
    token: &[u8],
    method: &str,
    output: &mut dyn TokenSink,
) -> Result<Step> {
    let inputs = inputs(token, method, b"");
    step(context, &inputs, Flags::CONNECTION, None, output)
}

pub(super) fn inputs<'a>(
    token: &'a [u8],
    method: &'a str,
    entity: &'a [u8],
) -> [InputBuffer<'a>; 5] {
    let parameter = |data| InputBuffer { kind: PARAMS, data };
    let token = InputBuffer { kind: TOKEN, data: token };
    [token, parameter(method.as_bytes()), parameter(b""), parameter(entity), parameter(b"")]
}

pub(super) fn step(
    context: &dyn Context,
    inputs: &[InputBuffer<'_>],
    flags: Flags,
    target: Option<&str>,
    output: &mut dyn TokenSink,
) -> Result<Step> {
    let inputs = Inputs(inputs);
    let call = Call { inputs, flags, target, authorization_allowed: true, authorization: b"" };
    context.step(&call, output)
}

/// A first call, and the challenge.
pub(super) fn challenge(credential: &Arc<DigestCredential>) -> String {
    let mut output = Vec::new();
    let step = accept(&*begin(credential, Role::Server), b"", "", &mut output).unwrap();
    assert_eq!((step.outcome, step.flags), (Outcome::Continue, Flags::CONNECTION));
    String::from_utf8(output).unwrap()
}

/// A call with a response and no context.
pub(super) fn answer(
    credential: &Arc<DigestCredential>,
    response: &str,
    method: &str,
) -> (Box<dyn Context>, Result<(Outcome, String)>) {
    let context = begin(credential, Role::Server);
    let mut output = Vec::new();
    let result = accept(&*context, response.as_bytes(), method, &mut output);
    let result = result.map(|step| (step.outcome, String::from_utf8(output).unwrap()));
    (context, result)
}

/// `CompleteAuthToken` in .NET's form: the fifth buffer is an output.
pub(super) fn complete(context: &dyn Context, response: &str, method: &str) -> Result<Vec<u8>> {
    let mut output = [0xFF; 1024];
    let (mut token, mut method) = (response.as_bytes().to_vec(), method.as_bytes().to_vec());
    let mut buffers = [
        message_buffer(TOKEN, &mut token),
        message_buffer(PARAMS, &mut method),
        message_buffer(PARAMS, &mut []),
        message_buffer(PARAMS, &mut []),
        message_buffer(TOKEN, &mut output),
    ];
    context.complete(&mut Message(&mut buffers))?;
    let length = buffers[4].length.unwrap();
    Ok(output[..length].to_vec())
}

pub(super) fn message_buffer(kind: u32, bytes: &mut [u8]) -> MessageBuffer<'_> {
    let data = Data::Writable(bytes);
    MessageBuffer { kind, passed_over: false, data, length: None, placement: None }
}

/// A realm as callers pass it.
pub(super) fn utf16(realm: &str) -> Vec<u8> {
    realm.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// The value of a directive, as it stands.
pub(super) fn value(token: &str, name: &str) -> Option<String> {
    directives(token.as_bytes())
        .map(|directive| directive.unwrap())
        .find(|directive| directive.name == name.as_bytes())
        .map(|directive| String::from_utf8(directive.value.raw().to_vec()).unwrap())
}

/// A browser: answers with the formulas alone.
pub(super) struct Browser<'a> {
    pub(super) user: &'a str,
    pub(super) password: &'a str,
    pub(super) cnonce: &'a str,
    pub(super) qop: &'a str,
    pub(super) entity: Option<&'a str>,
}

pub(super) const ALICE: Browser<'_> =
    Browser { user: "alice", password: "secret", cnonce: "0a4f113b", qop: "auth", entity: None };

impl Browser<'_> {
    /// In the form of curl, blanks and all.
    pub(super) fn respond(&self, challenge: &str, nc: u32, method: &str, uri: &str) -> String {
        let (nonce, realm) =
            (value(challenge, "nonce").unwrap(), value(challenge, "realm").unwrap());
        let name = value(challenge, "algorithm").unwrap_or("MD5".into());
        let algorithm = Algorithm::from_name(name.as_bytes()).unwrap();
        let hash = algorithm.hash;
        let bytes = str::as_bytes;
        let (user, password) = (bytes(self.user), bytes(self.password));
        let secret = formulas::password(hash, user, bytes(&realm), password);
        let cnonce = bytes(self.cnonce);
        let a1 = if algorithm.session {
            formulas::session(hash, &secret, bytes(&nonce), cnonce)
        } else {
            secret
        };
        let a2 = formulas::request(hash, bytes(method), bytes(uri), self.entity.map(bytes));
        let nc = format!("{nc:08x}");
        let counted = formulas::Counted {
            nc: nc.as_bytes().try_into().unwrap(),
            cnonce,
            qop: bytes(self.qop),
        };
        let digits = formulas::response(hash, &a1, bytes(&nonce), Some(counted), &a2);
        let digits = String::from_utf8(digits.to_vec()).unwrap();
        format!(
            "username=\"{}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", cnonce=\"{}\", \
             nc={nc}, qop={}, response=\"{digits}\", algorithm={name}",
            self.user, self.cnonce, self.qop
        )
    }
}

#[test]
fn the_challenge_is_that_of_iis() {
    let text = challenge(&server(""));
    let (before, after) = text.split_once("+Upgraded+v1").unwrap();
    assert_eq!(before, "qop=\"auth\",algorithm=MD5-sess,nonce=\"");
    assert_eq!(&after[54..], "\",charset=UTF-8,realm=\"example.org\"");
}

#[test]
fn a_first_response_and_a_second_request_are_taken() {
    let credential = server("");
    let first = challenge(&credential);
    let response = ALICE.respond(&first, 1, "GET", "/dir/index.html?a=%41");
    let (context, result) = answer(&credential, &response, "GET");
    assert_eq!(result.unwrap(), (Outcome::Done, String::new()));
    assert!(context.established());
    let Ok(Attribute::Names(name)) = context.query(AttributeId::NAMES) else { panic!() };
    assert_eq!(name, "example.org\\alice");
    let Ok(Attribute::Target(uri)) = context.query(AttributeId::TARGET) else { panic!() };
    assert_eq!(uri, b"/dir/index.html?a=%41");

    let response = ALICE.respond(&first, 2, "POST", "/other");
    let (second, result) = answer(&credential, &response, "POST");
    assert_eq!(result.unwrap(), (Outcome::Complete, String::new()));
    assert!(!second.established(), "nobody is authenticated yet");
    assert_eq!(status_of(second.query(AttributeId::NAMES)), Status::INVALID_HANDLE);
    assert_eq!(complete(&*second, &response, "POST").unwrap(), b"");
    assert!(second.established());
    let Ok(Attribute::Target(uri)) = second.query(AttributeId::TARGET) else { panic!() };
    assert_eq!(uri, b"/other");
    drop(context);
    let response = ALICE.respond(&first, 3, "GET", "/third");
    let (third, _) = answer(&credential, &response, "GET");
    complete(&*third, &response, "GET").unwrap();
}

//! Whole exchanges, with accounts and nonces of the tests' own.

use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;

use super::hash::{Hash, pair_of};
use super::named;
use crate::accounts::scram::{Known, StoredKeys, Usual};
use crate::accounts::{Account, Algorithm, Source, Stored, Unavailable};
use crate::config::Document;
use crate::error::Status;
use crate::secret::Secret;
use crate::sspi::{
    Call, Context, Credential, CredentialRequest, Flags, Identity, InputBuffer, Inputs, Outcome,
    Package, Role, TokenSink, Usage, buffer_type,
};

mod attributes;
mod exchanges;
mod refused;
mod repeated;
pub(crate) mod vectors;

/// What a source knows of a name.
#[derive(Clone)]
pub(crate) enum Has {
    Keys(&'static str, &'static [u8], u32),
    Password(&'static str),
}

/// Accounts of a test's.
#[derive(Default)]
pub(crate) struct Accounts {
    pub(super) known: Mutex<Vec<(String, Hash, Has)>>,
    pub(super) usual: Option<Usual>,
    /// The names that were asked for.
    pub(super) asked: Mutex<Vec<String>>,
    pub(super) unavailable: bool,
    pub(super) takes_empty_names: bool,
}

/// The iteration count of stored keys.
pub(super) const COUNT: u32 = 16;
/// Their salt.
pub(super) const SALT: &[u8] = b"a salt of sixteen";

impl Accounts {
    /// alice has keys of "secret", and bob's password is "secret".
    pub(super) fn usual() -> Self {
        let accounts = Self::default();
        for hash in Hash::ALL {
            accounts.add("alice", hash, Has::Keys("secret", SALT, COUNT));
            accounts.add("bob", hash, Has::Password("secret"));
        }
        accounts
    }

    pub(super) fn add(&self, name: &str, hash: Hash, known: Has) {
        self.known.lock().unwrap().push((name.to_owned(), hash, known));
    }
}

impl Source for Accounts {
    fn find(&self, _: &Account<'_>, _: Algorithm) -> Result<Option<Stored>, Unavailable> {
        Ok(None)
    }

    fn find_scram(&self, user: &[u8], hash: Hash) -> Result<Option<Known>, Unavailable> {
        self.asked.lock().unwrap().push(String::from_utf8(user.to_vec()).unwrap());
        if self.unavailable {
            return Err(Unavailable("on purpose".to_owned()));
        }
        let known = self.known.lock().unwrap();
        let mut found = known.iter().filter(|known| known.0.as_bytes() == user && known.1 == hash);
        let Some(first) = found.next() else { return Ok(None) };
        let keys = |password: &str, salt: &[u8], iterations| {
            pair_of(&hash.salted_password(password.as_bytes(), salt, iterations))
        };
        Ok(Some(match first.2 {
            Has::Password(password) => Known::Password(Secret::new(password.to_owned())),
            Has::Keys(password, salt, iterations) => {
                let mut pairs = vec![keys(password, salt, iterations)];
                pairs.extend(found.filter_map(|known| match known.2 {
                    Has::Keys(password, salt, iterations) => Some(keys(password, salt, iterations)),
                    Has::Password(_) => None,
                }));
                Known::Keys(StoredKeys { hash, iterations, salt: salt.to_vec(), pairs })
            }
        }))
    }

    fn takes_empty_names(&self) -> bool {
        self.takes_empty_names
    }

    fn usual_scram(&self, _: Hash) -> Option<Usual> {
        self.usual
    }
}

/// A credential of the package of this name. Where nothing is configured, clients take any count.
pub(crate) fn credential(
    package: &str,
    user: Option<(&str, &str)>,
    accounts: Option<Arc<Accounts>>,
    configuration: &str,
) -> Arc<dyn Credential> {
    let few = "scram.iterations_min = 1";
    let configuration = if configuration.is_empty() { few } else { configuration };
    named(package).unwrap().acquire(request(user, accounts, configuration)).unwrap()
}

/// What a credential is acquired by.
pub(super) fn request(
    user: Option<(&str, &str)>,
    accounts: Option<Arc<Accounts>>,
    configuration: &str,
) -> CredentialRequest {
    let path = Path::new("/etc/secur32.toml");
    let identity = user.map(|(user, password)| Identity {
        user: Some(user.to_owned()),
        domain: Some("IGNORED".to_owned()),
        password: Some(Secret::new(password.to_owned())),
    });
    CredentialRequest {
        usage: Usage { inbound: accounts.is_some(), outbound: user.is_some() },
        identity,
        source: accounts.map(|accounts| accounts as Arc<dyn Source>),
        configuration: Arc::new(Document::parse(configuration, path).unwrap()),
        ..CredentialRequest::default()
    }
}

/// A server's credential of these accounts.
pub(crate) fn serving(package: &str, accounts: Accounts) -> Arc<dyn Credential> {
    credential(package, None, Some(Arc::new(accounts)), "")
}

/// Room for a token of so many bytes.
pub(super) struct Room {
    pub(super) capacity: usize,
    token: Vec<u8>,
    refused: bool,
}

impl TokenSink for Room {
    fn space(&mut self, length: usize) -> crate::error::Result<&mut [u8]> {
        self.token.clear();
        if length > self.capacity {
            self.refused = true;
            return Err(crate::error::Error::new(Status::BUFFER_TOO_SMALL, "too small"));
        }
        self.token.resize(length, 0);
        Ok(&mut self.token)
    }

    fn write_failure(&mut self, token: &[u8]) {
        self.token = token.to_vec();
    }

    fn refused(&self) -> bool {
        self.refused
    }

    fn length(&self) -> usize {
        self.token.len()
    }
}

/// How a step ended: its status, and the token that goes out.
pub(super) type Answer = (Status, String);

/// One end.
pub(super) struct End {
    pub(super) context: Box<dyn Context>,
    pub(super) flags: Flags,
    pub(super) bindings: Vec<Vec<u8>>,
    pub(super) capacity: usize,
    pub(super) authorization_allowed: bool,
    pub(super) authorization: &'static str,
}

impl End {
    pub(super) fn new(credential: &Arc<dyn Credential>, role: Role) -> Self {
        Self {
            context: Arc::clone(credential).context(role).unwrap(),
            flags: Flags::NONE,
            bindings: vec![],
            capacity: 4096,
            authorization_allowed: true,
            authorization: "",
        }
    }

    pub(super) fn server(credential: &Arc<dyn Credential>) -> Self {
        Self::new(credential, Role::Server)
    }

    pub(super) fn client(credential: &Arc<dyn Credential>) -> Self {
        Self::new(credential, Role::Client)
    }

    pub(super) fn bound(mut self, application: &[u8]) -> Self {
        self.bindings.push(super::bindings::tests::block(application));
        self
    }

    /// Takes a step with a token in a block of its exact size. After a refusal the token is what the
    /// peer is told.
    pub(super) fn step(&mut self, token: impl AsRef<[u8]>) -> Answer {
        let token: Box<[u8]> = token.as_ref().into();
        let mut inputs = vec![InputBuffer { kind: buffer_type::TOKEN, data: &token }];
        let kind = buffer_type::CHANNEL_BINDINGS;
        inputs.extend(self.bindings.iter().map(|data| InputBuffer { kind, data }));
        let call = Call {
            inputs: Inputs(&inputs),
            flags: self.flags,
            target: None,
            authorization_allowed: self.authorization_allowed,
            authorization: self.authorization.as_bytes(),
        };
        let mut room = Room { capacity: self.capacity, token: vec![], refused: false };
        let result = self.context.step(&call, &mut room);
        let text = String::from_utf8(room.token.clone()).unwrap();
        match result {
            Ok(step) => {
                assert_eq!(self.context.flags(), step.flags);
                let status = match step.outcome {
                    Outcome::Done => Status::OK,
                    Outcome::Continue => Status::CONTINUE_NEEDED,
                    other => panic!("{other:?}"),
                };
                (status, text)
            }
            Err(error) => (error.status(), text),
        }
    }

    /// The status alone.
    pub(super) fn status(&mut self, token: impl AsRef<[u8]>) -> Status {
        self.step(token).0
    }

    /// A step that goes on; its token.
    #[track_caller]
    pub(super) fn goes_on(&mut self, token: impl AsRef<[u8]>) -> String {
        let (status, token) = self.step(token);
        assert_eq!(status, Status::CONTINUE_NEEDED);
        token
    }
}

/// Goes as far as the server's verification; what it came to.
pub(super) fn log_in(server: &mut End, client: &mut End) -> Answer {
    let first = client.goes_on("");
    let challenge = server.goes_on(first);
    let last = client.goes_on(challenge);
    server.step(last)
}

/// The value of an attribute of a message.
pub(super) fn value(message: &str, name: char) -> &str {
    let found = message.split(',').find_map(|part| part.strip_prefix(&format!("{name}=")));
    found.unwrap_or_else(|| panic!("no {name}= in {message}"))
}

//! A login by SCRAM. Each end of the library's is called with what an editor on the wire leaves of
//! its peer's messages, made valid again now and then by a peer of this crate's own who knows the
//! password; a model says before each call what it must return. `scram_ends` has both models.

use crate::abi;
use crate::editor::{Wire, Words};
use crate::ends::{End, Function};
use crate::input::Input;
use crate::scram::{self, base64};
use crate::scram_ends::{Channel, Client, Server, client_final, proven, set_option};
use crate::scram_people::{self, PACKAGES, USERS, User};

static WORDS: Words = Words {
    names: &["n", "r", "s", "i", "c", "p", "v", "e", "a", "m", "x", "Y", "n,a", "p=tls-unique,a"],
    values: &[
        "",
        "alice",
        "bob",
        "jose\u{301}",
        "a=3Db=2cc",
        "\u{2168}",
        "dora",
        "biws",
        "eSws",
        "cD10bHMtdW5pcXVlLCwwMTIzNDU2Nzg5YWI=",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "MDEyMzQ1Njc4OWFiY2RlZg==",
        "0",
        "1",
        "2",
        "02",
        "4096",
        "4097",
        "4294967296",
        "other-error",
        "no-resources",
        "channel-binding-not-supported",
        "invalid-encoding",
        "extensions-not-supported",
        "=2C",
        "=",
    ],
    quote: "",
};

/// What each end may be given as the bindings of its channel; the fuzzer may have others.
const CHANNELS: &[&[&str]] = &[
    &[],
    &["tls-unique:0123456789ab"],
    &["tls-exporter:0123456789abcdef", "tls-unique:0123456789ab"],
    &["tls-unique:another one "],
    &["no-such-type:x"],
    &["tls-unique"],
];
const ASC: &[u32] = &[
    0,
    abi::ASC_EXTENDED_ERROR,
    abi::ASC_ALLOW_MISSING,
    abi::ASC_PROXY,
    abi::ASC_PROXY | abi::ASC_ALLOW_MISSING,
];
const AUTHORIZATIONS: &[&str] = &["", "bob", "ad,min="];

/// Runs one exchange, or every truncation of its messages.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let input = &mut input;
    let package = input.below(PACKAGES.len());
    let user = input.below(USERS.len());
    let choices = input.byte();
    let through_sasl = choices & 1 == 0;
    let setting = Setting {
        package,
        user,
        callback: choices & 2 != 0,
        through_sasl,
        channels: [channels(input), channels(input)],
        asc: *input.one_of(ASC),
        isc: if choices & 4 == 0 { 0 } else { abi::ISC_INTEGRITY },
        authorization: if through_sasl { *input.one_of(AUTHORIZATIONS) } else { "" },
        forbidden: through_sasl && choices & 8 != 0,
    };
    if choices & 16 != 0 {
        setting.cut_short();
    } else {
        setting.exchange(input);
    }
}

fn channels(input: &mut Input<'_>) -> Vec<Channel> {
    let choice = input.below(CHANNELS.len() + 1);
    match CHANNELS.get(choice) {
        Some(channels) => channels.iter().map(|channel| channel.as_bytes().to_vec()).collect(),
        None => vec![input.short().to_vec()],
    }
}

struct Setting {
    package: usize,
    user: usize,
    callback: bool,
    through_sasl: bool,
    /// Of the client and the server.
    channels: [Vec<Channel>; 2],
    asc: u32,
    isc: u32,
    authorization: &'static str,
    /// Whether the server takes no authorization identities.
    forbidden: bool,
}

impl Setting {
    fn client(&self) -> Client {
        let function =
            if self.through_sasl { Function::SaslInitialize } else { Function::Initialize };
        let end = End::new(function, scram_people::client(self.package, self.user), self.isc);
        let (package, user) = (PACKAGES[self.package], &USERS[self.user]);
        Client::new(end, package, user, self.channels[0].clone())
    }

    fn server(&self) -> Server {
        let function = if self.through_sasl { Function::SaslAccept } else { Function::Accept };
        let credential = scram_people::server(self.package, self.callback);
        let end = End::new(function, credential, self.asc);
        let package = PACKAGES[self.package];
        Server::new(end, package, self.callback, self.channels[1].clone())
    }

    fn user(&self) -> &'static User {
        &USERS[self.user]
    }

    fn exchange(&self, input: &mut Input<'_>) {
        let (mut client, mut server) = (self.client(), self.server());
        let mut wire = Wire::of(&WORDS);
        let choices = input.byte();
        let mut first = client.step(input, &[]).token().to_vec();
        if !self.authorization.is_empty()
            && let Some(context) = &mut client.end.context
        {
            let name = self.authorization.as_bytes();
            client.authorization = name.to_vec();
            set_option(context, abi::OPTION_AUTHZ_STRING, name);
        }
        if choices & 1 != 0 || !self.authorization.is_empty() {
            // As where the server speaks first; now and then the identity comes too late.
            if choices & 2 == 0 {
                first = client.step(input, &[]).token().to_vec();
            }
            server.step(input, &[]);
        }
        let arrived = wire.pass(input, &first);
        server.step(input, &arrived);
        self.forbid(&mut server);
        let challenge = server.challenge().map(|(_, sent)| sent.to_vec());
        let challenge = challenge.unwrap_or_else(|| stranger(client.first()));
        let arrived = wire.pass(input, &challenge);
        let last = client.step(input, &arrived).token().to_vec();
        let arrived = wire.pass(input, &last);
        let arrived = if choices & 4 == 0 { arrived } else { self.made_valid(&server, &arrived) };
        let verified = server.step(input, &arrived);
        let mut signed = wire.pass(input, verified.token());
        if choices & 8 != 0
            && let Some(signature) = client.signature()
        {
            let rest: Vec<_> = signed.split(|byte| *byte == b',').skip(1).collect();
            let mut parts = vec![[b"v=", &*base64(signature)].concat()];
            parts.extend(rest.into_iter().map(<[u8]>::to_vec));
            signed = parts.join(&b',');
        }
        client.step(input, &signed);
        // What is over stays over.
        if choices & 16 != 0 {
            server.step(input, &arrived);
            client.step(input, &signed);
            server.step(input, &[]);
            client.step(input, &[]);
        }
    }

    fn forbid(&self, server: &mut Server) {
        if self.forbidden
            && let Some(context) = &mut server.end.context
        {
            server.authorization_allowed = false;
            set_option(context, abi::OPTION_AUTHZ_PROCESSING, &[0, 0, 0, 0]);
        }
    }

    /// A client-final with the proof of who knows the password over whatever stands before it. Of one
    /// that is none, or of another exchange, nothing is left.
    fn made_valid(&self, server: &Server, arrived: &[u8]) -> Vec<u8> {
        let Some((first, sent)) = server.challenge() else { return arrived.to_vec() };
        let told = scram::server_first(sent, &first.nonce).unwrap();
        let hash = PACKAGES[self.package].1;
        let keys = hash.keys(self.user().hashed.as_bytes(), &told.salt, told.count);
        let proof = arrived.windows(3).rposition(|three| three == b",p=");
        match proof {
            Some(proof) if arrived.starts_with(b"c=") => {
                proven(&arrived[..proof], &first.bare, sent, (hash, &keys))
            }
            _ => self.own_final(server).unwrap_or_default(),
        }
    }

    /// The client-final of a client who does everything as it should.
    fn own_final(&self, server: &Server) -> Option<Vec<u8>> {
        let (first, sent) = server.challenge()?;
        let told = scram::server_first(sent, &first.nonce).unwrap();
        let hash = PACKAGES[self.package].1;
        let keys = hash.keys(self.user().hashed.as_bytes(), &told.salt, told.count);
        let named = |channel: &&Channel| {
            channel.strip_prefix(&*first.used).is_some_and(|rest| rest.starts_with(b":"))
        };
        let channel = self.channels[0]
            .iter()
            .find(named)
            .map(|channel| channel[first.used.len() + 1..].to_vec());
        let data = channel.filter(|_| !first.used.is_empty()).unwrap_or_default();
        let header = (&*first.header, &*first.bare);
        Some(client_final(header, &data, &told.nonce, sent, (hash, &keys)))
    }

    /// Every truncation of each of the four messages, each in an exchange of its own.
    fn cut_short(&self) {
        let nothing = &mut Input::new(&[]);
        let first = self.client().step(nothing, &[]).token().to_vec();
        for length in 0..=first.len() {
            self.server().step(nothing, &first[..length]);
        }
        Self::cut_each(|length| {
            let mut server = self.server();
            server.step(nothing, &first);
            let last = self.own_final(&server)?;
            self.forbid(&mut server);
            server.step(nothing, last.get(..length)?);
            Some(())
        });
        let nothing = &mut Input::new(&[]);
        Self::cut_each(|length| {
            let mut client = self.client();
            client.step(nothing, &[]);
            client.step(nothing, stranger(client.first()).get(..length)?);
            Some(())
        });
        let nothing = &mut Input::new(&[]);
        Self::cut_each(|length| {
            let mut client = self.client();
            client.step(nothing, &[]);
            client.step(nothing, &stranger(client.first()));
            let signed = [b"v=", &*base64(client.signature()?)].concat();
            client.step(nothing, signed.get(..length)?);
            Some(())
        });
    }

    fn cut_each(mut at: impl FnMut(usize) -> Option<()>) {
        let _ = (0..).map_while(|length| at(length)).count();
    }
}

/// The server-first of a server of this crate's, to a client that has begun.
fn stranger(first: Option<&[u8]>) -> Vec<u8> {
    let read = first.and_then(|first| scram::client_first(first).ok());
    let nonce = read.map(|read| read.nonce).unwrap_or_default();
    [b"r=", &*nonce, b"more,s=MDEyMzQ1Njc4OWFiY2RlZg==,i=2"].concat()
}

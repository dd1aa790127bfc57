//! Two ends of a login that succeeded, without an editor: what the targets of messages begin with.

use crate::abi;
use crate::ends::{End, Function};
use crate::input::Input;
use crate::people::REALM;
use crate::place::{self, Claimed};

/// The protection of a context's messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layer {
    None,
    Integrity,
    Cipher(&'static str),
}

/// Every layer, with the setup whose first cipher it is.
pub const LAYERS: &[(Layer, usize)] = &[
    (Layer::Integrity, 0),
    (Layer::Cipher("3des"), 0),
    (Layer::Cipher("rc4"), 2),
    (Layer::Cipher("rc4-40"), 3),
    (Layer::Cipher("rc4-56"), 4),
    (Layer::Cipher("des"), 5),
    (Layer::Cipher("3des"), 1),
    (Layer::None, 0),
];

/// The server's end and the client's.
pub fn login(layer: Layer, setup: usize) -> [End; 2] {
    let (asc, isc) = match layer {
        Layer::None => (0, 0),
        Layer::Integrity => (abi::ASC_INTEGRITY, abi::ISC_INTEGRITY),
        Layer::Cipher(_) => (abi::ASC_CONFIDENTIALITY, abi::ISC_CONFIDENTIALITY),
    };
    let claimed = Claimed { user: "alice", domain: Some(REALM), password: "secret" };
    let mut server = End::new(Function::SaslAccept, place::server(setup, false), asc);
    let mut client = End::new(Function::SaslInitialize, place::client(setup, claimed), isc);
    client.target = b"ldap/ldap.example.org".to_vec();
    let nothing = &mut Input::new(&[]);
    let challenge = server.step(nothing, &[(abi::TOKEN, &[])]);
    let response = client.step(nothing, &[(abi::TOKEN, challenge.token())]);
    let proof = server.step(nothing, &[(abi::TOKEN, response.token())]);
    let end = client.step(nothing, &[(abi::TOKEN, proof.token())]);
    assert_eq!((proof.status, end.status), (abi::OK, abi::OK), "ORACLE nothing lost: no login");
    [server, client]
}

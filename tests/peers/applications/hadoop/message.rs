//! Hadoop's and HDFS' messages of SASL: protocol buffers, of which the fields that a relay changes are read and
//! everything else is kept as it came.

/// `RpcSaslProto`'s states.
pub(super) struct State;

impl State {
    pub(super) const SUCCESS: u64 = 0;
    pub(super) const WRAP: u64 = 5;
}

/// Which header stands before a message that the relay writes.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Request,
    Response,
}

/// The number of calls that are SASL's, -33.
const CALL: u32 = 33_u32.wrapping_neg();

/// A field: its number, and its value.
#[derive(Clone, Debug)]
enum Value {
    Number(u64),
    Bytes(Vec<u8>),
}

/// `RpcSaslProto`, with the header that it came with.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) state: u64,
    pub(super) token: Vec<u8>,
    /// `SaslAuth`s: method, mechanism, protocol, serverId, challenge.
    methods: Vec<Vec<(u64, Value)>>,
}

impl Message {
    pub(super) fn new(state: u64, token: Vec<u8>) -> Self {
        Self { state, token, methods: Vec::new() }
    }

    /// Reads a frame: a header and a message, each after its length.
    pub(super) fn parse(frame: &[u8]) -> Option<Self> {
        let mut rest = frame;
        take_delimited(&mut rest)?;
        let mut message = Self { state: u64::MAX, token: Vec::new(), methods: Vec::new() };
        for (number, value) in fields(take_delimited(&mut rest)?)? {
            match (number, value) {
                (2, Value::Number(state)) => message.state = state,
                (3, Value::Bytes(token)) => message.token = token,
                (4, Value::Bytes(method)) => message.methods.push(fields(&method)?),
                _ => {}
            }
        }
        Some(message)
    }

    /// The challenge of the method TOKEN by DIGEST-MD5.
    pub(super) fn challenge(&self) -> Option<Vec<u8>> {
        self.methods.iter().find_map(|method| {
            let is_digest = method.iter().any(|field| is(field, 2, b"DIGEST-MD5"));
            method.iter().find_map(|(number, value)| match value {
                Value::Bytes(bytes) if is_digest && *number == 5 => Some(bytes.clone()),
                _ => None,
            })
        })
    }

    /// The same offer, with another challenge, and no other method than that.
    pub(super) fn with_challenge(&self, challenge: &[u8]) -> Self {
        let mut changed = self.clone();
        changed.methods.retain(|method| method.iter().any(|field| is(field, 2, b"DIGEST-MD5")));
        for (number, value) in changed.methods.iter_mut().flatten() {
            if *number == 5 {
                *value = Value::Bytes(challenge.to_vec());
            }
        }
        changed
    }

    pub(super) fn with_token(&self, token: Vec<u8>) -> Self {
        Self { token, ..self.clone() }
    }

    /// A frame without its length.
    pub(super) fn write(&self, kind: Kind) -> Vec<u8> {
        let header = match kind {
            // rpcKind: none; rpcOp: RPC_FINAL_PACKET; callId, in zigzag; clientId; retryCount.
            Kind::Request => vec![
                (1, Value::Number(2)),
                (2, Value::Number(0)),
                (3, Value::Number(65)),
                (4, Value::Bytes(Vec::new())),
                (5, Value::Number(1)),
            ],
            Kind::Response => response_header(0),
        };
        let mut body = vec![(2, Value::Number(self.state))];
        // Presence matters: there is a token in every message but an offer.
        if self.methods.is_empty() || !self.token.is_empty() {
            body.push((3, Value::Bytes(self.token.clone())));
        }
        body.extend(self.methods.iter().map(|method| (4, Value::Bytes(written(method)))));
        [delimited(&written(&header)), delimited(&written(&body))].concat()
    }
}

/// What a server of Hadoop's answers before it closes the connection.
pub(super) fn refusal() -> Vec<u8> {
    let mut header = response_header(2);
    header.push((4, Value::Bytes(b"javax.security.sasl.SaslException".to_vec())));
    header.push((5, Value::Bytes(b"refused by the relay".to_vec())));
    // FATAL_UNAUTHORIZED.
    header.push((6, Value::Number(15)));
    delimited(&written(&header))
}

/// The payload of a message between HDFS' client and a `DataNode`, `DataTransferEncryptorMessageProto`.
pub(super) fn payload(message: &[u8]) -> Option<Vec<u8>> {
    let found = fields(message)?.into_iter().find_map(|(number, value)| match value {
        Value::Bytes(bytes) if number == 2 => Some(bytes),
        _ => None,
    });
    Some(found.unwrap_or_default())
}

/// The same as a `DataNode` writes it, behind its length: SUCCESS and a payload, or ERROR.
pub(super) fn with_payload(payload: Option<&[u8]>) -> Vec<u8> {
    let mut message = vec![(1, Value::Number(if payload.is_some() { 0 } else { 2 }))];
    message.push(match payload {
        Some(bytes) => (2, Value::Bytes(bytes.to_vec())),
        None => (3, Value::Bytes(b"refused by the test".to_vec())),
    });
    delimited(&written(&message))
}

fn response_header(status: u64) -> Vec<(u64, Value)> {
    vec![(1, Value::Number(u64::from(CALL))), (2, Value::Number(status))]
}

fn is((number, value): &(u64, Value), wanted: u64, text: &[u8]) -> bool {
    *number == wanted && matches!(value, Value::Bytes(bytes) if bytes == text)
}

fn take_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn take_delimited<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(take_number(bytes)?).ok()?;
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

fn fields(mut bytes: &[u8]) -> Option<Vec<(u64, Value)>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let tag = take_number(&mut bytes)?;
        let value = match tag & 7 {
            0 => Value::Number(take_number(&mut bytes)?),
            2 => Value::Bytes(take_delimited(&mut bytes)?.to_vec()),
            _ => return None,
        };
        found.push((tag >> 3, value));
    }
    Some(found)
}

fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number > 0x7F {
        out.push((number & 0x7F) as u8 | 0x80);
        number >>= 7;
    }
    out.push((number & 0x7F) as u8);
}

fn delimited(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put_number(&mut out, bytes.len() as u64);
    out.extend_from_slice(bytes);
    out
}

fn written(fields: &[(u64, Value)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (number, value) in fields {
        match value {
            Value::Number(value) => {
                put_number(&mut out, number << 3);
                put_number(&mut out, *value);
            }
            Value::Bytes(bytes) => {
                put_number(&mut out, number << 3 | 2);
                out.extend(delimited(bytes));
            }
        }
    }
    out
}

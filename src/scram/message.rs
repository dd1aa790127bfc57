//! The four messages of SCRAM (RFC 5802 §5, §7): parsed where they stand, without an allocation, and printed.

mod client;
mod grammar;
mod server;

pub(super) use self::client::{
    ClientFinal, ClientFirst, Flag, client_final, client_final_length, client_first, print_proof,
};
pub(super) use self::grammar::{MAX_TOKEN, is_binding_name};
pub(super) use self::server::{
    ServerFirst, server_error, server_final, server_final_length, server_first, server_signature,
};

#[cfg(test)]
mod tests;

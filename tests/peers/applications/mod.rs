//! Programs that people run and that log in by DIGEST-MD5: Hadoop, Spark, `ZooKeeper`, Subversion,
//! memcached, mail and XMPP. Each is unmodified; what is between it and our end is its own protocol.

mod hadoop;
mod java;
mod mail;
mod memcached;
mod rpc_server;
mod side;
mod spark;
mod subversion;
mod wire;
mod xmpp;
mod zookeeper;
mod zookeeper_clients;

use std::fmt;

use crate::results::Entry;
use crate::runner::Case;

/// A program, and what it has to do to pass.
pub(crate) struct Application {
    /// The row of the table that it is worth.
    entry: Entry,
    missing: fn() -> Option<&'static str>,
    play: fn(&Entry) -> Result<(), String>,
}

impl fmt::Display for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Entry { program, role, agreed, .. } = &self.entry;
        write!(f, "{program} ({role}), {agreed}")
    }
}

impl Case for Application {
    fn missing(&self) -> Option<&'static str> {
        (self.missing)()
    }

    fn entry(&self) -> Option<Entry> {
        Some(self.entry.clone())
    }

    fn play(&self) -> Result<(), String> {
        (self.play)(&self.entry)
    }
}

//! Programs that people run and that log in by Digest over HTTP, unmodified: clients of the example's
//! server, servers for the example's client, proxies, and SIP.

mod clients;
mod fetchers;
mod firefox;
mod proxies;
mod qt;
mod servers;
mod sip;

use crate::results::{self, Entry, Version};

/// Notes that a program passed its test.
pub(crate) fn passed(
    program: &'static str,
    version: Version,
    role: &'static str,
    agreed: &'static str,
    settings: &'static str,
    names: &'static str,
) {
    let entry = Entry { protocol: "HTTP", program, version, role, agreed, settings, names };
    results::record(&entry).expect("the result is written");
}

//! Programs that people run and that log in by Digest over HTTP, unmodified: clients of the example's
//! server, and servers for the example's client.

mod clients;
mod firefox;
#[path = "../../peers/applications/results.rs"]
mod results;
mod servers;

use results::{Entry, Version};

/// Notes that a program passed its test.
fn passed(
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

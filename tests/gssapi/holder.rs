//! An outbound credential stays who it was, whoever logs in to the credential cache later.

use std::process::Command;

use crate::heimdal;
use crate::kdc::{self, Kdc};
use crate::line_protocol::Process;
use crate::no_kdc;
use crate::programs;

const ALICE: &str = "alice@EXAMPLE.ORG";
const BOB: &str = "bob@EXAMPLE.ORG";
const NO_CREDENTIALS: &str = "8009030E";

/// What happens, and what the program says to it.
enum Event {
    /// A user's ticket comes into the cache.
    Kinit(&'static str),
    Kdestroy,
    /// All clocks go ahead.
    Ahead(i64),
    /// The program is asked, and answers.
    Asked(&'static str, &'static str),
}
use Event::{Ahead, Asked, Kdestroy, Kinit};

/// Runs a program of Kerberos' own with the cache.
fn tool(kdc: &Kdc, name: &str, cache: &str, arguments: &[&str]) {
    let mut command = kdc.command(name);
    command.arg("-c").arg(kdc.path(cache)).args(arguments);
    kdc.follow_clock(&mut command);
    kdc::run(&mut command, "secret\n").expect("a tool");
}

fn plays(kdc: &Kdc, cache: &str, package: &str, prepare: fn(&mut Command), events: &[Event]) {
    let mut command = kdc.command(programs::compiled("holder"));
    command.env("KRB5CCNAME", kdc.path(cache));
    kdc.follow_clock(&mut command);
    prepare(&mut command);
    kdc.set_clock(0).expect("a clock");
    let mut client = Process::start("the client", &mut command).expect("a client");
    for (number, event) in events.iter().enumerate() {
        match event {
            Kinit(user) => tool(kdc, "/usr/bin/kinit", cache, &[user]),
            Kdestroy => tool(kdc, "/usr/bin/kdestroy", cache, &[]),
            Ahead(seconds) => kdc.set_clock(*seconds).expect("a clock"),
            Asked(line, expected) => {
                let line = line.replace("PACKAGE", package);
                client.write(&line).expect("a client");
                let answer = client.read();
                assert_eq!(answer.as_deref(), Ok(*expected), "{cache}, event {number}: {line}");
            }
        }
    }
}

fn all(name: &str, prepare: fn(&mut Command)) {
    let kdc = Kdc::with_clock().expect("a KDC");
    for package in ["Kerberos", "Negotiate"] {
        let play = |what: &str, events: &[Event]| {
            plays(&kdc, &format!("{name}-{package}-{what}"), package, prepare, events);
        };
        play(
            "used",
            &[
                Kinit("alice"),
                Asked("acquire PACKAGE", "acquired"),
                Asked("name", ALICE),
                Asked("login", ALICE),
                Kinit("bob"),
                Asked("login", NO_CREDENTIALS),
                Asked("name", ALICE),
                Kinit("alice"),
                Asked("login", ALICE),
                Kdestroy,
                Asked("login", NO_CREDENTIALS),
                Asked("name", ALICE),
                Kinit("bob"),
                Asked("acquire PACKAGE", "acquired"),
                Asked("login", BOB),
            ],
        );
        play(
            "unused",
            &[
                Kinit("alice"),
                Asked("acquire PACKAGE", "acquired"),
                Kinit("bob"),
                Asked("login", NO_CREDENTIALS),
                Asked("name", ALICE),
            ],
        );
        play(
            "expired",
            &[
                Kinit("alice"),
                Ahead(200_000),
                Asked("acquire PACKAGE", "acquired"),
                Asked("name", ALICE),
                Kinit("bob"),
                Asked("login", NO_CREDENTIALS),
                Kinit("alice"),
                Asked("login", ALICE),
            ],
        );
        // What a password fetches is in nobody's cache. (Heimdal's Negotiate takes none.)
        if package == "Kerberos" || name == "holder" {
            play(
                "password",
                &[
                    Kinit("bob"),
                    Asked("password PACKAGE", "acquired"),
                    Asked("login", ALICE),
                    Kdestroy,
                    Asked("login", ALICE),
                    Asked("name", ALICE),
                    Kinit("bob"),
                    Asked("login", ALICE),
                ],
            );
        }
        // Nobody yet: the first one to be there.
        play(
            "nobody",
            &[
                Asked("acquire PACKAGE", "acquired"),
                Asked("name", ""),
                Asked("login", NO_CREDENTIALS),
                Kinit("alice"),
                Asked("login", ALICE),
                Kinit("bob"),
                Asked("login", NO_CREDENTIALS),
            ],
        );
    }
}

#[test]
fn a_credential_of_the_cache_stays_who_it_was() {
    if !no_kdc("the cache's holder") {
        all("holder", |_| ());
    }
}

#[test]
fn a_credential_of_the_cache_stays_who_it_was_with_heimdal_too() {
    if !heimdal::skipped() {
        all("heimdal-holder", heimdal::load_heimdal);
    }
}

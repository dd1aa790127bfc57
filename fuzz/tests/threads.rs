//! Threads that meet at everything the library shares between them: handles, sessions of HTTP, the
//! accounts and their file, configurations, contexts. `.ci/threads` runs this under ThreadSanitizer,
//! which sees every pair of accesses that nothing orders; by itself it checks the statuses.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use secur32_fuzz::abi::{self, SecBufferDesc, SecHandle};
use secur32_fuzz::ends::{self, Block, End, Function};
use secur32_fuzz::established::{self, LAYERS};
use secur32_fuzz::input::Input;
use secur32_fuzz::{people, place, transfer};

const THREADS: usize = 4;
const ROUNDS: usize = 60;

/// Two accesses that nothing orders. Only with a sanitizer, which must stop here.
#[test]
#[ignore = "a race, for .ci/threads to see that races are seen"]
fn a_race_to_be_seen() {
    struct Shared(std::cell::UnsafeCell<usize>);
    // SAFETY: none: it is not.
    unsafe impl Sync for Shared {}
    static SHARED: Shared = Shared(std::cell::UnsafeCell::new(0));
    // Both have begun before either goes on: the end of one must not come before the other's start.
    let begun = Barrier::new(2);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                begun.wait();
                for _ in 0..100_000 {
                    let shared = std::hint::black_box(SHARED.0.get());
                    // SAFETY: none: the other thread does the same.
                    unsafe { *shared += 1 };
                }
            });
        }
    });
}

#[test]
fn what_threads_share_is_ordered() {
    for (_, setup) in LAYERS {
        place::server(*setup, false);
    }
    logins();
    one_context();
    stale_handles();
    sessions();
    credentials_and_accounts();
    std::fs::remove_dir_all(place::directory()).unwrap();
}

/// Logins, messages and exports, each thread with contexts of its own.
fn logins() {
    thread::scope(|scope| {
        for number in 0..THREADS {
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let (layer, setup) = LAYERS[(number + round) % LAYERS.len()];
                    let mut ends = established::login(layer, setup);
                    transfer::pass_on(&mut ends[round % 2], transfer::DELETE_OLD);
                    let [server, client] = &mut ends;
                    message(client.context.unwrap(), server.context.unwrap());
                }
            });
        }
    });
}

/// A message from one end to the other, as far as there is a layer; the status of opening it.
fn message(mut from: SecHandle, mut to: SecHandle) -> i32 {
    let (mut text, mut trailer) = (Block::of(b"a message"), Block::room(24));
    let mut buffers = [text.buffer(abi::DATA), trailer.buffer(abi::PADDING)];
    let mut list = SecBufferDesc::of(&mut buffers);
    // SAFETY: blocks of exactly the sizes said.
    let status = unsafe { abi::EncryptMessage(&mut from, 0, &mut list, 0) };
    if status != abi::OK {
        return status;
    }
    let rest = &trailer.bytes()[..buffers[1].length as usize];
    let mut body = Block::of(&[text.bytes(), rest].concat());
    let mut buffers = [body.buffer(abi::DATA)];
    let mut list = SecBufferDesc::of(&mut buffers);
    // SAFETY: as above.
    unsafe { abi::DecryptMessage(&mut to, &mut list, 0, std::ptr::null_mut()) }
}

/// One pair of contexts in all threads: each message is sealed and opened by some thread, others are
/// asked and exported meanwhile, until one thread deletes what all use.
fn one_context() {
    for (layer, setup) in LAYERS.iter().take(6) {
        let mut ends = established::login(*layer, *setup);
        let pair = ends.each_ref().map(|end| end.context.unwrap());
        let opened = AtomicUsize::new(0);
        thread::scope(|scope| {
            for number in 0..THREADS {
                let opened = &opened;
                scope.spawn(move || {
                    let [mut one, other] = if number % 2 == 0 { pair } else { [pair[1], pair[0]] };
                    for round in 0..ROUNDS {
                        // Others may have sent meanwhile: then this one is out of its order.
                        if message(one, other) == abi::OK {
                            opened.fetch_add(1, Ordering::Relaxed);
                        }
                        let _ = ends::attribute::<abi::Sizes>(&mut one, abi::ATTR_SIZES);
                        if round % 16 == 0 {
                            transfer::export(&mut one, 0);
                        }
                    }
                });
            }
        });
        assert!(opened.load(Ordering::Relaxed) > 0, "no message was opened");
        thread::scope(|scope| {
            for number in 0..THREADS {
                scope.spawn(move || {
                    let [mut one, other] = pair;
                    if number == 0 {
                        // SAFETY: a handle by value.
                        assert_eq!(unsafe { abi::DeleteSecurityContext(&mut one) }, abi::OK);
                        return;
                    }
                    while message(one, other) != abi::INVALID_HANDLE {
                        let _ = ends::attribute::<abi::Sizes>(&mut one, abi::ATTR_SIZES);
                    }
                });
            }
        });
        ends[0].context = None;
    }
}

/// Contexts that come and go, asked by threads that do not own them: each handle is deleted once.
fn stale_handles() {
    use std::sync::Mutex;
    let shared: Vec<Mutex<SecHandle>> =
        (0..8).map(|_| Mutex::new(SecHandle { lower: 0, upper: 0 })).collect();
    let (made, gone) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let delete = |mut handle: SecHandle| {
        // SAFETY: a handle by value.
        if unsafe { abi::DeleteSecurityContext(&mut handle) } == abi::OK {
            gone.fetch_add(1, Ordering::Relaxed);
        }
    };
    thread::scope(|scope| {
        for number in 0..THREADS {
            let (shared, made, delete) = (&shared, &made, &delete);
            scope.spawn(move || {
                for round in 0..ROUNDS * 4 {
                    let mut end = End::new(Function::SaslAccept, place::server(0, false), 0);
                    end.step(&mut Input::new(&[]), &[(abi::TOKEN, &[])]);
                    made.fetch_add(1, Ordering::Relaxed);
                    let fresh = end.context.take().unwrap();
                    let place = &shared[(number + round) % shared.len()];
                    let old = std::mem::replace(&mut *place.lock().unwrap(), fresh);
                    let mut other = *shared[round % shared.len()].lock().unwrap();
                    let _ = ends::attribute::<abi::Sizes>(&mut other, abi::ATTR_SIZES);
                    delete(old);
                    if round % 8 == 0 {
                        delete(other);
                    }
                }
            });
        }
    });
    shared.iter().for_each(|place| delete(*place.lock().unwrap()));
    assert_eq!(made.into_inner(), gone.into_inner(), "deleted as often as made");
}

/// Later requests of one HTTP session from all threads: each count is taken once.
fn sessions() {
    let claimed = place::Claimed { user: "alice", domain: None, password: "secret" };
    // The setup whose counts may come out of order.
    let (server, client) = (place::server(1, false), place::client(1, claimed));
    for _ in 0..8 {
        let mut challenged = End::new(Function::Accept, server, abi::ASC_HTTP);
        let params = |bytes: &'static [u8]| (abi::PKG_PARAMS, bytes);
        let first = challenged.step(&mut Input::new(&[]), &[(abi::TOKEN, &[]), params(b"GET")]);
        let mut user = End::new(Function::Initialize, client, abi::ISC_HTTP);
        user.target = b"/".to_vec();
        let given = [(abi::TOKEN, first.token()), params(b"GET"), params(b"")];
        let response = user.step(&mut Input::new(&[]), &given).token().to_vec();
        let granted = AtomicUsize::new(0);
        let accept = |response: &[u8]| {
            let mut end = End::new(Function::Accept, server, abi::ASC_HTTP);
            let given = [(abi::TOKEN, response), params(b"GET"), params(b"/"), params(b"")];
            let step = end.step(&mut Input::new(&[]), &given);
            let mut status = step.status;
            if status == abi::COMPLETE_NEEDED {
                let mut blocks = given.map(|(kind, bytes)| (kind, Block::of(bytes)));
                let mut buffers = blocks.each_mut().map(|(kind, block)| block.buffer(*kind));
                let mut list = SecBufferDesc::of(&mut buffers);
                // SAFETY: blocks of exactly the sizes said.
                status =
                    unsafe { abi::CompleteAuthToken(end.context.as_mut().unwrap(), &mut list) };
            }
            if status == abi::OK {
                granted.fetch_add(1, Ordering::Relaxed);
            }
            end
        };
        // The same first response from everybody: one begins the session, the others come too late.
        let held = thread::scope(|scope| {
            let all: Vec<_> = (0..THREADS).map(|_| scope.spawn(|| accept(&response))).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect::<Vec<End>>()
        });
        assert_eq!(granted.swap(0, Ordering::Relaxed), 1, "one first request is let in");
        let user = user.context.unwrap();
        thread::scope(|scope| {
            for _ in 0..THREADS {
                let accept = &accept;
                scope.spawn(move || {
                    for _ in 0..8 {
                        let response = sign(user);
                        drop(accept(&response));
                        drop(accept(&response));
                    }
                });
            }
        });
        let all = granted.into_inner();
        assert!((1..=THREADS * 8).contains(&all), "{all} of {} were let in", THREADS * 8);
        drop(held);
    }
}

/// The client's response for one more request.
fn sign(mut user: SecHandle) -> Vec<u8> {
    let mut blocks = [&b""[..], b"GET", b"/", b""].map(Block::of);
    let mut output = Block::room(2048);
    let [token, method, uri, entity] = &mut blocks;
    let mut buffers = [
        token.buffer(abi::TOKEN),
        method.buffer(abi::PKG_PARAMS),
        uri.buffer(abi::PKG_PARAMS),
        entity.buffer(abi::PKG_PARAMS),
        output.buffer(abi::PADDING),
    ];
    let mut list = SecBufferDesc::of(&mut buffers);
    // SAFETY: blocks of exactly the sizes said.
    assert_eq!(unsafe { abi::MakeSignature(&mut user, 0, &mut list, 0) }, abi::OK);
    output.bytes()[..buffers[4].length as usize].to_vec()
}

/// Logins while credentials come and go and the accounts' file is written anew.
fn credentials_and_accounts() {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let done = &done;
        let logins: Vec<_> = (0..THREADS - 1)
            .map(|number| {
                scope.spawn(move || {
                    for round in 0..ROUNDS {
                        let (layer, setup) = LAYERS[(number + round) % LAYERS.len()];
                        drop(established::login(layer, setup));
                        unknown();
                    }
                })
            })
            .collect();
        scope.spawn(move || {
            let path = place::directory().join("accounts");
            let mut more = people::htdigest();
            while !done.load(Ordering::Relaxed) {
                let next = path.with_extension("next");
                more.extend_from_slice(b"# another line\n");
                std::fs::write(&next, &more).unwrap();
                std::fs::rename(&next, &path).unwrap();
                place::free(
                    place::acquire("WDigest", abi::INBOUND, std::ptr::null_mut(), None).unwrap(),
                );
            }
        });
        for login in logins {
            login.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
    });
}

/// A user that nobody knows: for whom the file is looked at.
fn unknown() {
    let claimed = place::Claimed { user: "nobody", domain: None, password: "secret" };
    let mut server = End::new(Function::SaslAccept, place::server(0, false), 0);
    let mut client = End::new(Function::SaslInitialize, place::client(0, claimed), 0);
    client.target = b"imap/host".to_vec();
    let nothing = &mut Input::new(&[]);
    let challenge = server.step(nothing, &[(abi::TOKEN, &[])]);
    let response = client.step(nothing, &[(abi::TOKEN, challenge.token())]);
    assert_eq!(server.step(nothing, &[(abi::TOKEN, response.token())]).status, abi::LOGON_DENIED);
}

//! `cargo bench --bench digest [-- FILTER]`: the library alone, through the functions it exports to
//! C, and the handle table that all of them go through. Medians, of processor time where one thread
//! works; the comparison with other libraries is `cargo xtask bench`.
#![allow(unsafe_code)]

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use secur32::handle::{Kind, Table};

use calls::{Layer, Parties, Session, TRAILER};

#[path = "digest/calls.rs"]
mod calls;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Handshakes that one round has under way at once.
const BATCH: usize = 32;
const ROUNDS: usize = 31;
/// Bytes of the messages; the last is 64 KiB less what the default maxbuf leaves no room for.
const SIZES: [usize; 4] = [64, 1024, 16384, 65536 - 32];
const TABLE_TURNS: u32 = 20_000;

fn main() -> Result<()> {
    let filter = env::args().skip(1).find(|word| !word.starts_with('-')).unwrap_or_default();
    let bench = Bench { filter };
    let directory = Directory::new()?;
    for layer in Layer::ALL {
        let parties = Parties::new(&directory.0, layer)?;
        bench.handshake(&parties, layer)?;
        if layer != Layer::Auth {
            for size in SIZES {
                bench.messages(&parties, layer, size)?;
            }
        }
    }
    for threads in [1, 2] {
        bench.table(threads)?;
    }
    Ok(())
}

struct Bench {
    filter: String,
}

impl Bench {
    /// Takes `round` again and again, and prints the median of what it says that one item took.
    fn run(&self, name: &str, bytes: usize, mut round: impl FnMut() -> Result<f64>) -> Result<()> {
        if !name.contains(&self.filter) {
            return Ok(());
        }
        round()?;
        let mut times = (0..ROUNDS).map(|_| round()).collect::<Result<Vec<f64>>>()?;
        times.sort_by(f64::total_cmp);
        let median = times.get(ROUNDS / 2).copied().unwrap_or_default();
        #[expect(clippy::cast_precision_loss, reason = "a message has less than 2^52 bytes")]
        let rate = bytes as f64 * 1000.0 / median;
        let rate = if bytes > 0 { format!("{rate:8.0} MB/s") } else { String::new() };
        println!("{name:<32}{median:>12.0} ns{rate}");
        Ok(())
    }

    fn handshake(&self, parties: &Parties, layer: Layer) -> Result<()> {
        self.run(&format!("handshake {}", layer.name()), 0, || {
            let mut time = Duration::ZERO;
            let mut timed = Stopwatch(&mut time);
            let begun = timed.run(|| collect(|| parties.challenge()))?;
            let mut answered = Vec::with_capacity(BATCH);
            for (server, challenge) in &begun {
                let (client, response) = parties.answer(challenge)?;
                answered.push((Session { server: *server, client }, response));
            }
            let mut answers = answered.iter();
            timed.run(|| {
                answers.try_for_each(|(session, response)| session.judge(response).map(drop))
            })?;
            for (session, _) in &answered {
                session.delete_client();
            }
            timed.run(|| {
                for (session, _) in &answered {
                    session.delete_server();
                }
            });
            Ok(each(time, BATCH))
        })
    }

    fn messages(&self, parties: &Parties, layer: Layer, size: usize) -> Result<()> {
        let count = (256 * 1024 / size).clamp(4, 256);
        let name = layer.name();
        let mut frames = vec![vec![7; size + TRAILER]; count];
        let session = parties.session()?;
        self.run(&format!("encrypt {name} {size}"), size, || {
            let mut time = Duration::ZERO;
            Stopwatch(&mut time)
                .run(|| frames.iter_mut().try_for_each(|frame| session.encrypt(frame, size)))?;
            Ok(each(time, count))
        })?;
        session.delete();
        let session = parties.session()?;
        self.run(&format!("decrypt {name} {size}"), size, || {
            let mut lengths = Vec::with_capacity(count);
            for frame in &mut frames {
                lengths.push(session.client_encrypt(frame, size)?);
            }
            let mut time = Duration::ZERO;
            Stopwatch(&mut time).run(|| {
                let mut sealed = frames.iter_mut().zip(&lengths);
                sealed.try_for_each(|(frame, length)| session.decrypt(frame, *length))
            })?;
            Ok(each(time, count))
        })?;
        session.delete();
        Ok(())
    }

    /// An object put in, looked up and taken out, each thread its own.
    fn table(&self, threads: usize) -> Result<()> {
        let table = Table::new(Kind::Context);
        let object = || Arc::new(0_u64);
        let work = |barrier: &Barrier| -> secur32::error::Result<Duration> {
            let object = object();
            barrier.wait();
            let start = Instant::now();
            for _ in 0..TABLE_TURNS {
                let handle = table.insert(Arc::clone(&object))?;
                table.get(handle)?;
                table.remove(handle)?;
            }
            Ok(start.elapsed())
        };
        self.run(&format!("table insert get remove, {threads} thr"), 0, || {
            let barrier = Barrier::new(threads);
            let mut slowest = Duration::ZERO;
            thread::scope(|scope| -> Result<()> {
                let workers: Vec<_> =
                    (0..threads).map(|_| scope.spawn(|| work(&barrier))).collect();
                for worker in workers {
                    let time = worker.join().map_err(|_| "a thread panicked")?;
                    let time = time.map_err(|error| format!("{error:?}"))?;
                    slowest = slowest.max(time);
                }
                Ok(())
            })?;
            Ok(each(slowest, TABLE_TURNS as usize))
        })
    }
}

/// Adds up what the parts took that are to be timed.
struct Stopwatch<'t>(&'t mut Duration);

impl Stopwatch<'_> {
    fn run<R>(&mut self, work: impl FnOnce() -> R) -> R {
        let start = calls::processor_time();
        let result = work();
        *self.0 += calls::processor_time().saturating_sub(start);
        result
    }
}

fn collect<T>(mut make: impl FnMut() -> Result<T>) -> Result<Vec<T>> {
    let mut items = Vec::with_capacity(BATCH);
    for _ in 0..BATCH {
        items.push(make()?);
    }
    Ok(items)
}

/// Nanoseconds of one of `count`.
fn each(time: Duration, count: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts here are small")]
    let count = count as f64;
    time.as_secs_f64() * 1e9 / count
}

/// A directory for the configuration, removed at the end.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Result<Self> {
        let path = env::temp_dir().join(format!("secur32-bench-{}", std::process::id()));
        fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // What is left over in a directory for such things hurts nobody.
        let _ = fs::remove_dir_all::<&Path>(&self.0);
    }
}

//! The edge to the operating system: what the library asks of it beyond Rust's standard library.
//! Thin functions with a safe face; `unsafe` is allowed here as it is in `ffi`.

#![allow(unsafe_code)]

pub mod clock;
pub mod file;
pub mod fork;
pub mod heap;
pub mod host;
pub mod location;
pub mod log_file;
#[cfg(windows)]
pub(crate) mod module;
pub mod process;
#[cfg(all(windows, target_env = "gnu"))]
mod process_prng;
pub mod sigpipe;
pub mod stack;
pub mod thread;
pub mod time_zone;
#[cfg(windows)]
pub(crate) mod windows_secur32;

//! Finding and reading the file.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{Document, wrong};
use crate::error::{Error, Result};
use crate::system::{file, location};

/// The largest file that is read, in bytes.
pub(super) const MAX_FILE: usize = 1 << 20;

/// Where the file is looked for when the environment names none.
pub(super) fn standard_places() -> Vec<PathBuf> {
    let mut places = Vec::new();
    if let Some(directory) = location::directory() {
        places.push(directory.join("secur32.toml"));
    }
    #[cfg(not(windows))]
    places.push(PathBuf::from("/etc/secur32.toml"));
    #[cfg(windows)]
    if let Some(data) = std::env::var_os("ProgramData") {
        places.push(PathBuf::from(data).join("secur32").join("secur32.toml"));
    }
    places
}

/// The first file of `places` that exists.
pub(super) fn read_first(places: &[PathBuf]) -> Result<Option<Document>> {
    for path in places {
        if let Some(document) = read(path)? {
            return Ok(Some(document));
        }
    }
    Ok(None)
}

/// A file; `None` where there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<Document>> {
    let bytes = match read_bytes(path) {
        Ok(bytes) => bytes,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) if error.kind() == ErrorKind::OutOfMemory => return Err(Error::no_memory()),
        Err(error) => return Err(wrong(format!("{}: {error}", path.display()))),
    };
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = 1 + memchr::memchr_iter(b'\n', good).count();
        wrong(format!("{}:{line}: expected UTF-8 text", path.display()))
    })?;
    Document::parse(text, path).map(Some)
}

/// The content, which may hold a secret.
fn read_bytes(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    // Before it is opened: opening a pipe would wait for its other end.
    if !file::at(path)?.is_regular {
        return Err(io::Error::other("not a regular file"));
    }
    let file = File::open(path)?;
    // With room for all there may be, so that it is never moved.
    let mut bytes = Zeroizing::new(Vec::new());
    bytes.try_reserve_exact(MAX_FILE + 1).map_err(|_| ErrorKind::OutOfMemory)?;
    file.take(MAX_FILE as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > MAX_FILE {
        return Err(io::Error::other("larger than 1 MiB"));
    }
    Ok(bytes)
}

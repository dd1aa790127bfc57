//! Files with a secret in them.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::secret::Secret;
use crate::system;

/// The largest such file in bytes.
const LARGEST: u64 = 64 * 1024;

/// Reads a file of text that others than its owner and group may neither read nor write. What is wrong
/// with it is for the log.
pub(super) fn read(path: &Path) -> Result<Secret<String>, String> {
    let said = |error: std::io::Error| error.to_string();
    let file = File::open(path).map_err(said)?;
    let state = system::file::of(&file).map_err(said)?;
    if !state.is_regular || state.size > LARGEST {
        return Err("not a regular file of at most 64 KiB".to_owned());
    }
    if state.open_to_others {
        return Err("others may read or write it: chmod o-rw".to_owned());
    }
    let mut text = Secret::new(String::new());
    file.take(LARGEST).read_to_string(text.expose_mut()).map_err(said)?;
    Ok(text)
}

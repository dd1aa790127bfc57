//! Where the log writes: standard error, or a file that is only ever appended to.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// Writes `line` to standard error by one call of the system, past the lock that the standard library
/// has on it.
pub fn to_standard_error(line: &[u8]) {
    #[cfg(unix)]
    {
        use std::mem::ManuallyDrop;
        use std::os::fd::FromRawFd;

        // SAFETY: never closed here; a program that has closed it, or has put a file of its own in its
        // place, gets an error or the line there, as from any write to standard error.
        let file = ManuallyDrop::new(unsafe { File::from_raw_fd(libc::STDERR_FILENO) });
        write(&file, line);
    }
    // Nobody can be told that it failed.
    #[cfg(not(unix))]
    let _ = io::stderr().write_all(line);
}

/// A file that lines are appended to, or a pipe or device, which is never waited for.
#[derive(Debug)]
pub struct LogFile(File);

impl LogFile {
    /// Opens or makes the file at `path`, for its owner alone: names of users are nobody else's
    /// business. A pipe need not have a reader yet.
    ///
    /// # Errors
    /// The system's.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};

            options.mode(0o600).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
            // With a reader of its own, a pipe can be opened before there is another one, and does not
            // end the process by a signal when that one goes.
            let is_pipe = std::fs::metadata(path).is_ok_and(|file| file.file_type().is_fifo());
            options.read(is_pipe);
        }
        options.open(path).map(Self)
    }

    /// Appends `line` by one call of the system.
    pub fn write(&self, line: &[u8]) {
        write(&self.0, line);
    }
}

/// One line by one call. The rest of one that was cut short follows as far as there is room: a pipe
/// takes lines of the log whole or not at all.
fn write(mut file: &File, line: &[u8]) {
    // Nobody can be told that it failed.
    let _ = file.write_all(line);
}

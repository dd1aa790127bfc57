//! What a file is, without reading it.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::SystemTime;

/// What the system says of a file.
#[derive(Clone, Copy, Debug)]
pub struct FileState {
    /// Whether it is one that can be read to its end: no directory, pipe or device.
    pub is_regular: bool,
    /// Its length in bytes.
    pub size: u64,
    /// When it was written last, where the system keeps that.
    pub modified: Option<SystemTime>,
    /// Device and inode, where there are such.
    pub identity: (u64, u64),
    /// Whether others than its owner and group may read or write it, as far as one number tells.
    pub open_to_others: bool,
}

/// The state of the file at `path`, which is not opened for its content: that of a pipe would wait
/// for its other end.
///
/// # Errors
/// The system's.
pub fn at(path: &Path) -> io::Result<FileState> {
    state::at(path)
}

/// The state of an open file.
///
/// # Errors
/// The system's.
pub fn of(file: &File) -> io::Result<FileState> {
    state::of(file)
}

#[cfg(not(windows))]
mod state {
    use std::fs::{self, File, Metadata};
    use std::io;
    use std::path::Path;

    use super::FileState;

    pub(super) fn at(path: &Path) -> io::Result<FileState> {
        fs::metadata(path).map(|metadata| told(&metadata))
    }

    pub(super) fn of(file: &File) -> io::Result<FileState> {
        file.metadata().map(|metadata| told(&metadata))
    }

    fn told(metadata: &Metadata) -> FileState {
        #[cfg(unix)]
        let (identity, mode) = {
            use std::os::unix::fs::MetadataExt as _;
            ((metadata.dev(), metadata.ino()), metadata.mode())
        };
        #[cfg(not(unix))]
        let (identity, mode) = ((0, 0), 0);
        FileState {
            is_regular: metadata.is_file(),
            size: metadata.len(),
            modified: metadata.modified().ok(),
            identity,
            open_to_others: mode & 0o006 != 0,
        }
    }
}

/// `GetFileInformationByHandle`, which the standard library's metadata goes by, asks another process
/// under Wine. A thread that the end of its process catches there keeps a lock that the end then
/// waits for, without end. `GetFileInformationByHandleEx` asks Wine's server alone.
#[cfg(windows)]
mod state {
    use std::fs::{File, OpenOptions};
    use std::io;
    use std::mem::MaybeUninit;
    use std::os::windows::fs::OpenOptionsExt as _;
    use std::os::windows::io::AsRawHandle as _;
    use std::path::Path;
    use std::time::{Duration, SystemTime};

    use windows_sys::Win32::Storage::FileSystem::{
        FILE_BASIC_INFO, FILE_FLAG_BACKUP_SEMANTICS, FILE_INFO_BY_HANDLE_CLASS, FILE_TYPE_DISK,
        FileBasicInfo, FileStandardInfo, GetFileInformationByHandleEx, GetFileType,
    };

    use super::FileState;
    use crate::system::clock::{SECOND, UNIX_EPOCH};

    /// `FILE_STANDARD_INFO`, whose BOOLEANs may be any byte.
    #[repr(C)]
    #[allow(dead_code, reason = "the layout is the system's")]
    struct StandardInformation {
        allocated: i64,
        end: i64,
        links: u32,
        delete_pending: u8,
        directory: u8,
    }

    pub(super) fn at(path: &Path) -> io::Result<FileState> {
        // No access to the content, and directories too can be opened.
        let mut options = OpenOptions::new();
        let file = options.access_mode(0).custom_flags(FILE_FLAG_BACKUP_SEMANTICS).open(path)?;
        of(&file)
    }

    pub(super) fn of(file: &File) -> io::Result<FileState> {
        // SAFETY: the handle is the file's, and open.
        if unsafe { GetFileType(file.as_raw_handle()) } != FILE_TYPE_DISK {
            let (size, modified, identity) = (0, None, (0, 0));
            let open_to_others = false;
            return Ok(FileState { is_regular: false, size, modified, identity, open_to_others });
        }
        // SAFETY: the class says that it is this structure, of numbers alone.
        let basic: FILE_BASIC_INFO = unsafe { ask(file, FileBasicInfo) }?;
        // SAFETY: as above.
        let standard: StandardInformation = unsafe { ask(file, FileStandardInfo) }?;
        Ok(FileState {
            is_regular: standard.directory == 0,
            size: u64::try_from(standard.end).unwrap_or_default(),
            modified: time(basic.LastWriteTime),
            identity: (0, 0),
            open_to_others: false,
        })
    }

    /// # Safety
    /// `T` is the structure of `class`, for which zeros stand as well as what the system writes.
    unsafe fn ask<T>(file: &File, class: FILE_INFO_BY_HANDLE_CLASS) -> io::Result<T> {
        let mut information = MaybeUninit::<T>::zeroed();
        let size = u32::try_from(size_of::<T>()).unwrap_or_default();
        let place = information.as_mut_ptr().cast();
        // SAFETY: the handle is open, and `size` bytes can be written at the pointer.
        let told =
            unsafe { GetFileInformationByHandleEx(file.as_raw_handle(), class, place, size) };
        if told == 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: zeroed, and written by the system (the caller's promise).
        Ok(unsafe { information.assume_init() })
    }

    /// Of a FILETIME's intervals of 100 ns since 1601; a file system that keeps no times says 0.
    fn time(intervals: i64) -> Option<SystemTime> {
        if intervals == 0 {
            return None;
        }
        let since = intervals - UNIX_EPOCH * SECOND;
        let duration = |intervals: u64| Duration::from_nanos(intervals.saturating_mul(100));
        match u64::try_from(since) {
            Ok(after) => SystemTime::UNIX_EPOCH.checked_add(duration(after)),
            Err(_) => SystemTime::UNIX_EPOCH.checked_sub(duration(since.unsigned_abs())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::scratch::Scratch;

    #[test]
    fn the_state_is_that_of_the_standard_library() {
        let directory = Scratch::new();
        let path = directory.file("file", "five\n");
        let file = File::open(&path).unwrap();
        let metadata = std::fs::metadata(&path).unwrap();
        for state in [at(&path).unwrap(), of(&file).unwrap()] {
            assert!(state.is_regular);
            assert_eq!((state.size, state.modified), (5, metadata.modified().ok()));
        }
        assert!(!at(path.parent().unwrap()).unwrap().is_regular);
        let absent = at(&path.with_extension("absent")).unwrap_err();
        assert_eq!(absent.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    #[cfg(unix)]
    fn who_may_read_it_is_told() {
        use std::os::unix::fs::PermissionsExt as _;

        let directory = Scratch::new();
        let path = directory.file("file", "");
        for (mode, open) in [(0o600, false), (0o640, false), (0o644, true), (0o602, true)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(at(&path).unwrap().open_to_others, open, "{mode:o}");
        }
        assert!(!at(Path::new("/dev/null")).unwrap().is_regular);
    }
}

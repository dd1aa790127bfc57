//! Where this library is on disk.

use std::path::{Path, PathBuf};

use once_cell::race::OnceBox;

/// The directory that holds this library, or the program it is linked into; `None` when it cannot
/// be told. Found once, on first use.
///
/// The answer is absolute: a name relative to the current directory is never taken, since the
/// current directory may be one that others can write to.
pub fn directory() -> Option<&'static Path> {
    static DIRECTORY: OnceBox<Option<PathBuf>> = OnceBox::new();
    DIRECTORY
        .get_or_init(|| {
            let file = file().filter(|file| file.is_absolute()).or_else(mapped_file);
            Box::new(file.and_then(|file| file.parent().map(Path::to_owned)))
        })
        .as_deref()
}

/// Whether Wine's secur32.dll has loaded this library as a package of its own: this is a DLL of
/// another name than secur32.dll. The upper words of handles are Wine's then, and it frees the
/// memory that it gets.
#[must_use]
pub fn is_provider() -> bool {
    #[cfg(windows)]
    return super::module::is_provider();
    #[cfg(not(windows))]
    false
}

/// The file as the dynamic loader names it, which may be relative.
#[cfg(unix)]
fn file() -> Option<PathBuf> {
    use std::ffi::{CStr, OsStr};
    use std::mem::MaybeUninit;
    use std::os::unix::ffi::OsStrExt;

    let mut info = MaybeUninit::<libc::Dl_info>::zeroed();
    let here = (directory as fn() -> Option<&'static Path>) as *const libc::c_void;
    // SAFETY: `info` is writable and of the right type; any address may be asked for.
    let found = unsafe { libc::dladdr(here, info.as_mut_ptr()) };
    if found == 0 {
        return None;
    }
    // SAFETY: pointers may be null and the whole was zeroed, so every field holds a valid value.
    let info = unsafe { info.assume_init() };
    if info.dli_fname.is_null() {
        return None;
    }
    // SAFETY: the loader's name is terminated, and lives as long as the object that runs this code.
    let name = unsafe { CStr::from_ptr(info.dli_fname) };
    Some(PathBuf::from(OsStr::from_bytes(name.to_bytes())))
}

#[cfg(windows)]
fn file() -> Option<PathBuf> {
    use std::os::windows::ffi::OsStringExt;

    let name = super::module::file_name(super::module::own()?)?;
    Some(PathBuf::from(std::ffi::OsString::from_wide(&name)))
}

#[cfg(not(any(unix, windows)))]
fn file() -> Option<PathBuf> {
    std::env::current_exe().ok()
}

/// The file that the kernel has mapped at this code, for when the loader's name is relative: of a
/// program started by a relative name, or a library found by a relative search path.
#[cfg(target_os = "linux")]
fn mapped_file() -> Option<PathBuf> {
    let here = (directory as fn() -> Option<&'static Path>) as usize;
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    maps.lines().find_map(|line| file_of_mapping(line, here)).map(PathBuf::from)
}

#[cfg(not(target_os = "linux"))]
fn mapped_file() -> Option<PathBuf> {
    None
}

/// The file of one line of `/proc/self/maps` (`start-end modes offset device inode  path`, see
/// proc(5)), when the mapping covers `address`.
#[cfg(any(target_os = "linux", test))]
fn file_of_mapping(line: &str, address: usize) -> Option<&str> {
    let (start, rest) = line.split_once('-')?;
    let end = rest.split(' ').next()?;
    let start = usize::from_str_radix(start, 16).ok()?;
    let end = usize::from_str_radix(end, 16).ok()?;
    let path = line.get(line.find('/')?..)?;
    ((start..end).contains(&address) && !path.ends_with(" (deleted)")).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_is_that_of_the_test_program() {
        let program = std::env::current_exe().unwrap();
        let real = |path: &Path| path.canonicalize().unwrap();
        assert_eq!(real(directory().unwrap()), real(program.parent().unwrap()));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_mapping_of_this_code_is_the_test_program() {
        assert_eq!(mapped_file().unwrap(), std::env::current_exe().unwrap());
    }

    #[test]
    fn lines_of_maps() {
        let line = "7f00-7f10 r-xp 00000000 fe:01 1234    /usr/lib/lib secur32.so";
        assert_eq!(file_of_mapping(line, 0x7f0f), Some("/usr/lib/lib secur32.so"));
        assert_eq!(file_of_mapping(line, 0x7f10), None);
        for line in [
            "",
            "7f00",
            "x-7f10 r-xp 0 0 0 /a",
            "7f00-7f10 rw-p 0 0 0",
            "7f00-7f10 r-xp 0 0 0 [vdso]",
        ] {
            assert_eq!(file_of_mapping(line, 0x7f01), None, "{line}");
        }
        assert_eq!(file_of_mapping("7f00-7f10 r-xp 0 0 0 /a (deleted)", 0x7f01), None);
    }
}

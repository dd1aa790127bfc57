//! Archives of what is built, one for each platform and one of its debugging information, the same to the byte
//! when made again.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, UNIX_EPOCH};

use crate::{Result, install, problem, root, sbom, succeed};

/// What every archive has beside the pages of docs/, which README.md leads to.
const TEXTS: [&str; 7] = [
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "SECURITY.md",
    "examples/scram_line.py",
];

/// 1980-01-02: the first whole day that a zip archive can tell, in seconds since 1970.
const TIME: u64 = 315_619_200;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Where the archives go [default: dist/ of the source tree]
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Cargo's profile
    #[arg(long, value_name = "P", default_value = "release")]
    profile: String,
}

/// `cargo xtask dist`: `secur32-VERSION-SYSTEM-MACHINE.tar.gz` for this machine, a zip for each
/// Windows DLL that `cargo xtask windows` has left in `target/windows/`, beside each its debugging
/// information (`-debug`), and their SHA256SUMS. Each archive says what is built in (sbom.cdx.json).
pub(crate) fn run(options: &Options) -> Result<()> {
    let output = options.output.clone().unwrap_or_else(|| root().join("dist"));
    let output = std::path::absolute(&output).map_err(|error| problem(&output, &error))?;
    let version = install::version()?;
    let mut archives = native(&output, &version, &options.profile)?;
    for machine in ["x86", "x86_64"] {
        let built = root().join("target/windows").join(machine);
        if built.join("secur32.dll").is_file() {
            archives.extend(windows(&output, &version, machine, &built)?);
        } else {
            println!("SKIPPED: Windows on {machine}: `cargo xtask windows` has not built it");
        }
    }
    archives.sort();
    sums(&output, &archives)?;
    archives.iter().for_each(|archive| println!("{}", output.join(archive).display()));
    Ok(())
}

/// The archives for the machine that this runs on; their names.
fn native(output: &Path, version: &str, profile: &str) -> Result<Vec<String>> {
    let (system, machine) = (std::env::consts::OS, std::env::consts::ARCH);
    let stage = Stage::new(output, &format!("secur32-{version}-{system}-{machine}"))?;
    let prefix = stage.place.display().to_string();
    install::install(&install::Options::below(&stage.place, profile))?;
    // The directory above pkg-config's file, wherever the archive is unpacked.
    let description = stage.place.join("lib/pkgconfig/secur32.pc");
    let text = fs::read_to_string(&description).map_err(|error| problem(&description, &error))?;
    let text = text.replace(&format!("prefix={prefix}\n"), "prefix=${pcfiledir}/../..\n");
    fs::write(&description, text).map_err(|error| problem(&description, &error))?;
    stage.write("sbom.cdx.json", &sbom::of(&sbom::host()?, version)?)?;
    let mut archives = vec![];
    if system == "linux" {
        let debug = Stage::new(output, &format!("{}-debug", stage.name))?;
        let library = format!("lib/libsecur32.so.{version}");
        take_debug(&stage.place.join(library), &debug.place, "objcopy")?;
        install::strip(&stage.place.join("lib/libsecur32.a"))?;
        archives.push(debug.tar(output)?);
    } else {
        println!("SKIPPED: debugging information is taken apart on Linux alone");
    }
    archives.push(stage.tar(output)?);
    Ok(archives)
}

/// The archives for Windows on a machine; their names.
fn windows(output: &Path, version: &str, machine: &str, built: &Path) -> Result<Vec<String>> {
    let stage = Stage::new(output, &format!("secur32-{version}-windows-{machine}"))?;
    stage.copy(&built.join("secur32.dll"), "secur32.dll")?;
    for library in ["libsecur32.dll.a", "secur32.lib"] {
        if built.join(library).is_file() {
            stage.copy(&built.join(library), &format!("lib/{library}"))?;
        }
    }
    // Windows' own headers have the other two names.
    stage.copy(&root().join("include/secur32.h"), "include/secur32.h")?;
    let name = if machine == "x86" { "i686" } else { machine };
    stage.write("sbom.cdx.json", &sbom::of(&format!("{name}-pc-windows-gnu"), version)?)?;
    let debug = Stage::new(output, &format!("{}-debug", stage.name))?;
    let objcopy = format!("{name}-w64-mingw32-objcopy");
    take_debug(&stage.place.join("secur32.dll"), &debug.place, &objcopy)?;
    Ok(vec![debug.zip(output)?, stage.zip(output)?])
}

/// The content of an archive, in a directory that goes when this does.
struct Stage {
    name: String,
    above: PathBuf,
    place: PathBuf,
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.above);
    }
}

impl Stage {
    fn new(output: &Path, name: &str) -> Result<Self> {
        let above = output.join(format!("{name}.new"));
        let stage = Self { name: name.into(), place: above.join(name), above };
        let _ = fs::remove_dir_all(&stage.above);
        fs::create_dir_all(&stage.place).map_err(|error| problem(&stage.place, &error))?;
        Ok(stage)
    }

    fn copy(&self, from: &Path, name: &str) -> Result<()> {
        let to = self.place.join(name);
        let directory = to.parent().unwrap_or(&self.place);
        fs::create_dir_all(directory).map_err(|error| problem(directory, &error))?;
        // The content alone: not the permissions and the time.
        let content = fs::read(from).map_err(|error| problem(from, &error))?;
        fs::write(&to, content).map_err(|error| problem(&to, &error))
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.place.join(name);
        fs::write(&path, text).map_err(|error| problem(&path, &error))
    }

    /// Makes the archive of its name; that file's.
    fn tar(self, output: &Path) -> Result<String> {
        let files = self.finish()?;
        let archive = format!("{}.tar.gz", self.name);
        let mut tar = Command::new("tar");
        tar.current_dir(&self.above).args(["--create", "--format=gnu", "--numeric-owner"]);
        tar.args(["--owner=0", "--group=0", "--mode=u=rwX,go=rX", "--no-recursion"]);
        tar.arg(format!("--mtime=@{TIME}")).args(files);
        let mut tar =
            tar.stdout(Stdio::piped()).spawn().map_err(|error| format!("tar: {error}"))?;
        let content = tar.stdout.take().ok_or("tar has no output")?;
        let path = output.join(&archive);
        let made = File::create(&path).map_err(|error| problem(&path, &error))?;
        succeed(Command::new("gzip").args(["--no-name"]).stdin(content).stdout(made))?;
        let status = tar.wait().map_err(|error| format!("tar: {error}"))?;
        if status.success() { Ok(archive) } else { Err(format!("tar: {status}")) }
    }

    /// The same as a zip archive.
    fn zip(self, output: &Path) -> Result<String> {
        let files = self.finish()?;
        let archive = format!("{}.zip", self.name);
        let path = output.join(&archive);
        // An archive that is there would be added to.
        let _ = fs::remove_file(&path);
        let mut zip = Command::new("zip");
        zip.current_dir(&self.above).env("TZ", "UTC").args(["-q", "-X"]).arg(&path);
        succeed(zip.args(files))?;
        Ok(archive)
    }

    /// Adds the texts and the checksums; the paths of all files in order, from above the stage.
    fn finish(&self) -> Result<Vec<PathBuf>> {
        for name in TEXTS {
            self.copy(&root().join(name), name)?;
        }
        let mut pages = vec![];
        collect(&root().join("docs"), &mut pages)?;
        for page in pages {
            self.copy(&page, &below(&page, &root()).to_string_lossy())?;
        }
        let mut files = vec![];
        collect(&self.place, &mut files)?;
        files.sort();
        let plain = files.iter().filter(|path| !path.is_symlink());
        let plain: Vec<PathBuf> = plain.map(|path| below(path, &self.place)).collect();
        sums(&self.place, &plain)?;
        files.push(self.place.join("SHA256SUMS"));
        for path in files.iter().filter(|path| !path.is_symlink()) {
            let file = File::options().append(true).open(path);
            let time = UNIX_EPOCH + Duration::from_secs(TIME);
            file.and_then(|f| f.set_modified(time)).map_err(|error| problem(path, &error))?;
            permissions(path)?;
        }
        files.sort();
        Ok(files.iter().map(|path| below(path, &self.above)).collect())
    }
}

/// Takes the debugging information out of a library, into a file of its name with `.debug` in `place`, which
/// debuggers find beside it; that file.
pub(crate) fn take_debug(library: &Path, place: &Path, objcopy: &str) -> Result<PathBuf> {
    let name = library.file_name().unwrap_or_default().to_string_lossy().into_owned() + ".debug";
    let debug = place.join(&name);
    succeed(Command::new(objcopy).arg("--only-keep-debug").arg(library).arg(&debug))?;
    forget_time(&debug)?;
    let mut strip = Command::new(objcopy);
    // The file that it links to is looked for here, for its checksum.
    strip.current_dir(place).arg("--strip-all");
    succeed(strip.arg(format!("--add-gnu-debuglink={name}")).arg(library))?;
    forget_time(library)?;
    Ok(debug)
}

/// Takes out of a file of Windows' format the time at which objcopy wrote it, and the sum that the time is in:
/// without one none is checked.
fn forget_time(path: &Path) -> Result<()> {
    let mut content = fs::read(path).map_err(|error| problem(path, &error))?;
    if !content.starts_with(b"MZ") {
        return Ok(());
    }
    let place = content.get(0x3c..0x40).and_then(|bytes| bytes.try_into().ok());
    let header = usize::try_from(place.map_or(0, u32::from_le_bytes)).unwrap_or_default();
    for field in [header + 8, header + 88] {
        if let Some(bytes) = content.get_mut(field..field + 4) {
            bytes.fill(0);
        }
    }
    fs::write(path, content).map_err(|error| problem(path, &error))
}

/// The path from `top` on.
fn below(path: &Path, top: &Path) -> PathBuf {
    path.strip_prefix(top).unwrap_or(path).to_path_buf()
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(directory).map_err(|error| problem(directory, &error))? {
        let path = entry.map_err(|error| problem(directory, &error))?.path();
        if path.is_dir() && !path.is_symlink() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// Writes SHA256SUMS of files of a directory, for `sha256sum --check`.
fn sums<T: AsRef<std::ffi::OsStr>>(directory: &Path, files: &[T]) -> Result<()> {
    let path = directory.join("SHA256SUMS");
    let made = File::create(&path).map_err(|error| problem(&path, &error))?;
    let mut command = Command::new("sha256sum");
    succeed(command.current_dir(directory).args(files).stdout(made))
}

/// The same permissions under every umask.
#[cfg(unix)]
fn permissions(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mode =
        if name.starts_with("libsecur32.so") || name == "secur32.dll" { 0o755 } else { 0o644 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .map_err(|error| problem(path, &error))
}

#[cfg(not(unix))]
fn permissions(_: &Path) -> Result<()> {
    Ok(())
}

//! Where the tests of a word size run: compilers, the DLL as built, and a Wine directory of their own.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::LazyLock;
use std::{env, fs};

use crate::common::{root, scratch, succeed};

/// A word size of programs, and of the DLL that they load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bits {
    SixtyFour,
    ThirtyTwo,
}

impl Bits {
    /// The machine in the names of mingw-w64's tools.
    pub(crate) fn machine(self) -> &'static str {
        match self {
            Self::SixtyFour => "x86_64",
            Self::ThirtyTwo => "i686",
        }
    }

    /// A tool of mingw-w64 for this word size, such as `gcc` or `objdump`.
    pub(crate) fn tool(self, name: &str) -> String {
        format!("{}-w64-mingw32-{name}", self.machine())
    }

    /// Where `cargo xtask windows` leaves the DLL, its module definition and its import libraries.
    pub(crate) fn built(self) -> PathBuf {
        root().join("target/windows").join(match self {
            Self::SixtyFour => "x86_64",
            Self::ThirtyTwo => "x86",
        })
    }
}

/// Programs of one word size beside our DLL, and Wine's own directory below.
pub(crate) struct Place {
    pub(crate) bits: Bits,
    /// Wine's command.
    wine: String,
    directory: PathBuf,
}

impl Place {
    /// The place of a word size, made once for all tests. `None`, with a line on standard error,
    /// where something is missing; a failure with `SECUR32_TEST_WINDOWS=1`.
    pub(crate) fn of(bits: Bits) -> Option<&'static Self> {
        static PLACES: [LazyLock<Option<Place>>; 2] = [
            LazyLock::new(|| Place::make(Bits::SixtyFour)),
            LazyLock::new(|| Place::make(Bits::ThirtyTwo)),
        ];
        match bits {
            Bits::SixtyFour => PLACES[0].as_ref(),
            Bits::ThirtyTwo => PLACES[1].as_ref(),
        }
    }

    fn make(bits: Bits) -> Option<Self> {
        let wine = env::var("SECUR32_TEST_WINE").unwrap_or_else(|_| "wine".into());
        if let Some(what) = missing(bits, &wine) {
            assert!(env::var_os("SECUR32_TEST_WINDOWS").is_none(), "{what} is missing");
            eprintln!("SKIPPED: {what} is missing");
            return None;
        }
        // A Wine's directory serves that Wine alone.
        let name = format!("{}{}", bits.machine(), wine.replace('/', "-"));
        let place = Self { bits, wine, directory: scratch("windows").join(name) };
        fs::create_dir_all(&place.directory).expect("a directory");
        place.copy(&bits.built().join("secur32.dll"), "secur32.dll");
        place.copy(&root().join("examples/accounts.htdigest"), "accounts.htdigest");
        place.boot();
        Some(place)
    }

    /// Makes Wine's directory, or brings it up to date.
    fn boot(&self) {
        // What it starts keeps its output open after it has ended: a pipe would not end.
        let told = fs::File::create(self.path("wineboot.txt")).expect("a file");
        let mut boot = self.wine("wineboot");
        let status = boot.arg("--init").stdout(Stdio::null()).stderr(told).status();
        if !status.as_ref().is_ok_and(ExitStatus::success) {
            // Half of it would spoil the next run.
            let _ = fs::remove_dir_all(self.path("prefix"));
            let text = fs::read_to_string(self.path("wineboot.txt")).unwrap_or_default();
            panic!("wineboot: {status:?} {text}");
        }
    }

    /// A file of this place.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Brings a file here.
    pub(crate) fn copy(&self, from: &Path, name: &str) {
        fs::copy(from, self.path(name))
            .unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    }

    /// A program under Wine, with our DLL first and nothing of this machine's configuration.
    pub(crate) fn wine(&self, program: &str) -> Command {
        let mut command = Command::new(&self.wine);
        command.current_dir(&self.directory).arg(program);
        for name in ["SECUR32_CONFIG", "SECUR32_ACCOUNTS", "SECUR32_LOG"] {
            command.env_remove(name);
        }
        command.env("WINEPREFIX", self.path("prefix")).env("WINEDEBUG", "-all");
        if self.bits == Bits::ThirtyTwo {
            command.env("WINEARCH", "win32");
        }
        command.env("WINEDLLOVERRIDES", "mscoree,mshtml,winedbg.exe=;secur32=n,b");
        command.env("SECUR32_OURS", "1").env("SECUR32_REALM", "example.org");
        command
    }

    /// Compiles a program into this place and links it by one of the DLL's import libraries.
    pub(crate) fn compile(&self, sources: &[&str], library: &str, program: &str) {
        let mut command = Command::new(self.bits.tool("gcc"));
        command.args(["-std=gnu99", "-Wall", "-Wextra", "-Werror"]);
        command.args(sources.iter().map(|source| root().join(source)));
        command.arg("-o").arg(self.path(program)).arg(self.bits.built().join(library));
        succeed(command.arg("-lws2_32"));
    }
}

/// What is missing for the tests of a word size, if anything.
fn missing(bits: Bits, wine: &str) -> Option<String> {
    let library = bits.built().join("secur32.dll");
    if !library.is_file() {
        return Some(format!("{} (cargo xtask windows)", library.display()));
    }
    let runs = |tool: &&String| Command::new(tool).arg("--version").output().is_ok();
    let tools = [bits.tool("gcc"), bits.tool("objdump"), wine.into(), "curl".into()];
    if let Some(tool) = tools.iter().find(|tool| !runs(tool)) {
        return Some(tool.clone());
    }
    None
}

/// Makes tests for both word sizes of functions that take a [`Place`].
macro_rules! for_both_word_sizes {
    ($($name:ident),+ $(,)?) => {
        mod on_64_bits {
            $(#[test]
            fn $name() {
                crate::place::Place::of(crate::place::Bits::SixtyFour).map(super::$name);
            })+
        }
        mod on_32_bits {
            $(#[test]
            fn $name() {
                crate::place::Place::of(crate::place::Bits::ThirtyTwo).map(super::$name);
            })+
        }
    };
}
pub(crate) use for_both_word_sizes;

//! Where the tests of a word size run: compilers, the DLL as built, and a Wine directory of their own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::{env, fs};

use crate::support::skip::say;
use crate::support::wine::{PREFIX, runs_32_bits, wine};
use crate::support::{root, succeed};

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

/// Programs of one word size beside our DLL, in a directory that both word sizes of a Wine have.
pub(crate) struct Place {
    pub(crate) bits: Bits,
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
        let made = missing(bits).map_or_else(|| Self::below(bits, &PREFIX), Err);
        made.map_err(|what| {
            assert!(env::var_os("SECUR32_TEST_WINDOWS").is_none(), "{what} is missing");
            say(&format!("SKIPPED: {what} is missing"));
        })
        .ok()
    }

    /// Beside a directory of Wine's; an error names what that lacks.
    fn below(bits: Bits, prefix: &Path) -> Result<Self, String> {
        if bits == Bits::ThirtyTwo && !runs_32_bits(prefix) {
            return Err(format!("Wine for 32-bit programs, in {},", prefix.display()));
        }
        let directory = prefix.with_file_name(bits.machine());
        let place = Self { bits, directory };
        fs::create_dir_all(&place.directory).expect("a directory");
        place.copy(&bits.built().join("secur32.dll"), "secur32.dll");
        place.copy(&root().join("examples/accounts.htdigest"), "accounts.htdigest");
        Ok(place)
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
        let mut command = wine(&PREFIX);
        command.current_dir(&self.directory).arg(program);
        command.env("WINEDLLOVERRIDES", "mscoree,mshtml,winedbg.exe=;secur32=n,b");
        command.env("SECUR32_OURS", "1").env("SECUR32_REALM", "example.org");
        command
    }

    /// A program under Wine as it is without us.
    pub(crate) fn wine_alone(&self, program: &str) -> Command {
        let mut command = self.wine(program);
        command.env("WINEDLLOVERRIDES", "mscoree,mshtml,winedbg.exe=;secur32=b");
        command
    }

    /// Compiles a program into this place and links it by one of the DLL's import libraries.
    pub(crate) fn compile(&self, sources: &[&str], library: &str, program: &str) {
        self.compile_by(Command::new(self.bits.tool("gcc")), sources, library, program);
    }

    /// The same by another compiler's command.
    pub(crate) fn compile_by(
        &self,
        mut command: Command,
        sources: &[&str],
        library: &str,
        program: &str,
    ) {
        command.args(["-std=gnu99", "-Wall", "-Wextra", "-Werror"]);
        command.args(sources.iter().map(|source| root().join(source)));
        command.arg("-o").arg(self.path(program)).arg(self.bits.built().join(library));
        succeed(command.args(["-lws2_32", "-lcrypt32"]));
    }
}

/// What is missing for the tests of a word size, if anything.
fn missing(bits: Bits) -> Option<String> {
    let built =
        ["secur32.dll", "libsecur32.dll.a", "secur32.lib"].map(|name| bits.built().join(name));
    if let Some(file) = built.iter().find(|file| !file.is_file()) {
        return Some(format!("{} (cargo xtask windows)", file.display()));
    }
    let runs = |tool: &&String| Command::new(tool).arg("--version").output().is_ok();
    let others = ["clang", "ld.lld", "lld-link", "wine", "curl", "openssl"].map(String::from);
    let tools = ["gcc", "objdump", "nm"].map(|name| bits.tool(name)).into_iter().chain(others);
    tools.collect::<Vec<_>>().iter().find(|tool| !runs(tool)).cloned()
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

//! Finds a compiler that can build for WebAssembly: Debian's packages beside rustup, or rustup's own target.

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::Command,
};

/// A compiler and what it needs to be told.
pub(crate) struct Toolchain {
    cargo: PathBuf,
    /// Where it finds its tools. None: where they are found anyway.
    path: Option<&'static str>,
    rustflags: Vec<String>,
    arguments: &'static [&'static str],
    /// As its compiler and its linker name themselves: two that are equal build the same bytes.
    pub(crate) version: String,
}

/// Why there is none, or it does not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ToolchainError {
    #[error(
        "no compiler for {TARGET} was found. Either install Debian's ({DEBIAN_PACKAGES}) \
         or run `rustup target add {TARGET}`"
    )]
    None,
    #[error("{command} does not run: {why}")]
    Run { command: String, why: io::Error },
    #[error("{command} failed: {said}")]
    Failed { command: String, said: String },
}

impl Toolchain {
    /// Debian's if it is there, because it is what the committed files were built with; else rustup's.
    pub(crate) fn find() -> Result<Self, ToolchainError> {
        let debian = [DEBIAN_CARGO, DEBIAN_RUSTC, DEBIAN_LINKER, DEBIAN_SOURCE].map(Path::new);
        if debian.iter().all(|path| path.exists()) {
            return Ok(Self {
                cargo: DEBIAN_CARGO.into(),
                path: Some("/usr/bin:/bin"),
                rustflags: vec![format!("-Clink-arg=--wasm-ld-path={DEBIAN_LINKER}")],
                // Debian ships the standard library for WebAssembly as source.
                arguments: &["-Zbuild-std=core,alloc"],
                version: format!("{}, {}", version(DEBIAN_RUSTC)?, version(DEBIAN_LINKER)?),
            });
        }
        let library = output(Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]))?;
        if !Path::new(&library).exists() {
            return Err(ToolchainError::None);
        }
        Ok(Self {
            cargo: "cargo".into(),
            path: None,
            rustflags: Vec::new(),
            arguments: &[],
            version: version("rustc")?,
        })
    }

    /// `cargo build` for WebAssembly components, with every path of this machine left out of what it builds.
    pub(crate) fn build(&self, workspace: &Path, target_dir: &Path) -> Command {
        let mut rustflags = self.rustflags.clone();
        // `wasm-component-ld` comes with the compiler and makes the component in the link step.
        rustflags.push("-Clinker=wasm-component-ld".into());
        rustflags.push(format!("--remap-path-prefix={}=/src", workspace.display()));
        // The host zeroes a guest's first memory for each message, and a megabyte of stack would be most of it.
        rustflags.push(format!("-Clink-arg=-zstack-size={STACK_BYTES}"));
        // The host runs 128-bit vectors on every machine with the same results; models need them.
        rustflags.push("-Ctarget-feature=+simd128".into());
        // A panic aborts without a word, so its place in the source is only bytes, and paths of this machine.
        rustflags.push("-Zlocation-detail=none".into());
        let mut command = Command::new(&self.cargo);
        command.current_dir(workspace).args(["build", "--locked", "--release", "--target", TARGET]);
        command.args(self.arguments);
        command.env("CARGO_TARGET_DIR", target_dir);
        command.env("CARGO_ENCODED_RUSTFLAGS", rustflags.join("\x1f"));
        command.env("RUSTC_BOOTSTRAP", "1");
        if let Some(path) = self.path {
            command.env("PATH", OsString::from(path));
            // Set by the cargo that runs this program, and meant for its own compiler.
            for variable in ["RUSTUP_TOOLCHAIN", "RUSTC", "RUSTDOC", "CARGO", "LD_LIBRARY_PATH"] {
                command.env_remove(variable);
            }
        }
        command
    }
}

fn version(program: &str) -> Result<String, ToolchainError> {
    let mut command = Command::new(program);
    command.arg("--version").env_remove("LD_LIBRARY_PATH");
    output(&mut command)
}

/// Runs a command and returns the first line of what it prints.
fn output(command: &mut Command) -> Result<String, ToolchainError> {
    let name = command_line(command);
    let output = command.output().map_err(|why| ToolchainError::Run { command: name.clone(), why })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().into();
        return Err(ToolchainError::Failed { command: name, said });
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().trim().into())
}

/// A command as one would type it.
pub(crate) fn command_line(command: &Command) -> String {
    let words = [command.get_program()].into_iter().chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// What hooks are built for. Not a WASI target: there would be imports.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// The stack of a guest in its own memory, in bytes: many times what matching a text needs. It lies below everything
/// else, so a guest that needs more is stopped and damages nothing.
const STACK_BYTES: usize = 64 * 1024;

const DEBIAN_PACKAGES: &str = "apt-get install rustc-web cargo-web rust-web-src rust-web-llvm lld-22";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_LINKER: &str = "/usr/bin/wasm-ld-22";
const DEBIAN_SOURCE: &str = "/usr/lib/rustlib/src/rust/library/core";

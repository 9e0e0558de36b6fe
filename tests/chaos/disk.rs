//! A disk of the relay's own whose power can fail: an ext4 file system in a file, as Linux mounts it for root.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Sparse: what is not written takes no room.
const BYTES: u64 = 4 * 1024 * 1024 * 1024;

/// FS_IOC_SHUTDOWN without a last write of the journal (linux/fs.h): all that was not synced is lost, and from then on
/// nothing can be read or written.
const SHUT_DOWN: &str = "import fcntl, os, struct, sys\n\
    fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack('I', 2))\n";

/// A mounted disk.
pub(crate) struct Disk {
    image: PathBuf,
    mounted: PathBuf,
}

impl Disk {
    /// Makes one in this folder and mounts it there, or says what is missing here.
    pub(crate) fn make(folder: &Path) -> io::Result<Self> {
        let disk = Self { image: folder.join("disk.ext4"), mounted: folder.join("disk") };
        File::create_new(&disk.image)?.set_len(BYTES)?;
        fs::create_dir(&disk.mounted)?;
        run(Command::new("mkfs.ext4").arg("-q").arg(&disk.image))?;
        run(Command::new("python3").args(["-c", ""]))?;
        disk.mount()?;
        Ok(disk)
    }

    /// Where it is mounted.
    pub(crate) fn path(&self) -> &Path {
        &self.mounted
    }

    /// The power fails.
    pub(crate) fn cut(&self) -> io::Result<()> {
        run(Command::new("python3").args(["-c", SHUT_DOWN]).arg(&self.mounted))
    }

    /// The power is back: the file system replays its journal. Nobody may have a file of it open.
    pub(crate) fn restore(&self) -> io::Result<()> {
        run(Command::new("umount").arg(&self.mounted))?;
        self.mount()
    }

    fn mount(&self) -> io::Result<()> {
        run(Command::new("mount").args(["-o", "loop"]).arg(&self.image).arg(&self.mounted))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // It may not be mounted, and its users have ended.
        let _ = run(Command::new("umount").arg(&self.mounted));
    }
}

fn run(command: &mut Command) -> io::Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| io::Error::other(format!("{name}: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!("{name}: {}", String::from_utf8_lossy(&output.stderr).trim())))
}

//! What the kernel tells of this machine and of a process, from /proc. Where there is none, nothing is told.

use std::{fs, time::Instant};

use serde::Serialize;

/// Clock ticks per second in /proc (`sysconf(_SC_CLK_TCK)` on every Linux).
const TICKS_PER_SECOND: f64 = 100.0;

/// Counters at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    at: Instant,
    machine: Option<Ticks>,
    own: Option<f64>,
    server: Option<f64>,
    udp: Option<UdpErrors>,
}

#[derive(Clone, Copy, Debug)]
struct Ticks {
    all: f64,
    idle: f64,
    stolen: f64,
}

/// What happened between two moments.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Span {
    pub(crate) seconds: f64,
    /// Processor seconds of the server.
    pub(crate) server_cpu_seconds: Option<f64>,
    /// Processor seconds of this tool.
    pub(crate) tool_cpu_seconds: Option<f64>,
    /// The share of all processors that other programs used, and neighbours of a virtual machine.
    pub(crate) others_share: Option<f64>,
    /// What the neighbours alone took.
    pub(crate) stolen_share: Option<f64>,
    pub(crate) udp: Option<UdpErrors>,
}

/// Datagrams that were lost inside of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct UdpErrors {
    pub(crate) in_errors: u64,
    pub(crate) receive_buffer_errors: u64,
    pub(crate) send_buffer_errors: u64,
}

impl Moment {
    pub(crate) fn now(server: Option<u32>) -> Self {
        Self {
            at: Instant::now(),
            machine: fs::read_to_string("/proc/stat").ok().as_deref().and_then(ticks),
            own: cpu_seconds("self"),
            server: server.and_then(|pid| cpu_seconds(&pid.to_string())),
            udp: fs::read_to_string("/proc/net/snmp").ok().as_deref().and_then(udp_errors),
        }
    }

    /// From then until now.
    pub(crate) fn until_now(&self, server: Option<u32>) -> Span {
        let now = Self::now(server);
        let between = |after: Option<f64>, before: Option<f64>| Some(after? - before?);
        let server_cpu_seconds = between(now.server, self.server);
        let tool_cpu_seconds = between(now.own, self.own);
        let ticks = self.machine.zip(now.machine).map(|(before, after)| after.since(before));
        let ticks = ticks.filter(|ticks| ticks.all > 0.0);
        let others_share = ticks.and_then(|ticks| {
            let ours = (tool_cpu_seconds? + server_cpu_seconds.unwrap_or_default()) * TICKS_PER_SECOND;
            Some(((ticks.all - ticks.idle - ours) / ticks.all).max(0.0))
        });
        let stolen_share = ticks.map(|ticks| ticks.stolen / ticks.all);
        let udp = self.udp.zip(now.udp).map(|(before, after)| after.since(before));
        let seconds = (now.at - self.at).as_secs_f64();
        Span { seconds, server_cpu_seconds, tool_cpu_seconds, others_share, stolen_share, udp }
    }
}

impl Ticks {
    fn since(self, before: Self) -> Self {
        Self {
            all: self.all - before.all,
            idle: self.idle - before.idle,
            stolen: self.stolen - before.stolen,
        }
    }
}

impl UdpErrors {
    fn since(self, before: Self) -> Self {
        Self {
            in_errors: self.in_errors.saturating_sub(before.in_errors),
            receive_buffer_errors: self.receive_buffer_errors.saturating_sub(before.receive_buffer_errors),
            send_buffer_errors: self.send_buffer_errors.saturating_sub(before.send_buffer_errors),
        }
    }
}

/// Resident memory of a process in bytes.
pub(crate) fn resident_bytes(pid: u32) -> Option<u64> {
    resident(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

/// Open files that this process may have.
pub(crate) fn open_files_max() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files")?.split_whitespace().next()?.parse().ok())
}

/// The kind of file system that holds a folder, such as `ext4`.
pub(crate) fn file_system(folder: &std::path::Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let mount = |line: &str| {
        let mut fields = line.split_whitespace();
        let (_, at, kind) = (fields.next()?, fields.next()?.to_owned(), fields.next()?.to_owned());
        folder.starts_with(&at).then_some((at.len(), kind))
    };
    // Where two lie on one another, the later one is seen.
    mounts.lines().filter_map(mount).max_by_key(|(length, _)| *length).map(|(_, kind)| kind)
}

fn cpu_seconds(process: &str) -> Option<f64> {
    process_ticks(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
        .map(|ticks| ticks / TICKS_PER_SECOND)
}

/// User and system time out of /proc/PID/stat (proc(5)). The name in brackets may hold anything.
fn process_ticks(stat: &str) -> Option<f64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut times = after_name.split_whitespace().skip(11).map_while(|field| field.parse::<f64>().ok());
    Some(times.next()? + times.next()?)
}

fn ticks(stat: &str) -> Option<Ticks> {
    let fields = stat.lines().next()?.strip_prefix("cpu ")?;
    // user, nice, system, idle, iowait, irq, softirq, steal; what follows is part of user and nice.
    let counts: Vec<f64> = fields.split_whitespace().take(8).map_while(|field| field.parse().ok()).collect();
    let [_, _, _, idle, waiting, _, _, stolen] = counts.as_slice() else { return None };
    Some(Ticks { all: counts.iter().sum(), idle: idle + waiting, stolen: *stolen })
}

fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

/// The counters of UDP over IPv4: a line of names, then a line of figures.
fn udp_errors(snmp: &str) -> Option<UdpErrors> {
    let mut lines = snmp.lines().filter_map(|line| line.strip_prefix("Udp:"));
    let (names, figures) = (lines.next()?, lines.next()?);
    let figure = |wanted: &str| {
        let place = names.split_whitespace().position(|name| name == wanted)?;
        figures.split_whitespace().nth(place)?.parse().ok()
    };
    Some(UdpErrors {
        in_errors: figure("InErrors")?,
        receive_buffer_errors: figure("RcvbufErrors")?,
        send_buffer_errors: figure("SndbufErrors")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_of_a_process_are_found_whatever_its_name_is() {
        let stat = "4711 (a) b (c) S 1 4711 4711 0 -1 4194560 1 0 0 0 250 50 0 0 20 0 3 0 99 1 1";
        assert_eq!(process_ticks(stat), Some(300.0));
        assert_eq!(process_ticks("4711 (a"), None);
        assert_eq!(resident("Name:\tx\nVmRSS:\t    2048 kB\n"), Some(2_048 * 1024));
    }

    #[test]
    fn the_counters_of_udp_are_found_by_their_names() {
        let snmp = "Ip: Forwarding\nIp: 1\n\
                    Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors\n\
                    Udp: 100 1 7 90 5 2\n";
        let errors = UdpErrors { in_errors: 7, receive_buffer_errors: 5, send_buffer_errors: 2 };
        assert_eq!(udp_errors(snmp), Some(errors));
        assert_eq!(udp_errors("Udp: 1"), None);
    }

    #[test]
    fn stolen_time_is_part_of_all_time() {
        let found = ticks("cpu  10 0 20 60 5 0 1 4 0 0\ncpu0 1").unwrap();
        assert_eq!((found.all, found.idle, found.stolen), (100.0, 65.0, 4.0));
    }
}

//! The limits of the control groups of this process, which containers and services set.

use std::fs;
use std::path::{Path, PathBuf};

/// Numbers from here on mean no limit: version 1 shows the largest multiple of a page.
const UNLIMITED: u64 = 1 << 60;

/// A resource that a control group can limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Controller {
    Memory,
    Pids,
}

/// A limit of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupLimit {
    max: u64,
    /// The file that says how much is used.
    usage: PathBuf,
    /// The file that says how much of that the kernel can take back at once.
    cache: Option<PathBuf>,
}

impl GroupLimit {
    /// The rest that the group may take; `None` if the kernel does not say.
    pub fn left(&self) -> Option<u64> {
        Some(self.max.saturating_sub(read_number(&self.usage)?))
    }

    /// The same and what the kernel can take back: files that it keeps in memory. Costs more than [`GroupLimit::left`].
    pub fn left_without_cache(&self) -> Option<u64> {
        let used = read_number(&self.usage)?;
        let statistics = self.cache.as_ref().and_then(|path| fs::read_to_string(path).ok());
        let cached = statistics.as_deref().map_or(0, file_cache);
        Some(self.max.saturating_sub(used.saturating_sub(cached)))
    }
}

/// The limits of this process's group and of all groups around it. Each of them counts.
pub fn limits(controller: Controller) -> Vec<GroupLimit> {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let Some((mount, group, version)) =
        find(&read("/proc/self/cgroup"), &read("/proc/self/mountinfo"), controller)
    else {
        return Vec::new();
    };
    // A group that is not below the mount is out of sight.
    let own = mount.join(&group);
    let groups = own.ancestors().take_while(|group| group.starts_with(&mount));
    groups.filter_map(|group| limit(group, controller, version)).collect()
}

/// The number in a file of the kernel. A word such as `max` means no limit.
pub fn read_number(path: impl AsRef<Path>) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok().filter(|&number| number < UNLIMITED)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

fn limit(group: &Path, controller: Controller, version: Version) -> Option<GroupLimit> {
    let (max, usage) = match (controller, version) {
        (Controller::Pids, _) => ("pids.max", "pids.current"),
        (Controller::Memory, Version::One) => ("memory.limit_in_bytes", "memory.usage_in_bytes"),
        (Controller::Memory, Version::Two) => ("memory.max", "memory.current"),
    };
    Some(GroupLimit {
        max: read_number(group.join(max))?,
        usage: group.join(usage),
        cache: (controller == Controller::Memory).then(|| group.join("memory.stat")),
    })
}

/// Where the groups of a controller are mounted, and the path of this process's group below that.
fn find(
    cgroup: &str,
    mountinfo: &str,
    controller: Controller,
) -> Option<(PathBuf, PathBuf, Version)> {
    let word = match controller {
        Controller::Memory => "memory",
        Controller::Pids => "pids",
    };
    // `4:memory:/path` in version 1, `0::/path` in version 2. Where both are in use, a controller is in one of them.
    let groups = cgroup.lines().filter_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (controllers, path) = (fields.next()?, fields.next()?);
        match controllers {
            "" => Some((Version::Two, path)),
            _ if controllers.split(',').any(|name| name == word) => Some((Version::One, path)),
            _ => None,
        }
    });
    let mut groups: Vec<(Version, &str)> = groups.collect();
    groups.sort_by_key(|&(version, _)| version == Version::Two);
    groups.into_iter().find_map(|(version, path)| {
        let (root, mount) = mountinfo.lines().find_map(|line| mounted(line, version, word))?;
        // A container may see a part of the tree: then the mount shows that part, and the path may name it or not.
        let below =
            Path::new(path).strip_prefix(root).or_else(|_| Path::new(path).strip_prefix("/"));
        let below =
            below.ok().filter(|below| below.components().all(|part| part.as_os_str() != ".."));
        Some((PathBuf::from(mount), below.unwrap_or(Path::new("")).to_owned(), version))
    })
}

/// The root and the place of a mount, if it holds the groups of this controller (proc_pid_mountinfo(5)).
fn mounted<'a>(line: &'a str, version: Version, controller: &str) -> Option<(&'a str, &'a str)> {
    let (mount, system) = line.split_once(" - ")?;
    let mut mount = mount.split(' ').skip(3);
    let mut system = system.split(' ');
    let (kind, options) = (system.next()?, system.nth(1).unwrap_or_default());
    let is_it = match version {
        Version::One => kind == "cgroup" && options.split(',').any(|option| option == controller),
        Version::Two => kind == "cgroup2",
    };
    is_it.then_some((mount.next()?, mount.next()?))
}

/// How many bytes of a group's memory hold files, from `memory.stat`. Version 1 has totals over the groups below.
fn file_cache(statistics: &str) -> u64 {
    let number = |name: &str| {
        statistics.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<u64>().ok())
    };
    let sum =
        |names: [&str; 2]| names.map(number).into_iter().flatten().reduce(|one, other| one + other);
    sum(["total_inactive_file ", "total_active_file "])
        .or_else(|| sum(["inactive_file ", "active_file "]))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A service of systemd, in version 2.
    const SERVICE: (&str, &str) = (
        "0::/system.slice/chatserv.service\n",
        "31 23 0:28 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n",
    );
    /// A container with a namespace of its own for groups, in version 2.
    const CONTAINER: (&str, &str) =
        ("0::/\n", "600 599 0:28 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw,nsdelegate\n");
    /// A container in version 1, which sees its own part of each tree.
    const CONTAINER_1: (&str, &str) = (
        "9:name=systemd:/docker/abc\n8:pids:/docker/abc\n4:memory:/docker/abc\n0::/docker/abc\n",
        "30 23 0:27 / /proc rw - proc proc rw\n\
         35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n\
         39 31 0:36 /docker/abc /sys/fs/cgroup/pids ro - cgroup cgroup rw,pids\n",
    );
    /// A machine with both versions.
    const BOTH: (&str, &str) = (
        "5:pids,rdma:/a\n4:memory:/a/b\n0::/\n",
        "35 31 0:32 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory\n\
         39 31 0:36 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids,rdma\n\
         41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
    );
    /// A process whose group is outside the part that it sees.
    const OUTSIDE: (&str, &str) =
        ("0::/../other\n", "600 599 0:28 / /sys/fs/cgroup ro - cgroup2 cgroup rw\n");

    #[test]
    fn the_group_is_found_in_every_kind_of_tree() {
        use Controller::{Memory, Pids};
        for ((cgroup, mountinfo), controller, mount, group, version) in [
            (SERVICE, Memory, "", "system.slice/chatserv.service", Version::Two),
            (SERVICE, Pids, "", "system.slice/chatserv.service", Version::Two),
            (CONTAINER, Memory, "", "", Version::Two),
            (CONTAINER_1, Memory, "/memory", "", Version::One),
            (CONTAINER_1, Pids, "/pids", "", Version::One),
            (BOTH, Memory, "/memory", "a/b", Version::One),
            (BOTH, Pids, "/pids", "a", Version::One),
            (OUTSIDE, Memory, "", "", Version::Two),
        ] {
            let mount = PathBuf::from(format!("/sys/fs/cgroup{mount}"));
            let expected = Some((mount, PathBuf::from(group), version));
            assert_eq!(find(cgroup, mountinfo, controller), expected, "{cgroup}");
        }
        assert_eq!(find("", "", Memory), None);
        assert_eq!(find(SERVICE.0, "", Memory), None);
    }

    #[test]
    fn a_limit_is_a_number_and_files_in_memory_do_not_count() {
        let directory =
            std::env::temp_dir().join(format!("chatserv-cgroup-{}", std::process::id()));
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir(&directory).unwrap();
        let write = |name: &str, text: &str| fs::write(directory.join(name), text).unwrap();
        let found = || limit(&directory, Controller::Memory, Version::Two);
        assert_eq!(found(), None);
        for unlimited in ["max\n", "9223372036854771712\n"] {
            write("memory.max", unlimited);
            assert_eq!(found(), None);
        }
        write("memory.max", "1000\n");
        let limit = found().unwrap();
        assert_eq!((limit.left(), limit.left_without_cache()), (None, None));
        write("memory.current", "700\n");
        assert_eq!((limit.left(), limit.left_without_cache()), (Some(300), Some(300)));
        write("memory.stat", "anon 500\nfile 200\ninactive_file 150\nactive_file 50\n");
        assert_eq!((limit.left(), limit.left_without_cache()), (Some(300), Some(500)));
        write("memory.stat", "inactive_file 0\ntotal_inactive_file 10\ntotal_active_file 20\n");
        assert_eq!(limit.left_without_cache(), Some(330));
        write("memory.current", "2000\n");
        assert_eq!(limit.left(), Some(0));
        fs::remove_dir_all(&directory).unwrap();
    }
}

//! A file as large as they come: it goes on where it stopped, and neither side holds it in memory.

use crate::{
    ground::{Chance, Headquarters, Laptop, Written, shut, write},
    is_soak,
};
use std::{io::Read, path::Path};

const MEGABYTE: u64 = 1_048_576;
/// Bytes that each side may need above what it needs idle.
const ABOVE_IDLE_MAX: u64 = 100 * MEGABYTE;

/// A line of a program's `/proc/ID/status`, in bytes.
fn memory(id: u32, line: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let kilobytes = status.lines().find_map(|text| text.strip_prefix(line)).unwrap();
    kilobytes.trim_start_matches(':').trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// What a program needs now, and the most it ever needed.
struct Memory {
    name: &'static str,
    id: u32,
    idle: u64,
}

impl Memory {
    fn of(name: &'static str, id: u32) -> Self {
        Self { name, id, idle: memory(id, "VmRSS") }
    }

    fn assert_small(&self) {
        let above = memory(self.id, "VmHWM").saturating_sub(self.idle);
        println!("{}: {} MB idle, at most {} MB more", self.name, self.idle / MEGABYTE, above / MEGABYTE);
        assert!(above < ABOVE_IDLE_MAX, "{} needed {} MB more than idle", self.name, above / MEGABYTE);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_goes_on_where_it_stopped_and_no_side_holds_it_in_memory() {
    let size = if is_soak() { 1024 * MEGABYTE } else { 128 * MEGABYTE };
    let chance = Chance::new("large");
    let hq = Headquarters::start().await;
    let (mut a, mut b) = (Laptop::enrolled("周航", &hq).await, Laptop::enrolled("李娜", &hq).await);
    for laptop in [&mut a, &mut b] {
        laptop.kill().await;
    }
    let mut written = Written::default();
    let store = a.store().await;
    write(&store, &chance, 1, &[size], &mut written).await;
    shut(store).await;
    let of_hq = Memory::of("HQ", hq.id());
    let before = (a.line.carried().0, b.line.carried().1);
    for laptop in [&mut a, &mut b] {
        laptop.run().await.unwrap();
        let own = Memory::of("host", laptop.id());
        tokio::select! {
            ended = laptop.sync() => panic!("it ended before it could be stopped: {ended:?}"),
            () = laptop.line.carries(size / 2) => {}
        }
        own.assert_small();
        laptop.kill().await;
        laptop.run().await.unwrap();
        let own = Memory::of("host again", laptop.id());
        assert_eq!(laptop.sync().await.unwrap(), None);
        own.assert_small();
        laptop.kill().await;
    }
    of_hq.assert_small();
    for carried in [a.line.carried().0 - before.0, b.line.carried().1 - before.1] {
        // A chunk that HQ did not have whole, and the encryption.
        assert!((size..size + size / 100 + 6 * MEGABYTE).contains(&carried), "{carried} bytes for {size}");
    }
    let (hash, _) = &written.files[0];
    let (first, second) = (length(&a.file(hash)), length(&b.file(hash)));
    assert!(first > size && first == second, "both have it, encrypted");
    let store = b.store().await;
    let end = store.blobs().read_at(hash, size - 10, 100).unwrap();
    assert_eq!(end.len(), 10);
    shut(store).await;
}

fn length(path: &Path) -> u64 {
    let mut file = std::fs::File::open(path).unwrap();
    assert_eq!(file.read(&mut [0; 1]).unwrap(), 1);
    file.metadata().unwrap().len()
}

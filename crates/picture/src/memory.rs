//! How much memory is left for a picture.

/// Whether `bytes` can be had while others on this machine keep working: no more than half of what it says is left, and
/// what this process may still reserve.
pub(crate) fn is_there(bytes: u64) -> bool {
    left().is_none_or(|left| bytes <= left / 2) && can_reserve(bytes)
}

/// What the system says is left; `None` where it does not say.
fn left() -> Option<u64> {
    let says = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = says.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// Reserving does not use memory yet, but fails where a limit is set on this process.
fn can_reserve(bytes: u64) -> bool {
    let Ok(bytes) = usize::try_from(bytes) else { return false };
    Vec::<u8>::new().try_reserve_exact(bytes).is_ok()
}

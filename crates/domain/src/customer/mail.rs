//! Mail addresses: what counts as one, wherever it was typed, imported or came by sync. Never sends anything.

use crate::{Code, Refusal};

/// Most bytes of one address, and of what stands before its `@` (RFC 5321, 4.5.3.1).
const ADDRESS_BYTES_MAX: usize = 254;
const LOCAL_BYTES_MAX: usize = 64;
const LABEL_BYTES_MAX: usize = 63;

/// The mail addresses in a field, which may hold several: parted by white space, `、`, a comma or a semicolon. Full-width
/// letters and signs, as a Chinese keyboard types them, are read as what they stand for.
///
/// # Errors
/// [`Code::NotAMailAddress`] when any part is none.
pub fn mail_addresses(text: &str) -> Result<Vec<String>, Refusal> {
    let plain: String = text.chars().map(half_width).collect();
    let parts = plain.split(|c: char| c.is_whitespace() || "、,;".contains(c)).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let refused = || Refusal::new(Code::NotAMailAddress, "not a mail address").on("email");
            is_mail_address(part).then(|| part.to_owned()).ok_or_else(refused)
        })
        .collect()
}

/// Whether `text` is one mail address, as people have them. Stricter than RFC 5322, which allows signs that mean something
/// in a `mailto:` link: behind a `?` in it, `attach=` would name a file of this machine.
#[must_use]
pub fn is_mail_address(text: &str) -> bool {
    let Some((local, host)) = text.split_once('@') else { return false };
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "_+-&'=~".contains(c));
    let is_label = |label: &str| {
        let fits = (1..=LABEL_BYTES_MAX).contains(&label.len());
        let plain = label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
        fits && plain && !label.starts_with('-') && !label.ends_with('-')
    };
    text.len() <= ADDRESS_BYTES_MAX
        && local.len() <= LOCAL_BYTES_MAX
        // The mail program of a Linux desktop would read it as an option.
        && !local.starts_with('-')
        && local.split('.').all(is_word)
        && host.contains('.')
        && host.split('.').all(is_label)
}

/// A full-width sign of ASCII as the sign it stands for, and the full stops that Chinese keyboards type for a dot.
fn half_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '。' | '｡' => '.',
        c => c,
    }
}

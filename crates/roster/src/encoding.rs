//! From bytes to text and back: which encoding a text file is in. Knows nothing of tables.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{DecoderResult, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::content::FileKind;
use crate::fault::ReadError;

/// How text is written in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// UTF-8 without a byte order mark.
    Utf8,
    /// UTF-8 with one, as Excel writes "CSV UTF-8".
    Utf8Bom,
    /// UTF-16, little end first, with a byte order mark: Excel's "Unicode text".
    Utf16Le,
    /// UTF-16, big end first, with a byte order mark.
    Utf16Be,
    /// GBK: what Excel on Chinese Windows writes as plain "CSV".
    Gbk,
    /// GB18030, for characters that GBK lacks.
    Gb18030,
}

/// Share of characters, in percent, that must fit an encoding before the rest counts as damage to it.
const DAMAGED_FIT_PERCENT: usize = 90;

/// Decodes a text file; the byte order mark is not part of the text.
pub(crate) fn decode(bytes: &[u8]) -> Result<(String, Encoding), ReadError> {
    if let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        return strictly(UTF_8, rest).map(|text| (text, Encoding::Utf8Bom));
    }
    if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        return strictly(UTF_16LE, rest).map(|text| (text, Encoding::Utf16Le));
    }
    if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        return strictly(UTF_16BE, rest).map(|text| (text, Encoding::Utf16Be));
    }
    if bytes.contains(&0) {
        return Err(ReadError::NotATable { kind: FileKind::Binary });
    }
    decode_unmarked(bytes)
}

/// Text without a byte order mark: UTF-8 when it is valid, else GB18030 when that is what it looks like.
fn decode_unmarked(bytes: &[u8]) -> Result<(String, Encoding), ReadError> {
    let as_utf8 = strictly(UTF_8, bytes);
    if let Ok(text) = &as_utf8 {
        if !looks_like_gbk_by_chance(text) {
            return Ok((text.clone(), Encoding::Utf8));
        }
        if let Ok(chinese) = strictly(GB18030, bytes)
            && chinese.chars().filter(|c| !c.is_ascii()).all(is_common_chinese)
        {
            return Ok((chinese, Encoding::Gbk));
        }
        return Ok((text.clone(), Encoding::Utf8));
    }
    if is_damaged_utf8(bytes) {
        return as_utf8.map(|text| (text, Encoding::Utf8));
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let guess = detector.guess(Some(b"cn"), Utf8Detection::Deny);
    let pairs = Pairs::count(bytes);
    let fits = guess == encoding_rs::GBK || guess == GB18030;
    let text = if fits && !pairs.are_accents() || pairs.are_mostly_gb2312() {
        strictly(GB18030, bytes).ok().filter(|text| !has_much_private_use(text))
    } else {
        None
    };
    let Some(text) = text else {
        let elsewhere = detector.guess(None, Utf8Detection::Deny);
        return Err(ReadError::UnreadableText {
            line: first_bad_line(if fits { GB18030 } else { UTF_8 }, bytes),
            looks_like: (elsewhere != encoding_rs::GBK).then(|| elsewhere.name().to_owned()),
        });
    };
    let encoding = if needs_four_bytes(&text) { Encoding::Gb18030 } else { Encoding::Gbk };
    Ok((text, encoding))
}

/// A short text whose encoding nobody names: UTF-8 where it is valid, Chinese where it looks it, else Western.
pub(crate) fn guess(bytes: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    let chinese = GB18030.decode_without_bom_handling_and_without_replacement(bytes);
    let chinese = chinese.filter(|_| Pairs::count(bytes).are_mostly_gb2312());
    chinese.unwrap_or_else(|| encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0).into_owned()
}

/// Decodes without replacing anything; control characters that no text has are refused as binary.
fn strictly(encoding: &'static encoding_rs::Encoding, bytes: &[u8]) -> Result<String, ReadError> {
    let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes) else {
        return Err(ReadError::UnreadableText { line: first_bad_line(encoding, bytes), looks_like: None });
    };
    let controls = text.chars().filter(|c| is_binary_control(*c)).count();
    if controls > 0 && controls * 100 > text.chars().count() || text.contains('\0') {
        return Err(ReadError::NotATable { kind: FileKind::Binary });
    }
    Ok(text.into_owned())
}

fn is_binary_control(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1a}' | '\u{85}')
}

/// The line, from 1, where decoding first fails.
fn first_bad_line(encoding: &'static encoding_rs::Encoding, bytes: &[u8]) -> u32 {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(bytes.len().saturating_mul(3).saturating_add(16));
    let (result, _) = decoder.decode_to_string_without_replacement(bytes, &mut text, true);
    debug_assert!(!matches!(result, DecoderResult::OutputFull));
    u32::try_from(text.matches('\n').count()).map_or(u32::MAX, |lines| lines.saturating_add(1))
}

/// UTF-8 with a damaged spot must not be read as GBK, which accepts most of its bytes as other characters.
fn is_damaged_utf8(bytes: &[u8]) -> bool {
    let mut good = 0_usize;
    let mut bad = 0_usize;
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good * 100 >= (good + bad) * DAMAGED_FIT_PERCENT && good > 0
}

/// The two-byte characters of a text taken as GBK.
#[derive(Default)]
struct Pairs {
    all: usize,
    /// In GB2312's plane, as those of everyday Chinese are.
    gb2312: usize,
    /// With a second byte that by itself is a letter or a mark.
    ascii_second: usize,
}

impl Pairs {
    fn count(bytes: &[u8]) -> Self {
        let mut pairs = Self::default();
        let mut at = 0_usize;
        while let Some(&first) = bytes.get(at) {
            if first < 0x81 {
                at += 1;
                continue;
            }
            let second = bytes.get(at + 1).copied().unwrap_or(0);
            if second.is_ascii_digit() {
                // One of GB18030's four-byte characters; decoding will tell whether it is whole.
                at += 4;
                continue;
            }
            pairs.all += 1;
            pairs.gb2312 += usize::from((0xa1..=0xf7).contains(&first) && second >= 0xa1);
            pairs.ascii_second += usize::from(second < 0x80);
            at += 2;
        }
        pairs
    }

    fn are_mostly_gb2312(&self) -> bool {
        self.all > 0 && self.gb2312 * 100 >= self.all * DAMAGED_FIT_PERCENT
    }

    /// Single letters with accents between plain ones: a Western text, though GBK has characters for them.
    fn are_accents(&self) -> bool {
        self.ascii_second * 2 > self.all
    }
}

/// Other Chinese encodings taken for GBK come out with many characters that are nobody's.
fn has_much_private_use(text: &str) -> bool {
    let private = text.chars().filter(|c| ('\u{e000}'..='\u{f8ff}').contains(c)).count();
    let all = text.chars().filter(|c| !c.is_ascii()).count();
    private * 20 > all
}

/// Short GBK text can happen to be valid UTF-8 of scripts no customer list here is written in.
fn looks_like_gbk_by_chance(text: &str) -> bool {
    let mut others = text.chars().filter(|c| !c.is_ascii()).peekable();
    others.peek().is_some() && others.all(|c| ('\u{370}'..='\u{7ff}').contains(&c))
}

fn is_common_chinese(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{303f}' | '\u{4e00}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}')
}

/// Holds a character for which GBK has no two bytes.
fn needs_four_bytes(text: &str) -> bool {
    encoding_rs::GBK.encode(text).2
}

/// GBK has this character.
pub(crate) fn in_gbk(c: char) -> bool {
    if c.is_ascii() {
        return true;
    }
    let mut utf8 = [0_u8; 4];
    let (_, _, unmappable) = encoding_rs::GBK.encode(c.encode_utf8(&mut utf8));
    !unmappable
}

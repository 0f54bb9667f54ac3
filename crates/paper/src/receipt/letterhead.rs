//! What frames every page: the letterhead and title on the first, a slim line on the others, the foot on all.

use std::rc::Rc;

use super::{Receipt, Vendor};
use crate::Error;
use crate::block::{HAIR_PT, set, set_right};
use crate::flow::{Laid, Strip};
use crate::fonts::{Setter, Style};
use crate::ink::{Colour, Ink, Paint, Picture, QrMark};
use crate::sheet::Sheet;
use crate::words::Words;

/// Room for the logo.
const LOGO_PT: (f32, f32) = (110.0, 34.0);
/// Side of the QR code.
const QR_PT: f32 = 58.0;

fn small() -> Style {
    Style { leading_pt: 11.5, ..Style::new(8.0).coloured(Colour::MUTED) }
}

fn tiny() -> Style {
    Style { leading_pt: 10.0, ..Style::new(7.0).coloured(Colour::MUTED) }
}

/// The letterhead, from the sheet's upper margin down: its ink, placed on the paper, and where the body may begin.
pub(super) fn letterhead(
    setter: &mut Setter<'_>,
    words: &Words,
    vendor: &Vendor,
    sheet: Sheet,
) -> Result<(Vec<Ink>, f32), Error> {
    let mut ink = Vec::new();
    let mut left = sheet.side_pt;
    let top = sheet.top_pt;
    let mut bottom = top;
    if let Some(logo) = &vendor.logo {
        let picture = Rc::new(Picture::read(logo, "logo")?);
        let (width, height) = picture.fit(LOGO_PT.0.min(sheet.inner_pt() / 3.0), LOGO_PT.1);
        ink.push(Ink::Picture { x: left, y: top, width, height, picture });
        left += width + 12.0;
        bottom = top + height;
    }
    let room = sheet.side_pt + sheet.inner_pt() - left;
    let name = Style { leading_pt: 19.0, ..Style::new(13.5).bold() };
    let mut y = top + set(setter, &mut ink, &vendor.legal_name, name, (left, top), room);
    y += set(setter, &mut ink, &reach(words, vendor, true), small(), (left, y + 1.0), room) + 1.0;
    bottom = bottom.max(y) + 7.0;
    let length = sheet.inner_pt();
    ink.push(Ink::Rule { x: sheet.side_pt, y: bottom, length, weight: 1.4, colour: Colour::ACCENT });
    Ok((ink, bottom + 14.0))
}

/// How to reach the vendor, in one line.
fn reach(words: &Words, vendor: &Vendor, all: bool) -> String {
    let named = |label: &str, value: &Option<String>| value.as_ref().map(|value| format!("{label} {value}"));
    let mut parts = vec![
        named(&words.support_hotline, &vendor.support_hotline),
        named(&words.supervision_hotline, &vendor.supervision_hotline),
    ];
    if all {
        parts.extend([vendor.mail.clone(), vendor.web.clone()]);
    }
    parts.into_iter().flatten().collect::<Vec<_>>().join("　")
}

/// The title with number, marks and QR code: the first strip of the body.
pub(super) fn title(setter: &mut Setter<'_>, words: &Words, receipt: &Receipt, width_pt: f32) -> Result<Laid, Error> {
    let mut ink = Vec::new();
    let room = width_pt - QR_PT - 14.0;
    let style = Style { leading_pt: 30.0, ..Style::new(21.0).bold() };
    let mut y = set(setter, &mut ink, &words.title, style, (0.0, 0.0), room);
    let mut x = 0.0;
    for (mark, colour) in marks(words, receipt) {
        x += badge(setter, &mut ink, &mark, colour, (x, y + 3.0));
    }
    if x > 0.0 {
        y += 20.0;
    }
    // A paper gets its number with the seal; before that there is nothing to write or to scan.
    if !receipt.number.is_empty() {
        let number = Style { leading_pt: 16.0, ..Style::new(10.0) };
        let numbered = format!("{}  {}", words.number, receipt.number);
        y += set(setter, &mut ink, &numbered, number, (0.0, y + 3.0), room) + 3.0;
        let code = Rc::new(QrMark::encode(&code_text(receipt))?);
        ink.push(Ink::Qr { x: width_pt - QR_PT, y: 2.0, size: QR_PT, code });
        y = y.max(QR_PT + 2.0);
    }
    let strip = Strip { height: y, ink, space_before: 0.0, keep_with_next: true };
    Ok(Laid { head: None, strips: vec![strip] })
}

/// Number and hash: enough to look the paper up and to see whether it is the one that was sealed.
fn code_text(receipt: &Receipt) -> String {
    match &receipt.content_hash {
        Some(hash) => format!("{} {}", receipt.number, hash.to_uppercase()),
        None => receipt.number.clone(),
    }
}

fn marks(words: &Words, receipt: &Receipt) -> Vec<(String, Colour)> {
    let amended = receipt
        .amendment
        .as_ref()
        .map(|amendment| (words.revision.replace("{revision}", &amendment.revision.to_string()), Colour::ACCENT));
    let replaced = receipt.replaced.then(|| (words.replaced.clone(), Colour::BAD));
    let reprint = receipt.reprint.then(|| (words.reprint.clone(), Colour::MUTED));
    let refused = matches!(receipt.signature, super::Signature::Refused { .. });
    let refused = refused.then(|| (words.refused.clone(), Colour::BAD));
    let draft = receipt.content_hash.is_none().then(|| (words.draft.clone(), Colour::MUTED));
    [amended, replaced, reprint, refused, draft].into_iter().flatten().collect()
}

/// A word in an outline; returns the width it takes with the space after it.
fn badge(setter: &mut Setter<'_>, ink: &mut Vec<Ink>, text: &str, colour: Colour, (x, y): (f32, f32)) -> f32 {
    let style = Style { leading_pt: 15.0, ..Style::new(9.0).bold().coloured(colour) };
    let width = setter.width(text, style) + 12.0;
    ink.push(Ink::Area { x, y, width, height: 15.0, paint: Paint::Outline(colour) });
    set(setter, ink, text, style, (x + 6.0, y), width);
    width + 6.0
}

/// The line at the top of the second and later pages, placed on the paper; returns where the body may begin.
pub(super) fn slim_head(setter: &mut Setter<'_>, words: &Words, receipt: &Receipt, sheet: Sheet) -> (Vec<Ink>, f32) {
    let mut ink = Vec::new();
    let (left, top) = (sheet.side_pt, sheet.top_pt);
    let right = left + sheet.inner_pt();
    let numbered = format!("{}  {}", words.title, receipt.number);
    let taken = setter.width(&numbered, small());
    let room = (sheet.inner_pt() - taken - 10.0).max(0.0);
    if setter.width(&receipt.vendor.legal_name, small()) <= room {
        set(setter, &mut ink, &receipt.vendor.legal_name, small(), (left, top), room);
    }
    set_right(setter, &mut ink, &numbered, small(), (right, top));
    let y = top + small().leading_pt + 3.0;
    ink.push(Ink::Rule { x: left, y, length: sheet.inner_pt(), weight: HAIR_PT, colour: Colour::RULE });
    (ink, y + 12.0)
}

/// The foot of page `page` of `pages`, placed on the paper; returns where it begins.
pub(super) fn foot(
    setter: &mut Setter<'_>,
    words: &Words,
    receipt: &Receipt,
    sheet: Sheet,
    (page, pages): (usize, usize),
) -> (Vec<Ink>, f32) {
    let rule = Ink::Rule { x: 0.0, y: 0.0, length: sheet.inner_pt(), weight: HAIR_PT, colour: Colour::RULE };
    let mut ink = vec![rule];
    let numbered = words.page.replace("{page}", &page.to_string()).replace("{pages}", &pages.to_string());
    let taken = setter.width(&numbered, small());
    let room = sheet.inner_pt() - taken - 12.0;
    let mut y = 4.0;
    y += set(setter, &mut ink, &reach(words, &receipt.vendor, false), tiny(), (0.0, y), room);
    if let Some(hash) = &receipt.content_hash {
        y += set(setter, &mut ink, &format!("{} {hash}", words.content_check), tiny(), (0.0, y), room);
    }
    set_right(setter, &mut ink, &numbered, small(), (sheet.inner_pt(), 5.0));
    let top = sheet.height_pt - sheet.bottom_pt - y.max(5.0 + small().leading_pt);
    (ink.into_iter().map(|ink| ink.moved(sheet.side_pt, top)).collect(), top)
}

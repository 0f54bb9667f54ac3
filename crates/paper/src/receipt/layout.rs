//! From the receipt's facts to finished pages.

use super::sections::{Cut, sections};
use super::{Receipt, letterhead, limits};
use crate::bind::{Imprint, bind};
use crate::flow::{Body, deal};
use crate::fonts::Setter;
use crate::sheet::Sheet;
use crate::{Error, Fonts, Language, Paper};

/// Renders the receipt as a PDF. The same receipt in the same language on the same paper gives the same bytes.
///
/// # Errors
/// [`Error::TooMuch`] when it is too long, [`Error::Picture`] when a picture cannot be read, [`Error::Qr`] when the
/// number is too long; the others mean that the program itself is damaged.
pub fn render(receipt: &Receipt, fonts: &Fonts, language: Language, paper: Paper) -> Result<Vec<u8>, Error> {
    limits::check(receipt)?;
    let words = language.words()?;
    let sheet = paper.sheet();
    let mut setter = Setter::new(fonts);
    let (first, first_top_pt) = letterhead::letterhead(&mut setter, words, &receipt.vendor, sheet)?;
    let (slim, top_pt) = letterhead::slim_head(&mut setter, words, receipt, sheet);
    let mut laid = vec![letterhead::title(&mut setter, words, receipt, sheet.inner_pt())?];
    for block in sections(receipt, words, cut(language, sheet))? {
        laid.push(block.lay(&mut setter, sheet.inner_pt()));
    }
    let (_, foot_pt) = letterhead::foot(&mut setter, words, receipt, sheet, WIDEST);
    let bottom_pt = foot_pt - 8.0;
    let mut pages = deal(laid, Body { left_pt: sheet.side_pt, first_top_pt, top_pt, bottom_pt });
    let count = pages.len();
    for (index, page) in pages.iter_mut().enumerate() {
        let head = if index == 0 { first.clone() } else { slim.clone() };
        page.splice(0..0, head);
        page.extend(letterhead::foot(&mut setter, words, receipt, sheet, (index + 1, count)).0);
    }
    let imprint = Imprint {
        title: format!("{} {}", words.title, receipt.number),
        author: receipt.vendor.legal_name.clone(),
        subject: receipt.number.clone(),
        language: language.tag(),
        issued_unix_s: receipt.issued_unix_s,
    };
    bind(&mut setter, sheet, &pages, imprint)
}

/// The widest page numbers, to measure the foot before the pages are counted.
const WIDEST: (usize, usize) = (8888, 8888);

fn cut(language: Language, sheet: Sheet) -> Cut {
    let label_pt: f32 = match language {
        Language::Chinese => 78.0,
        Language::English => 92.0,
    };
    Cut { columns: if sheet.is_wide() { 2 } else { 1 }, label_pt: label_pt.min(sheet.inner_pt() / 3.0) }
}

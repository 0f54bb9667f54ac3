//! Finished pages into one PDF, always the same bytes for the same pages.
//!
//! printpdf makes the document: its pages, its pictures, what it says about itself. What is drawn on a page and the
//! letters it is drawn with are written here and in `ink`: printpdf cuts and reads fonts anew for every document, which
//! took two thirds of the time that a receipt took. It also gives every file a random identifier and squeezes streams
//! as hard as it can; both are replaced. The dates in the file come from the paper, never from the clock.

mod font;

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use lopdf::{Dictionary, Document, Object, ObjectId, Stream, StringFormat};
use printpdf::{Mm, OffsetDateTime, PdfDocument, PdfDocumentInfo, PdfPage, PdfSaveOptions, XObject};

use crate::Error;
use crate::fonts::{Case, Setter};
use crate::ink::{Ink, Pen, draw, font_name};
use crate::sheet::Sheet;

/// What a PDF says about itself.
pub(crate) struct Imprint {
    /// Title, shown by readers in the window's title.
    pub title: String,
    /// The vendor.
    pub author: String,
    /// The paper's number.
    pub subject: String,
    /// Language tag of the text.
    pub language: &'static str,
    /// When the paper was issued, in seconds since 1970 (UTC).
    pub issued_unix_s: i64,
}

/// Draws the pages and binds them.
///
/// # Errors
/// [`Error::Outlines`] when a font is damaged, [`Error::Write`] when memory runs out.
pub(crate) fn bind(
    setter: &mut Setter<'_>,
    sheet: Sheet,
    pages: &[Vec<Ink>],
    imprint: Imprint,
) -> Result<Vec<u8>, Error> {
    let case = Case::new(setter.fonts());
    let mut pen = Pen { setter, case, pictures: Vec::new() };
    let (width, height) = (Mm::from(printpdf::Pt(sheet.width_pt)), Mm::from(printpdf::Pt(sheet.height_pt)));
    let contents: Vec<Vec<u8>> = pages.iter().map(|ink| draw(&mut pen, ink, sheet.height_pt)).collect();

    let mut pdf = PdfDocument::new(&imprint.title);
    pdf.metadata.info = info(&imprint);
    pdf.pages = contents.iter().map(|_| PdfPage::new(width, height, Vec::new())).collect();
    for (id, _, stream) in pen.pictures {
        pdf.resources.xobjects.map.insert(id, XObject::External(stream));
    }
    let options = PdfSaveOptions { optimize: false, image_optimization: None, ..PdfSaveOptions::default() };
    let mut document = pdf.to_lopdf_document(&options, &mut Vec::new());
    let mut letters = Dictionary::new();
    for (index, small) in pen.case.small().iter().enumerate() {
        letters.set(font_name(index), font::add(&mut document, small, pen.setter.fonts())?);
    }
    let filled = fill(&mut document, contents, letters).map_err(std::io::Error::other);
    filled.and_then(|()| finish(document, &imprint)).map_err(|source| Error::Write { source })
}

/// Puts onto each page what is drawn on it, and the letters it is drawn with.
fn fill(document: &mut Document, contents: Vec<Vec<u8>>, letters: Dictionary) -> lopdf::Result<()> {
    let pages: Vec<ObjectId> = document.get_pages().into_values().collect();
    let named = |document: &Document, owner, name: &[u8]| document.get_dictionary(owner)?.get(name)?.as_reference();
    for (page, content) in pages.iter().zip(contents) {
        let place = named(document, *page, b"Contents")?;
        document.set_object(place, Stream::new(Dictionary::new(), content));
    }
    // All pages name the same dictionary of fonts.
    if let Some(page) = pages.first() {
        let resources = named(document, *page, b"Resources")?;
        let place = named(document, resources, b"Font")?;
        document.set_object(place, letters);
    }
    Ok(())
}

fn info(imprint: &Imprint) -> PdfDocumentInfo {
    let plain = PdfDocumentInfo::default();
    let issued = OffsetDateTime::from_unix_timestamp(imprint.issued_unix_s).unwrap_or(plain.creation_date);
    PdfDocumentInfo {
        creation_date: issued,
        modification_date: issued,
        metadata_date: issued,
        document_title: imprint.title.clone(),
        author: imprint.author.clone(),
        subject: imprint.subject.clone(),
        creator: "Doorstep".to_owned(),
        producer: "Doorstep (printpdf)".to_owned(),
        ..plain
    }
}

/// What printpdf says about every file and what is not so: that it keeps to a standard for printing houses.
const UNTRUE: [&str; 4] = ["GTS_PDFXVersion", "Trapped", "Identifier", "Keywords"];

fn finish(mut document: Document, imprint: &Imprint) -> std::io::Result<Vec<u8>> {
    document.version = "1.7".to_owned();
    if let Ok(catalog) = document.catalog_mut() {
        catalog.set("Lang", Object::string_literal(imprint.language));
        let display = lopdf::Dictionary::from_iter([("DisplayDocTitle", Object::Boolean(true))]);
        catalog.set("ViewerPreferences", Object::Dictionary(display));
    }
    if let Some(info) = document.trailer.get(b"Info").ok().and_then(|info| info.as_reference().ok())
        && let Ok(info) = document.get_dictionary_mut(info)
    {
        UNTRUE.iter().for_each(|name| {
            info.remove(name.as_bytes());
        });
    }
    let mut content = blake3::Hasher::new();
    for object in document.objects.values_mut() {
        if let Object::Stream(stream) = object {
            content.update(&stream.content);
            squeeze(stream)?;
        }
    }
    content.update(imprint.subject.as_bytes());
    let identifier = Object::String(content.finalize().as_bytes()[..16].to_vec(), StringFormat::Hexadecimal);
    document.trailer.set("ID", Object::Array(vec![identifier.clone(), identifier]));
    let mut bytes = Vec::new();
    document.save_modern(&mut bytes)?;
    Ok(bytes)
}

/// Higher levels take up to twice as long for one hundredth less.
const LEVEL: u32 = 5;

/// Compresses a stream that is not compressed yet.
fn squeeze(stream: &mut Stream) -> std::io::Result<()> {
    if !stream.dict.has(b"Filter") {
        let mut encoder = ZlibEncoder::new(Vec::with_capacity(stream.content.len() / 2), Compression::new(LEVEL));
        encoder.write_all(&stream.content)?;
        stream.set_content(encoder.finish()?);
        stream.dict.set("Filter", Object::Name(b"FlateDecode".to_vec()));
        stream.allows_compression = false;
    }
    Ok(())
}

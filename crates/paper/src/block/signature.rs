//! The box in which the customer signs: drawn on the screen, by hand on paper, refused, or still open; and the place
//! that stays empty for the stamp.

use std::rc::Rc;

use super::{Block, Field, Fields, HAIR_PT, label, set};
use crate::flow::{Laid, Strip};
use crate::fonts::{Setter, Style};
use crate::ink::{Colour, Ink, Paint, Picture};

/// How it was signed.
#[derive(Debug, Clone)]
pub enum Signing {
    /// Not yet; the text says who is to sign where.
    Open(String),
    /// Drawn on the screen.
    Drawn(Rc<Picture>),
    /// By hand on the printed paper: the lines stay empty.
    ByHand,
    /// Refused; the text is the title of the box.
    Refused(String),
}

/// The signature's box.
#[derive(Debug, Clone)]
pub struct SignatureBox {
    /// How it was signed.
    pub signing: Signing,
    /// What stands before the line to sign on.
    pub label: String,
    /// Name, position, date; or the reason of a refusal and its witness.
    pub fields: Vec<Field>,
    /// The words in the place for the stamp.
    pub stamp: String,
    /// Room for a label, in points.
    pub label_pt: f32,
}

const PAD_PT: f32 = 10.0;
const STAMP_PT: f32 = 104.0;
/// The most room a drawn signature gets.
const DRAWN_PT: (f32, f32) = (190.0, 52.0);
const SIGN_PT: f32 = 60.0;

impl Block for SignatureBox {
    fn lay(&self, setter: &mut Setter<'_>, width_pt: f32) -> Laid {
        let refused = matches!(self.signing, Signing::Refused(_));
        let stamped = !refused && width_pt > 3.0 * STAMP_PT;
        let room = width_pt - 2.0 * PAD_PT - if stamped { STAMP_PT + PAD_PT } else { 0.0 };
        let mut ink = Vec::new();
        let mut y = PAD_PT + self.sign(setter, &mut ink, room);
        let fields = Fields { fields: self.fields.clone(), columns: 1, label_pt: self.label_pt, titled: false };
        for strip in fields.lay(setter, room).strips {
            ink.extend(strip.ink.into_iter().map(|ink| ink.moved(PAD_PT, y)));
            y += strip.height;
        }
        let mut height = y + PAD_PT;
        if stamped {
            height = height.max(STAMP_PT + 2.0 * PAD_PT);
            self.stamp(setter, &mut ink, (width_pt - PAD_PT - STAMP_PT, (height - STAMP_PT) / 2.0));
        }
        let frame = Ink::Area { x: 0.0, y: 0.0, width: width_pt, height, paint: Paint::Outline(Colour::RULE) };
        ink.insert(0, frame);
        Laid { head: None, strips: vec![Strip { height, ink, space_before: 8.0, keep_with_next: false }] }
    }
}

impl SignatureBox {
    /// The line to sign on with what is on it; returns its height.
    fn sign(&self, setter: &mut Setter<'_>, ink: &mut Vec<Ink>, room: f32) -> f32 {
        if let Signing::Refused(title) = &self.signing {
            let style = Style::new(13.0).bold().coloured(Colour::BAD);
            return set(setter, ink, title, style, (PAD_PT, PAD_PT), room) + 4.0;
        }
        let base = PAD_PT + SIGN_PT - 8.0;
        let left = PAD_PT + self.label_pt;
        set(setter, ink, &self.label, label(), (PAD_PT, base - label().leading_pt), self.label_pt - 4.0);
        match &self.signing {
            Signing::Drawn(picture) => {
                let (width, height) = picture.fit(DRAWN_PT.0.min(room - self.label_pt - 8.0), DRAWN_PT.1);
                let (x, y) = (left + 6.0, base - height - 2.0);
                ink.push(Ink::Picture { x, y, width, height, picture: Rc::clone(picture) });
            }
            Signing::Open(hint) => {
                let style = label().coloured(Colour::MUTED);
                set(setter, ink, hint, style, (left + 6.0, base - style.leading_pt - 1.0), room - self.label_pt);
            }
            Signing::ByHand | Signing::Refused(_) => {}
        }
        let length = room - self.label_pt;
        ink.push(Ink::Rule { x: left, y: base, length, weight: HAIR_PT, colour: Colour::INK });
        SIGN_PT
    }

    fn stamp(&self, setter: &mut Setter<'_>, ink: &mut Vec<Ink>, (x, y): (f32, f32)) {
        let paint = Paint::Dashes(Colour::RULE);
        ink.push(Ink::Area { x, y, width: STAMP_PT, height: STAMP_PT, paint });
        let style = label();
        let width = setter.width(&self.stamp, style);
        let at = (x + (STAMP_PT - width) / 2.0, y + STAMP_PT - style.leading_pt - 6.0);
        set(setter, ink, &self.stamp, style, at, STAMP_PT);
    }
}

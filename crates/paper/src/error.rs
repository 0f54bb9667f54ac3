//! What can go wrong when a paper is made, in words that say what to do.

/// Why a paper could not be made. Nothing has been written when one of these is returned.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A font that came with the program cannot be read.
    #[error("the font {name} that came with the program cannot be read; install the program again")]
    Font {
        /// The font's PostScript name.
        name: &'static str,
        /// What the font reader said.
        #[source]
        source: ttf_parser::FaceParsingError,
    },
    /// The outlines of a font that came with the program cannot be read.
    #[error("the letters of the font {name} that came with the program cannot be read; install the program again")]
    Outlines {
        /// The font's PostScript name.
        name: &'static str,
    },
    /// The catalogue of messages lacks a word, or is not what it should be.
    #[error("the catalogue of messages lacks a word for the papers; install the program again")]
    Words {
        /// Which one, and where.
        #[source]
        source: serde_json::Error,
    },
    /// A picture is neither a PNG nor a JPEG nor a WebP, is broken, or too large.
    #[error("the picture for {place} cannot be read; take it again or choose a PNG or JPEG file")]
    Picture {
        /// Which picture: the logo, the signature or a photo's caption.
        place: String,
        /// What the picture's reader said.
        #[source]
        source: doorstep_picture::Fault,
    },
    /// More was put on one paper than it can carry.
    #[error("{what}: {count}, but one paper carries at most {max}; split it or shorten it")]
    TooMuch {
        /// What there is too much of.
        what: &'static str,
        /// How much came in.
        count: usize,
        /// How much is allowed.
        max: usize,
    },
    /// Number and hash do not fit into a QR code.
    #[error("the number is too long for the QR code; shorten it")]
    Qr {
        /// What the encoder said.
        #[source]
        source: qrcode::types::QrError,
    },
    /// The finished PDF could not be written out.
    #[error("the finished paper could not be written; free some memory and try again")]
    Write {
        /// What the writer said.
        #[source]
        source: std::io::Error,
    },
}

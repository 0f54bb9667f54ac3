//! Names of files that come from others: as they are safe to show and to save on any system, and whether what they name can
//! do something on its own. The one place for both; never touches a file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// Most bytes of a name before its ending; file systems take 255 in all, and a number may come between.
const STEM_BYTES_MAX: usize = 200;
/// Most bytes of an ending; behind a longer one, as behind none, `bin` is set.
const ENDING_BYTES_MAX: usize = 8;
/// Stands where a name says nothing.
const NAMELESS: &str = "doorstep-attachment";

/// A name that every file system takes and that looks like what it is. Characters that some refuse become `_`; those that
/// cannot be seen, or turn the reading around, are left out: `报价\u{202e}fdp.exe` shows its true ending.
#[must_use]
pub fn cleaned(name: &str) -> String {
    let forbidden = |c: char| r#"/\:*?"<>|"#.contains(c);
    let plain = name.nfc().filter(|c| c.is_whitespace() || !is_unseen(*c));
    let plain: String = plain
        .map(|c| {
            if forbidden(c) {
                '_'
            } else if c.is_whitespace() {
                ' '
            } else {
                c
            }
        })
        .collect();
    // Windows forgets dots and spaces at the end; a dot in front hides a file elsewhere.
    let plain = plain.trim_end_matches(['.', ' ']).trim_start();
    let plain = plain.strip_prefix('.').map_or_else(|| plain.to_owned(), |rest| format!("_{rest}"));
    let (stem, ending) = match plain.rsplit_once('.') {
        Some((stem, ending)) if !ending.is_empty() && ending.len() <= ENDING_BYTES_MAX && !ending.contains(' ') => {
            (stem, ending)
        }
        _ => (plain.as_str(), "bin"),
    };
    let stem = cut(stem, STEM_BYTES_MAX).trim_end_matches(['.', ' ']);
    let stem = if stem.is_empty() { NAMELESS } else { stem };
    let mark = if is_reserved(stem, ending) { "_" } else { "" };
    format!("{mark}{stem}.{ending}")
}

/// The last part of a path, as either kind of system writes them, cleaned.
#[must_use]
pub fn of_path(path: &str) -> String {
    cleaned(path.rsplit(['/', '\\']).next().unwrap_or_default())
}

/// What a file can do once it is opened, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Danger {
    /// It is a program, or installs one.
    Program,
    /// It is a script, or settings that the system takes over.
    Script,
    /// It opens something else, which its name does not say.
    Shortcut,
    /// It is a document whose macros run.
    Macros,
    /// It calls itself a document, and is one of the others.
    Disguised,
}

impl Danger {
    /// As messages call it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Program => "program",
            Self::Script => "script",
            Self::Shortcut => "shortcut",
            Self::Macros => "macros",
            Self::Disguised => "disguised",
        }
    }
}

const PROGRAMS: &str = " exe com scr pif cpl msi msp mst msix msixbundle appx appxbundle appinstaller application dll ocx \
    sys drv gadget jar jnlp apk app dmg pkg deb rpm run appimage flatpak snap elf so dylib xpi crx air iso img vhd vhdx wim diagcab \
    theme themepack ";
const SCRIPTS: &str = " bat cmd btm ps1 ps1xml ps2 ps2xml psc1 psc2 psd1 psm1 cdxml pssc vb vbs vbe vbscript js jse mjs cjs ws wsf wsh \
    wsc hta sh bash zsh csh ksh fish ash py pyw pyc pyz pyzw pl rb php lua tcl command tool action workflow scpt scptd \
    applescript reg inf ins isp sct shb msh msh1 msh2 mshxml mcf msc chm hlp hpj ad ade adp mht mhtml xht xhtml xbap diagpkg \
    job osd prg ";
const SHORTCUTS: &str = " lnk url website webloc inetloc fileloc desktop scf shs mad maf mag mam maq mar mas mat mau mav maw \
    library-ms search-ms searchconnector-ms settingcontent-ms glk rdp appref-ms ";
const MACROS: &str = " docm dotm xlsm xltm xlam xlsb xll xla xlm xlw pptm potm ppam ppsm ppa sldm wiz mdb mde mda mdw accdb accde accda \
    accdr wll iqy oqy rqy slk odm ";
/// What harmless files are called; in front of a dangerous ending it deceives.
const DOCUMENTS: &str = " doc docx xls xlsx ppt pptx pdf txt csv rtf wps et dps jpg jpeg png gif bmp webp heic tif tiff mp3 mp4 avi mov zip \
    rar 7z gz htm html xml ofd dwg dxf eml odt ods ";

/// What a file could do once it is opened, told by its name as it came: hidden signs count here.
#[must_use]
pub fn danger(name: &str) -> Option<Danger> {
    let seen: String = name.chars().filter(|c| !is_unseen(*c)).collect();
    let low = seen.trim_end_matches(|c: char| c == '.' || c.is_whitespace()).to_lowercase();
    let (stem, ending) = low.rsplit_once('.')?;
    let is_among = |list: &str, word: &str| !word.is_empty() && list.split_whitespace().any(|one| one == word);
    // Endings may be written in full width, which some systems fold.
    let ending: String = ending.nfkc().filter(|c| !c.is_whitespace()).collect();
    let own = if is_among(PROGRAMS, &ending) {
        Danger::Program
    } else if is_among(SCRIPTS, &ending) {
        Danger::Script
    } else if is_among(SHORTCUTS, &ending) {
        Danger::Shortcut
    } else if is_among(MACROS, &ending) {
        Danger::Macros
    } else {
        return None;
    };
    let before = stem.rsplit_once('.').map(|(_, before)| before.trim().to_owned()).unwrap_or_default();
    let turns = name
        .chars()
        .any(|c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}'));
    // `报价.pdf          .exe`: the ending is pushed out of sight.
    let is_pushed = stem.ends_with("    ");
    Some(if turns || is_pushed || is_among(DOCUMENTS, &before) { Danger::Disguised } else { own })
}

/// Devices of Windows, with any ending, and files that its folders obey.
fn is_reserved(stem: &str, ending: &str) -> bool {
    let first = stem.split('.').next().unwrap_or_default().trim_end().to_uppercase();
    let numbered = |device: &str| {
        let rest = first.strip_prefix(device);
        rest.is_some_and(|rest| {
            rest.chars().count() == 1 && rest.chars().all(|c| c.is_ascii_digit() || "¹²³".contains(c))
        })
    };
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"].contains(&first.as_str())
        || numbered("COM")
        || numbered("LPT")
        || (first == "DESKTOP" && ending.eq_ignore_ascii_case("ini"))
        || (first == "AUTORUN" && ending.eq_ignore_ascii_case("inf"))
}

/// Whether a character shows nothing: controls, what turns the direction of reading, joiners, fillers, tags, and variants.
#[must_use]
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

fn cut(text: &str, bytes_max: usize) -> &str {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

//! Names of files from others are shown and saved as what they are.

use doorstep_domain::file_name::{Danger, cleaned, danger, is_unseen, of_path};
use proptest::prelude::*;

#[test]
fn a_name_is_cleaned_of_what_deceives_and_of_what_a_system_cannot_take() {
    for (name, clean) in [
        ("报价\u{202e}fdp.exe", "报价fdp.exe"),
        ("a\u{200b}b\u{feff}.pdf", "ab.pdf"),
        ("CON", "_CON.bin"),
        ("con.txt", "_con.txt"),
        ("NUL .tar.gz", "_NUL .tar.gz"),
        ("COM1.log", "_COM1.log"),
        ("lpt².txt", "_lpt².txt"),
        ("CONSOLE.txt", "CONSOLE.txt"),
        ("COM10.txt", "COM10.txt"),
        ("desktop.ini", "_desktop.ini"),
        ("a.txt. . .", "a.txt"),
        ("a .txt", "a.txt"),
        ("..", "doorstep-attachment.bin"),
        (".bashrc", "_bashrc.bin"),
        (".desktop", "_desktop.bin"),
        ("", "doorstep-attachment.bin"),
        ("   ", "doorstep-attachment.bin"),
        ("a/b\\c:d*e?f\"g<h>i|j.pdf", "a_b_c_d_e_f_g_h_i_j.pdf"),
        ("一\n二\t三.pdf", "一 二 三.pdf"),
        ("e\u{301}.pdf", "é.pdf"),
        ("现场 记录.zip", "现场 记录.zip"),
        ("没有后缀", "没有后缀.bin"),
        ("a\0b.pdf", "ab.pdf"),
    ] {
        assert_eq!(cleaned(name), clean, "{name:?}");
    }
    assert_eq!(of_path("C:\\Users\\z\\..\\报价.pdf"), "报价.pdf");
    assert_eq!(of_path("../../etc/passwd"), "passwd.bin");
    let long = cleaned(&format!("{}.pdf", "桥".repeat(300)));
    assert!(long.len() <= 204 && long.ends_with("桥.pdf"), "{long}");
}

#[test]
fn what_can_act_once_it_is_opened_is_told_by_its_name() {
    for (name, told) in [
        ("安装.EXE", Danger::Program),
        ("a.scr", Danger::Program),
        ("a.iso", Danger::Program),
        ("a.bat", Danger::Script),
        ("a.js", Danger::Script),
        ("a.hta", Danger::Script),
        ("a.ps1", Danger::Script),
        ("a.reg", Danger::Script),
        ("a.lnk", Danger::Shortcut),
        ("a.desktop", Danger::Shortcut),
        ("a.url", Danger::Shortcut),
        ("预算.docm", Danger::Macros),
        ("预算.xlsm", Danger::Macros),
        ("预算.pdf.exe", Danger::Disguised),
        ("照片.jpg.lnk", Danger::Disguised),
        ("报价\u{202e}fdp.exe", Danger::Disguised),
        ("报价.pdf                                 .exe", Danger::Disguised),
        ("a.exe. .", Danger::Program),
        ("a.e\u{200b}xe", Danger::Program),
        ("a.ｅｘｅ", Danger::Program),
        ("a.exe\u{a0}", Danger::Program),
    ] {
        assert_eq!(danger(name), Some(told), "{name:?}");
    }
    for name in ["报价.pdf", "预算.xlsx", "现场.jpg", "记录.zip", "exe", "a.exe.pdf", "数据.bin", "a.log", ""]
    {
        assert_eq!(danger(name), None, "{name}");
    }
}

proptest! {
    #[test]
    fn a_cleaned_name_is_clean_for_every_system(name in "\\PC{0,80}|.{0,400}|[./\\\\ \u{202e}CONcon.exe]{0,30}") {
        let clean = cleaned(&name);
        prop_assert!(clean.len() <= 255 && clean.contains('.'));
        prop_assert!(!clean.contains(['/', '\\', ':', '*', '?', '"', '<', '>', '|', '\0', '\n']));
        prop_assert!(!clean.starts_with(['.', ' ']) && !clean.ends_with(['.', ' ']));
        prop_assert!(!clean.chars().any(is_unseen));
        prop_assert_eq!(cleaned(&clean), clean.clone(), "cleaning is done once");
    }
}

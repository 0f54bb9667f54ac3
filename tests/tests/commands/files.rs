//! Files that are not what they say: each has its own words, and nothing is taken from it.

use crate::ground::{Headquarters, Laptop, list};
use doorstep_app::Code;
use doorstep_domain::Kind;
use doorstep_store::Edit;
use doorstep_tests::samples;
use serde_json::{Value, json};

async fn customers(laptop: &Laptop) -> Value {
    let args = json!({ "query": "", "levels": [], "validity": "any", "parent_id": null, "offset": 0, "limit": 100 });
    laptop.call("customer_list", args).await
}

/// A compound file as Excel writes a workbook with a password: it opens, but what is in it is not readable.
fn encrypted_workbook() -> Vec<u8> {
    let mut container = cfb::CompoundFile::create(std::io::Cursor::new(Vec::new())).unwrap();
    for stream in ["/EncryptionInfo", "/EncryptedPackage"] {
        std::io::Write::write_all(&mut container.create_stream(stream).unwrap(), &[4, 0, 4, 0, 64, 0, 0, 0]).unwrap();
    }
    container.flush().unwrap();
    container.into_inner().into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_list_that_is_none_says_what_is_wrong_and_changes_nothing() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    laptop.customer("客户甲").await;
    let before = customers(&laptop).await;
    let cases: [(Vec<u8>, Code, &str); 4] = [
        (samples::signature().unwrap(), Code::NotATable, "roster_not_a_table"),
        (Vec::new(), Code::NotATable, "roster_empty"),
        (encrypted_workbook(), Code::TableEncrypted, "roster_encrypted"),
        (b"PK\x03\x04 cut off after this".to_vec(), Code::NotATable, "roster_broken_workbook"),
    ];
    for (bytes, code, field) in cases {
        let args = json!({ "upload": laptop.upload(bytes), "file_name": "客户名单.xlsx" });
        let failure = laptop.refused("import_open", args).await;
        assert_eq!((failure.code, failure.field.as_deref()), (code, Some(field)), "{failure:?}");
        assert!(!failure.id.is_empty(), "what people report finds it in the log");
    }
    assert_eq!(customers(&laptop).await, before);
    let list = laptop.folder.path().join("客户名单.xlsx");
    samples::workbook(&list, &[&["客户名称", "联系人"], &["雅江桥隧工程有限公司", "邓𠮷祥"]]).unwrap();
    let upload = laptop.upload(std::fs::read(&list).unwrap());
    let opened = laptop.call("import_open", json!({ "upload": upload, "file_name": "客户名单.xlsx" })).await;
    let args = json!({ "import": opened["import"], "matching": opened["matching"] });
    assert_eq!(laptop.call("import_check", args).await["good"], 1);
    // A person may still walk away: nothing is taken before the last step.
    assert_eq!(customers(&laptop).await, before);
    let done = laptop.call("import_run", json!({ "import": opened["import"], "decisions": [] })).await;
    assert_eq!(done["created"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_that_is_none_says_so_and_the_visit_stays_as_it_was() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    let visit = laptop.at_work(&laptop.customer("客户甲").await).await;
    let before = laptop.visit(&visit).await;
    let photo = samples::photo(900, 600).unwrap();
    let cases = [
        (b"this is a text that calls itself a picture".to_vec(), Code::NotAPicture),
        (photo[..24].to_vec(), Code::NotAPicture),
        // Copied in part: a decoder would fill what is missing with grey.
        (photo[..photo.len() / 3].to_vec(), Code::NotAPicture),
        (photo[..photo.len() - 40].to_vec(), Code::NotAPicture),
        ([b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".as_slice(), &[0; 900]].concat(), Code::PictureHeic),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3".to_vec(), Code::NotAPicture),
        (Vec::new(), Code::Missing),
    ];
    let add = |upload: &str| {
        json!({
            "visit": visit, "about": null, "item": null, "role": "photo", "upload": upload, "name": "现场.jpg",
            "caption": "",
        })
    };
    for (bytes, code) in cases {
        assert_eq!(laptop.code_of("attachment_add", add(&laptop.upload(bytes))).await, code);
    }
    assert_eq!(laptop.code_of("attachment_add", add("no-such-upload")).await, Code::NotFound);
    assert_eq!(laptop.visit(&visit).await, before);
    let entry = laptop.call("attachment_add", add(&laptop.upload(samples::photo(900, 600).unwrap()))).await;
    assert_eq!(entry["attachment"]["media_type"], "image/jpeg");
    // Some cameras leave out the two bytes of its end.
    let whole = samples::photo(900, 600).unwrap();
    let open_ended = laptop.call("attachment_add", add(&laptop.upload(whole[..whole.len() - 2].to_vec()))).await;
    assert_eq!(open_ended["attachment"]["hash"], entry["attachment"]["hash"]);
    // The same bytes as a file, not as a photo, are nobody's business.
    let mut file = add(&laptop.upload(b"log".to_vec()));
    file["role"] = json!("file");
    laptop.call("attachment_add", file).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_photo_and_a_large_customer_list_come_in_pieces_and_are_taken_as_any_other() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    let visit = laptop.at_work(&laptop.customer("客户甲").await).await;
    let add = |upload: &str| {
        json!({
            "visit": visit, "about": null, "item": null, "role": "photo", "upload": upload, "name": "现场.jpg",
            "caption": "",
        })
    };
    let photo = samples::photo(900, 600).unwrap();
    let whole = laptop.call("attachment_add", add(&laptop.upload(photo.clone()))).await;
    let pieces = laptop.call("attachment_add", add(&laptop.upload_in_pieces(&photo).await)).await;
    assert_eq!(pieces["attachment"]["hash"], whole["attachment"]["hash"]);
    let wrong = laptop.upload_in_pieces(b"this is a text that calls itself a picture").await;
    assert_eq!(laptop.code_of("attachment_add", add(&wrong)).await, Code::NotAPicture);
    let list = laptop.upload_in_pieces("客户名称,联系人\n雅江桥隧工程有限公司,邓𠮷祥\n".as_bytes()).await;
    let opened = laptop.call("import_open", json!({ "upload": list, "file_name": "客户名单.csv" })).await;
    assert_eq!(opened["sheet"]["row_count"], 1);
    let answer = laptop.upload_in_pieces(b"PK\x03\x04 no answer of HQ's").await;
    assert_eq!(laptop.code_of("bundle_import", json!({ "upload": answer })).await, Code::NotABundle);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_larger_than_the_desk_comes_in_pieces_and_is_saved_as_it_was() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    let visit = laptop.at_work(&laptop.customer("客户甲").await).await;
    let piece = |n: u8| vec![n; 7 * 1024 * 1024 + 13];
    let mut upload: Option<String> = None;
    for n in 0..11 {
        upload = Some(laptop.app.upload(upload.as_deref(), piece(n).into()).await.unwrap());
    }
    let mut file = json!({
        "visit": visit, "about": null, "item": null, "role": "photo", "upload": upload, "name": "记录.zip", "caption": "",
    });
    assert_eq!(laptop.code_of("attachment_add", file.clone()).await, Code::TooLarge, "no photo is that large");
    assert_eq!(laptop.code_of("attachment_add", file.clone()).await, Code::NotFound, "and nothing of it is left");
    let mut upload: Option<String> = None;
    for n in 0..11 {
        upload = Some(laptop.app.upload(upload.as_deref(), piece(n).into()).await.unwrap());
    }
    (file["role"], file["upload"]) = (json!("file"), json!(upload));
    let entry = laptop.call("attachment_add", file).await;
    assert_eq!(entry["attachment"]["bytes"], 11 * piece(0).len());
    let saved = laptop.call("attachment_save", json!({ "id": entry["id"] })).await;
    let read = std::fs::read(saved["path"].as_str().unwrap()).unwrap();
    assert!(read == (0..11).flat_map(piece).collect::<Vec<u8>>(), "every byte in its place");
    assert_eq!(saved["download"], Value::Null, "too large for the desk");
}

/// A file of a visit; gives its entry.
fn as_file(visit: &str, upload: &str, name: &str) -> Value {
    json!({
        "visit": visit, "about": null, "item": null, "role": "file", "upload": upload, "name": name, "caption": "",
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_can_act_is_saved_only_when_the_person_was_told_and_wants_it() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    let visit = laptop.at_work(&laptop.customer("客户甲").await).await;
    for (name, danger) in [
        ("安装.exe", "program"),
        ("屏保.scr", "program"),
        ("清理.bat", "script"),
        ("页面.hta", "script"),
        ("打开.lnk", "shortcut"),
        ("打开.desktop", "shortcut"),
        ("预算.docm", "macros"),
        ("报价.pdf.exe", "disguised"),
    ] {
        let entry = laptop.call("attachment_add", as_file(&visit, &laptop.upload(b"MZ".to_vec()), name)).await;
        let refused = laptop.refused("attachment_save", json!({ "id": entry["id"] })).await;
        assert_eq!((refused.code, refused.field.as_deref()), (Code::DangerousFile, Some(danger)), "{name}");
        assert!(!laptop.folder.path().join("documents").join(name).exists(), "{name}");
        let saved = laptop.call("attachment_save", json!({ "id": entry["id"], "confirmed": true })).await;
        assert_eq!(saved["name"], *name);
    }
    let entry = laptop.call("attachment_add", as_file(&visit, &laptop.upload(b"log".to_vec()), "记录.log")).await;
    laptop.call("attachment_save", json!({ "id": entry["id"] })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_deceive_or_that_a_system_cannot_take_are_cleaned_when_shown_and_when_saved() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    let visit = laptop.at_work(&laptop.customer("客户甲").await).await;
    for (name, clean) in [
        ("..\\..\\报价\u{202e}fdp.txt", "报价fdp.txt"),
        ("CON.txt", "_CON.txt"),
        ("a.txt. .", "a.txt"),
        ("/etc/现场\u{200b}记录.txt", "现场记录.txt"),
    ] {
        let entry = laptop.call("attachment_add", as_file(&visit, &laptop.upload(b"x".to_vec()), name)).await;
        assert_eq!(entry["attachment"]["name"], *clean);
        // As a laptop that cleans nothing would have written it.
        let id = entry["id"].as_str().unwrap().parse().unwrap();
        let store = laptop.app.store().unwrap();
        let mut write = store.write().await.unwrap();
        let patch = [("name".to_owned(), json!(name))].into_iter().collect();
        let edit = Edit { kind: Kind::ATTACHMENT, id, patch };
        let written = write.put(laptop.app.world().now(), &edit).await;
        if name.contains('\u{202e}') {
            assert_eq!(written.unwrap_err().code(), Code::BadText, "no laptop writes what turns a text round");
            continue;
        }
        written.unwrap();
        write.commit().await.unwrap();
        let shown = laptop.visit(&visit).await;
        let mut names = list(&shown["attachments"]).iter().map(|one| &one["attachment"]["name"]);
        assert!(names.any(|shown| shown == clean), "{name:?} is not shown as {clean}");
        let saved = laptop.call("attachment_save", json!({ "id": entry["id"] })).await;
        assert_eq!(saved["name"], *clean);
    }
}

/// A photo as a telephone takes it, with the place it was taken at.
fn photo_with_a_place() -> Vec<u8> {
    let photo = samples::photo(900, 600).unwrap();
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x88\x25\0\x04\0\0\0\x01\0\0\0\x1a\0\0\0\0".to_vec();
    exif.extend(b"\0\x01\0\x01\0\x02\0\0\0\x02N\0\0\0\0\0\0\0");
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&photo[..2], &[0xff, 0xe1], &length, &exif, &photo[2..]].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_that_is_attached_as_a_file_is_asked_about_and_keeps_or_loses_where_it_was_taken() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    let visit = laptop.at_work(&laptop.customer("客户甲").await).await;
    let photo = photo_with_a_place();
    // Its name says nothing: what it is, its content says.
    for (traces, bytes) in [("keep", Some(photo.len())), ("remove", None)] {
        let upload = laptop.upload(photo.clone());
        let mut file = as_file(&visit, &upload, "现场.dat");
        let refused = laptop.refused("attachment_add", file.clone()).await;
        assert_eq!((refused.code, refused.field.as_deref()), (Code::PhotoTells, Some("place")));
        file["traces"] = json!(traces);
        let entry = laptop.call("attachment_add", file).await;
        let saved = laptop.call("attachment_save", json!({ "id": entry["id"] })).await;
        let kept = std::fs::read(saved["path"].as_str().unwrap()).unwrap();
        match bytes {
            Some(bytes) => assert_eq!((kept.len(), &kept), (bytes, &photo), "byte for byte"),
            None => {
                assert!(!kept.windows(4).any(|part| part == b"Exif"));
                assert_eq!(image::load_from_memory(&kept).unwrap().width(), 900, "the picture is there");
            }
        }
    }
    // As a photo it loses that without a question.
    let mut file = as_file(&visit, &laptop.upload(photo), "现场.jpg");
    file["role"] = json!("photo");
    laptop.call("attachment_add", file).await;
}

/// A workbook as people send it: a page of words first, the list behind it, a filtered row, a total under it.
fn list_of_a_customer() -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet().set_name("填表说明").unwrap().write_string(0, 0, "请填第二张表。").unwrap();
    let sheet = book.add_worksheet();
    sheet.set_name("客户").unwrap();
    let rows = [
        ["客户名称", "联系人", "手机", "维护期至"],
        ["雅江桥隧工程有限公司", "邓𠮷祥", "13900001111", "2026-02-30"],
        ["贡嘎公路养护有限公司", "泽仁", "13900002222", "2027-06-30"],
        ["合计", "2家", "", ""],
    ];
    for (row, cells) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(cells) {
            sheet.write_string(row, column, cell).unwrap();
        }
    }
    sheet.set_row_hidden(2).unwrap();
    book.save_to_buffer().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_with_hidden_rows_is_taken_as_a_person_says_without_totals_and_without_cells_nobody_can_read() {
    let hq = Headquarters::start().await;
    for (with_hidden, created) in [(false, 1), (true, 2)] {
        let laptop = hq.laptop("CD", "张伟").await;
        let upload = laptop.upload(list_of_a_customer());
        let opened = laptop.call("import_open", json!({ "upload": upload, "file_name": "客户.xlsx" })).await;
        let sheet = &opened["sheet"];
        assert_eq!((&sheet["sheet_name"], &sheet["other_sheets"]), (&json!("客户"), &json!(["填表说明"])));
        assert_eq!(sheet["hidden_rows"], 1);
        let mut args = json!({ "import": opened["import"], "matching": opened["matching"] });
        let failure = laptop.refused("import_check", args.clone()).await;
        assert_eq!(failure.field.as_deref(), Some("with_hidden"), "nothing hidden comes in unasked");
        args["with_hidden"] = json!(with_hidden);
        let review = laptop.call("import_check", args).await;
        let sums = ["good", "incomplete", "bad", "no_customer"].map(|sum| review[sum].as_u64().unwrap());
        assert_eq!(sums, [created, 1, 0, 1], "{review}");
        let done = laptop.call("import_run", json!({ "import": opened["import"], "decisions": [] })).await;
        let sums = ["created", "cells_refused", "skipped", "bad"].map(|sum| done[sum].as_u64().unwrap());
        assert_eq!(sums, [created, 1, 1, 0]);
        // The total is a customer when a person says so.
        let upload = laptop.upload(list_of_a_customer());
        let args = json!({ "upload": upload, "file_name": "客户.xlsx", "sheet": "客户" });
        let opened = laptop.call("import_open", args).await;
        let args = json!({ "import": opened["import"], "matching": opened["matching"], "with_hidden": false });
        laptop.call("import_check", args).await;
        let wanted = json!([{ "line": 4, "action": "new", "into": null }]);
        let done = laptop.call("import_run", json!({ "import": opened["import"], "decisions": wanted })).await;
        assert_eq!(done["created"], 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_about_a_line_of_a_list_names_the_line() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    let upload = laptop.upload("客户名称,备注\n甲公司,\"没有结束\n乙公司,好\n".as_bytes().to_vec());
    let failure = laptop.refused("import_open", json!({ "upload": upload, "file_name": "客户.csv" })).await;
    assert_eq!((failure.field.as_deref(), failure.line), (Some("roster_unclosed_quote"), Some(2)));
}

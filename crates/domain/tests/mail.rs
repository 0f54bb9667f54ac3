//! What counts as a mail address.

use doorstep_domain::{
    Code,
    customer::{is_mail_address, mail_addresses},
};

#[test]
fn an_address_that_would_say_more_to_a_mail_program_is_none() {
    let hostile = [
        "a@b?attach=/etc/passwd&cc=evil@x",
        "a@b.cn?attach=/etc/passwd",
        "a?cc=evil@x.cn",
        "a%3Fattach=@b.cn",
        "--attach@b.cn",
        "a@b.cn&cc=c@d.cn",
        "a@b.cn\r\nBcc:c@d.cn",
        "\"a b\"@c.cn",
        "<a@b.cn>",
        "mailto:a@b.cn",
        "a\u{202e}@b.cn",
        "a@b\u{200b}.cn",
        "a/b@c.cn",
        "a@b@c.cn",
        "a@-b.cn",
        "a..b@c.cn",
        ".a@b.cn",
        "a@b",
        "@b.cn",
        "a@",
        "",
    ];
    for address in hostile {
        assert!(!is_mail_address(address), "{address:?}");
    }
    assert!(!is_mail_address(&format!("{}@b.cn", "a".repeat(65))));
    assert!(!is_mail_address(&format!("a@{}.cn", "b".repeat(64))));
}

#[test]
fn addresses_as_people_have_them_are_taken() {
    for address in
        ["zhang.wei@example.com", "r&d@x-y.com.cn", "o'brien+1@mail.example", "张伟@例子.中国", "10086@qq.com"]
    {
        assert!(is_mail_address(address), "{address}");
    }
}

#[test]
fn several_addresses_and_full_width_signs_are_read_as_they_are_meant() {
    assert_eq!(mail_addresses("a@b.cn、c@d.cn；e@f.cn").unwrap(), ["a@b.cn", "c@d.cn", "e@f.cn"]);
    assert_eq!(mail_addresses("ｚｗ＠ｑｑ。ｃｏｍ").unwrap(), ["zw@qq.com"]);
    assert!(mail_addresses(" ").unwrap().is_empty());
    let refused = mail_addresses("a@b.cn、张三").unwrap_err();
    assert_eq!((refused.code, refused.field.as_deref()), (Code::NotAMailAddress, Some("email")));
}

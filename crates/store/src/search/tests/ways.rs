//! The ways in which people type a name or a number that they know.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_found_however_its_sound_and_its_characters_are_typed() {
    let mut desk = Desk::new().await;
    for (name, queries) in [
        (
            "吕梁交通局",
            &[
                "lüliang",
                "lǚliáng",
                "LÜLIANG",
                "lu\u{308}liang",
                "lyuliang",
                "lvliang",
                "lu:liang",
                "lv3liang2",
                "lü3liang2",
                "呂梁",
                "lüliangjiaotong",
                "lv liang",
                "lǚ liáng",
            ][..],
        ),
        ("女娲路桥", &["nǚwa", "nüwā", "nvwa", "nuwa", "nyuwa", "NǙWA", "nv3wa1"]),
        (
            "四川东桥工程",
            &["sìchuān", "si4chuan1", "si4 chuan1", "si chuan", "si-chuan", "ｓｉｃｈｕａｎ", "東橋", "四川東橋"],
        ),
        ("西安绿地", &["xi'an", "xi’an", "Xī'ān", "xi an", "xian", "lǜdì", "西安綠地"]),
        ("暴雪大厦", &["bàoxuě", "daxia", "dàshà", "大廈"]),
        ("二〇二五项目", &["二零二五", "二○二五", "二〇二五", "erling"]),
        ("單雄信建材", &["单雄信", "shanxiongxin", "danxiong", "sxx"]),
        ("尉迟恭", &["yuchi", "weichi", "尉遲"]),
        ("仇英", &["qiuying", "chouying"]),
        ("解缙", &["xiejin", "jiejin", "解縉"]),
        ("曾巩", &["zenggong", "zēng gǒng", "曾鞏"]),
        ("Café Zürich", &["cafe", "zurich", "zürich", "CAFÉ"]),
        ("乾坤监理", &["qiankun", "qk"]),
    ] {
        let id = desk.customer(name).await;
        for query in queries {
            let hits = desk.hits(query).await;
            assert!(hits.iter().any(|hit| hit.id == id), "{name} by {query}: {hits:?}");
            assert!(desk.listed(query).await.contains(&name.to_owned()), "{name} by {query} in the list");
        }
    }
    for query in ["lyuxiang", "si4chuan9", "lü4xiang"] {
        assert!(desk.hits(query).await.is_empty(), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_found_however_it_is_parted_and_with_or_without_its_country() {
    let mut desk = Desk::new().await;
    let office = desk.customer("绵九高速项目部").await;
    let person = json!({"name": "周建国", "customer_id": office, "mobile": "13800138000", "email": "Zhou.Jian@Example.com",
        "phone": "(028) 8533-1234"});
    desk.add(Kind::CONTACT, person).await;
    let abroad = json!({"name": "何", "customer_id": office, "mobile": "+86 139 0013 9000"});
    desk.add(Kind::CONTACT, abroad).await;
    for query in [
        "138-0013-8000",
        "+86 13800138000",
        "+8613800138000",
        "86 138 0013 8000",
        "8613800138000",
        "0086-13800138000",
        "１３８００１３８０００",
        "138 0013",
        "8000",
        "(028) 8533",
        "028-85331234",
        "02885331234",
        "+86 28 8533 1234",
        "85331234",
        "zhou.jian@example.com",
        "ZHOU.JIAN",
        "example.com",
    ] {
        assert_eq!(desk.titles(query).await, ["周建国"], "{query}");
    }
    for query in ["13900139000", "+86 139", "139-0013-9000"] {
        assert_eq!(desk.titles(query).await, ["何"], "{query}");
    }
    desk.add(Kind::INSTALLATION, json!({"customer_id": office, "dongle_number": "Ａ－0001"})).await;
    for query in ["A-0001", "a0001", "A 0001", "a—0001", "ａ０００１", "0001"] {
        assert!(desk.hits(query).await.iter().any(|hit| hit.kind == HitKind::Customer), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_of_an_earlier_form_is_written_anew_in_its_order() {
    let mut desk = Desk::new().await;
    for name in ["第一项目部", "第二项目部", "第三项目部"] {
        desk.customer(name).await;
    }
    let before = desk.titles("项目").await;
    let mut write = desk.store.write().await.unwrap();
    sqlx::query("DELETE FROM meta WHERE name = 'search_form'").execute(&mut *write.tx).await.unwrap();
    // What an earlier version could not be asked for.
    sqlx::query("DELETE FROM search_name_key").execute(&mut *write.tx).await.unwrap();
    keep::renew(&mut write.tx).await.unwrap();
    write.commit().await.unwrap();
    assert!(desk.titles("xiangmu").await.is_empty());
    while desk.store.tend_search().await.unwrap() {}
    assert_eq!(desk.titles("xiangmu").await, before);
    assert_eq!(desk.titles("项目").await, before);
}

//! Search over a real encrypted store.

mod ways;

use super::*;
use crate::{CustomerFilter, Edit, Folder, StoreKey, VisitFilter};
use chrono::{DateTime, Utc};
use doorstep_domain::{Doc, Kind, id::RecordId};
use doorstep_wire::{Entry, EntryBody, Page, RecordState};
use proptest::prelude::*;
use serde_json::{Value, json};

struct Desk {
    store: Store,
    next: u128,
    _folder: tempfile::TempDir,
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).unwrap()
}

fn doc(value: Value) -> Doc {
    value.as_object().unwrap().clone()
}

/// SQLCipher tidies up when the process ends, and whatever is open then crashes.
impl Drop for Desk {
    fn drop(&mut self) {
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(self.store.close()));
    }
}

impl Desk {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lock = Folder::lock(&folder.path().join("data")).unwrap();
        let store = Store::open(lock, StoreKey::from_bytes([7; 32])).await.unwrap();
        Self { store, next: 0, _folder: folder }
    }

    async fn add(&mut self, kind: Kind, patch: Value) -> RecordId {
        self.next += 1;
        let id = RecordId(uuid::Uuid::from_u128(self.next << 64 | self.next));
        self.put(kind, id, patch).await;
        id
    }

    async fn put(&self, kind: Kind, id: RecordId, patch: Value) {
        let mut write = self.store.write().await.unwrap();
        write.put(now(), &Edit { kind, id, patch: doc(patch) }).await.unwrap();
        write.commit().await.unwrap();
    }

    async fn customer(&mut self, name: &str) -> RecordId {
        self.add(Kind::CUSTOMER, json!({"name": name})).await
    }

    async fn hits(&self, query: &str) -> Vec<Hit> {
        self.store.search(query, 50).await.unwrap()
    }

    async fn titles(&self, query: &str) -> Vec<String> {
        self.hits(query).await.into_iter().map(|hit| hit.title).collect()
    }

    async fn listed(&self, query: &str) -> Vec<String> {
        let filter = CustomerFilter { query: query.into(), ..CustomerFilter::default() };
        self.store.customers(&filter, 0, 50).await.unwrap().1.into_iter().map(|c| c.name).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_found_by_any_part_of_it_by_pinyin_and_by_initials() {
    let mut desk = Desk::new().await;
    desk.customer("四川路桥建设集团股份有限公司").await;
    desk.customer("中铁二局").await;
    let typed = [
        "四",
        "桥",
        "司",
        "四川",
        "路桥",
        "建设集团股份有限公司",
        "四川路桥建设集团股份有限公司",
        "四川 集团",
        "si",
        "sichuan",
        "sichuanluqiao",
        "luqiao",
        "luqi",
        "qiaojianshe",
        "SiChuan LuQiao",
        "sichuanluqiaojianshejituan",
        "sichuanl",
        "chuanluqiaoji",
        "sclqjsjtgf",
        "jsjtgfyxgs",
        "sclq",
        "lqjs",
        "slq",
        "s",
    ];
    for query in typed {
        assert_eq!(desk.titles(query).await, ["四川路桥建设集团股份有限公司"], "{query}");
        assert_eq!(desk.listed(query).await, ["四川路桥建设集团股份有限公司"], "{query}");
    }
    for query in ["川四", "四路", "路桥 中铁", "qiaolu", "sichuanx", "xs", "sichuanbuxing", "sclqjsjtgx"] {
        assert!(desk.hits(query).await.is_empty(), "{query}");
        assert!(desk.listed(query).await.is_empty(), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reading_of_a_character_finds_the_name() {
    let mut desk = Desk::new().await;
    desk.customer("重庆交通局").await;
    desk.customer("吕梁绿地").await;
    for query in ["chongqing", "zhongqing", "cqjt", "zqjt", "chongqingjiaotongju", "zhongqingj"] {
        assert_eq!(desk.titles(query).await, ["重庆交通局"], "{query}");
    }
    for query in ["lvliang", "luliang", "lvdi", "llld"] {
        assert_eq!(desk.titles(query).await, ["吕梁绿地"], "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_section_is_found_by_its_spelling_with_its_number_in_it() {
    let mut desk = Desk::new().await;
    desk.customer("绵九高速第49标段项目部").await;
    for query in ["di49biaoduan", "49biaoduanxiang", "d49bdxmb", "mjgsd49bd", "第49标", "49", "gaosudi49"] {
        assert_eq!(desk.titles(query).await.len(), 1, "{query}");
    }
    for query in ["di48biaoduan", "d48bdxmb", "第4标", "94"] {
        assert!(desk.hits(query).await.is_empty(), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rare_characters_widths_and_cases_do_not_matter() {
    let mut desk = Desk::new().await;
    desk.customer("𠮷野家（成都）ＡＢＣ第〇标段").await;
    for query in ["𠮷", "𠮷野", "家成都", "家（成都）", "abc", "ABC", "ａｂｃ第", "〇标", "都a", "bc第〇"]
    {
        assert_eq!(desk.titles(query).await.len(), 1, "{query}");
    }
    assert!(desk.hits("吉野").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn people_and_products_in_use_lead_to_their_customer() {
    let mut desk = Desk::new().await;
    let office = desk.customer("绵九高速项目部").await;
    let person = json!({"name": "单雄信", "customer_id": office, "mobile": "138 0801 5678", "position": "造价工程师",
               "email": "shan@example.com", "phone": "0816-2345678、2345679"});
    let person = desk.add(Kind::CONTACT, person).await;
    let dongle = json!({"customer_id": office, "dongle_number": "SN-20391-7", "product_name": "公路造价系统"});
    desk.add(Kind::INSTALLATION, dongle).await;
    for query in ["单雄", "shanxiongxin", "dxx", "5678", "13808015678", "0801 5678", "2345679", "造价工程", "shan@ex"]
    {
        let hits = desk.hits(query).await;
        assert_eq!((hits.len(), hits[0].kind, hits[0].id), (1, HitKind::Contact, person), "{query}");
        assert_eq!(hits[0].open, (Kind::CUSTOMER, office));
        assert_eq!(hits[0].subtitle, "绵九高速项目部 · 造价工程师");
        assert_eq!(desk.listed(query).await, ["绵九高速项目部"], "{query}");
    }
    for query in ["SN-20391-7", "20391", "sn2039", "公路造价"] {
        let hits = desk.hits(query).await;
        assert_eq!((hits.len(), hits[0].kind, hits[0].id), (1, HitKind::Customer, office), "{query}");
        assert_eq!(hits[0].subtitle, "公路造价系统 · SN-20391-7");
        assert_eq!(desk.listed(query).await, ["绵九高速项目部"], "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn visits_are_found_by_subject_number_and_what_was_written() {
    let mut desk = Desk::new().await;
    let office = desk.customer("绵九高速项目部").await;
    let visit = json!({"customer_id": office, "subject": "清单计价打不开", "planned_on": "2026-11-25"});
    let visit = desk.add(Kind::VISIT, visit).await;
    let problem = json!({"visit_id": visit, "symptom": "打开文件时提示“数据库被占用”，重启后依旧", "cause": "杀毒软件隔离了驱动"});
    let problem = desk.add(Kind::PROBLEM, problem).await;
    desk.add(Kind::QUESTION, json!({"visit_id": visit, "question": "定额怎样换算", "answer": "按2020版"})).await;
    desk.add(Kind::ANSWER, json!({"visit_id": visit, "item": "a", "value": "no", "remark": "机房无空调"})).await;
    let hits = desk.hits("数据库").await;
    assert_eq!((hits.len(), hits[0].kind, hits[0].id), (1, HitKind::Note, problem));
    assert_eq!(hits[0].open, (Kind::VISIT, visit));
    assert_eq!(hits[0].title, "打开文件时提示“数据库被占用”，重启后依旧");
    assert_eq!(hits[0].subtitle, "绵九高速项目部 · 清单计价打不开");
    assert_eq!(hits[0].at.as_deref(), Some("2026-11-25"));
    assert_eq!(desk.hits("清单").await[0].kind, HitKind::Visit);
    for query in ["驱动", "换算", "2020版", "2020", "空调", "清单计价", "杀", "驱动 杀毒"] {
        let filter = VisitFilter { query: query.into(), ..VisitFilter::default() };
        assert_eq!(desk.store.visits(&filter, 0, 10).await.unwrap().0, 1, "{query}");
        assert_eq!(desk.hits(query).await.len(), 1, "{query}");
    }
    assert!(desk.listed("驱动").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_visit_is_found_by_its_number_and_by_what_its_document_says() {
    let mut desk = Desk::new().await;
    let office = desk.customer("绵九高速项目部").await;
    let visit = desk.add(Kind::VISIT, json!({"customer_id": office, "subject": "巡检"})).await;
    let document = json!({
        "problems": [{"id": office, "problem": {"symptom": "打印缺页"}}],
        "checklists": [{"answers": [{"id": office, "answer": {"remark": "硬盘有坏道"}}]}],
    })
    .to_string();
    let hash = doorstep_domain::seal::hash(document.as_bytes());
    let seal =
        |number: &str| json!({"visit_id": visit, "number": number, "document": document, "hash": hash, "revision": 1});
    desk.add(Kind::SEAL, seal("CD-20261123-A07-0003-7F2K9")).await;
    for query in ["CD-20261123-A07-0003-7F2K9", "cd20261123a07", "7f2k9", "0003", "cd-20261123-a07-0003"] {
        let hits = desk.hits(query).await;
        assert_eq!((hits.len(), hits[0].kind, hits[0].id), (1, HitKind::Visit, visit), "{query}");
        assert_eq!(
            (hits[0].title.as_str(), hits[0].subtitle.as_str()),
            ("巡检", "绵九高速项目部 · CD-20261123-A07-0003-7F2K9")
        );
    }
    assert!(desk.hits("CD-20261123-A07-0004-7F2K9").await.is_empty());
    for query in ["缺页", "坏道"] {
        let hits = desk.hits(query).await;
        assert_eq!((hits.len(), hits[0].kind, hits[0].open.1), (1, HitKind::Note, visit), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn exact_comes_first_then_beginnings_then_the_newest_and_notes_last() {
    let mut desk = Desk::new().await;
    let first = desk.customer("成都路桥集团").await;
    desk.customer("路桥第一公司").await;
    desk.customer("路桥").await;
    desk.customer("四川路桥").await;
    desk.customer("路桥第二公司").await;
    desk.add(Kind::CUSTOMER, json!({"name": "蜀道", "notes": "原名路桥"})).await;
    let order = ["路桥", "路桥第二公司", "路桥第一公司", "四川路桥", "成都路桥集团", "原名路桥"];
    assert_eq!(desk.titles("路桥").await, order);
    let by_sound = ["路桥", "路桥第二公司", "路桥第一公司", "四川路桥", "成都路桥集团"];
    assert_eq!(desk.titles("luqiao").await, by_sound);
    assert_eq!(desk.titles("lq").await, by_sound);
    desk.put(Kind::CUSTOMER, first, json!({"region": "四川"})).await;
    let order = ["路桥", "路桥第二公司", "路桥第一公司", "成都路桥集团", "四川路桥", "原名路桥"];
    assert_eq!(desk.titles("路桥").await, order);
    assert_eq!(desk.store.search("路桥", 3).await.unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_few_hits_stand_in_the_order_in_which_many_would() {
    let mut desk = Desk::new().await;
    for name in
        ["成都路桥集团", "路桥第一公司", "路桥", "LQ设计院", "四川路桥", "路桥第二公司", "第2标段路桥", "luqiao"]
    {
        let customer = desk.customer(name).await;
        desk.add(Kind::CONTACT, json!({"customer_id": customer, "name": "路桥", "position": name})).await;
    }
    for query in ["路桥", "luqiao", "lq", "LuQiao 路", "第2", "lqdyg", "路"] {
        let all = desk.hits(query).await;
        // With no room for all, the index tells the ranks.
        for limit in 1..all.len() {
            let first = desk.store.search(query, limit as u32).await.unwrap();
            assert_eq!(first, all[..limit], "{query:?}, {limit}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_name_is_found_by_its_new_words_only() {
    let mut desk = Desk::new().await;
    let id = desk.customer("青白江项目部").await;
    desk.put(Kind::CUSTOMER, id, json!({"name": "龙泉驿项目部"})).await;
    assert!(desk.hits("青白").await.is_empty());
    assert!(desk.hits("qbj").await.is_empty());
    assert_eq!(desk.titles("龙泉").await, ["龙泉驿项目部"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tombstones_and_merged_customers_drop_out_and_what_hangs_on_them_follows() {
    let mut desk = Desk::new().await;
    let old = desk.customer("旧档案").await;
    let new = desk.customer("新档案").await;
    desk.add(Kind::CONTACT, json!({"name": "王建国", "customer_id": old})).await;
    desk.put(Kind::CUSTOMER, old, json!({"merged_into": new})).await;
    assert_eq!(desk.titles("档案").await, ["新档案"]);
    let hits = desk.hits("王建").await;
    assert_eq!((hits[0].open.clone(), hits[0].subtitle.as_str()), ((Kind::CUSTOMER, new), "新档案"));
    desk.put(Kind::CUSTOMER, old, json!({"merged_into": null})).await;
    assert_eq!(desk.titles("档案").await, ["旧档案", "新档案"]);
    desk.put(Kind::CUSTOMER, old, json!({"deleted": true})).await;
    assert_eq!(desk.titles("档案").await, ["新档案"]);
    assert!(desk.hits("王建").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_leads_nowhere_is_not_a_hit() {
    let mut desk = Desk::new().await;
    let nowhere = RecordId(uuid::Uuid::from_u128(99));
    desk.add(Kind::PROBLEM, json!({"visit_id": nowhere, "symptom": "蓝屏死机"})).await;
    desk.add(Kind::CONTACT, json!({"name": "无处可归"})).await;
    assert!(desk.hits("蓝屏").await.is_empty());
    assert!(desk.hits("无处").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_quotes_and_emoji_in_a_query_do_no_harm() {
    let mut desk = Desk::new().await;
    desk.customer("甲乙 AND 丙丁").await;
    let nothing = ["", "   ", "😀", "\"", "*", "()", "^", "''", "\0", "-", ":", "{}", "%", "_"];
    for query in nothing {
        assert!(desk.hits(query).await.is_empty(), "{query:?}");
    }
    for query in
        ["\"甲乙\"", "甲乙*", "name:甲乙", "甲乙 OR", "NEAR(甲乙 丙丁)", "^甲乙", "甲乙 -丙丁", "甲😀乙", "'甲乙';--"]
    {
        desk.hits(query).await;
        desk.listed(query).await;
    }
    assert_eq!(desk.titles("\"甲乙\"").await.len(), 1);
    assert_eq!(desk.titles("甲😀乙").await.len(), 1);
    assert_eq!(desk.titles("AND").await.len(), 1);
    assert!(desk.hits("甲乙 NOT 丁丙").await.is_empty());
    assert_eq!(desk.titles(&"甲乙 ".repeat(1000)).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_share_one_reader_and_do_not_wait_for_those_of_lists() {
    let mut desk = Desk::new().await;
    desk.customer("四川路桥建设集团股份有限公司").await;
    let mut busy = Vec::new();
    while busy.len() < desk.store.pool().options().get_max_connections() as usize {
        busy.push(desk.store.pool().acquire().await.unwrap());
    }
    let searches = (0..8).map(|_| desk.titles("slq"));
    for titles in futures_util::future::join_all(searches).await {
        assert_eq!(titles, ["四川路桥建设集团股份有限公司"]);
    }
    assert_eq!(desk.store.searches().size(), 1, "each further one would decrypt the index again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_page_is_found_once_search_has_caught_up_and_what_leaves_is_forgotten() {
    let desk = Desk::new().await;
    let id = |n: u64| RecordId(uuid::Uuid::from_u128(u128::from(n) << 64));
    let page = |entries: Vec<Entry>, next| Page { feed: "f".into(), entries, next, more: false, end: next, root: None };
    let entry = |n: u64, version, value: Value| Entry {
        position: n,
        kind: Kind::CUSTOMER,
        id: id(n),
        body: EntryBody::State(RecordState { version, versions: Default::default(), doc: doc(value) }),
    };
    let all: Vec<Entry> = (0..2000).map(|n| entry(n, 1, json!({"name": format!("第{n}项目部")}))).collect();
    apply(&desk, page(all, 2000)).await;
    while desk.store.tend_search().await.unwrap() {}
    assert_eq!(desk.titles("第1999项目").await, ["第1999项目部"]);
    assert_eq!(desk.titles("项目").await[..2], ["第1999项目部", "第1998项目部"]);
    let mut gone = entry(5, 2, json!({}));
    gone.body = EntryBody::Left;
    let changed = vec![entry(7, 2, json!({"name": "新名"})), entry(6, 2, json!({"name": "x", "deleted": true})), gone];
    apply(&desk, page(changed, 2003)).await;
    for query in ["第5项目", "第6项目", "第7项目"] {
        assert!(desk.hits(query).await.is_empty(), "{query}");
    }
    assert_eq!(desk.titles("新名").await, ["新名"], "a small page is found at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_or_leaves_before_search_has_caught_up_is_found_as_it_is_in_the_end() {
    let desk = Desk::new().await;
    let id = |n: u64| RecordId(uuid::Uuid::from_u128(u128::from(n) << 64));
    let entry = |n: u64, body| Entry { position: n, kind: Kind::CUSTOMER, id: id(n), body };
    let state = |name: String| {
        EntryBody::State(RecordState { version: 1, versions: Default::default(), doc: doc(json!({"name": name})) })
    };
    let page = |entries: Vec<Entry>, next| Page { feed: "f".into(), entries, next, more: false, end: next, root: None };
    let all = (1..=900).map(|n| entry(n, state(format!("第{n}项目部")))).collect();
    apply(&desk, page(all, 900)).await;
    desk.put(Kind::CUSTOMER, id(1), json!({"name": "改过的"})).await;
    apply(&desk, page(vec![entry(2, EntryBody::Left)], 901)).await;
    while desk.store.tend_search().await.unwrap() {}
    assert_eq!(desk.titles("改过").await, ["改过的"]);
    assert!(desk.hits("第1项目").await.is_empty());
    assert!(desk.hits("第2项目").await.is_empty());
    assert_eq!(desk.titles("第3项目").await, ["第3项目部"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn merging_ends_and_changes_nothing_that_is_found() {
    let mut desk = Desk::new().await;
    for n in 0..30 {
        desk.customer(&format!("第{n}项目部")).await;
    }
    let before = desk.hits("项目").await;
    let mut steps = 0;
    while desk.store.tend_search().await.unwrap() {
        steps += 1;
        assert!(steps < 50, "merging does not end");
    }
    assert!(steps > 0);
    assert_eq!(desk.hits("项目").await, before);
    assert_eq!(before.len(), 30);
}

async fn apply(desk: &Desk, page: Page) {
    let mut write = desk.store.write().await.unwrap();
    write.apply(now(), &page).await.unwrap();
    write.commit().await.unwrap();
}

const TEXT: &str = "[四川路桥王𠮷2057，。 （]{0,12}";

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn search_finds_what_a_scan_of_all_texts_finds(
        texts in prop::collection::vec((TEXT, TEXT), 1..20),
        queries in prop::collection::vec("[四川路桥王𠮷2057， ]{1,5}", 1..8),
    ) {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let mut desk = Desk::new().await;
            let mut visits = Vec::new();
            for (subject, symptom) in &texts {
                let visit = desk.add(Kind::VISIT, json!({"subject": subject})).await;
                desk.add(Kind::PROBLEM, json!({"visit_id": visit, "symptom": symptom})).await;
                visits.push(visit);
            }
            for query in &queries {
                let words: Vec<String> =
                    query.split_whitespace().map(grams::normalised).filter(|w| !w.is_empty()).collect();
                let stands = |text: &String| {
                    let text = grams::normalised(text);
                    !words.is_empty() && words.iter().all(|word| text.contains(word.as_str()))
                };
                let mut expected: Vec<(HitKind, RecordId)> = Vec::new();
                for ((subject, symptom), visit) in texts.iter().zip(&visits) {
                    expected.extend(stands(subject).then_some((HitKind::Visit, *visit)));
                    expected.extend(stands(symptom).then_some((HitKind::Note, *visit)));
                }
                expected.sort_by_key(|(kind, id)| (*kind == HitKind::Note, *id));
                let mut hits: Vec<_> = desk.hits(query).await.into_iter().map(|h| (h.kind, h.open.1)).collect();
                hits.sort_by_key(|(kind, id)| (*kind == HitKind::Note, *id));
                assert_eq!(hits, expected, "{query:?}");
            }
        });
    }

    #[test]
    fn a_name_is_found_by_the_pinyin_from_any_of_its_characters_on(
        // With more Latin letters than a name has, what is typed is read as a word, not as pinyin.
        name in "[四川路桥西安县恩区女吕长重庆昂欧建设公司UKB49]{2,12}"
            .prop_filter("Latin letters", |name| name.chars().filter(char::is_ascii_alphabetic).count() <= 3),
        (from, to, less) in (0_usize..12, 1_usize..12, 0_usize..4),
    ) {
        use pinyin::ToPinyin;
        let sound = |c: char| c.to_pinyin().map_or_else(|| c.to_lowercase().to_string(), |p| p.plain().replace('ü', "v"));
        let syllables: Vec<String> = name.chars().map(sound).collect();
        let from = from % syllables.len();
        let typed: String = syllables.into_iter().skip(from).take(to).collect();
        // The last letters may still be missing.
        let typed = &typed[..typed.len().saturating_sub(less).max(1)];
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let mut desk = Desk::new().await;
            desk.customer(&name).await;
            assert_eq!(desk.titles(typed).await, [name.as_str()], "{typed:?}");
        });
    }
}

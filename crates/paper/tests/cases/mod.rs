//! Receipts as the papers' tests and the example use them: a branch's real week, with everything on it.

use doorstep_paper::Language;
use doorstep_paper::receipt::*;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

/// Names and units that fonts and encodings like to lose.
pub const RARE: &str = "𠮷㛃䶮堃喆〇²³µ①℃ΩΩ☑☐✓，。；：？！（）【】《》「」——……￥";

/// A receipt with `items` checklist items and everything else once.
pub fn receipt(items: usize) -> Receipt {
    Receipt {
        vendor: vendor(),
        number: "DS-CD-20261123-7F3A9C".to_owned(),
        content_hash: Some("9f2c4e8b7a1d0c6f5e3b2a1908f7e6d5c4b3a29180f7e6d5c4b3a2910f8e7d6c".to_owned()),
        issued_unix_s: 1_795_420_800,
        customer: Customer {
            unit: "四川公路桥梁建设集团有限公司".to_owned(),
            project_office: Some("沿江高速公路 TJ-07 标段项目经理部".to_owned()),
            address: Some("四川省凉山彝族自治州金阳县对坪镇沿江高速 7 标项目部驻地".to_owned()),
            contact: Some("吉克𠮷（138****5678）".to_owned()),
        },
        product: Some(Product {
            name: "公路工程造价管理系统".to_owned(),
            version: Some("V12.3.1（2026 定额版）".to_owned()),
            dongle: Some("GL-0051-8842-7710".to_owned()),
            maintenance_until: Some("2027年6月30日".to_owned()),
        }),
        charge: Some(Charge { charged: false, note: Some("维护期内，不收取任何费用".to_owned()) }),
        visit: visit(),
        problems: problems(),
        checklists: if items == 0 { Vec::new() } else { vec![checklist(items)] },
        questions: vec![Question {
            question: "2018 版概预算定额与 2026 版能否在同一个项目里混用？".to_owned(),
            answer: "不能。可以复制项目后转换定额版本，转换前请先备份，转换后逐条核对换算系数。".to_owned(),
        }],
        open_points: vec![OpenPoint {
            what: "补充机械台班单价（150 m³/h 拌合楼），总部定额组核实后回复".to_owned(),
            who: Some("王喆".to_owned()),
            due: Some("2026年11月30日".to_owned()),
        }],
        handed_over: vec!["《操作手册》纸质版 2 本".to_owned(), "加密锁 1 只（GL-0051-8842-7710）".to_owned()],
        demonstrated: vec!["清单组价、工料机分析和报表输出".to_owned()],
        reservations: Some("网络打印机由项目部自行联系厂家处理。".to_owned()),
        clauses: default_clauses(Language::Chinese).unwrap_or_default(),
        signature: Signature::Drawn { picture: drawing(), signer: signer() },
        ..Receipt::default()
    }
}

pub fn vendor() -> Vendor {
    Vendor {
        legal_name: "成都路桥造价软件科技有限公司".to_owned(),
        logo: Some(logo()),
        support_hotline: Some("400-028-6699".to_owned()),
        supervision_hotline: Some("028-8555-0110".to_owned()),
        mail: Some("service@example.com".to_owned()),
        web: Some("www.example.com".to_owned()),
    }
}

fn visit() -> Visit {
    Visit {
        kind: "故障处理".to_owned(),
        engineer: "李堃".to_owned(),
        companions: Some("陈䶮（销售）、赵㛃".to_owned()),
        branch: Some("成都分公司".to_owned()),
        agreed: Some("2026年11月23日 09:30".to_owned()),
        departed: Some("2026年11月23日 06:10".to_owned()),
        arrived: Some("2026年11月23日 09:25".to_owned()),
        started: Some("2026年11月23日 09:40".to_owned()),
        finished: Some("2026年11月23日 14:05".to_owned()),
        on_the_way_min: Some(195),
        on_site_min: Some(280),
        entered_afterwards: None,
    }
}

fn problems() -> Vec<Problem> {
    vec![
        Problem {
            symptom: "打开项目文件时提示“数据库格式不可识别”，软件退出".to_owned(),
            cause: Some("11月20日停电时软件正在写入，项目文件 K12+350~K18+900.rar 解压后末页不完整。".to_owned()),
            explanation: Some("停电造成的写入中断，不是软件版本问题；已向造价负责人说明经过。".to_owned()),
            done: Some(
                "1. 先对现有文件做完整备份（D:\\造价备份\\20261123）；\n2. 用自动保存的副本恢复至 11月20日 16:48，\
                 缺失的 3 条清单由客户当场补录；\n3. 核对总造价：恢复前后均为 1,284,560,317.25 元。"
                    .to_owned(),
            ),
            guidance: Some("建议在设置中打开“每 10 分钟自动保存”，并配备 UPS；每周五下班前做一次备份。".to_owned()),
            solved: Some(true),
        },
        Problem {
            symptom: "报表打印时右侧边框缺失".to_owned(),
            cause: Some("打印机驱动的可打印区域小于 A3 页面设置。".to_owned()),
            done: Some("已改用 A4 横向输出；A3 打印待厂家更新驱动。".to_owned()),
            solved: Some(false),
            ..Problem::default()
        },
    ]
}

/// Items of every state, some long, some with a remark.
pub fn checklist(items: usize) -> Checklist {
    let per_section = 8;
    let item = |index: usize| match index % 5 {
        0 => done(index, "软件启动正常，版本与合同一致", ItemState::Ok, Some("是"), None),
        1 => done(index, "拌合楼料仓温度（≤ 185 ℃）", ItemState::Ok, Some("172 ℃"), Some("红外测温，µ=0.3")),
        2 => done(
            index,
            "项目文件完整备份已做，并在另一块硬盘上核对总造价、清单条数和工料机汇总与原文件一致",
            ItemState::Failed,
            Some("否"),
            Some("移动硬盘空间不足（剩余 1.2 GB），客户明天购买后由驻地人员补做，见遗留问题"),
        ),
        3 => done(index, "网络版并发授权数", ItemState::Plain, Some("12 个"), None),
        _ => done(index, "地材价格信息已更新到本月（砂石 m³、钢材 t）", ItemState::NotApplicable, Some("不适用"), None),
    };
    let all: Vec<Item> = (0..items).map(item).collect();
    let sections = all.chunks(per_section).enumerate().map(|(index, items)| Section {
        title: format!("{}、{}", index + 1, ["软件环境", "数据安全", "授权与定额", "培训与交接"][index % 4]),
        items: items.to_vec(),
    });
    Checklist { title: "故障处理清单（第 3 版）".to_owned(), sections: sections.collect() }
}

fn done(index: usize, text: &str, state: ItemState, outcome: Option<&str>, remark: Option<&str>) -> Item {
    let text = format!("{text}（项 {index}）");
    Item { text, state, outcome: outcome.map(str::to_owned), remark: remark.map(str::to_owned) }
}

pub fn signer() -> Signer {
    Signer {
        name: Some("吉克𠮷".to_owned()),
        position: Some("计划合同部部长".to_owned()),
        date: Some("2026年11月23日".to_owned()),
    }
}

/// A signature as a signature pad gives it: dark strokes on transparent ground.
pub fn drawing() -> Vec<u8> {
    let mut picture = RgbaImage::new(600, 200);
    for step in 0..4_000_u32 {
        let turn = f64::from(step) / 4_000.0;
        let x = 70.0 + 440.0 * turn + 46.0 * (turn * 43.0).sin();
        let y = 100.0 + 62.0 * (turn * 29.0).cos() * (1.0 - 0.4 * turn);
        for (dx, dy) in (0..5).flat_map(|dx| (0..5).map(move |dy| (dx, dy))) {
            picture.put_pixel(x as u32 + dx, y as u32 + dy, Rgba([16, 24, 64, 255]));
        }
    }
    encoded(DynamicImage::ImageRgba8(picture), ImageFormat::Png)
}

fn logo() -> Vec<u8> {
    let picture = RgbImage::from_fn(160, 160, |x, y| {
        let (dx, dy) = (f64::from(x) - 80.0, f64::from(y) - 80.0);
        let far = (dx * dx + dy * dy).sqrt();
        let road = dx.abs() < 8.0 + (dy + 80.0) / 6.0;
        if far > 78.0 || (road && far < 66.0) { Rgb([255, 255, 255]) } else { Rgb([20, 69, 120]) }
    });
    encoded(DynamicImage::ImageRgb8(picture), ImageFormat::Png)
}

/// A photo of `width` by `height` pixels.
pub fn photo(width: u32, height: u32) -> Vec<u8> {
    let picture = RgbImage::from_fn(width, height, |x, y| {
        Rgb([(x * 255 / width) as u8, (y * 255 / height) as u8, ((x / 40 + y / 40) % 2 * 120) as u8])
    });
    encoded(DynamicImage::ImageRgb8(picture), ImageFormat::Jpeg)
}

fn encoded(picture: DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let written = picture.write_to(&mut bytes, format);
    assert!(written.is_ok(), "a picture can be written to memory");
    bytes.into_inner()
}

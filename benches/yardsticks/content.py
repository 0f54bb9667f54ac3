"""What stands on the receipt, as plain blocks that every yardstick lays out with its own means.

A block is one of: heading {text}, fields {rows: [[label, value]]}, table {head, widths, rows},
paragraph {text}, picture {file, width_mm}.
"""

STATES = {"ok": "通过", "failed": "未通过", "not_applicable": "不适用", "plain": ""}


def _fields(pairs):
    return {"kind": "fields", "rows": [[label, value] for label, value in pairs if value]}


def _head(receipt):
    customer, product, visit = receipt["customer"], receipt["product"], receipt["visit"]
    charge = ("收费" if receipt["charge"]["charged"] else "免费") + " " + receipt["charge"]["note"]
    return _fields([
        ("客户单位", customer["unit"]), ("项目部", customer["project_office"]), ("地址", customer["address"]),
        ("联系人", customer["contact"]), ("产品", product["name"]), ("版本", product["version"]),
        ("加密锁号", product["dongle"]), ("维护期至", product["maintenance_until"]), ("费用", charge),
        ("服务类型", visit["kind"]), ("工程师", visit["engineer"]), ("同行", visit["companions"]),
        ("分公司", visit["branch"]), ("约定时间", visit["agreed"]), ("出发", visit["departed"]),
        ("到达", visit["arrived"]), ("开始", visit["started"]), ("完成", visit["finished"]),
        ("路途", f"{visit['on_the_way_min']} 分钟"), ("现场", f"{visit['on_site_min']} 分钟"),
    ])


def _problem(problem):
    return _fields([
        ("问题现象", problem["symptom"]), ("原因分析", problem["cause"]), ("说明", problem["explanation"]),
        ("处理", problem["done"]), ("操作指导", problem["guidance"]),
        ("结果", "已解决" if problem["solved"] else "未解决"),
    ])


def _checklist(checklist):
    rows = []
    for section in checklist["sections"]:
        rows.append([section["title"], "", "", ""])
        for item in section["items"]:
            rows.append([item["text"], STATES[item["state"]], item["outcome"] or "", item["remark"] or ""])
    return {"kind": "table", "head": ["检查项", "结论", "结果", "备注"], "widths": [84, 20, 28, 42], "rows": rows}


def blocks(receipt):
    """The receipt's blocks."""
    vendor = receipt["vendor"]
    yield {"kind": "paragraph", "text": vendor["legal_name"]}
    yield {"kind": "paragraph", "text": f"服务热线 {vendor['support_hotline']}　监督电话 {vendor['supervision_hotline']}"
                                        f"　{vendor['mail']}　{vendor['web']}"}
    yield {"kind": "heading", "text": f"服务确认单 {receipt['number']}"}
    yield _head(receipt)
    yield {"kind": "heading", "text": "问题与处理"}
    for problem in receipt["problems"]:
        yield _problem(problem)
    for checklist in receipt["checklists"]:
        yield {"kind": "heading", "text": checklist["title"]}
        yield _checklist(checklist)
    yield {"kind": "heading", "text": "问答"}
    yield _fields([pair for q in receipt["questions"] for pair in (("问", q["question"]), ("答", q["answer"]))])
    yield {"kind": "heading", "text": "遗留问题"}
    yield {"kind": "table", "head": ["事项", "负责人", "期限"], "widths": [104, 30, 40],
           "rows": [[p["what"], p["who"], p["due"]] for p in receipt["open_points"]]}
    yield _fields([("移交", "；".join(receipt["handed_over"])), ("演示", "；".join(receipt["demonstrated"]))])
    for clause in receipt["clauses"]:
        yield {"kind": "paragraph", "text": clause["text"]}
    yield {"kind": "picture", "file": "signature.png", "width_mm": 50}
    signer = receipt["signature"]["signer"]
    yield _fields([("签字人", signer["name"]), ("职务", signer["position"]), ("日期", signer["date"])])
    yield {"kind": "picture", "file": "qr.png", "width_mm": 22}
    yield {"kind": "paragraph", "text": receipt["content_hash"]}

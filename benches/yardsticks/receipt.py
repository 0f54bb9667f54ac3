"""receipt.py NAME FOLDER WARM_UP: lays out each of FOLDER/receipts.json with the yardstick NAME.

Prints {"runs_ms": […], "bytes": N}; the first WARM_UP receipts do not count. Loading fonts and templates is done
once, outside the clock, where the yardstick allows it; wkhtmltopdf is a process a run and cannot. The face is
FOLDER/fonts/regular.ttf, which FOLDER/fonts.conf shows to those that ask the system.
"""

import html
import io
import json
import os
import pathlib
import subprocess
import sys
import time

from content import blocks

HERE = pathlib.Path(__file__).parent
FAMILY = "Noto Sans SC"


def typst_maker(folder):
    import typst

    (folder / "receipt.typ").write_text((HERE / "receipt.typ").read_text())
    source = folder / "blocks.json"
    fonts = [folder / "fonts"]
    compiler = typst.Compiler(folder / "receipt.typ", root=folder, font_paths=fonts, ignore_system_fonts=True)

    def make(content):
        source.write_text(json.dumps(content))
        return compiler.compile(format="pdf")

    return make


def reportlab_maker(folder):
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.lib.units import mm
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.platypus import Image, Paragraph, SimpleDocTemplate, Table

    pdfmetrics.registerFont(TTFont("Noto", str(folder / "fonts" / "regular.ttf")))
    body = ParagraphStyle("body", fontName="Noto", fontSize=9, leading=13, wordWrap="CJK")
    head = ParagraphStyle("head", parent=body, fontSize=12, leading=18, spaceBefore=6)
    grid = [("GRID", (0, 0), (-1, -1), 0.4, "black"), ("VALIGN", (0, 0), (-1, -1), "TOP")]

    def cells(rows):
        return [[Paragraph(html.escape(cell), body) for cell in row] for row in rows]

    def flowable(block):
        kind = block["kind"]
        if kind == "heading":
            return Paragraph(html.escape(block["text"]), head)
        if kind == "fields":
            return Table(cells(block["rows"]), colWidths=[24 * mm, 150 * mm])
        if kind == "table":
            widths = [width * mm for width in block["widths"]]
            return Table(cells([block["head"], *block["rows"]]), colWidths=widths, repeatRows=1, style=grid)
        if kind == "picture":
            return Image(folder / block["file"], width=block["width_mm"] * mm, height=18 * mm, kind="proportional")
        return Paragraph(html.escape(block["text"]), body)

    def number(canvas, document):
        canvas.setFont("Noto", 8)
        canvas.drawCentredString(A4[0] / 2, 8 * mm, f"第 {document.page} 页")

    def make(content):
        out = io.BytesIO()
        document = SimpleDocTemplate(out, pagesize=A4, leftMargin=18 * mm, rightMargin=18 * mm)
        document.build([flowable(block) for block in content], onFirstPage=number, onLaterPages=number)
        return out.getvalue()

    return make


def page(content):
    """The receipt as HTML, for both yardsticks that read it."""
    def row(cells, tag="td"):
        return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    parts = [
        "<!doctype html><meta charset=utf-8><style>"
        "@page { size: A4; margin: 14mm 18mm; @bottom-center { content: '第 ' counter(page) ' 页 / 共 ' counter(pages) ' 页' } }"
        f"body {{ font: 9pt {FAMILY} }} h2 {{ font: 12pt {FAMILY}; margin: 2mm 0 }}"
        "p { margin: 1mm 0 }"
        "table { width: 100%; border-collapse: collapse } .grid td, .grid th { border: 0.4pt solid; text-align: left }"
        "thead { display: table-header-group } tr { page-break-inside: avoid } th { font-weight: normal }"
        "</style>"
    ]
    for block in content:
        kind = block["kind"]
        if kind == "heading":
            parts.append(f"<h2>{html.escape(block['text'])}</h2>")
        elif kind == "fields":
            parts.append("<table>" + "".join(map(row, block["rows"])) + "</table>")
        elif kind == "table":
            rows = "".join(map(row, block["rows"]))
            parts.append(f"<table class=grid><thead>{row(block['head'], 'th')}</thead>{rows}</table>")
        elif kind == "picture":
            parts.append(f"<img src='{block['file']}' style='width: {block['width_mm']}mm'>")
        else:
            parts.append(f"<p>{html.escape(block['text'])}</p>")
    return "".join(parts)


def weasyprint_maker(folder):
    from weasyprint import HTML
    from weasyprint.text.fonts import FontConfiguration

    fonts = FontConfiguration()

    def make(content):
        document = HTML(string=page(content), base_url=str(folder) + "/")
        return document.write_pdf(font_config=fonts)

    return make


def wkhtmltopdf_maker(folder):
    source = folder / "receipt.html"
    out = folder / "wkhtmltopdf.pdf"
    command = ["wkhtmltopdf", "--quiet", "--enable-local-file-access", "--page-size", "A4", str(source), str(out)]

    def make(content):
        source.write_text(page(content))
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return out.read_bytes()

    return make


MAKERS = {
    "typst": typst_maker,
    "reportlab": reportlab_maker,
    "weasyprint": weasyprint_maker,
    "wkhtmltopdf": wkhtmltopdf_maker,
}


def main(name, folder, warm_up):
    folder = pathlib.Path(folder).resolve()
    os.environ["FONTCONFIG_FILE"] = str(folder / "fonts.conf")
    receipts = json.loads((folder / "receipts.json").read_text())
    make = MAKERS[name](folder)
    times = []
    for receipt in receipts:
        content = list(blocks(receipt))
        began = time.perf_counter()
        pdf = make(content)
        times.append((time.perf_counter() - began) * 1000)
    (folder / f"{name}.pdf").write_bytes(pdf)
    print(json.dumps({"runs_ms": times[int(warm_up):], "bytes": len(pdf)}))


if __name__ == "__main__":
    main(*sys.argv[1:])

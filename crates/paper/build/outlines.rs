//! Makes the fonts' outlines cheaper to carry: every point is moved to the nearest multiple of four units (of a
//! thousand to the em), which at text size is a hundredth of a point, and tables no paper needs are left out.
//! Chinese outlines are most of a receipt's bytes, and these take a fifth less.
//!
//! Only places of points change. Which glyphs there are, their widths and what characters they stand for must stay.

/// The grid, in font units.
const GRID: i32 = 4;
/// Tables that measuring, subsetting and embedding read.
const KEPT: [&[u8; 4]; 10] = [b"OS/2", b"cmap", b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp", b"name", b"post"];

const ON_CURVE: u8 = 0x01;
const X_SHORT: u8 = 0x02;
const Y_SHORT: u8 = 0x04;
const REPEAT: u8 = 0x08;
const X_SAME: u8 = 0x10;
const Y_SAME: u8 = 0x20;
const OVERLAPS: u8 = 0x40;

/// The font with its points on the grid. `None` when it is not a TrueType font with long offsets (`loca`).
pub fn coarsen(font: &[u8]) -> Option<Vec<u8>> {
    let (glyf, loca) = (table(font, b"glyf")?, table(font, b"loca")?);
    let offsets: Vec<usize> =
        loca.chunks_exact(4).map(|at| u32::from_be_bytes([at[0], at[1], at[2], at[3]]) as usize).collect();
    let (mut outlines, mut places) = (Vec::new(), vec![0_u32]);
    for pair in offsets.windows(2) {
        let outline = glyf.get(pair[0]..pair[1])?;
        if !outline.is_empty() {
            outlines.extend(glyph(outline)?);
            outlines.resize(outlines.len().next_multiple_of(4), 0);
        }
        places.push(u32::try_from(outlines.len()).ok()?);
    }
    let places: Vec<u8> = places.into_iter().flat_map(u32::to_be_bytes).collect();
    let notice = notice(table(font, b"name")?)?;
    let kept = KEPT.into_iter().map(|tag| match tag {
        b"glyf" => Some((tag, outlines.as_slice())),
        b"loca" => Some((tag, places.as_slice())),
        b"name" => Some((tag, notice.as_slice())),
        _ => Some((tag, table(font, tag)?)),
    });
    Some(assemble(&kept.collect::<Option<Vec<_>>>()?))
}

fn table<'f>(font: &'f [u8], tag: &[u8; 4]) -> Option<&'f [u8]> {
    let count = usize::from(unsigned(font, 4)?);
    let record = font.get(12..12 + 16 * count)?.chunks_exact(16).find(|record| record.starts_with(tag))?;
    let number = |at: usize| u32::from_be_bytes([record[at], record[at + 1], record[at + 2], record[at + 3]]) as usize;
    font.get(number(8)..number(8) + number(12))
}

/// The font's names cut down to the copyright and where the licence is: both go into every PDF.
fn notice(names: &[u8]) -> Option<Vec<u8>> {
    const COPYRIGHT: u16 = 0;
    const LICENCE_ADDRESS: u16 = 14;
    const WINDOWS: u16 = 3;
    let (count, texts) = (usize::from(unsigned(names, 2)?), names.get(usize::from(unsigned(names, 4)?)..)?);
    let records = (0..count).filter_map(|index| names.get(6 + 12 * index..18 + 12 * index)).filter(|record| {
        unsigned(record, 0) == Some(WINDOWS) && matches!(unsigned(record, 6), Some(COPYRIGHT | LICENCE_ADDRESS))
    });
    let (mut head, mut kept): (Vec<u8>, Vec<u8>) = (Vec::new(), Vec::new());
    for record in records {
        let (length, at) = (usize::from(unsigned(record, 8)?), usize::from(unsigned(record, 10)?));
        head.extend(&record[..10]);
        head.extend(u16::try_from(kept.len()).ok()?.to_be_bytes());
        kept.extend(texts.get(at..at + length)?);
    }
    let number = (head.len() / 12) as u16;
    let mut table: Vec<u8> = [0, number, 6 + 12 * number].into_iter().flat_map(u16::to_be_bytes).collect();
    table.extend(head);
    table.extend(kept);
    Some(table)
}

fn assemble(tables: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let count = tables.len() as u16;
    let power = count.ilog2() as u16;
    let mut font = vec![0, 1, 0, 0];
    for number in [count, 16 << power, power, count * 16 - (16 << power)] {
        font.extend(number.to_be_bytes());
    }
    let mut at = 12 + 16 * tables.len();
    for (tag, data) in tables {
        font.extend(*tag);
        for number in [sum(data), at as u32, data.len() as u32] {
            font.extend(number.to_be_bytes());
        }
        at += data.len().next_multiple_of(4);
    }
    for (_, data) in tables {
        font.extend(*data);
        font.resize(font.len().next_multiple_of(4), 0);
    }
    font
}

fn sum(data: &[u8]) -> u32 {
    let word = |bytes: &[u8]| (0..4).fold(0, |word, at| word << 8 | u32::from(bytes.get(at).copied().unwrap_or(0)));
    data.chunks(4).map(word).fold(0, u32::wrapping_add)
}

/// One outline. Composite glyphs only name others and stay as they are.
fn glyph(outline: &[u8]) -> Option<Vec<u8>> {
    let contours = signed(outline, 0)?;
    if contours < 0 {
        return Some(outline.to_vec());
    }
    let contours = contours as usize;
    let ends = outline.get(10..10 + 2 * contours)?;
    let points =
        ends.chunks_exact(2).next_back().map_or(0, |end| usize::from(u16::from_be_bytes([end[0], end[1]])) + 1);
    let hints = usize::from(unsigned(outline, 10 + 2 * contours)?);
    let mut at = 12 + 2 * contours + hints;
    let flags = flags(outline, &mut at, points)?;
    let xs = places(outline, &mut at, &flags, X_SHORT, X_SAME)?;
    let ys = places(outline, &mut at, &flags, Y_SHORT, Y_SAME)?;
    let mut coarse = Vec::with_capacity(outline.len());
    coarse.extend((contours as i16).to_be_bytes());
    let edge = |values: &[i32], pick: fn(i32, i32) -> i32| values.iter().copied().reduce(pick).unwrap_or(0) as i16;
    for bound in [edge(&xs, i32::min), edge(&ys, i32::min), edge(&xs, i32::max), edge(&ys, i32::max)] {
        coarse.extend(bound.to_be_bytes());
    }
    coarse.extend(ends);
    coarse.extend([0, 0]);
    write_points(&mut coarse, &flags, &xs, &ys);
    Some(coarse)
}

fn flags(outline: &[u8], at: &mut usize, points: usize) -> Option<Vec<u8>> {
    let mut flags = Vec::with_capacity(points);
    while flags.len() < points {
        let flag = *outline.get(*at)?;
        *at += 1;
        flags.push(flag);
        if flag & REPEAT != 0 {
            let times = usize::from(*outline.get(*at)?);
            *at += 1;
            flags.resize((flags.len() + times).min(points), flag);
        }
    }
    Some(flags)
}

/// Every point's place on one axis, on the grid.
fn places(outline: &[u8], at: &mut usize, flags: &[u8], short: u8, same: u8) -> Option<Vec<i32>> {
    let mut place = 0;
    let mut places = Vec::with_capacity(flags.len());
    for flag in flags {
        if flag & short != 0 {
            let step = i32::from(*outline.get(*at)?);
            *at += 1;
            place += if flag & same != 0 { step } else { -step };
        } else if flag & same == 0 {
            place += i32::from(signed(outline, *at)?);
            *at += 2;
        }
        places.push((place + GRID / 2).div_euclid(GRID) * GRID);
    }
    Some(places)
}

fn write_points(outline: &mut Vec<u8>, flags: &[u8], xs: &[i32], ys: &[i32]) {
    let (mut steps_x, mut steps_y, mut packed) = (Vec::new(), Vec::new(), Vec::new());
    let (mut last_x, mut last_y) = (0, 0);
    for ((flag, x), y) in flags.iter().zip(xs).zip(ys) {
        let across = step(&mut steps_x, x - last_x, X_SHORT, X_SAME);
        let up = step(&mut steps_y, y - last_y, Y_SHORT, Y_SAME);
        packed.push(flag & (ON_CURVE | OVERLAPS) | across | up);
        (last_x, last_y) = (*x, *y);
    }
    for run in packed.chunk_by(|one, next| one == next) {
        for run in run.chunks(256) {
            match run {
                [one] => outline.push(*one),
                [one, rest @ ..] => outline.extend([one | REPEAT, rest.len() as u8]),
                [] => {}
            }
        }
    }
    outline.extend(steps_x);
    outline.extend(steps_y);
}

/// Writes one step in as few bytes as it takes and returns the flag that says how.
fn step(steps: &mut Vec<u8>, step: i32, short: u8, same: u8) -> u8 {
    match u8::try_from(step.abs()) {
        Ok(0) => same,
        Ok(length) => {
            steps.push(length);
            if step > 0 { short | same } else { short }
        }
        Err(_) => {
            steps.extend((step as i16).to_be_bytes());
            0
        }
    }
}

fn unsigned(data: &[u8], at: usize) -> Option<u16> {
    data.get(at..at + 2).map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]]))
}

fn signed(data: &[u8], at: usize) -> Option<i16> {
    data.get(at..at + 2).map(|bytes| i16::from_be_bytes([bytes[0], bytes[1]]))
}

/**
 * A signature as strokes: fitted into whatever room the window leaves, and told from a slip of the pen. The app checks
 * the picture by the same measure before it seals.
 */
import type { PointGroup } from 'signature_pad';

export interface Room {
  width: number;
  height: number;
}

/** Strokes, and the room in which they were drawn. */
export interface Drawing extends Room {
  strokes: PointGroup[];
}

/** Shorter than this, in CSS pixels, a stroke is a dot. */
const DOT_MAX = 8;
/** Length of all strokes together that a signature has at least, in CSS pixels. */
const LENGTH_MIN = 30;

/** How much smaller the drawing is in another room: so much that nothing is cut off, never larger than it was drawn. */
export function scaleIn(drawing: Drawing, room: Room): number {
  return Math.min(1, room.width / drawing.width, room.height / drawing.height);
}

/** The drawing as another room shows it. */
export function fitted(drawing: Drawing, room: Room): PointGroup[] {
  const scale = scaleIn(drawing, room);
  return drawing.strokes.map((stroke) => scaled(stroke, scale));
}

/** The drawing with one more stroke, drawn in a room that may be smaller than its own. */
export function withStroke(drawing: Drawing, stroke: PointGroup, room: Room): Drawing {
  if (drawing.strokes.length === 0) return { ...room, strokes: [scaled(stroke, 1)] };
  const scale = scaleIn(drawing, room);
  return {
    width: Math.max(drawing.width, room.width / scale),
    height: Math.max(drawing.height, room.height / scale),
    strokes: [...drawing.strokes, scaled(stroke, 1 / scale)],
  };
}

function scaled(stroke: PointGroup, scale: number): PointGroup {
  return {
    ...stroke,
    minWidth: stroke.minWidth * scale,
    maxWidth: stroke.maxWidth * scale,
    dotSize: stroke.dotSize * scale,
    points: stroke.points.map((point) => ({ ...point, x: point.x * scale, y: point.y * scale })),
  };
}

/** Whether more is drawn than a tap or a slip of the pen. */
export function isEnough(strokes: PointGroup[]): boolean {
  const lengths = strokes.map(({ points }) =>
    points.slice(1).reduce((sum, to, at) => {
      const from = points[at] ?? to;
      return sum + Math.hypot(to.x - from.x, to.y - from.y);
    }, 0),
  );
  return lengths.filter((length) => length > DOT_MAX).reduce((sum, length) => sum + length, 0) >= LENGTH_MIN;
}

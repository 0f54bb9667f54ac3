/** A paper as one PNG, its pages below each other: for a chat window that takes no PDF. */
import type { PDFDocumentProxy } from 'pdfjs-dist';

const WIDTH_PIXELS = 1240;
const PAGES_MAX = 10;

export async function asPicture(pdf: PDFDocumentProxy): Promise<Blob> {
  const pages: HTMLCanvasElement[] = [];
  for (let number = 1; number <= Math.min(pdf.numPages, PAGES_MAX); number += 1) {
    const page = await pdf.getPage(number);
    const viewport = page.getViewport({ scale: WIDTH_PIXELS / page.getViewport({ scale: 1 }).width });
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(viewport.width);
    canvas.height = Math.round(viewport.height);
    await page.render({ canvas, viewport }).promise;
    pages.push(canvas);
  }
  const whole = document.createElement('canvas');
  whole.width = WIDTH_PIXELS;
  whole.height = pages.reduce((sum, canvas) => sum + canvas.height, 0);
  const context = whole.getContext('2d');
  let top = 0;
  for (const canvas of pages) {
    context?.drawImage(canvas, 0, top);
    top += canvas.height;
  }
  return new Promise((resolve, reject) => {
    whole.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('the picture was not made'))),
      'image/png',
    );
  });
}

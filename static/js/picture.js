// The charts as a picture file: with what they show, of whom, and of when.

import { colorOf } from "./chart.js";

const EDGE_ROOM = 16;
const LINE_ROOM = 20;

/** Saves the pictures, one below the other, as PNG. `title` stands above them. */
export function savePicture(title, pictures) {
  if (pictures.length === 0) return;
  const style = getComputedStyle(pictures[0].figure);
  const ratio = pictures[0].canvas.width / pictures[0].canvas.clientWidth;
  const wide = Math.max(640, ...pictures.map(({ canvas }) => canvas.clientWidth)) + 2 * EDGE_ROOM;
  const rows = pictures.map(({ figure, canvas }) => ({ canvas, legend: legendOf(figure), caption: captionOf(figure) }));
  const tall = rows.reduce((sum, { canvas }) => sum + canvas.clientHeight + 3 * LINE_ROOM, LINE_ROOM + 2 * EDGE_ROOM);
  const sheet = Object.assign(document.createElement("canvas"), { width: wide * ratio, height: tall * ratio });
  const pen = sheet.getContext("2d");
  pen.scale(ratio, ratio);
  pen.fillStyle = colorOf(pictures[0].figure, {}, "backgroundColor");
  pen.fillRect(0, 0, wide, tall);
  pen.font = `${style.fontSize} ${style.fontFamily}`;
  pen.textBaseline = "top";
  const write = (text, x, y, color = style.color) => {
    pen.fillStyle = color;
    pen.fillText(text, x, y);
    return x + pen.measureText(text).width;
  };
  write(title, EDGE_ROOM, EDGE_ROOM);
  let y = EDGE_ROOM + LINE_ROOM;
  for (const { canvas, legend, caption } of rows) {
    write(caption, EDGE_ROOM, y);
    let x = EDGE_ROOM;
    for (const { text, color } of legend) {
      x = write("■ ", x, y + LINE_ROOM, color);
      x = write(`${text}   `, x, y + LINE_ROOM);
    }
    pen.drawImage(canvas, EDGE_ROOM, y + 2 * LINE_ROOM, canvas.clientWidth, canvas.clientHeight);
    y += canvas.clientHeight + 3 * LINE_ROOM;
  }
  sheet.toBlob((blob) => {
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: "sockeye.png" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });
}

function captionOf(figure) {
  const part = (name) => figure.querySelector(name).firstChild?.textContent.trim() ?? "";
  return `${part(".what")} · highest mark ${part(".top")} · ${part(".left")} to ${part(".right")}`;
}

/** What the colours of a chart mean. */
function legendOf(figure) {
  const keys = figure.querySelectorAll(".key");
  const names = keys.length > 0 ? keys : document.querySelectorAll("#states a:not(.none)");
  return [...names].map((name) => {
    return { text: (name.querySelector(".name") ?? name).textContent, color: colorOf(figure, { ...name.dataset }) };
  });
}

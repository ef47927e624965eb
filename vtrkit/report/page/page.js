// Draws the charts, and lets a reader choose among what Python computed; nothing is computed here.
// Text stays text: what is unpacked is run or parsed, never markup.
// What only this script can drive is not seen without it, as in a saved notebook.
if (window.DecompressionStream) document.querySelector(".vtr-select")?.classList.remove("still");
const unpack = async (script) => {
  const bytes = Uint8Array.from(atob(script.textContent), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
};
const draw = async (figure) => {
  const spec = JSON.parse(await unpack(figure.querySelector("script")));
  delete spec.$schema;  // names the older Vega-Lite that JupyterLab draws; this one draws it too
  const view = figure.appendChild(document.createElement("div"));
  try {
    figure.view = (await vegaEmbed(view, spec, {mode: "vega-lite", renderer: "svg", actions: false, logLevel: 1})).view;
    figure.dataset.rendered = "yes";
  } catch (error) {
    figure.dataset.rendered = "no";
    console.error(error);
  }
};
const say = (why) => {
  const line = document.createElement("p");
  line.textContent = `The charts cannot be drawn: ${why} Every figure stands in the tables and texts as well.`;
  document.body.prepend(line);
};
const drawAll = async () => {
  if (!window.DecompressionStream) return say("this browser is too old; open the page in a newer one.");
  const figures = [...document.querySelectorAll("figure.vtr-chart")], vega = document.getElementById("vtr-vega");
  if (vega) document.head.appendChild(document.createElement("script")).textContent = await unpack(vega);
  if (window.vegaEmbed) await Promise.all(figures.map(draw));
  else say("vega.js is not in the folder above this one; copy it with the page.");
  const packed = document.querySelector(".vtr-selection script");
  if (packed) choose(JSON.parse(await unpack(packed)));
};

// The selector: a category and a day.
const choose = (model) => {
  const section = document.querySelector(".vtr-select"), find = (s) => section.querySelector(s);
  const list = document.getElementById("vtr-category"), slider = document.getElementById("vtr-day");
  const lines = [...section.querySelectorAll(".board tbody tr")];
  const state = {category: +(list?.value ?? 0), day: +(slider?.value ?? 0)};
  const unpacked = ([columns, ...rows]) => rows.map((row) =>
    Object.fromEntries(columns.map((name, i) => [name, row[i]]).filter(([, value]) => value !== null)));

  const mark = (figure, kind) => {  // the day of the slider, on the chart's own lines
    const frame = model.rows[kind][state.category].frame;
    if (!figure.view || !frame) return;
    const x = model.days[state.day], [first, last] = unpacked(frame).map((corner) => corner.x);
    const shown = state.day !== +slider?.defaultValue && first <= x && x <= last;
    figure.view.data("day", shown ? [{x, colour: "var(--vtr-ink)"}] : []);
  };
  const redraw = (figure) => {
    const kind = figure.dataset.rows, rows = model.rows[kind][state.category], there = Object.keys(rows).length > 0;
    const turned = figure.parentElement.hidden === there;
    figure.parentElement.hidden = !there;
    if (turned) dispatchEvent(new Event("resize"));  // a chart alone has the whole width
    figure.querySelector("figcaption").textContent = model.texts[kind][state.category];
    if (!there || !figure.view) return;
    for (const [name, packed] of Object.entries(rows)) figure.view.data(name, unpacked(packed));
    mark(figure, kind);
    figure.querySelector("[role=graphics-document]")?.setAttribute("aria-label", model.texts[kind][state.category]);
    figure.view.run();
  };
  const figures = [...section.querySelectorAll("figure[data-rows]")];
  const showCategory = () => {
    const page = section.querySelector(`template[data-of="${state.category}"]`);
    find(".of").replaceChildren(page.content.cloneNode(true));
    find(".what").textContent = model.names[state.category];
    lines.forEach((line, i) => i === state.category ? line.setAttribute("aria-current", "true") : line.removeAttribute("aria-current"));
    if (list) list.value = state.category;
    const back = find(".back"), own = model.backs[state.category];
    if (back) {
      back.hidden = own.back === null;
      back.textContent = own.text;
      back.style.setProperty("--at", `${own.back}%`);
    }
    figures.forEach(redraw);
  };
  const showDay = () => {
    const said = model.spoken[state.day];
    slider.value = state.day;
    slider.setAttribute("aria-valuetext", said);
    find(".now").textContent = said;
    const on = find(".on");
    if (on) on.textContent = said.split(",")[0];
    const read = find(".read");
    if (read) read.textContent = model.explained[state.day];
    lines.forEach(showLine);
    figures.forEach((figure) => { mark(figure, figure.dataset.rows); figure.view?.run(); });
  };
  const text = (line, selector, words) => { const cell = line.querySelector(selector); if (cell) cell.textContent = words; };
  const place = (tenths) => Math.min(100, Math.max(0, (tenths / 10 - model.left) / (100 - model.left) * 100));
  const showLine = (line, i) => {
    const cell = model.cells[i][state.day];
    text(line, ".rate b", cell ? cell[1] : "–");
    text(line, ".failed b", cell ? cell[5] : "–");
    text(line, ".failed span", cell ? cell[6] : "–");
    text(line, ".allowed", cell ? cell[7] : "–");
    const sign = model.signs[cell ? cell[0] : model.signs.length - 1], status = line.querySelector(".state");
    if (status) {
      status.className = `state ${sign.kind}`;
      status.firstElementChild.className = `sign ${sign.kind}`;
      status.firstElementChild.firstElementChild.textContent = sign.sign;
      status.lastChild.textContent = sign.word[0].toUpperCase() + sign.word.slice(1);
    }
    const dots = line.querySelector(".dots"), [range, dot] = dots.children;
    range.style.display = dot.style.display = cell ? "block" : "none";
    if (!cell) return;
    const [low, high, middle] = [cell[2], cell[3], cell[4] ?? cell[2]].map(place);
    dots.className = `dots ${sign.kind}${(cell[4] ?? cell[2]) / 10 < model.left ? " out" : ""}`;
    Object.assign(range.style, {left: `${low}%`, width: `${high - low}%`});
    dot.style.left = `${middle}%`;
  };
  lines.forEach((line, i) => {
    showLine(line, i);
    line.addEventListener("click", () => { state.category = i; showCategory(); });
    line.addEventListener("keydown", (event) => {
      const next = {ArrowDown: line.nextElementSibling, ArrowUp: line.previousElementSibling}[event.key];
      if (next) { event.preventDefault(); next.querySelector("button").focus(); next.click(); }
    });
  });
  list?.addEventListener("change", () => { state.category = +list.value; showCategory(); });
  slider?.addEventListener("input", () => { if (playing) stop(); state.day = +slider.value; showDay(); });
  let playing = 0;
  const play = document.getElementById("vtr-play");
  const stop = () => { clearInterval(playing); playing = 0; play.textContent = "▶"; play.ariaLabel = "Play the days"; };
  play?.addEventListener("click", () => {
    if (playing) return stop();
    if (state.day === +slider.max) state.day = 0;
    play.textContent = "❚❚";
    play.ariaLabel = "Stop";
    playing = setInterval(() => { state.day < +slider.max ? (state.day++, showDay()) : stop(); }, 120);
  });
  showCategory();
};
drawAll();

// Tables: a click on a heading sorts; of more than twelve rows the first five are shown.
for (const table of document.querySelectorAll("table.vtr-table, table.board")) {
  const body = table.tBodies[0], rows = [...body.rows], whole = rows.filter((row) => row.className === "whole");
  const key = (row, i) => row.cells[i].dataset.sort ?? row.cells[i].textContent.trim();
  const heads = [...table.tHead.rows[0].cells];
  if (heads.length > 3 && table.className === "vtr-table") table.classList.add("cards");  // on a phone
  heads.forEach((head, i) => {
    for (const row of rows) row.cells[i].dataset.label = head.textContent;
    if (head.tagName !== "TH" || rows.length < 2) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.ariaSort === "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.ariaSort = down ? "descending" : "ascending";
      const order = (a, b) => key(a, i).replaceAll(",", "").localeCompare(key(b, i).replaceAll(",", ""), "en", {numeric: true});
      body.append(...whole, ...rows.filter((row) => !whole.includes(row)).toSorted((a, b) => down ? order(b, a) : order(a, b)));
    });
  });
  if (rows.length <= 12) continue;
  table.classList.add("short");
  const more = document.createElement("button");
  more.type = "button";
  more.className = "more";
  more.textContent = `all ${rows.length}`;
  more.addEventListener("click", () => { table.classList.remove("short"); more.remove(); });
  (table.closest(".vtr-wide") || table).after(more);
}

// Paper shows what is folded.
const folds = [...document.querySelectorAll("details")];
addEventListener("beforeprint", () => folds.forEach((fold) => { fold.dataset.was = fold.open; fold.open = true; }));
addEventListener("afterprint", () => folds.forEach((fold) => { fold.open = fold.dataset.was === "true"; }));

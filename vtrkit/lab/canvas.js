// Charts that are drawn once and then get rows. Vega comes from the kernel, once for a page, and
// only where there is a browser to ask for it.
const page = (globalThis.vtrkitVega ??= {});

async function load(code) {
  const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  await import(address);
  URL.revokeObjectURL(address);
  return window.vegaEmbed;
}

// A chart in its box. Without rows it says so: Vega has no scale of nothing.
class Chart {
  constructor({ name, title, spec }, clicked) {
    Object.assign(this, { name, spec, clicked, tables: {}, told: "" });
    this.box = document.createElement("div");
    this.box.dataset.chart = name;
    this.box.style.cssText =
      "background:var(--jp-layout-color0);padding:6px;min-width:0;overflow-x:auto";
    this.drawing = document.createElement("div");
    this.nothing = document.createElement("p");
    this.nothing.textContent = `${title}: ${spec.usermeta?.nothing ?? "no packages"}`;
    this.box.append(this.drawing, this.nothing);
  }

  async show(tables, told) {
    Object.assign(this.tables, tables);
    this.told = told ?? this.told;
    const empty = !this.tables.rows?.length;
    this.nothing.style.display = empty ? "" : "none";
    this.drawing.style.display = empty ? "none" : "";
    if (empty) return;
    if (this.view) {
      for (const [table, values] of Object.entries(this.tables)) this.view.data(table, values);
      await this.view.runAsync();
    } else await this.embed();
    this.drawing.querySelector("svg")?.setAttribute("aria-label", this.told);
    this.tables = { rows: this.tables.rows };
  }

  async embed() {
    const spec = { ...this.spec, datasets: this.tables };
    const made = await page.embed(this.drawing, spec, { renderer: "svg", actions: false });
    [this.view, this.finalize] = [made.view, made.finalize];
    this.view.addEventListener("click", (_, item) => {
      if (item?.datum?.id !== undefined) this.clicked(this.name, item.datum.id);
    });
  }
}

function render({ model, el }) {
  const charts = new Map();
  const board = document.createElement("div");
  let waiting = {}, told = {}, revision = 0, drawing = false, built;
  el.classList.add("vtrkit-canvas");
  board.style.cssText = "display:flex;flex-wrap:wrap;gap:12px;align-items:start;padding:4px 0";
  el.replaceChildren(board);

  async function build(specs, code) {
    page.embed ??= await (page.loading ??= load(code.buffer ?? code));
    for (const one of specs) {
      const chart = new Chart(one, (clicked, id) => model.send({ clicked, id }));
      board.append(chart.box);
      charts.set(one.name, chart);
    }
  }

  // What comes while a drawing is made waits, the newest rows of each chart only.
  async function draw() {
    if (drawing) return;
    drawing = true;
    while (el.dataset.drawn !== String(revision)) {
      const [rows, words, now] = [waiting, told, revision];
      [waiting, told] = [{}, {}];
      await Promise.all(Object.entries(rows).map(([n, t]) => charts.get(n).show(t, words[n])));
      el.dataset.drawn = String(now);
    }
    drawing = false;
  }

  async function receive(message, buffers) {
    for (const [name, tables] of Object.entries(message.rows))
      waiting[name] = { ...waiting[name], ...tables };
    Object.assign(told, message.told);
    revision = message.revision;
    if (message.charts) built ??= build(message.charts, buffers[0]);
    await built;
    if (built) await draw();
  }

  model.on("msg:custom", receive);
  model.send({ ask: !page.embed });
  return () => {
    model.off("msg:custom", receive);
    for (const { finalize } of charts.values()) finalize?.();
  };
}

export default { render };

// Charts that are drawn once and then get rows. Vega comes from the kernel, once for a page, and
// only where there is a browser to ask for it.
const ready = () => (globalThis.vtrkitVega ??= {});

async function load(buffer) {
  const code = URL.createObjectURL(new Blob([buffer], { type: "text/javascript" }));
  await import(code);
  URL.revokeObjectURL(code);
  return window.vegaEmbed;
}

function render({ model, el }) {
  const page = ready();
  const views = new Map();
  let waiting = {}, told = {}, revision = 0, drawing = false, built, gone = false;
  el.classList.add("vtrkit-canvas");
  const board = document.createElement("div");
  board.style.cssText = "display:flex;flex-wrap:wrap;gap:12px;align-items:start;padding:4px 0";
  el.replaceChildren(board);

  async function build(charts, code) {
    if (!page.embed) page.embed = await (page.loading ??= load(code.buffer ?? code));
    for (const { name, spec } of charts) {
      const box = document.createElement("div");
      box.dataset.chart = name;
      box.style.cssText = "background:white;border-radius:4px;padding:6px;min-width:0";
      board.append(box);
      const datasets = waiting[name];
      delete waiting[name];
      const made = await page.embed(box, { ...spec, datasets }, { renderer: "svg", actions: false });
      made.view.addEventListener("click", (_, item) => {
        if (item?.datum?.id !== undefined) model.send({ clicked: name, id: item.datum.id });
      });
      views.set(name, { view: made.view, box, finalize: made.finalize });
    }
  }

  async function draw() {
    if (drawing || views.size === 0) return;
    drawing = true;
    while (Object.keys(waiting).length || el.dataset.drawn !== String(revision)) {
      const [rows, words, now] = [waiting, told, revision];
      waiting = {};
      told = {};
      await Promise.all(
        Object.entries(rows).map(([name, tables]) => {
          const { view } = views.get(name);
          for (const [table, values] of Object.entries(tables)) view.data(table, values);
          return view.runAsync();
        })
      );
      for (const [name, text] of Object.entries(words))
        views.get(name).box.querySelector("svg")?.setAttribute("aria-label", text);
      el.dataset.drawn = String(now);
    }
    drawing = false;
  }

  async function receive(message, buffers) {
    if (gone) return;
    if (message.rows) {
      for (const [name, tables] of Object.entries(message.rows))
        waiting[name] = { ...waiting[name], ...tables };
      Object.assign(told, message.told);
      revision = message.revision;
    }
    if (message.charts) await (built ??= build(message.charts, buffers[0]));
    await draw();
  }

  model.on("msg:custom", receive);
  model.send({ ask: !page.embed });
  return () => {
    gone = true;
    model.off("msg:custom", receive);
    for (const { finalize } of views.values()) finalize();
  };
}

export default { render };

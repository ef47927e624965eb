// A screen whose parts the kernel writes. A drag picks among pictures and sentences that came
// before; what was chosen goes to the kernel, which answers with the parts that change.
const DELAY = 150;
const SAYS = "Run the notebook to try this.";

function render({ model, el }, before) {
  let stops = new Map(), chosen, timer, dragging, waiting = [], held = new Map();
  let asked = false, wanted;
  const parts = new Map();
  const screen = document.createElement("div");
  screen.className = "vtr-screen";
  screen.dataset.lmSuppressShortcuts = "true"; // a key here is no command of the notebook
  el.replaceChildren(screen);
  const part = (name) => screen.querySelector(`[data-pane="${name}"]`);

  function put(name, markup) {
    const pane = part(name);
    if (!pane) return;
    if (dragging && pane.contains(dragging)) return void held.set(name, markup);
    if (name === "list") queueMicrotask(list);
    const here = pane.contains(document.activeElement) ? document.activeElement : null;
    const { do: doing } = here?.dataset ?? {}, kind = here?.type, value = here?.value;
    pane.innerHTML = markup;
    if (!here) return;
    const same = [...pane.querySelectorAll(`[data-do="${doing}"]`)].filter((e) => e.type === kind);
    (same.find((e) => e.value === value) ?? same[0])?.focus();
  }

  // a long list: what is looked for, and whether those on target are shown
  let find = "", unfolded = false;
  function list() {
    const box = screen.querySelector("input[data-do=find]");
    if (!box) return;
    const fold = screen.querySelector("button[data-do=fold]"), rows = screen.querySelector(".rows");
    box.value = find;
    rows.classList.toggle("folded", Boolean(fold) && !unfolded && !find);
    fold?.setAttribute("aria-expanded", unfolded);
    for (const row of rows.querySelectorAll("tbody tr"))
      row.classList.toggle("away", !row.querySelector("th").textContent.toLowerCase().includes(find));
  }

  function show(share) {
    const stop = stops.get(share);
    if (!stop) return;
    for (const name of ["say", "more", "mine", "moved"]) put(name, stop[name]);
    for (const box of screen.querySelectorAll("input[data-do=share]")) box.value = share;
    for (const box of screen.querySelectorAll("input[data-do=packages]")) box.value = stop.packages;
    slider()?.setAttribute("aria-valuetext", stop.spoken);
    screen.dataset.drawn = Number(screen.dataset.drawn ?? 0) + 1;
  }

  const slider = () => screen.querySelector("input[data-do=share][type=range]");
  const tell = (does, value) => {
    try {
      if (model.comm_live === false) throw new Error("no kernel");
      model.send({ do: does, value });
    } catch { // a kernel that is gone, or begun anew, does not know this screen
      part("more").textContent = SAYS;
      asked = false;
    }
  };

  // while the kernel answers, only the last place of the day waits
  function follow(does, value) {
    if (asked) wanted = [does, value];
    else {
      asked = true;
      tell(does, value);
    }
  }

  function settle(share, wait = DELAY) {
    chosen = share;
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (dragging) return; // it is told once it is let go of, however long it rests before
      timer = undefined;
      tell("share", share);
    }, wait);
  }

  function move(share) {
    share = Math.min(100, Math.max(0, share));
    slider().value = share;
    show(share);
    settle(share);
  }

  screen.addEventListener("input", (event) => {
    if (event.target.dataset.do === "find") {
      find = event.target.value.trim().toLowerCase();
      list();
    }
    if (event.target.type !== "range") return;
    if (event.target.dataset.do !== "share") return follow(event.target.dataset.do, event.target.value);
    move(Math.round(event.target.value / 5) * 5);
  });
  screen.addEventListener("change", (event) => {
    const { do: does } = event.target.dataset;
    if (!does || ["range", "search"].includes(event.target.type) || does === "path") return;
    if (does === "share") settle(Number(event.target.value), 0);
    else tell(does, event.target.value);
  });
  screen.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-do]");
    if (!button) return;
    const { do: does } = button.dataset;
    if (does === "share") return move(Number(button.value));
    if (does === "fold") {
      unfolded = !unfolded;
      return list();
    }
    const path = screen.querySelector("input[data-do=path]")?.value;
    tell(does, does === "category" || !path ? button.value : button.value || path);
  });
  screen.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    const { target } = event;
    if (event.key === "Delete" && target.dataset.do === "drop") target.click();
    const ends = { Home: 0, End: Number(target.max) };
    if (target.type === "range" && (step || event.key in ends)) {
      event.preventDefault(); // the notebook takes the keys of a slider otherwise
      const now = Number(target.value);
      if (target.dataset.do === "share") {
        const next = event.shiftKey ? now + step : (Math.floor(now / 5 + (step < 0 ? 0.9 : 0)) + step) * 5;
        return move(ends[event.key] ?? next);
      }
      target.value = ends[event.key] ?? now + step;
      follow(target.dataset.do, target.value);
    } else if (step && target.dataset.group) {
      event.preventDefault();
      const group = [...screen.querySelectorAll(`[data-group=${target.dataset.group}]`)];
      group.at((group.indexOf(target) + (event.key === "ArrowDown" || step > 0 && event.key !== "ArrowUp" ? 1 : -1)) % group.length).focus();
    }
  });

  // a slider that is replaced under the mouse lets go of it
  screen.addEventListener("pointerdown", ({ target }) => { dragging = target.type === "range" ? target : undefined; });
  const release = () => {
    dragging = undefined;
    for (const [name, markup] of held) put(name, markup);
    held.clear();
    if (timer !== undefined) settle(chosen, 0); // what is let go of waits for no further step
    waiting.splice(0).forEach(receive);
  };
  for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, release);

  function receive(message) {
    if (dragging?.dataset.do === "share") return waiting.push(message);
    asked = false;
    if (wanted) {
      const [does, value] = wanted;
      wanted = undefined;
      follow(does, value);
    }
    const { screen: whole, panes = {}, stops: sent, file, copy, revision } = message;
    if (whole) screen.innerHTML = whole;
    list();
    for (const [name, markup] of Object.entries(panes)) put(name, markup);
    if (sent) stops = new Map(sent.map((stop) => [stop.share, stop]));
    if (file) {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([file.text], { type: "text/csv" }));
      link.download = file.name;
      link.click();
      URL.revokeObjectURL(link.href);
    }
    if (copy) navigator.clipboard?.writeText(copy).catch(() => {});
    if (timer !== undefined) show(chosen);
    screen.dataset.revision = revision;
  }

  model.on("msg:custom", receive);
  if (before) receive(before);
  else model.send({ do: "ask" });
  return () => {
    model.off("msg:custom", receive);
    for (const end of ["pointerup", "pointercancel"]) window.removeEventListener(end, release);
  };
}

// What stands on the screen is told before there is one: to ask for it would wait for the cells
// that run meanwhile. A page that is loaded again has heard nothing, and asks.
export default () => {
  let heard;
  const hear = ({ screen, panes, stops, revision }) => {
    if (screen) heard = { screen, panes: {} };
    if (!heard) return;
    Object.assign(heard.panes, panes);
    heard.stops = stops ?? heard.stops;
    heard.revision = revision;
  };
  return {
    initialize: ({ model }) => model.on("msg:custom", hear),
    render: (given) => render(given, heard),
  };
};

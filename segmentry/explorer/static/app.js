// Draws a page from its payload, follows the filters and the published generation.
"use strict";

const tilesBox = document.getElementById("tiles");
const filtersBox = document.getElementById("filters");
const stateBox = document.getElementById("state");
let payload = null;
let charts = new Map();
let latest = 0;
const waiting = [];

function note(text) {
  const node = el("span", "mark", text);
  return node;
}

function notes(tile) {
  const line = el("p", "notes");
  const parts = [];
  if (tile.n && tile.rows.length) {
    const ns = tile.rows.map((row) => tile.get(row, tile.n)).filter((v) => v !== null);
    if (ns.length) {
      const [low, high] = [Math.min(...ns), Math.max(...ns)];
      parts.push(low === high ? `n = ${show(low, "count")}` : `n = ${show(low, "count")} to ${show(high, "count")}`);
    }
  }
  const small = tile.small ? tile.rows.filter((row) => tile.isSmall(row)).length : 0;
  if (parts.length) line.append(parts.join(" · "), " ");
  if (small) { const mark = note(`${small} small ${small === 1 ? "group" : "groups"}`); mark.title = `Fewer than ${payload.small_n_floor}: too few to compare`; line.append(mark, " "); }
  if (tile.suppressed) line.append(note(`${tile.suppressed} suppressed (fewer than ${payload.small_n_floor})`));
  if (tile.complete && tile.rows.some((row) => tile.get(row, tile.complete) === false)) line.append("Pale: the period still runs.");
  return line.childNodes.length ? line : null;
}

function period(tile) {
  const name = [tile.x, tile.row, "period_start", "month"].find((each) => each && each in tile.index && tile.rows.length && /^\d{4}-\d\d-\d\d$/.test(tile.get(tile.rows[0], each)));
  if (!name) return "";
  const dates = tile.rows.map((row) => tile.get(row, name)).filter(Boolean).sort();
  const [first, last] = axisLabels([dates[0], dates[dates.length - 1]]);
  return first === last ? first : `${first} to ${last}`;
}

function query(more = {}) {
  const params = new URLSearchParams(location.search);
  for (const [key, value] of Object.entries(more)) value === null ? params.delete(key) : params.set(key, value);
  const text = params.toString();
  return text ? `?${text}` : "";
}

function explain(tile) {
  const dialog = el("dialog");
  const close = el("button", "icon close", "✕");
  close.setAttribute("aria-label", "Close");
  close.onclick = () => dialog.close();
  dialog.append(close, el("h2", "", tile.title), el("p", "", tile.about));
  if (tile.marts.length) dialog.append(el("h3", "", "Marts"));
  for (const mart of tile.marts) { const p = el("p"); p.append(el("b", "", mart.name), " ", mart.about); dialog.append(p); }
  const described = tile.columns.filter((c) => c.about);
  if (described.length) {
    dialog.append(el("h3", "", "Columns"));
    const list = el("dl", "facts");
    for (const c of described) { const item = el("div", "wide"); item.append(el("dt", "", c.name), el("dd", "", c.about)); list.append(item); }
    dialog.append(list);
  }
  dialog.append(el("h3", "", "SQL"), el("pre", "", tile.sql));
  const bound = payload.filters.filter((f) => tile.sql.includes(`$${f.id}`)).map((f) => `$${f.id} = ${f.value || "(empty)"}`);
  if (bound.length) dialog.append(el("h3", "", "Bound values"), el("p", "", bound.join(" · ")));
  dialog.append(el("h3", "", "Read from"), el("p", "", `Generation ${payload.generation}, as of ${day(payload.as_of_date)}${tile.milliseconds ? `, ${tile.milliseconds} ms` : ""}`));
  dialog.onclose = () => dialog.remove();
  document.body.append(dialog);
  dialog.showModal();
}

function tools(tile, card) {
  const box = el("details", "tools");
  const summary = el("summary", "", "···");
  summary.setAttribute("aria-label", `More about ${tile.title}`);
  const menu = el("menu");
  const item = (text, act) => { const b = el("button", "", text); b.type = "button"; b.onclick = () => { box.open = false; act(); }; menu.append(b); };
  item("How is this computed?", () => explain(tile));
  if (tile.rows.length) {
    if (tile.kind in CHARTS || tile.kind === "funnel" || tile.kind === "numbers") item("Show as table", () => swap(tile, card));
    const csv = el("a", "", "Download CSV");
    csv.href = `/csv/${payload.page}/${tile.id}${location.search}`;
    csv.setAttribute("download", "");
    menu.append(csv);
    if (tile.kind in CHARTS) item("Download PNG", () => download(tile));
  }
  item("Copy link to this chart", () => navigator.clipboard.writeText(`${location.origin}${location.pathname}${query()}#${tile.id}`));
  box.append(summary, menu);
  return box;
}

function download(tile) {
  const chart = charts.get(tile.id);
  if (!chart) return;
  const a = el("a");
  a.href = chart.getDataURL({ pixelRatio: 2, backgroundColor: css("card") });
  a.download = `${payload.page}_${tile.id}.png`;
  a.click();
}

function swap(tile, card) {
  const body = card.querySelector(".body");
  const chart = charts.get(tile.id);
  if (chart) { chart.dispose(); charts.delete(tile.id); }
  const tabled = body.dataset.view === "table";
  body.dataset.view = tabled ? "" : "table";
  body.replaceChildren();
  if (tabled) { fill(tile, body); drawWaiting(); } else body.append(table(tile, { plain: true }));
}

function pager(tile) {
  if (!tile.more && tile.page_number === 1) return null;
  const box = el("div", "pager");
  const go = (to) => { history.replaceState(null, "", query({ [`page_${tile.id}`]: to === 1 ? null : to }) || location.pathname); load(); };
  const back = el("button", "", "Previous"), next = el("button", "", "Next");
  back.type = next.type = "button";
  back.disabled = tile.page_number === 1;
  next.disabled = !tile.more;
  back.onclick = () => go(tile.page_number - 1);
  next.onclick = () => go(tile.page_number + 1);
  box.append(back, `Page ${tile.page_number}`, next);
  return box;
}

function fill(tile, body) {
  if (!tile.rows.length || (tile.kind in CHARTS && !drawable(tile))) { body.append(el("div", "empty", tile.suppressed ? `Every group is smaller than ${payload.small_n_floor}, so nothing is shown to your role.` : tile.empty)); return; }
  if (tile.kind in HTML_KINDS) {
    body.append(HTML_KINDS[tile.kind](tile));
    const pages = (tile.kind === "table" || tile.kind === "timeline") && pager(tile);
    if (pages) body.append(pages);
    return;
  }
  const box = el("div", "chart");
  box.style.height = `${heightOf(tile)}px`;
  box.setAttribute("role", "img");
  box.setAttribute("aria-label", `${tile.title}. ${tile.about} The menu of this chart shows it as a table.`);
  const names = el("div", "legend");
  body.append(names, box);
  waiting.push(() => drawChart(tile, body, names, box));
}

// After all tiles lie in their grid: a chart beside a longer tile grows into the room that is there.
function drawChart(tile, body, names, box) {
  tile.width = body.clientWidth || 400;
  const { named = [], ...option } = CHARTS[tile.kind](tile);
  for (const [name, color] of named) names.append(legendItem(tile, name, color));
  const room = body.clientHeight - names.offsetHeight;
  const least = heightOf(tile);
  box.style.height = `${Math.max(least, Math.min(room, least * 1.7, 640))}px`;
  const chart = echarts.init(box, null, { renderer: "canvas" });
  chart.setOption(option);
  if (tile.link) chart.on("click", (point) => {
    const row = (point.data && point.data.row) || rowOf(tile, point);
    const url = row && linkOf(tile, row);
    if (url) location.href = url;
  });
  charts.set(tile.id, chart);
}

function legendItem(tile, name, color) {
  const item = el("button", "item");
  item.type = "button";
  item.setAttribute("aria-pressed", "true");
  const dot = el("i", "swatch");
  dot.style.background = color;
  item.append(dot, name);
  item.onclick = () => {
    const on = item.getAttribute("aria-pressed") !== "true";
    item.setAttribute("aria-pressed", String(on));
    charts.get(tile.id).dispatchAction({ type: on ? "legendSelect" : "legendUnSelect", name });
  };
  return item;
}

function drawWaiting() {
  for (const draw of waiting.splice(0)) draw();
}

function rowOf(tile, point) {
  if (tile.kind === "interval" || tile.kind === "waterfall") return tile.rows[point.dataIndex];
  if (tile.kind !== "bar" && tile.kind !== "line") return null;
  const { list } = series(tile);
  const found = list.find((s) => s.name === point.seriesName);
  return found && found.rows[point.dataIndex];
}

const drawable = (tile) => {
  const drawn = tile.value ? [tile.value] : tile.y.map((m) => m.column);
  return tile.rows.some((row) => drawn.some((name) => tile.get(row, name) !== null));
};

function heightOf(tile) {
  if (tile.kind === "heatmap") return Math.max(150, 34 + tile.distinct(tile.row).length * 27);
  if (tile.kind === "interval" || tile.horizontal) return Math.max(120, 40 + tile.distinct(tile.x).length * 26 + (tile.y.length > 1 ? 30 : 0));
  return tile.height;
}

function drawTile(raw) {
  const tile = new Tile(raw, payload.segments);
  const card = el("section", `tile${tile.kind === "numbers" ? " cards" : ""}`);
  card.id = tile.id;
  card.style.gridColumn = `span ${tile.span}`;
  card.setAttribute("aria-labelledby", `title-${tile.id}`);
  const header = el("header");
  const h2 = el("h2", "", tile.title);
  h2.id = `title-${tile.id}`;
  h2.title = tile.about;
  const facts_ = [tile.kind in CHARTS && UNIT_NAMES[tile.unit], period(tile)].filter(Boolean).join(" · ");
  header.append(h2, el("span", "unit", facts_), el("span", "fill"), tools(tile, card));
  const body = el("div", "body");
  card.append(header, body);
  tilesBox.append(card);
  fill(tile, body);
  const line = notes(tile);
  if (line) card.append(line);
}

function drawFilters() {
  const focused = document.activeElement && document.activeElement.id;
  filtersBox.replaceChildren();
  for (const filter of payload.filters) {
    const label = el("label", "", filter.label);
    let input;
    if (filter.kind === "text") {
      input = el("input");
      input.type = "search";
      input.maxLength = 100;
      input.placeholder = "Type and press Enter";
    } else {
      input = el("select");
      const dimension = (payload.filters.find((f) => f.id === "dimension") || {}).value;
      for (const option of filter.options) {
        const names = filter.id === "dimension" ? {} : payload.segments[dimension] || {};
        const text = option.label || (names[option.value] ? names[option.value].name : option.value === "all" ? "Everyone" : words(option.value));
        input.append(new Option(text, option.value));
      }
    }
    input.id = `filter-${filter.id}`;
    input.name = filter.id;
    input.value = filter.value;
    input.onchange = () => {
      const changes = { [filter.id]: input.value };
      for (const tile of payload.tiles) changes[`page_${tile.id}`] = null;
      history.pushState(null, "", query(changes));
      load();
    };
    label.append(input);
    filtersBox.append(label);
  }
  if (focused) { const again = document.getElementById(focused); if (again) again.focus(); }
}

function drawState() {
  stateBox.replaceChildren();
  const long = el("span", "long", `generation ${payload.generation} · ${payload.role === "aggregates" ? "groups only" : "with persons"} · `);
  stateBox.append(long, "as of ", el("b", "", payload.as_of_date ? day(payload.as_of_date) : "–"));
  stateBox.title = `Generation ${payload.generation}, published ${payload.published_at.replace("T", " ")}`;
}

function draw() {
  for (const chart of charts.values()) chart.dispose();
  charts = new Map();
  tilesBox.replaceChildren();
  drawState();
  drawFilters();
  payload.tiles.forEach(drawTile);
  drawWaiting();
  tilesBox.dataset.drawn = String(payload.generation);
  performance.mark("drawn");
}

async function load() {
  const mine = ++latest;
  tilesBox.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(`/data/${payload.page}${location.search}`);
    if (!answer.ok) throw new Error((await answer.json()).error || answer.statusText);
    const next = await answer.json();
    if (mine !== latest) return;
    payload = next;
    draw();
  } catch (error) {
    stateBox.textContent = `Not updated: ${error.message}`;
  } finally {
    if (mine === latest) tilesBox.removeAttribute("aria-busy");
  }
}

async function follow() {
  if (document.hidden) return;
  try {
    const answer = await fetch("/generation");
    const found = answer.ok && (await answer.json()).generation;
    if (found && found !== payload.generation) await load();
  } catch { /* the server is away; the next look may find it */ }
}

document.getElementById("theme").onclick = () => {
  const next = theme() === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  localStorage.setItem("theme", next);
  if (payload) draw();
};
document.getElementById("menu").onclick = (event) => {
  const open = document.getElementById("nav").classList.toggle("open");
  event.currentTarget.setAttribute("aria-expanded", String(open));
};
document.addEventListener("click", (event) => {
  for (const box of document.querySelectorAll("details.tools[open]")) if (!box.contains(event.target)) box.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const box of document.querySelectorAll("details.tools[open]")) { box.open = false; box.querySelector("summary").focus(); }
});

const embedded = document.getElementById("payload");
if (embedded) {
  payload = JSON.parse(embedded.textContent);
  filtersBox.onsubmit = (event) => event.preventDefault();
  draw();
  if (location.hash) { const target = document.getElementById(location.hash.slice(1)); if (target) target.scrollIntoView(); }
  let pause = 0;
  let width = innerWidth;
  addEventListener("resize", () => { clearTimeout(pause); pause = setTimeout(() => { if (innerWidth !== width) { width = innerWidth; draw(); } }, 150); });
  addEventListener("popstate", load);
  setInterval(follow, 3000);
}

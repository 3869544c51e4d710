// What is drawn without a canvas: cards, tables, facts, funnels and timelines.
"use strict";

function el(tag, className = "", text = undefined) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function linkOf(tile, row) {
  if (!tile.link) return "";
  let complete = true;
  const url = tile.link.replace(/\{(\w+)\}/g, (_, name) => {
    const value = tile.get(row, name);
    if (value === null || value === undefined) complete = false;
    return encodeURIComponent(value ?? "");
  });
  return complete && url.startsWith("/") && !url.startsWith("//") ? url : "";
}

function sparkline(values) {
  const known = values.map((v, i) => [i, v]).filter(([, v]) => v !== null);
  if (known.length < 2) return null;
  const low = Math.min(...known.map(([, v]) => v)), high = Math.max(...known.map(([, v]) => v));
  const at = ([i, v]) => `${(i / (values.length - 1) * 100).toFixed(2)} ${(28 - (v - low) / (high - low || 1) * 26).toFixed(2)}`;
  const line = "M" + known.map(at).join("L");
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 100 30");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  for (const [name, path] of [["area", `${line}L${at(known[known.length - 1]).split(" ")[0]} 30L${at(known[0]).split(" ")[0]} 30Z`], ["", line]]) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", "path");
    if (name) node.setAttribute("class", name);
    node.setAttribute("d", path);
    svg.append(node);
  }
  return svg;
}

// Rows: label, value, unit; optionally change, change_unit, better (up or down), note, trend, and what a link names
function numbers(tile) {
  const box = el("div", "numbers");
  for (const row of tile.rows) {
    const get = (name) => (name in tile.index ? tile.get(row, name) : null);
    const card = el("div", "number");
    const url = linkOf(tile, row) || get("link");
    const inner = url ? el("a") : el("div");
    if (url) inner.href = url;
    const label = el("span", "label", get("label"));
    if (tile.isSmall(row)) label.append(" ", el("span", "mark", "small n"));
    inner.append(label, el("div", "value", show(get("value"), get("unit"), true)));
    inner.lastChild.title = show(get("value"), get("unit"));
    const change = el("span", "change");
    const moved = get("change");
    if (moved !== null) {
      const good = !get("better") || Math.abs(moved) < 1e-9 ? "" : (moved > 0) === (get("better") === "up") ? "good" : "bad";
      change.append(el("span", good, `${moved > 0 ? "▲" : moved < 0 ? "▼" : "■"} ${show(Math.abs(moved), get("change_unit") || "percent", true)}`), " ");
    }
    if (get("note")) { change.append(get("note")); change.title = get("note"); }
    inner.append(change);
    const spark = get("trend") && sparkline(get("trend"));
    if (spark) inner.append(spark);
    card.append(inner);
    box.append(card);
  }
  return box;
}

const NUMERIC_UNITS = ["count", "money", "percent", "points", "ratio", "number", "days", "hours", "seconds"];

function cell(tile, column, row) {
  const value = tile.get(row, column.name);
  const node = el("td");
  const isSegment = typeof value === "string" && tile.names[value] && /segment_key$|^(from|to)_segment|^band$/.test(column.name);
  if (isSegment) {
    const dot = el("i", "swatch");
    dot.style.background = tile.color(value);
    const name = el("span", "nowrap");
    name.append(dot, tile.named(value));
    node.append(name);
  } else if (column.name === "result" || column.name === "status") {
    const kind = { pass: "pass", fail: "fail", unknown: "unknown", ok: "pass", failed: "fail", landed: "pass", refused: "fail" }[value];
    node.append(el("span", kind || "", words(String(value ?? "–"))));
  } else {
    const text = /(_name|_text|_id)$|^(reason|file|value_seen|threshold|formula)$/.test(column.name) ? value ?? "–" : show(value, column.unit);
    node.textContent = typeof value === "string" && text === value && /^[a-z][a-z0-9_]{2,}$/.test(value) && !/_id$|^(file|owner|feed)$/.test(column.name) ? words(value) : String(text);
  }
  if (/_id$|_date$|_at$|^(result|status|issue)$/.test(column.name)) node.className = "nowrap";
  if (typeof value === "number" || (value === null && tile.isNumeric(column.name))) node.className = "right nowrap";
  if (typeof value === "string" && /^\d{4}-\d\d-\d\d/.test(value)) node.className = "nowrap";
  return node;
}

function table(tile, { plain = false } = {}) {
  const scroll = el("div", "scroll");
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", `Table: ${tile.title}`);
  const node = el("table");
  const shown = tile.columns.filter((column) => plain || (!column.hidden && column.name !== tile.small));
  const head = el("tr");
  for (const column of shown) {
    const th = el("th", tile.isNumeric(column.name) ? "right" : "", column.label || words(column.name));
    th.scope = "col";
    if (column.about) th.title = column.about;
    head.append(th);
  }
  const body = el("tbody");
  for (const row of tile.rows) {
    const line = el("tr");
    shown.forEach((column, i) => {
      const td = cell(tile, column, row);
      const url = i === 0 && linkOf(tile, row);
      if (url) { const a = el("a"); a.href = url; a.append(...td.childNodes); td.append(a); }
      if (i === 0 && tile.isSmall(row)) td.append(" ", el("span", "mark", "small n"));
      line.append(td);
    });
    body.append(line);
  }
  const thead = el("thead");
  thead.append(head);
  node.append(thead, body);
  scroll.append(node);
  return scroll;
}

function facts(tile) {
  const list = el("dl", "facts");
  const row = tile.rows[0];
  for (const column of tile.columns.filter((c) => !c.hidden)) {
    const value = tile.get(row, column.name);
    const text = show(value, column.unit);
    const item = el("div", String(text).length > 60 ? "wide" : "");
    const dt = el("dt", "", column.label || words(column.name));
    if (column.about) dt.title = column.about;
    const dd = el("dd");
    const shown = typeof value === "string" && /^[a-z][a-z0-9_]{2,}$/.test(value) && !/_id$/.test(column.name) ? words(value) : text;
    const url = column.name === "account_id" && value ? `/p/account?account=${encodeURIComponent(value)}` : "";
    if (url) { const a = el("a", "", shown); a.href = url; dd.append(a); } else dd.textContent = shown;
    item.append(dt, dd);
    list.append(item);
  }
  return list;
}

function funnel(tile) {
  const list = el("ol", "funnel");
  const first = tile.get(tile.rows[0], tile.value);
  tile.rows.forEach((row, i) => {
    const value = tile.get(row, tile.value);
    const before = i ? tile.get(tile.rows[i - 1], tile.value) : null;
    const item = el("li");
    const head = el("div", "head");
    head.append(el("span", "", `${i + 1}. ${words(String(tile.get(row, tile.x)))}`));
    const seconds = "median_seconds" in tile.index ? tile.get(row, "median_seconds") : null;
    const detail = i && before ? `${show(value / before, "percent")} of the step before` + (seconds ? `, median ${duration(seconds)}` : "") : "";
    const right = el("span");
    right.append(el("b", "", show(value, "count")), ` ${first ? show(value / first, "percent") : ""} `, el("small", "", detail));
    head.append(right);
    const track = el("div", "track");
    const fill = el("div", "fillbar");
    fill.style.width = `${first ? (100 * value) / first : 0}%`;
    fill.style.opacity = 1 - i * .12;
    track.append(fill);
    item.append(head, track);
    list.append(item);
  });
  return list;
}

// Rows: happened_on, kind, what; optionally detail
function timeline(tile) {
  const list = el("ol", "timeline");
  const kinds = [...new Set(tile.rows.map((row) => tile.get(row, "kind")))].sort();
  for (const row of tile.rows) {
    const item = el("li");
    item.style.setProperty("--dot", SEGMENT_COLORS[theme()][kinds.indexOf(tile.get(row, "kind")) % 12]);
    item.append(el("time", "", day(tile.get(row, "happened_on"))), el("b", "", words(tile.get(row, "kind"))), " ", tile.get(row, "what") || "");
    list.append(item);
  }
  return list;
}

const HTML_KINDS = { numbers, table, facts, funnel, timeline };

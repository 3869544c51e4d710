// From a tile to an ECharts option: one function for each kind. Colours belong to segment keys, not to positions.
"use strict";

// After Paul Tol's vibrant and muted sets: distinct under the common forms of colour blindness.
const SEGMENT_COLORS = {
  light: ["#0077bb", "#e0701a", "#009988", "#cc3377", "#33a5d9", "#7a4fb5", "#999933", "#882255", "#b98a2f", "#332288", "#44aa99", "#c2575a"],
  dark: ["#4aa8e0", "#f59a55", "#35c2a6", "#ee77aa", "#8fd0f2", "#b79cf0", "#c9c95a", "#cf6f9c", "#e3c26b", "#8f88e8", "#7fd6c8", "#ee9a9c"],
};

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const theme = () => document.documentElement.dataset.theme;

class Tile {
  constructor(tile, segments) {
    Object.assign(this, tile);
    this.names = segments[tile.dimension] || {};
    this.index = Object.fromEntries(tile.columns.map((column, i) => [column.name, i]));
  }
  get(row, name) { return name ? row[this.index[name]] : undefined; }
  column(name) { return this.columns[this.index[name]]; }
  unitOf(name) { return (this.column(name) || {}).unit || this.unit; }
  label(name) { return this.column(name).label || words(name); }
  // Names of segments where the tile's dimension knows them
  named(value) {
    if (value === null || value === undefined) return "–";
    const found = this.names[value];
    if (found) return found.name;
    return value === "all" ? "Everyone" : words(String(value));
  }
  color(value, position = 0) {
    if (value === "unknown" || value === "other") return css("neutral");
    if (value === "all") return css("accent");
    const found = this.names[value];
    if (!found && Object.keys(this.names).length && value !== null) return css("neutral");
    const palette = SEGMENT_COLORS[theme()];
    return palette[(found ? found.position : position) % palette.length];
  }
  distinct(name) { return [...new Set(this.rows.map((row) => this.get(row, name)))]; }
  isNumeric(name) { return this.rows.some((row) => typeof this.get(row, name) === "number"); }
  isSmall(row) {
    return (this.small && this.get(row, this.small) === true) || false;
  }
}

const ROLE = { gain: "gain", gain_2: "gain-2", gain_3: "gain-3", loss: "loss", loss_2: "loss-2", neutral: "neutral", accent: "accent", ink: "ink" };

function base(tile, more = {}) {
  return {
    animation: false,
    textStyle: { fontFamily: "system-ui, sans-serif", fontSize: 12, color: css("soft") },
    grid: inside(14, 14),
    tooltip: { appendTo: document.body, confine: false, backgroundColor: css("card"), borderColor: css("line"), padding: [8, 11], transitionDuration: 0, ...more.tooltip },
    ...more.option,
  };
}

// The plot shrinks until its labels fit into the canvas
const inside = (top, right = 14, left = 4) => ({ left, right, top, bottom: 6, outerBoundsMode: "same", outerBoundsContain: "axisLabel" });
const axisLook = () => ({ axisLine: { lineStyle: { color: css("line") } }, axisTick: { show: false }, axisLabel: { color: css("soft"), fontSize: 11.5, hideOverlap: true }, splitLine: { lineStyle: { color: css("line") } } });
const valueAxis = (unit, more = {}, showMinLabel = true) => ({ type: "value", ...axisLook(), axisLine: { show: false }, splitNumber: 4, ...more, axisLabel: { color: css("soft"), fontSize: 11.5, hideOverlap: true, showMinLabel, formatter: (v) => show(v, unit, true) } });

// A tooltip as elements: the policy of the page forbids styles inside markup.
function tip(title, lines, note) {
  const box = el("div", "tip");
  box.append(el("b", "", title));
  for (const [color, name, value] of lines) {
    const line = el("div");
    if (color) { const dot = el("i", "swatch"); dot.style.background = color; line.append(dot); }
    line.append(el("span", "", name), el("span", "", value));
    box.append(line);
  }
  if (note) box.append(el("small", "", note));
  return box;
}

function noteOf(tile, row) {
  if (!row) return "";
  const parts = [];
  if (tile.n && tile.get(row, tile.n) !== null) parts.push(`n = ${show(tile.get(row, tile.n), "count")}`);
  if (tile.isSmall(row)) parts.push("small group: too few to compare");
  if (tile.complete && tile.get(row, tile.complete) === false) parts.push("period still runs");
  return parts.join(" · ");
}

// Series of line and bar charts: a column each, or one column split by the values of another
function series(tile) {
  const xs = tile.distinct(tile.x);
  if (!tile.by) {
    const rowAt = new Map(tile.rows.map((row) => [tile.get(row, tile.x), row]));
    return { xs, list: tile.y.map((measure, i) => ({
      key: measure.column, measure, name: measure.label || tile.label(measure.column), unit: tile.unitOf(measure.column),
      color: measure.color ? css(ROLE[measure.color]) : tile.y.length === 1 ? css("accent") : tile.color(null, i),
      rows: xs.map((x) => rowAt.get(x)), data: xs.map((x) => { const v = tile.get(rowAt.get(x), measure.column); return measure.negate && v !== null ? -v : v; }),
    })) };
  }
  const measure = tile.y[0];
  const keys = tile.distinct(tile.by).sort((a, b) => ((tile.names[a] || {}).position ?? 99) - ((tile.names[b] || {}).position ?? 99));
  return { xs, list: keys.map((key, i) => {
    const rowAt = new Map(tile.rows.filter((row) => tile.get(row, tile.by) === key).map((row) => [tile.get(row, tile.x), row]));
    return { key, measure, name: tile.named(key), unit: tile.unitOf(measure.column), color: tile.color(key, i),
      rows: xs.map((x) => rowAt.get(x)), data: xs.map((x) => (rowAt.has(x) ? tile.get(rowAt.get(x), measure.column) : null)) };
  }) };
}

function axisTip(tile, xs, list) {
  return { trigger: "axis", axisPointer: { type: tile.kind === "bar" ? "shadow" : "line", lineStyle: { color: css("neutral") }, shadowStyle: { color: "rgba(128,140,150,.10)" } }, formatter: (points) => {
    const at = points[0].dataIndex;
    const shown = list.filter((s) => s.data[at] !== null && s.data[at] !== undefined);
    const lines = shown.map((s) => [s.color, s.name, show(s.measure.negate ? -s.data[at] : s.data[at], s.unit)]);
    const title = /^\d{4}-/.test(String(xs[at])) ? day(xs[at]) : tile.named(xs[at]);
    const row = (shown[0] || list[0]).rows[at];
    return tip(title, lines, tile.by ? (shown.some((s) => s.rows[at] && tile.isSmall(s.rows[at])) ? "with small groups: too few to compare" : "") : noteOf(tile, row));
  } };
}

function cartesian(tile, build) {
  const { xs, list } = series(tile);
  const labels = axisLabels(xs.map((x) => (tile.names[x] ? tile.names[x].name : x)));
  const many = list.length > 1;
  const category = { type: "category", data: labels, boundaryGap: tile.kind === "bar", ...axisLook(), splitLine: { show: false }, ...(tile.horizontal ? { inverse: true, axisLabel: { color: css("soft"), fontSize: 11.5, width: Math.min(190, tile.width * .4), overflow: "truncate", interval: 0 } } : {}) };
  const highest = Math.max(...list.flatMap((s) => s.data.map((v) => v ?? 0)), ...(tile.high ? tile.rows.map((row) => tile.get(row, tile.high) ?? 0) : []));
  const lowest = Math.min(...list.flatMap((s) => s.data.filter((v) => v !== null && v !== undefined)));
  const value = valueAxis(list[0].unit, { max: list[0].unit === "percent" && highest <= 1 && highest > .8 ? 1 : undefined, interval: list[0].unit === "percent" && highest <= 1 && highest > .8 && lowest <= .4 ? .25 : undefined, minInterval: list[0].unit === "count" ? 1 : undefined, scale: tile.kind === "line" && !tile.stack && list[0].unit === "percent" && lowest > .4 });
  const open = tile.complete ? xs.map((x, i) => list[0].rows[i] && tile.get(list[0].rows[i], tile.complete) === false) : [];
  return { ...base(tile, { tooltip: axisTip(tile, xs, list) }),
    grid: inside(12, 16),
    legend: { show: false },
    named: many ? list.map((s) => [s.name, s.color]) : [],
    xAxis: tile.horizontal ? value : category, yAxis: tile.horizontal ? category : value,
    series: list.flatMap((s, i) => build(s, i, open, xs)) };
}

function line(tile) {
  const band = tile.low && tile.high && !tile.by;
  const option = cartesian(tile, (s) => ({ name: s.name, type: "line", data: s.data, color: s.color, lineStyle: { width: 2 }, symbol: s.data.filter((v) => v !== null).length < 3 ? "circle" : "none", symbolSize: 6, stack: tile.stack ? "all" : undefined, areaStyle: tile.stack ? { opacity: .82 } : undefined, connectNulls: false, emphasis: { focus: "series" } }));
  if (band) {
    const low = tile.rows.map((row) => tile.get(row, tile.low));
    const high = tile.rows.map((row) => tile.get(row, tile.high));
    const hidden = { type: "line", stack: "band", symbol: "none", silent: true, lineStyle: { opacity: 0 } };
    option.series.push({ ...hidden, data: low }, { ...hidden, data: high.map((v, i) => (v === null || low[i] === null ? null : v - low[i])), areaStyle: { color: css("accent"), opacity: .14 } });
  }
  return option;
}

function bar(tile) {
  return cartesian(tile, (s, i, open, xs) => s.measure.line
    ? { name: s.name, type: "line", data: s.data, color: s.color, symbol: "none", lineStyle: { width: 2 }, z: 4 }
    : { name: s.name, type: "bar", color: s.color, stack: tile.stack ? "all" : undefined, barMaxWidth: 34, barCategoryGap: "28%",
      data: s.data.map((v, at) => ({ value: v, itemStyle: { opacity: open[at] ? .5 : 1, ...(tile.names[xs[at]] && !tile.by && tile.y.length === 1 ? { color: tile.color(xs[at]) } : {}) } })) });
}

function mix(from, to, share) {
  const parts = [1, 3, 5].map((i) => Math.round(parseInt(from.slice(i, i + 2), 16) * (1 - share) + parseInt(to.slice(i, i + 2), 16) * share));
  return parts;
}

function heatmap(tile) {
  const xs = tile.distinct(tile.x);
  const ys = tile.distinct(tile.row);
  const unit = tile.unitOf(tile.value);
  const values = tile.rows.map((row) => tile.get(row, tile.value)).filter((v) => v !== null);
  const top = Math.max(...values.map(Math.abs), 1e-9);
  const bottom = tile.diverging ? -top : Math.min(...values, 0);
  const paint = (v) => {
    if (tile.diverging) return v < 0 ? mix(css("heat-0"), css("loss"), Math.min(1, -v / top)) : mix(css("heat-0"), css("heat-1"), Math.min(1, v / top));
    return mix(css("heat-0"), css("heat-1"), ((v - bottom) / (top - bottom || 1)) ** .7);
  };
  const cells = tile.rows.map((row) => {
    const v = tile.get(row, tile.value);
    if (v === null) return null;
    const rgb = paint(v);
    const bright = (rgb[0] * 299 + rgb[1] * 587 + rgb[2] * 114) / 1000 > 140;
    return { value: [xs.indexOf(tile.get(row, tile.x)), ys.indexOf(tile.get(row, tile.row)), v], row, itemStyle: { color: `rgb(${rgb})`, borderColor: css("card"), borderWidth: 1.5, borderRadius: 3 }, label: { color: bright ? "#10202e" : "#fff", fontStyle: tile.isSmall(row) ? "italic" : "normal" } };
  }).filter(Boolean);
  const cellWidth = (tile.width - 130) / xs.length;
  return { ...base(tile, { tooltip: { trigger: "item", formatter: (p) => {
    const row = p.data.row;
    const rest = tile.columns.filter((c) => ![tile.x, tile.row, tile.small, tile.complete].includes(c.name) && !c.hidden).map((c) => ["", c.label || words(c.name), show(tile.get(row, c.name), c.unit)]);
    return tip(`${axisLabels([tile.get(row, tile.row)]).map((v) => tile.named(v))[0]} · ${tile.label(tile.x)} ${tile.named(tile.get(row, tile.x))}`, rest, noteOf(tile, row));
  } } }),
    grid: inside(8, 6),
    xAxis: { type: "category", position: "top", data: axisLabels(xs).map((v) => tile.named(v)), ...axisLook(), splitLine: { show: false }, axisLine: { show: false }, axisLabel: { color: css("soft"), fontSize: 11.5, interval: cellWidth < 22 ? "auto" : 0, ...(cellWidth < 90 && isNaN(xs[0]) ? { width: cellWidth - 4, overflow: "truncate" } : {}) } },
    yAxis: { type: "category", inverse: true, data: axisLabels(ys).map((v) => tile.named(v)), ...axisLook(), splitLine: { show: false }, axisLine: { show: false }, axisLabel: { color: css("soft"), fontSize: 11.5, interval: 0, width: 150, overflow: "truncate" } },
    series: [{ type: "heatmap", data: cells, label: { show: cellWidth > 30, fontSize: 11, formatter: (p) => show(p.value[2], unit, true).replace(" %", "") }, emphasis: { itemStyle: { borderColor: css("ink") } } }] };
}

function sankey(tile) {
  const nodes = new Map();
  const links = tile.rows.filter((row) => tile.get(row, tile.value)).map((row) => {
    const from = tile.get(row, tile.source), to = tile.get(row, tile.target);
    const ends = [`from ${from}`, `to ${to}`];
    nodes.set(ends[0], { name: ends[0], itemStyle: { color: tile.color(from) }, label: { formatter: tile.named(from), position: "right" } });
    nodes.set(ends[1], { name: ends[1], itemStyle: { color: tile.color(to) }, label: { formatter: tile.named(to), position: "left" } });
    return { source: ends[0], target: ends[1], value: tile.get(row, tile.value), row, lineStyle: { color: tile.color(to) , opacity: .35 } };
  });
  return { ...base(tile, { tooltip: { trigger: "item", formatter: (p) => {
    if (p.dataType === "node") return tip(tile.named(p.name.replace(/^(from|to) /, "")), [["", p.name.startsWith("from") ? "before" : "after", show(p.value, tile.unitOf(tile.value))]]);
    const rest = tile.columns.filter((c) => ![tile.source, tile.target, tile.small].includes(c.name) && !c.hidden).map((c) => ["", c.label || words(c.name), show(tile.get(p.data.row, c.name), c.unit)]);
    return tip(`${tile.named(tile.get(p.data.row, tile.source))} → ${tile.named(tile.get(p.data.row, tile.target))}`, rest, noteOf(tile, p.data.row));
  } } }),
    series: [{ type: "sankey", left: 4, right: 4, top: 8, bottom: 8, nodeWidth: 10, nodeGap: 10, draggable: false, data: [...nodes.values()], links, layoutIterations: 0, label: { color: css("ink"), fontSize: 12, textBorderColor: css("card"), textBorderWidth: 3 } }] };
}

function waterfall(tile) {
  const unit = tile.unitOf(tile.value);
  let running = 0;
  const steps = tile.rows.map((row) => {
    const value = tile.get(row, tile.value) || 0;
    const total = tile.get(row, "is_total");
    const from = total ? 0 : running;
    running = total ? value : running + value;
    return { row, value, from, to: running, color: total ? css("neutral") : value >= 0 ? css("gain") : css("loss") };
  });
  const lows = steps.map((s) => Math.min(s.from, s.to));
  const deltas = steps.filter((s) => s.from !== 0);
  const span = Math.max(...deltas.map((s) => Math.max(s.from, s.to)), 0) - Math.min(...deltas.map((s) => Math.min(s.from, s.to)), Infinity);
  const floor = deltas.length && Math.min(...deltas.map((s) => Math.min(s.from, s.to))) - span * .6;
  const cut = floor > 0 && Math.min(...steps.map((s) => Math.max(s.from, s.to))) > floor ? floor : 0;
  return { ...base(tile, { tooltip: { trigger: "item", formatter: (p) => { const s = steps[p.dataIndex]; return tip(tile.named(tile.get(s.row, tile.x)), [[s.color, tile.label(tile.value), show(s.value, unit)]], noteOf(tile, s.row)); } } }),
    grid: inside(24, 10),
    xAxis: { type: "category", data: steps.map((s) => tile.named(tile.get(s.row, tile.x))), ...axisLook(), splitLine: { show: false }, axisLabel: { color: css("soft"), fontSize: 11.5, interval: 0, rotate: tile.width / steps.length < 74 ? 35 : 0 } },
    yAxis: valueAxis(unit, { min: cut }, cut === 0),
    series: [
      { type: "bar", stack: "w", silent: true, itemStyle: { color: "transparent" }, data: lows.map((v) => Math.max(v, 0)) },
      { type: "bar", stack: "w", barMaxWidth: 58, data: steps.map((s, i) => ({ value: Math.abs(s.to - s.from), itemStyle: { color: s.color, borderRadius: 2 } })), label: { show: true, position: "top", color: css("ink"), fontSize: 11.5, formatter: (p) => { const s = steps[p.dataIndex]; return (s.from || s.value < 0) && s.value > 0 ? "+" + show(s.value, unit, true) : show(s.value, unit, true); } } },
    ] };
}

function interval(tile) {
  const unit = tile.unitOf(tile.value);
  const names = tile.rows.map((row) => tile.named(tile.get(row, tile.x)));
  return { ...base(tile, { tooltip: { trigger: "item", formatter: (p) => { const row = tile.rows[p.dataIndex]; return tip(names[p.dataIndex], [["", tile.label(tile.value), show(tile.get(row, tile.value), unit)], ["", "95 % interval", `${show(tile.get(row, tile.low), unit)} to ${show(tile.get(row, tile.high), unit)}`]], noteOf(tile, row)); } } }),
    xAxis: valueAxis(unit, { scale: true, max: unit === "percent" && tile.rows.every((row) => (tile.get(row, tile.high) ?? 0) <= 1) && tile.rows.some((row) => tile.get(row, tile.high) > .8) ? 1 : undefined }),
    yAxis: { type: "category", inverse: true, data: names, ...axisLook(), splitLine: { show: false }, axisLabel: { color: css("soft"), fontSize: 11.5, width: Math.min(260, tile.width * .45), overflow: "truncate", interval: 0 } },
    series: [{ type: "custom", data: tile.rows.map((row, i) => [i, tile.get(row, tile.value), tile.get(row, tile.low), tile.get(row, tile.high)]), encode: { x: [1, 2, 3], y: 0 },
      renderItem: (_, api) => {
        const i = api.value(0);
        if (isNaN(api.value(1))) return null;
        const color = tile.isSmall(tile.rows[i]) ? css("neutral") : tile.color(tile.get(tile.rows[i], tile.x), 0);
        const [x, y] = api.coord([api.value(1), i]);
        const left = api.coord([api.value(2), i])[0], right = api.coord([api.value(3), i])[0];
        return { type: "group", children: [{ type: "line", shape: { x1: left, y1: y, x2: right, y2: y }, style: { stroke: color, lineWidth: 2, opacity: .6 } }, { type: "circle", shape: { cx: x, cy: y, r: 5 }, style: { fill: color } }] };
      } },
      { type: "line", data: [], markLine: { silent: true, symbol: "none", label: { show: false }, lineStyle: { color: css("neutral"), type: "dashed" }, data: tile.diverging ? [{ xAxis: 0 }] : [] } }] };
}

function scatter(tile) {
  const measure = tile.y[0];
  const sizes = tile.size ? tile.rows.map((row) => tile.get(row, tile.size) || 0) : [];
  const largest = Math.max(...sizes, 1);
  const [xUnit, yUnit] = [tile.unitOf(tile.x), tile.unitOf(measure.column)];
  const points = tile.rows.map((row) => ({ row, value: [tile.get(row, tile.x), tile.get(row, measure.column)], symbolSize: tile.size ? 8 + 34 * Math.sqrt((tile.get(row, tile.size) || 0) / largest) : 10, itemStyle: { color: tile.by ? tile.color(tile.get(row, tile.by)) : css("accent"), opacity: .8 } })).filter((p) => p.value[0] !== null && p.value[1] !== null);
  const top = tile.diverging ? Math.max(...points.map((p) => Math.max(...p.value))) : 0;
  return { ...base(tile, { tooltip: { trigger: "item", formatter: (p) => { if (!p.data.row) return ""; const rest = tile.columns.filter((c) => c.name !== tile.by && !c.hidden && c.name !== tile.small).map((c) => ["", c.label || words(c.name), show(tile.get(p.data.row, c.name), c.unit)]); return tip(tile.by ? tile.named(tile.get(p.data.row, tile.by)) : "", rest, noteOf(tile, p.data.row)); } } }),
    grid: { ...inside(16, 60, 8), outerBoundsContain: "all" },
    xAxis: { ...valueAxis(xUnit), name: tile.label(tile.x), nameLocation: "middle", nameGap: 28 },
    yAxis: { ...valueAxis(yUnit), name: measure.label || tile.label(measure.column), nameLocation: "middle", nameGap: 46 },
    series: [{ type: "scatter", data: points, label: { show: Boolean(tile.by), position: "right", distance: 4, formatter: (p) => tile.named(tile.get(p.data.row, tile.by)), color: css("ink"), fontSize: 11.5 }, labelLayout: { hideOverlap: true, moveOverlap: "shiftY" } },
      ...(top ? [{ type: "line", silent: true, symbol: "none", data: [[0, 0], [top, top]], lineStyle: { color: css("neutral"), type: "dashed", width: 1 } }] : [])] };
}

const CHARTS = { line, bar, heatmap, sankey, waterfall, interval, scatter };

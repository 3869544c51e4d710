// How values are written. Units come from the page's file; nothing is guessed from a number.
"use strict";

const ACRONYMS = { mrr: "MRR", nrr: "NRR", grr: "GRR", nps: "NPS", csat: "CSAT", ces: "CES", arpu: "ARPU", arppu: "ARPPU",
  arpa: "ARPA", clv: "CLV", cac: "CAC", ltv: "LTV", rfm: "RFM", dau: "DAU", wau: "WAU", mau: "MAU", id: "ID", ci: "CI",
  kpi: "KPI", sql: "SQL", p50: "median", p90: "P90", n: "n", "12m": "12 m", "28d": "28 d", "7d": "7 d", "90d": "90 d" };

const number = (value, digits) => value.toLocaleString("en", { maximumFractionDigits: digits, minimumFractionDigits: digits });
const trimmed = (value, digits) => value.toLocaleString("en", { maximumFractionDigits: digits });

function short(value) {
  const size = Math.abs(value);
  if (size >= 1e9) return trimmed(value / 1e9, 2) + " B";
  if (size >= 1e6) return trimmed(value / 1e6, 2) + " M";
  if (size >= 1e4) return trimmed(value / 1e3, 1) + " k";
  return trimmed(value, size < 10 && size % 1 ? 2 : size < 100 && size % 1 ? 1 : 0);
}

// A value in its unit; `brief` is for axes, cards and cells, the long form for tooltips and tables.
function show(value, unit, brief = false) {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (unit === "date" || (typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value))) return day(value);
  if (typeof value === "string") return unit === "text" || !unit ? value : value;
  if (unit === "percent") return trimmed(value * 100, Math.abs(value) < 0.1 ? 1 : brief ? 0 : 1) + " %";
  if (unit === "money") return brief ? short(value) : number(value, Math.abs(value) < 1000 ? 2 : 0);
  if (unit === "points") return trimmed(value, 1);
  if (unit === "ratio") return trimmed(value, 2) + " ×";
  if (unit === "days") return trimmed(value, 1) + " d";
  if (unit === "hours") return trimmed(value, 1) + " h";
  if (unit === "seconds") return duration(value);
  if (unit === "count") return brief ? short(value) : trimmed(value, 0);
  return brief ? short(value) : trimmed(value, Math.abs(value) < 0.1 ? 3 : Math.abs(value) < 10 ? 2 : 1);
}

const UNIT_NAMES = { money: "reporting currency", percent: "%", points: "points", days: "days", hours: "hours", ratio: "ratio" };

function duration(seconds) {
  if (seconds < 90) return trimmed(seconds, 0) + " s";
  if (seconds < 5400) return trimmed(seconds / 60, 0) + " min";
  if (seconds < 172800) return trimmed(seconds / 3600, 1) + " h";
  return trimmed(seconds / 86400, 1) + " d";
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function day(text) {
  const [year, month, date] = text.slice(0, 10).split("-");
  return `${Number(date)} ${MONTHS[Number(month) - 1]} ${year}`;
}

// Dates of an axis: months when all are the first of one, days otherwise.
function axisLabels(values) {
  if (!values.length || !values.every((v) => typeof v === "string" && /^\d{4}-\d\d-\d\d/.test(v))) return values.map((v) => words(String(v)));
  const monthly = values.every((v) => v.slice(8, 10) === "01");
  return values.map((v) => (monthly ? `${MONTHS[Number(v.slice(5, 7)) - 1]} ${v.slice(2, 4)}` : `${Number(v.slice(8, 10))} ${MONTHS[Number(v.slice(5, 7)) - 1]}`));
}

function words(name) {
  const colon = name.indexOf(": ");
  if (colon > 0) return `${words(name.slice(0, colon))}: ${name.slice(colon + 2).replaceAll("_", " ")}`;
  if (!/^[a-z0-9_]+$/.test(name)) return name;
  const parts = name.split("_").map((part) => ACRONYMS[part] || part);
  const text = parts.join(" ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

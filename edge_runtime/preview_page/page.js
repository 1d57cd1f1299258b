"use strict";
// Only textContent is set, never HTML: what was read is shown, not run.

const byId = (id) => document.getElementById(id);
const SHOWN = 500;
const SURE = 0.7; // as in annotate.py
const THROTTLING = ["under-voltage", "clock capped", "throttled", "too hot"];
const readings = [];
let paused = false;

function element(tag, text, className) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function row(text, confidence, time) {
  const item = document.createElement("li");
  const percent = `${Math.round(100 * confidence)} %`;
  if (time) item.append(element("time", new Date(time).toLocaleTimeString()));
  item.append(element("span", text, "text"));
  item.append(element("span", percent, confidence >= SURE ? "sure" : "unsure"));
  return item;
}

function showHistory() {
  const wanted = byId("search").value.toLocaleLowerCase();
  const found = readings.filter((r) => r.text.toLocaleLowerCase().includes(wanted));
  const rows = found.slice(-SHOWN).reverse().map((r) => row(r.text, r.confidence, r.time));
  byId("history").replaceChildren(...rows);
  byId("count").textContent = wanted ? `${found.length} of ${readings.length}` : readings.length;
  byId("csv").href = `readings.csv?q=${encodeURIComponent(byId("search").value)}`;
}

function throttling(bits) {
  if (bits === null || bits === undefined) return null;
  const now = THROTTLING.filter((_, bit) => (bits >> bit) & 1);
  return now.length ? now.join(", ") : "none";
}

function showNumbers(state) {
  const stats = state.stats || {};
  const machine = state.machine || {};
  const ms = stats.ms || {};
  const hot = throttling(machine.throttled);
  const numbers = [
    ["frames a second", state.fps],
    ["frame is", stats.verdict],
    ["find, ms", ms.find === undefined ? null : ms.find.toFixed(0)],
    ["read, ms", ms.read === undefined ? null : ms.read.toFixed(0)],
    ["temperature", machine.celsius ? `${machine.celsius.toFixed(0)} °C` : null],
    ["clock", machine.mhz ? `${machine.mhz.toFixed(0)} MHz` : null],
    ["throttling", hot, hot !== null && hot !== "none"],
    ["camera lost", state.camera.lost || null],
  ];
  const list = byId("numbers");
  list.replaceChildren();
  for (const [name, value, bad] of numbers) {
    if (value === null || value === undefined) continue;
    const pair = document.createElement("div");
    pair.append(element("dt", name), element("dd", value, bad ? "bad" : ""));
    list.append(pair);
  }
}

function showState(state) {
  byId("source").textContent = state.source;
  const camera = byId("camera");
  const lost = state.camera.name === "lost";
  camera.textContent = lost ? `camera lost: ${state.camera.detail}`
    : state.paused ? "paused" : state.camera.name;
  camera.classList.toggle("bad", lost);
  paused = state.paused;
  byId("pause").textContent = paused ? "Resume" : "Pause";
  byId("pause").setAttribute("aria-pressed", String(paused));
  const lines = (state.lines || []).map((line) => row(line.text, line.confidence));
  byId("lines").replaceChildren(...lines);
  showNumbers(state);
}

const events = new EventSource("events");
events.addEventListener("state", (event) => showState(JSON.parse(event.data)));
events.addEventListener("reading", (event) => {
  const reading = JSON.parse(event.data);
  const last = readings[readings.length - 1];
  if (last && reading.number <= last.number) readings.length = 0; // edge-htr was started anew
  readings.push(reading);
  if (readings.length > 2000) readings.shift();
  showHistory();
});
events.addEventListener("error", () => {
  byId("camera").textContent = "not connected";
  byId("camera").classList.add("bad");
});
events.addEventListener("open", () => {
  byId("picture").src = `stream.mjpg?${Date.now()}`; // the old one ended with the connection
});
byId("search").addEventListener("input", showHistory);
byId("pause").addEventListener("click", () => {
  fetch(paused ? "resume" : "pause", { method: "POST", headers: { "X-Edge-HTR": "1" } });
});

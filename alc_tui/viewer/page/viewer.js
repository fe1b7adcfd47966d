// Follows the sample on the screen of the terminal.

import { Picture } from "./picture.js";

const KEPT = 8;
const byId = (id) => document.getElementById(id);
const images = new Map();
let current = null;
let seen = null; // the image on the canvas, with its windows
let wanted = ""; // the window chosen last, here or at the terminal; empty for the image's own
let wantedThere = ""; // the window chosen at the terminal

const picture = new Picture(byId("picture"), byId("window"), (shown) => {
  const { center, width } = shown.window;
  byId("zoom").value = shown.image && shown.scale ? `${Math.round(shown.scale * 100)} %` : "";
  byId("toggle").textContent = shown.isWhole ? "1:1" : "Fit";
  byId("brightness").value = shown.brightness;
  byId("contrast").value = shown.contrast;
  byId("levels").value = `levels ${Math.round(255 * (center - width / 2))} to ${Math.round(255 * (center + width / 2))}`;
});

// The decoded image of a name in the wanted window, fetched once as long as it is among the last ones.
function load(name) {
  const address = `image/${name}` + (wanted && `?window=${encodeURIComponent(wanted)}`);
  const known = images.get(address);
  images.delete(address);
  images.set(address, known ?? fetchImage(address));
  for (const old of [...images.keys()].slice(0, -KEPT)) {
    images.get(old).then(({ image }) => image !== picture.image && image.close(), () => {});
    images.delete(old);
  }
  return images.get(address);
}

async function fetchImage(address) {
  try {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(await answer.text());
    const names = (header) => (answer.headers.get(header)?.split(",") ?? []).map(decodeURIComponent);
    const [window] = names("X-Window");
    return { image: await createImageBitmap(await answer.blob()), window, windows: names("X-Windows") };
  } catch (error) {
    images.delete(address);
    throw error;
  }
}

async function show(sample) {
  const isNew = sample.image !== current?.image;
  current = sample;
  describe(sample);
  if (sample.image === null) {
    put(null);
    say("No sample is on the screen of the terminal.");
    return;
  }
  const isOtherWindow = sample.window !== wantedThere;
  if (isOtherWindow) wanted = wantedThere = sample.window;
  if (isNew) {
    put(null); // until the next image is there; nobody sees this if it was fetched ahead
    say("Loading …");
  }
  if (isNew || isOtherWindow) await showImage();
  for (const name of sample.ahead) load(name).catch(() => {});
}

// Show the image of the current sample in the wanted window.
async function showImage() {
  const { image } = current;
  const window = wanted;
  const isCurrent = () => current?.image === image && wanted === window;
  try {
    const loaded = await load(image);
    if (!isCurrent()) return;
    put(loaded);
    say("");
  } catch (error) {
    if (isCurrent()) say(error.message);
  }
}

// Put an image on the canvas, or none; the same one in another window stays where it is.
function put(loaded) {
  const isSame = loaded !== null && seen?.of === current.image;
  seen = loaded && { ...loaded, of: current.image };
  picture.show(loaded?.image ?? null, isSame);
  const windows = loaded?.windows ?? [];
  byId("voi").hidden = windows.length < 2;
  byId("windows").replaceChildren(...windows.map((name) => element("option", name)));
  byId("windows").value = loaded?.window ?? "";
}

function chooseWindow(name) {
  wanted = name;
  if (current?.image) showImage();
}

function reset() {
  picture.reset();
  if (wanted) chooseWindow("");
}

function nextWindow() {
  const { window, windows = [] } = seen ?? {};
  const shown = windows.includes(wanted) ? wanted : window;
  if (windows.length > 1) chooseWindow(windows[(windows.indexOf(shown) + 1) % windows.length]);
}

function say(sentence) {
  byId("note").textContent = sentence;
}

function describe({ image, place, classes, labels, facts }) {
  byId("place").textContent = place ?? "";
  byId("labels").hidden = !labels;
  byId("blind").hidden = image === null || labels !== null;
  byId("given").textContent = labels ? rated(labels.given) : "";
  byId("suggestion").textContent = labels ? rated(labels.suggestion) : "";
  byId("classes").replaceChildren(...(classes ?? []).map(([key, name]) => element("li", element("kbd", key), ` ${name}`)));
  byId("facts").hidden = !facts?.length;
  byId("facts").replaceChildren(...(facts ?? []).flatMap(([name, value]) => [element("dt", name), element("dd", value)]));
  const neighbors = labels?.neighbors ?? [];
  byId("near").hidden = neighbors.length === 0;
  byId("neighbors").replaceChildren(...neighbors.map(([name, label]) => {
    const thumbnail = element("img");
    thumbnail.src = `thumbnail/${name}`;
    thumbnail.alt = "";
    return element("figure", thumbnail, element("figcaption", label));
  }));
}

const rated = ([name, probability]) => `${name}  p ${probability.toFixed(3)}`;

function element(name, ...children) {
  const made = document.createElement(name);
  made.append(...children);
  return made;
}

const commands = {
  "+": () => picture.zoom(1),
  "-": () => picture.zoom(-1),
  " ": () => picture.toggle(),
  "ArrowLeft": () => picture.pan(-0.25, 0),
  "ArrowRight": () => picture.pan(0.25, 0),
  "ArrowUp": () => picture.pan(0, -0.25),
  "ArrowDown": () => picture.pan(0, 0.25),
  "[": () => picture.brighten(-10),
  "]": () => picture.brighten(10),
  "{": () => picture.sharpen(-10),
  "}": () => picture.sharpen(10),
  "=": reset,
  "W": nextWindow,
};

document.addEventListener("keydown", (event) => {
  const isControl = event.target.matches("input, button, select");
  const command = commands[event.key];
  if (!command || event.ctrlKey || event.metaKey || (isControl && /^( |Arrow)/.test(event.key))) return;
  event.preventDefault();
  command();
});
byId("windows").addEventListener("change", (event) => chooseWindow(event.target.value));
byId("in").addEventListener("click", commands["+"]);
byId("out").addEventListener("click", commands["-"]);
byId("toggle").addEventListener("click", commands[" "]);
byId("reset").addEventListener("click", commands["="]);
byId("brightness").addEventListener("input", (event) => picture.brighten(event.target.valueAsNumber - picture.brightness));
byId("contrast").addEventListener("input", (event) => picture.sharpen(event.target.valueAsNumber - picture.contrast));

const events = new EventSource("events");
events.addEventListener("message", (event) => show(JSON.parse(event.data)));
events.addEventListener("error", () => {
  current = null;
  describe({ image: null });
  put(null);
  say("The connection to alc is lost. Check that the app runs and that the tunnel is open.");
});

// Follows the sample on the screen of the terminal.

import { Picture } from "./picture.js";

const KEPT = 8;
const byId = (id) => document.getElementById(id);
const images = new Map();
let current = null;

const picture = new Picture(byId("picture"), byId("window"), (shown) => {
  const { center, width } = shown.window;
  byId("zoom").value = shown.image && shown.scale ? `${Math.round(shown.scale * 100)} %` : "";
  byId("toggle").textContent = shown.isWhole ? "1:1" : "Fit";
  byId("brightness").value = shown.brightness;
  byId("contrast").value = shown.contrast;
  byId("levels").value = `window ${Math.round(255 * (center - width / 2))} to ${Math.round(255 * (center + width / 2))}`;
});

// The decoded image of a name, fetched once as long as it is among the last ones.
function load(name) {
  const known = images.get(name);
  images.delete(name);
  images.set(name, known ?? fetchImage(name));
  for (const old of [...images.keys()].slice(0, -KEPT)) {
    images.get(old).then((image) => image !== picture.image && image.close(), () => {});
    images.delete(old);
  }
  return images.get(name);
}

async function fetchImage(name) {
  try {
    const answer = await fetch(`image/${name}`);
    if (!answer.ok) throw new Error(await answer.text());
    return await createImageBitmap(await answer.blob());
  } catch (error) {
    images.delete(name);
    throw error;
  }
}

async function show(sample) {
  const isNew = sample.image !== current?.image;
  current = sample;
  describe(sample);
  if (sample.image === null) {
    picture.show(null);
    say("No sample is on the screen of the terminal.");
    return;
  }
  try {
    if (isNew) {
      picture.show(null); // until the next image is there; nobody sees this if it was fetched ahead
      say("Loading …");
      const image = await load(sample.image);
      if (current?.image !== sample.image) return;
      picture.show(image);
      say("");
    }
    for (const name of sample.ahead) load(name).catch(() => {});
  } catch (error) {
    if (current?.image !== sample.image) return;
    say(error.message);
  }
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
  "=": () => picture.reset(),
};

document.addEventListener("keydown", (event) => {
  const isControl = event.target.matches("input, button");
  const command = commands[event.key];
  if (!command || event.ctrlKey || event.metaKey || (isControl && /^( |Arrow)/.test(event.key))) return;
  event.preventDefault();
  command();
});
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
  picture.show(null);
  say("The connection to alc is lost. Check that the app runs and that the tunnel is open.");
});
